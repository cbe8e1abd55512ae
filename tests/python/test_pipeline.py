"""Pipelines: what an update computes. The facts, and their numbers, are those of real ITK (`itk.ProcessObject`)."""

from __future__ import annotations

import numpy as np
import oxitk
import oxitk.pipeline as op
import pytest
from oxitk.pipeline import Region


def noise(*shape: int, dtype=np.uint8) -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(0, 200, shape).astype(dtype)


def chain(shape=(10, 10)):
    """Median and gradient magnitude of an image, and the image as a data object."""
    data = op.source(noise(*shape))
    median = op.filter(oxitk.Median(1), data)
    return data, median, op.filter(oxitk.GradientMagnitude(), median)


def runs(*nodes) -> list[int]:
    return [node.executions for node in nodes]


def test_a_chain_of_padding_asks_for_itks_regions():
    data, median, gradient = chain()
    gradient.output.requested_region = Region((5, 5), (2, 2))
    gradient.update()
    assert median.output.requested_region == Region((4, 4), (4, 4))
    assert data.requested_region == Region((3, 3), (6, 6))
    assert gradient.output.buffered_region == Region((5, 5), (2, 2))
    whole = oxitk.gradient_magnitude(oxitk.median(noise(10, 10), 1))
    assert np.array_equal(np.asarray(gradient.output.image()), whole[5:7, 5:7])


def test_an_update_equals_the_direct_call():
    a = noise(7, 9, 11, dtype=np.int16)
    both = oxitk.Median((1, 2, 0)) | oxitk.GradientMagnitude(spacing=(2.0, 0.5, 0.25))
    node = op.filter(both, a)
    assert np.array_equal(node.numpy(), both(a)) and node.numpy().dtype == np.float32
    image = oxitk.Image.from_array(a, spacing_xyz=(0.25, 0.5, 2), origin_xyz=(1, 2, 3), index_xyz=(-4, 5, 6))
    node = op.filter(oxitk.GradientMagnitude(), image)
    node.update()
    made, direct = node.output.image(), oxitk.GradientMagnitude()(image)
    assert np.array_equal(made, direct)
    assert (made.spacing_xyz, made.origin_xyz, made.index_xyz) == (direct.spacing_xyz, direct.origin_xyz, (-4, 5, 6))


@pytest.mark.parametrize("kind", ["rgb", "vector"])
def test_components_are_filtered_one_by_one_where_that_is_asked_for(kind):
    a = noise(8, 9, 3)
    image = oxitk.Image.from_array(a, pixel_kind=kind)
    node = op.filter(oxitk.Median(1, channel_axis=-1) | oxitk.GradientMagnitude(channel_axis=-1), image)
    node.output.requested_region = Region((2, 1), (4, 5))
    node.update()
    direct = oxitk.GradientMagnitude(channel_axis=-1)(oxitk.Median(1, channel_axis=-1)(image))
    made = node.output.image()
    assert made.pixel_kind == kind and np.array_equal(made, np.asarray(direct)[1:6, 2:6])
    with pytest.raises(TypeError, match="channel_axis"):
        op.filter(oxitk.Median(1), image).update()


def test_bool_stays_bool_through_medians():
    a = noise(6, 6) > 100
    median = op.filter(oxitk.Median(1), a)
    streamed = op.streaming(median, divisions=2)
    assert median.numpy().dtype == bool and np.array_equal(streamed.numpy(), oxitk.median(a, 1))
    assert streamed.output.information.dtype == bool
    assert op.filter(oxitk.GradientMagnitude(), median).numpy().dtype == np.float32


def test_only_what_changed_or_is_missing_runs_again():
    data, median, gradient = chain()
    gradient.update()
    assert runs(median, gradient) == [1, 1]
    gradient.update()
    assert runs(median, gradient) == [1, 1], "nothing changed"
    gradient.output.requested_region = Region((2, 2), (3, 3))
    gradient.update()
    assert runs(median, gradient) == [1, 1], "a part of what there is"
    gradient.modified()
    gradient.update()
    assert runs(median, gradient) == [1, 2], "the median is as it was"
    assert gradient.output.buffered_region == Region((2, 2), (3, 3)), "only what was asked for"
    gradient.output.requested_region = Region((7, 7), (2, 2))
    gradient.update()
    assert runs(median, gradient) == [1, 3], "not in the buffer"
    median.filter = oxitk.Median(2)
    gradient.update()
    assert runs(median, gradient) == [2, 4]
    data.modified()
    gradient.update()
    assert runs(median, gradient) == [3, 5]


def test_setters_stamp_on_change_only():
    data, median, _ = chain()
    median.update_output_information()
    time = median.mtime
    median.filter = oxitk.Median(1)
    median.set_input(0, data)
    median.output.requested_region = Region((0, 0), (3, 3))
    median.coordinate_tolerance = median.coordinate_tolerance
    assert median.mtime == time
    median.filter = oxitk.Median(2)
    assert median.mtime > time and median.filter == oxitk.Median(2)
    time = median.mtime
    median.coordinate_tolerance = 1e-3
    assert median.mtime > time and median.direction_tolerance == 1e-6
    stream = op.streaming(median)
    time = stream.mtime
    stream.set_parameters(divisions=10)
    assert stream.mtime == time and stream.parameters["NumberOfStreamDivisions"] == "10"
    stream.set_parameters(divisions=4)
    assert stream.mtime > time and stream.parameters["NumberOfStreamDivisions"] == "4"
    assert data.mtime < stream.mtime, "one counter for all"


def test_work_units_and_the_abort_flag_cause_a_run_as_in_itk():
    _, median, _ = chain()
    median.update()
    median.number_of_work_units = median.number_of_work_units
    median.update()
    assert runs(median) == [1]
    for given, kept in [(0, 1), (1000, 128), (5, 5)]:
        median.number_of_work_units = given
        assert median.number_of_work_units == kept
    median.update()
    assert runs(median) == [2]
    time = median.mtime
    median.abort()
    assert median.mtime > time and median.abort_generate_data
    median.abort()
    median.update()
    assert runs(median) == [3] and not median.abort_generate_data


def test_pixels_never_stamp_but_geometry_does():
    a = noise(10, 10)
    data = op.source(a)
    gradient = op.filter(oxitk.GradientMagnitude(), data)
    before = gradient.numpy().copy()
    a[:] = 0
    assert np.array_equal(gradient.numpy(), before) and runs(gradient) == [1]
    data.modified()
    assert not gradient.numpy().any() and runs(gradient) == [2]
    data.set_geometry(spacing_xyz=(1, 1), origin_xyz=0)
    gradient.update()
    assert runs(gradient) == [2], "equal"
    data.set_geometry(spacing_xyz=(0.5, 2))
    gradient.update()
    assert runs(gradient) == [3] and gradient.output.information.spacing_xyz == (0.5, 2.0)
    with pytest.raises(ValueError, match="[Zz]ero"):
        data.set_geometry(spacing_xyz=0)


def test_writing_an_output_through_numpy_is_no_modification():
    _, median, gradient = chain()
    shown = median.numpy()
    shown[:] = 7
    assert not gradient.numpy().any(), "the gradient sees what was written"
    assert runs(median) == [1] and (median.numpy() == 7).all()


def test_a_request_sticks():
    data, median, gradient = chain()
    gradient.output.requested_region = Region((0, 0), (8, 8))
    gradient.update()
    median.set_input(0, noise(20, 20))
    gradient.update()
    assert gradient.output.buffered_region == Region((0, 0), (8, 8)), "not the larger image"
    median.set_input(0, noise(4, 4))
    with pytest.raises(oxitk.InvalidRequestedRegionError):
        gradient.update()
    gradient.update_largest_possible_region()
    assert gradient.output.buffered_region == Region((0, 0), (4, 4))


def test_a_region_without_pixels_becomes_the_whole():
    _, median, _ = chain()
    median.output.requested_region = Region((3, 3), (0, 2))
    median.update()
    assert median.output.buffered_region == Region((0, 0), (10, 10))


def test_regions_outside_are_refused_with_itks_words():
    data, median, gradient = chain()
    words = r"Requested region is \(at least partially\) outside the largest possible region\."
    for outside in [Region((8, 8), (5, 5)), Region((20, 20), (2, 2))]:
        for _ in range(2):
            gradient.output.requested_region = outside
            with pytest.raises(RuntimeError, match=words) as caught:
                gradient.update()
            assert isinstance(caught.value, (oxitk.InvalidRequestedRegionError, ValueError))
    gradient.update_largest_possible_region()
    assert np.array_equal(gradient.numpy(), oxitk.gradient_magnitude(oxitk.median(noise(10, 10), 1)))


def test_missing_inputs_are_named_each_time():
    _, median, gradient = chain()
    median.remove_input(0)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="Input Primary is required but not set"):
            gradient.update()
    assert median.inputs == {} and gradient.output.buffered_region is None
    median.set_input("Primary", noise(10, 10))
    gradient.update()
    assert list(median.inputs) == ["Primary"] and median.input(0) == median.inputs["Primary"]
    with pytest.raises(KeyError, match="_1"):
        median.input(1)


def test_wrong_parameters_are_told_at_each_update():
    node = op.filter(oxitk.Median((1, 2, 3)), noise(5, 5))
    for _ in range(2):
        with pytest.raises(ValueError, match="radius must be one number or 2"):
            node.update()
    node.filter = oxitk.Median((1, 2))
    node.update()


@pytest.mark.thread_unsafe(reason="it sets what holds in the whole process")
def test_inputs_must_lie_in_the_same_place():
    def total(run):
        return run.inputs[0] + run.inputs[1]

    first = oxitk.Image.from_array(noise(4, 4), spacing_xyz=2.0)
    other = op.source(oxitk.Image.from_array(noise(4, 4), spacing_xyz=2.0, origin_xyz=(3e-6, 0)))
    node = op.python_filter(total, first, other)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="Inputs do not occupy the same physical space! \nInputImage Origin"):
            node.update()
    node.coordinate_tolerance = 1e-5
    node.update()
    assert np.array_equal(node.numpy(), 2 * noise(4, 4))
    before = op.global_tolerance()
    op.set_global_tolerance(coordinate=1.0)
    try:
        assert op.python_filter(total, first, other).coordinate_tolerance == 1.0
    finally:
        op.set_global_tolerance(*before)


def test_nodes_are_sequences_of_outputs():
    def halves(run):
        return run.inputs[0] // 2, run.inputs[0] - run.inputs[0] // 2

    node = op.python_filter(halves, noise(3, 3), number_of_outputs=2)
    assert len(node) == 2 and node[0] == node.output and node[-1] == node.outputs[1] and list(node) == list(node.outputs)
    assert node[0] is node[0] and node[0] != node[1] and len({*node}) == 2
    with pytest.raises(IndexError, match="2 outputs"):
        node[2]
    node.update()
    total = np.asarray(node[0].image()) + np.asarray(node[1].image())
    assert np.array_equal(total, noise(3, 3)) and node.executions == 1
    assert bool(op.python_filter(lambda run: (), noise(2), number_of_outputs=0))


def test_released_data_are_made_again_when_needed():
    _, median, gradient = chain()
    median.release_data_flag = True
    assert median.output.release_data_flag
    gradient.update()
    assert median.output.data_released and median.output.buffered_region is None
    gradient.update()
    assert runs(median, gradient) == [1, 1], "nobody needs it"
    gradient.modified()
    gradient.update()
    assert runs(median, gradient) == [2, 2]
    with pytest.raises(RuntimeError, match="no pixels"):
        median.output.image()


@pytest.mark.thread_unsafe(reason="it sets what holds in the whole process")
def test_the_global_flag_releases_data_too():
    _, median, gradient = chain()
    op.set_global_release_data_flag(True)
    try:
        gradient.update()
        assert op.global_release_data_flag() and median.output.data_released
    finally:
        op.set_global_release_data_flag(False)


def test_grafting_shares_pixels_and_checks_types():
    _, median, gradient = chain()
    median.update()
    with pytest.raises(ValueError, match="Requested to graft output that is a nullptr pointer"):
        median.output.graft(None)
    with pytest.raises(TypeError, match="graft"):
        median.graft_output(np.zeros((3, 3)))
    a = noise(3, 3)
    median.graft_output(a)
    assert np.shares_memory(np.asarray(median.output.image()), a)
    with pytest.raises(ValueError, match="less than 1"):
        median.graft_output(a, 1)


def test_another_image_in_place_of_the_first():
    data, median, gradient = chain()
    gradient.update()
    data.set_image(noise(5, 6) > 100)
    gradient.update_largest_possible_region()
    assert median.numpy().dtype == bool and np.array_equal(median.numpy(), oxitk.median(noise(5, 6) > 100, 1))
    assert runs(median, gradient) == [2, 2] and data.requested_region == Region((0, 0), (6, 5))
    with pytest.raises(RuntimeError, match="an output of median"):
        median.output.set_image(noise(3, 3))


def test_a_disconnected_output_keeps_its_pixels():
    _, median, gradient = chain()
    median.output.requested_region = Region((1, 1), (4, 4))
    median.output.release_data_flag = True
    median.update()
    old = median.output
    pixels = np.asarray(old.image())
    old.disconnect_pipeline()
    fresh = median.output
    assert fresh != old and old.source is None and fresh.source is median
    assert fresh.requested_region == Region((1, 1), (4, 4)) and fresh.buffered_region is None
    assert fresh.release_data_flag and not old.release_data_flag and old.pipeline_mtime == 0
    assert np.array_equal(old.image(), pixels)
    median.update()
    assert np.array_equal(fresh.image(), pixels) and runs(median) == [2]


def test_a_stream_ends_with_the_last_piece_upstream():
    a = noise(16, 10)
    median = op.filter(oxitk.Median(1), a)
    stream = op.streaming(median, divisions=8)
    told = []
    stream.add_observer(op.ProgressEvent, lambda event: told.append(event.progress))
    assert np.array_equal(stream.numpy(), oxitk.median(a, 1))
    assert told == [0, 0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1] and runs(median, stream) == [8, 1]
    assert median.output.buffered_region == Region((0, 14), (10, 2))


@pytest.mark.parametrize("memory", [1500, "1.5 kB", "1.4KB"])
def test_a_stream_within_a_budget(memory):
    a = noise(40, 20)
    median = op.filter(oxitk.Median(1), a)
    stream = op.streaming(median, memory=memory)
    assert np.array_equal(stream.numpy(), oxitk.median(a, 1)) and median.executions > 1
    with pytest.raises(ValueError, match="memory"):
        op.streaming(median, memory=900).update()


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"divisions": 0}, ValueError),
        ({"divisions": 2.5}, TypeError),
        ({"divisions": 2, "memory": "1 GB"}, ValueError),
        ({"memory": "plenty"}, ValueError),
        ({"memory": "12"}, ValueError),
        ({"memory": 0}, ValueError),
    ],
)
def test_wrong_divisions(wrong, error):
    with pytest.raises(error, match="streaming: "):
        op.streaming(noise(4, 4), **wrong)
    node = op.streaming(noise(4, 4))
    with pytest.raises(error):
        node.set_parameters(**wrong)
    assert node.parameters["NumberOfStreamDivisions"] == "10"


def test_wrong_arguments():
    with pytest.raises(TypeError, match="filter must be oxitk's"):
        op.filter(np.median, noise(3))
    with pytest.raises(TypeError, match="Region"):
        op.source(noise(3)).requested_region = ((0,), (1,))
    node = op.filter(oxitk.Median(1), noise(3))
    with pytest.raises(ValueError, match="one filter"):
        node.filter = oxitk.Median(1) | oxitk.Median(2)
    with pytest.raises(TypeError, match="no parameter 'radius'"):
        node.set_parameters(radius=3)
    with pytest.raises(AttributeError, match="no filter"):
        op.streaming(node).filter
    with pytest.raises(IndexError):
        node.set_input(-1, noise(3))
    with pytest.raises(TypeError, match="masked"):
        op.source(np.ma.masked_array(noise(3), mask=[0, 1, 0]))
    with pytest.raises(TypeError, match="made of nodes"):
        op.to_svg(node, "node")


def test_a_loop_is_refused():
    _, median, gradient = chain()
    median.set_input(0, gradient)
    with pytest.raises(RuntimeError, match="loop"):
        gradient.update()
    median.set_input(0, noise(10, 10))
    gradient.update()


def test_named_inputs():
    def masked(run):
        pixels, mask = run.inputs
        return np.where(mask, pixels, 0).astype(np.uint8)

    node = op.python_filter(masked, noise(4, 4))
    node.set_input("Mask", (noise(4, 4) > 100).astype(np.uint8))
    assert list(node.inputs) == ["Primary", "Mask"]
    assert np.array_equal(node.numpy(), np.where(noise(4, 4) > 100, noise(4, 4), 0))
    node.remove_input("Mask")
    with pytest.raises(ValueError, match="not enough values"):
        node.update()


def test_texts():
    _, median, gradient = chain()
    assert repr(median) == "<oxitk.pipeline.Node median: 1 input, 1 output, not run yet>"
    assert repr(median.output) == "<oxitk.pipeline.DataObject: size not known yet; no pixels, of median>"
    gradient.update()
    assert repr(median.output).endswith("buffered index [0, 0], size [10, 10], of median>")
    text = str(median)
    for line in ["median", "  Filter: oxitk.Median(1)", f"  Modified Time: {median.mtime}", "  NumberOfRequiredInputs: 1"]:
        assert line in text.splitlines()
    assert "BufferedRegion: index [0, 0], size [10, 10]" in str(median.output)


def test_pictures():
    from xml.etree import ElementTree

    _, median, gradient = chain()
    gradient.update()
    other = op.filter(oxitk.Median(2), median)
    dot = op.to_dot(gradient, other)
    assert dot.count(" -> ") == 3 and dot.count("label=\"median") == 2 and dot.startswith("digraph")
    svg = ElementTree.fromstring(op.to_svg(gradient, other))
    texts = "".join(svg.itertext())
    assert svg.tag.endswith("svg") and "gradient_magnitude" in texts and "run 1" in texts and "not run yet" in texts
    assert gradient._repr_svg_() == gradient.to_svg() and gradient.to_dot().count(" -> ") == 2


def test_regions():
    region = Region((1, -2, 3), (4, 5, 6))
    assert (region.index_zyx, region.size_zyx, region.pixels) == ((3, -2, 1), (6, 5, 4), 120)
    assert region == Region(index_xyz=[1, -2, 3], size_xyz=np.array([4, 5, 6])) and region != Region((0, 0), (1, 1))
    assert len({region, Region((1, -2, 3), (4, 5, 6))}) == 1
    assert region.pad_by_radius((1, 0, 2)) == Region((0, -2, 1), (6, 5, 10))
    assert region.crop(Region((0, 0, 0), (3, 9, 9))) == Region((1, 0, 3), (2, 3, 6))
    assert region.contains(Region((1, -2, 3), (1, 1, 1))) and not region.contains(Region((0, -2, 3), (1, 1, 1)))
    with pytest.raises(ValueError, match="no pixel in common"):
        region.crop(Region((5, 0, 0), (1, 1, 1)))
    with pytest.raises(ValueError, match="3 axes"):
        region.crop(Region((0, 0), (1, 1)))
    for wrong in [((0, 0), (1,)), ((0,), (-1,)), ((2**62,), (2**62,)), ((), ()), ((0,) * 7, (1,) * 7)]:
        with pytest.raises(ValueError):
            Region(*wrong)
    import copy
    import pickle

    assert pickle.loads(pickle.dumps(region)) == copy.deepcopy(region) == region


def test_information():
    information = op.Information(Region((5, 0), (4, 3)), "float32", spacing_xyz=(1, 2), origin_xyz=9, metadata={"a": 1})
    assert information.shape == (3, 4) and information.dtype == np.float32 and information.metadata == {"a": 1}
    assert (information.spacing_xyz, information.origin_xyz) == ((1.0, 2.0), (9.0, 9.0))
    assert information.direction_xyz == ((1.0, 0.0), (0.0, 1.0)) and information.pixel_kind == "scalar"
    rgb = op.Information(Region((0, 0), (4, 3)), np.uint8, pixel_kind="rgb", components=3)
    assert rgb.shape == (3, 4, 3) and rgb.components == 3 and rgb != information
    with pytest.raises(ValueError, match="3 for rgb"):
        op.Information(Region((0, 0), (4, 3)), np.uint8, pixel_kind="rgb")
    with pytest.raises(TypeError):
        op.Information(Region((0,), (4,)), complex)
    data = op.source(oxitk.Image.from_array(noise(2, 3), metadata={"Modality": "MR"}))
    assert data.information.metadata == {"Modality": "MR"} and data.information.shape == (2, 3)
    assert op.filter(oxitk.Median(1), data).output.information is None
