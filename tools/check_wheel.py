"""Usage: check_wheel.py FOLDER: the folder holds one wheel, and it is what is promised."""

import email
import sys
import zipfile
from pathlib import Path

LARGEST = 5_000_000


def main(folder: Path) -> None:
    wheels = list(folder.glob("*.whl"))
    assert len(wheels) == 1, f"one wheel expected in {folder}, found {wheels}"
    wheel = wheels[0]
    size = wheel.stat().st_size
    assert size < LARGEST, f"{wheel.name} has {size} bytes, allowed are {LARGEST}"

    name, _version, python, abi, _platform = wheel.stem.split("-")
    assert (name, python, abi) == ("oxitk", "cp311", "abi3"), wheel.name

    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        read = lambda end: archive.read(next(n for n in names if n.endswith(end))).decode()
        metadata = email.message_from_string(read(".dist-info/METADATA"))
        scripts = read(".dist-info/entry_points.txt")
    tops = {n.partition("/")[0] for n in names}
    unexpected = [top for top in tops if top != "oxitk" and not top.startswith("oxitk-")]
    assert not unexpected, f"beside oxitk the wheel would install {unexpected}"
    assert not [n for n in names if n.endswith((".pyc", ".rs", ".toml"))], names
    for wanted in ("oxitk/__init__.py", "oxitk/py.typed", "oxitk/__init__.pyi", "oxitk/_cli.py"):
        assert wanted in names, f"{wanted} is missing"
    for licence in ("LICENSE-APACHE", "LICENSE-MIT"):
        assert any(n.endswith(f".dist-info/licenses/{licence}") for n in names), f"{licence} is missing"
    assert metadata["License-Expression"] == "Apache-2.0 OR MIT", metadata["License-Expression"]
    assert metadata["Requires-Python"] == ">=3.11", metadata["Requires-Python"]
    assert metadata.get_all("Requires-Dist") == ["numpy>=1.26"], metadata.get_all("Requires-Dist")
    assert "oxitk=oxitk._cli:main" in scripts.replace(" ", ""), scripts
    print(f"{wheel.name}: {size / 1e6:.2f} MB, {len(names)} files")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
