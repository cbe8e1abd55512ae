"""The table of image formats is registered when `oxitk.io` is first used, or by hand: ITK's `DefaultFactoryLoading`."""

from __future__ import annotations

import pickle

import oxitk
import pytest

ALL = [format.name for format in oxitk.io.formats()]


@pytest.mark.parametrize("touch", ["oxitk.imread", "oxitk.imwrite", "oxitk.io.formats", "oxitk.io.Format"])
def test_formats_are_registered_at_the_first_touch_of_io(fresh, touch):
    out = fresh(
        f"""
        import oxitk, oxitk.io, oxitk._native
        oxitk.median([1, 2, 3]), oxitk.Image, oxitk.get_num_threads(), dir(oxitk.io)
        assert oxitk._native._registered_formats() == []
        {touch}
        print(oxitk._native._registered_formats())
        """
    )
    assert out == f"{ALL}\n"


def test_no_format_is_registered_when_told_so(fresh, data):
    out = fresh(
        f"""
        import oxitk
        oxitk.config.default_factory_loading = False
        assert oxitk.io.formats() == ()
        for use in (lambda: oxitk.imread({str(data / "cthead1.png")!r}), lambda: oxitk.imwrite([[1]], "a.png")):
            try:
                use()
            except oxitk.FileFormatError as error:
                print(str(error).split(": ")[-1])
        oxitk.io.register_format("PNG")
        print(oxitk.io.formats())
        print(oxitk.imread({str(data / "cthead1.png")!r}).shape)
        try:
            oxitk.imread({str(data / "mini-vector-fast.nrrd")!r})
        except oxitk.FileFormatError as error:
            print(str(error).split(": ")[-1])
        """
    )
    assert out.splitlines() == [
        "no file format is registered",
        "no file format is registered",
        "(oxitk.io.Format('PNG'),)",
        "(256, 256, 3)",
        "its content is of none that is known; files that can be read end in .png",
    ]


def test_formats_are_tried_in_one_order(fresh):
    out = fresh(
        """
        import oxitk
        oxitk.config.default_factory_loading = False
        for name in ("PNG", "MetaImage", "PNG"):
            oxitk.io.register_format(name)
        print([format.name for format in oxitk.io.formats()])
        """
    )
    assert out == "['MetaImage', 'PNG']\n"


def test_the_setting_is_too_late_after_the_first_touch(fresh):
    out = fresh("import oxitk\noxitk.io.formats\noxitk.config.default_factory_loading = False\nprint(len(oxitk.io.formats()))")
    assert out == f"{len(ALL)}\n"


def test_the_setting_is_true_by_default():
    assert oxitk.config.default_factory_loading is True


def test_the_command_line_knows_all_formats(fresh, data):
    """What a Python program sets is no business of the command line's."""
    fresh(
        f"""
        import oxitk
        oxitk.config.default_factory_loading = False
        oxitk.io.formats
        from oxitk._native import _run_cli
        assert _run_cli(["oxitk", "info", {str(data / "cthead1.png")!r}]) == 0
        """
    )


def test_register_format_refuses_what_is_no_format():
    for call in (oxitk.io.register_format, oxitk.io.Format):
        with pytest.raises(ValueError, match='name must be one of MetaImage, .*got "TIFFF"'):
            call("TIFFF")
    oxitk.io.register_format("NRRD")
    assert [format.name for format in oxitk.io.formats()] == ALL


def test_format():
    png = oxitk.io.Format("PNG")
    assert (png.name, png.endings, png.can_read, png.can_write) == ("PNG", (".png",), True, True)
    assert png == oxitk.io.Format("PNG") != oxitk.io.Format("NRRD") and png in oxitk.io.formats()
    assert hash(png) == hash(oxitk.io.Format("PNG")) and repr(png) == "oxitk.io.Format('PNG')"
    assert pickle.loads(pickle.dumps(png)) == png
    with pytest.raises(AttributeError):
        png.name = "JPEG"
