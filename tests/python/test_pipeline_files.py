"""Files as the ends of pipelines."""

from __future__ import annotations

import os

import numpy as np
import oxitk
import oxitk.pipeline as op
import pytest
from oxitk.pipeline import Region


def noise(*shape: int, dtype=np.int16) -> np.ndarray:
    return np.random.default_rng(11).integers(-200, 200, shape).astype(dtype)


def image(*shape: int, dtype=np.int16) -> oxitk.Image:
    return oxitk.Image.from_array(noise(*shape, dtype=dtype), spacing_xyz=(0.5, 2, 3)[: len(shape)], origin_xyz=7, metadata={"a": "b"})


@pytest.mark.parametrize("name", ["a.mha", "a.nrrd", "a.mhd", "a.nhdr"])
def test_a_reader_reads_what_is_asked_for(tmp_path, name):
    path = tmp_path / name
    oxitk.imwrite(image(6, 7, 8), path)
    node = op.reader(path)
    node.update_output_information()
    assert node.output.information.shape == (6, 7, 8) and node.output.information.dtype == np.int16
    assert node.output.information.spacing_xyz == (0.5, 2.0, 3.0) and node.output.buffered_region is None
    node.output.requested_region = Region((1, 2, 3), (4, 3, 2))
    node.update()
    assert node.output.buffered_region == Region((1, 2, 3), (4, 3, 2))
    assert np.array_equal(node.output.image(), noise(6, 7, 8)[3:5, 2:5, 1:5])
    assert node.output.image().metadata["a"] == "b"
    node.set_parameters(use_streaming=False)
    node.update()
    assert node.output.buffered_region == Region((0, 0, 0), (8, 7, 6)) and np.array_equal(node.numpy(), noise(6, 7, 8))


@pytest.mark.parametrize("name, divisions", [("b.mha", 5), ("b.nrrd", 7), ("b.mhd", 1), ("b.nhdr", 99)])
def test_from_file_to_file_through_filters(tmp_path, name, divisions):
    oxitk.imwrite(image(20, 9, 10), tmp_path / "a.mha")
    filters = oxitk.Median(1) | oxitk.GradientMagnitude()
    gradient = op.filter(filters, op.reader(tmp_path / "a.mha"))
    writer = op.writer(gradient, tmp_path / name, divisions=divisions)
    assert not (tmp_path / name).exists()
    writer.update()
    made, direct = oxitk.imread(tmp_path / name), filters(oxitk.imread(tmp_path / "a.mha"))
    assert np.array_equal(made, direct) and made.spacing_xyz == direct.spacing_xyz and made.metadata["a"] == "b"
    assert gradient.executions == min(divisions, 20) and len(writer) == 0
    writer.update()
    assert writer.executions == 2, "each update writes"


def test_a_writer_within_a_budget(tmp_path):
    oxitk.imwrite(image(60, 10, 10), tmp_path / "a.mha")
    gradient = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), op.reader(tmp_path / "a.mha"))
    op.writer(gradient, tmp_path / "b.mha", memory="20 kB").update()
    assert gradient.executions > 2
    assert np.array_equal(oxitk.imread(tmp_path / "b.mha"), gradient.numpy())
    median = op.filter(oxitk.Median(1), noise(9, 9))
    with pytest.raises(ValueError, match="memory"):
        op.writer(op.filter(oxitk.GradientMagnitude(), median), tmp_path / "c.mha", memory=10).update()
    assert sorted(os.listdir(tmp_path)) == ["a.mha", "b.mha"]


def test_a_part_of_a_file_is_written_in_place(tmp_path):
    path = tmp_path / "a.mha"
    oxitk.imwrite(np.zeros((5, 6), np.int16), path)
    writer = op.writer(noise(5, 6), path, io_region=Region((1, 2), (3, 2)))
    writer.update()
    expected = np.zeros((5, 6), np.int16)
    expected[2:4, 1:4] = noise(5, 6)[2:4, 1:4]
    assert np.array_equal(oxitk.imread(path), expected)
    writer.set_parameters(io_region=None, compress=True)
    writer.update()
    assert np.array_equal(oxitk.imread(path), noise(5, 6))


def test_an_array_is_written_as_imwrite_writes_it(tmp_path):
    a = noise(4, 5, dtype=np.uint8)
    op.writer(a, tmp_path / "a.png").update()
    op.writer(a, str(tmp_path / "b.mha"), compress=True).update()
    for name in ["a.png", "b.mha"]:
        oxitk.imwrite(a, tmp_path / f"direct-{name}", compress=name == "b.mha")
        assert (tmp_path / name).read_bytes() == (tmp_path / f"direct-{name}").read_bytes()


def test_pixel_types_and_axes(tmp_path):
    oxitk.imwrite(image(3, 4, 5), tmp_path / "a.mha")
    node = op.reader(tmp_path / "a.mha", np.float32, rank=2)
    assert node.numpy().dtype == np.float32 and np.array_equal(node.numpy(), noise(3, 4, 5)[0])
    node.set_parameters(pixel_type=None, rank=None)
    node.update_largest_possible_region()
    assert node.output.information.dtype == np.int16 and np.array_equal(node.output.image(), noise(3, 4, 5))
    with pytest.raises(ValueError, match="rank must be 1 to 6"):
        op.reader(tmp_path / "a.mha", rank=7)


def test_a_missing_file_is_an_error_each_time(tmp_path):
    """In ITK 5.4 the second update returns silently, with an empty image."""
    path = tmp_path / "a.mha"
    median = op.filter(oxitk.Median(1), op.reader(path))
    for _ in range(3):
        with pytest.raises(oxitk.MissingFileError) as caught:
            median.update()
        assert isinstance(caught.value, (FileNotFoundError, RuntimeError)) and caught.value.filename == str(path)
    oxitk.imwrite(noise(4, 4), path)
    assert np.array_equal(median.numpy(), oxitk.median(noise(4, 4), 1))


def test_a_file_that_changed_is_read_after_modified(tmp_path):
    path = tmp_path / "a.mha"
    oxitk.imwrite(noise(4, 4), path)
    node = op.reader(path)
    node.update()
    oxitk.imwrite(noise(3, 3), path)
    node.update()
    assert node.executions == 1
    node.modified()
    assert np.array_equal(node.numpy(), noise(3, 3))
    time = node.mtime
    node.set_parameters(path=path)
    assert node.mtime == time
    oxitk.imwrite(noise(2, 2), tmp_path / "b.mha")
    node.set_parameters(path=tmp_path / "b.mha")
    assert node.mtime > time and np.array_equal(node.numpy(), noise(2, 2))


def test_wrong_files(tmp_path):
    (tmp_path / "a.mha").write_text("ObjectType = Image\n")
    with pytest.raises(oxitk.FileFormatError):
        op.reader(tmp_path / "a.mha").update()
    with pytest.raises(TypeError, match="(?i)png"):
        op.writer(noise(3, 3).astype(np.float32), tmp_path / "a.png").update()
    with pytest.raises(OSError):
        op.writer(noise(3, 3), tmp_path / "nowhere" / "a.mha").update()
    with pytest.raises(TypeError, match="no parameter 'radius'"):
        op.reader(tmp_path / "a.mha").set_parameters(radius=1)
    assert sorted(os.listdir(tmp_path)) == ["a.mha"]


def test_an_abort_leaves_no_file_behind(tmp_path):
    (tmp_path / "old.mha").write_bytes(b"old")
    for name in ["new.mha", "old.mha"]:
        writer = op.writer(op.filter(oxitk.Median(1), noise(40, 30)), tmp_path / name, divisions=8)
        writer.add_observer(op.ProgressEvent, lambda event: event.progress > 0.4 and event.caller.abort())
        with pytest.raises(oxitk.ProcessAborted):
            writer.update()
    assert sorted(os.listdir(tmp_path)) == ["old.mha"] and (tmp_path / "old.mha").read_bytes() == b"old"


def test_memory_stays_within_the_budget(fresh, tmp_path):
    """A file of 96 MB through two filters with 24 MB, in a process of its own."""
    out = fresh(
        f"""
        import resource
        import numpy as np, oxitk, oxitk.pipeline as op
        rows = np.random.default_rng(0).integers(0, 4000, (1, 400, 400)).astype(np.uint16)
        def slices(run):
            return np.broadcast_to(rows, run.requested_regions[0].size_zyx).astype(np.uint16)
        whole = op.Information(op.Region((0, 0, 0), (400, 400, 300)), np.uint16)
        source = op.python_filter(slices, generate_output_information=lambda inputs: whole)
        op.writer(source, {str(tmp_path / "a.mha")!r}, divisions=300).update()
        gradient = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), op.reader({str(tmp_path / "a.mha")!r}))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        op.writer(gradient, {str(tmp_path / "b.mha")!r}, memory="24 MB").update()
        print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
        """
    )
    assert int(out) < 24_000_000
    assert os.path.getsize(tmp_path / "b.mha") > 400 * 400 * 300 * 4
