"""Nodes that are written in Python (ITK's `itk.PyImageFilter`)."""

from __future__ import annotations

import threading

import numpy as np
import oxitk
import oxitk.pipeline as op
import pytest
from oxitk.pipeline import Region


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 200, shape).astype(np.uint8)


def padded_sum(inputs: list, calls: list):
    """A sum over a 3 x 3 window, clamped at the border, that asks for what it needs."""

    def generate_data(run):
        calls.append((threading.get_ident(), run.requested_regions[0]))
        region, whole = run.requested_regions[0], run.input_information[0].region
        have = region.pad_by_radius(1).crop(whole)
        lack = [
            (have_start - (start - 1), start + size + 1 - (have_start + have_size))
            for start, size, have_start, have_size in zip(region.index_zyx, region.size_zyx, have.index_zyx, have.size_zyx)
        ]
        [pixels] = run.inputs
        assert pixels.shape == have.size_zyx
        pixels = np.pad(pixels.astype(np.uint16), lack, mode="edge")
        height, width = region.size_zyx
        return sum(pixels[y : y + height, x : x + width] for y in range(3) for x in range(3))

    return op.python_filter(
        generate_data,
        *inputs,
        generate_output_information=lambda known: op.Information(known[0].region, np.uint16, spacing_xyz=known[0].spacing_xyz),
        generate_input_requested_region=lambda wanted, known: wanted.pad_by_radius(1).crop(known[0].region),
    )


def naive_sum(a):
    pixels = np.pad(a.astype(np.uint16), 1, mode="edge")
    return sum(pixels[y : y + a.shape[0], x : x + a.shape[1]] for y in range(3) for x in range(3))


def test_a_filter_of_regions():
    a, calls = noise(12, 10), []
    median = op.filter(oxitk.Median(1), oxitk.Image.from_array(a, spacing_xyz=(2, 3)))
    node = padded_sum([median], calls)
    node.output.requested_region = Region((3, 4), (2, 2))
    node.update()
    assert median.output.buffered_region == Region((2, 3), (4, 4)) and calls == [(threading.get_ident(), Region((3, 4), (2, 2)))]
    expected = naive_sum(oxitk.median(a, 1))
    assert np.array_equal(node.output.image(), expected[4:6, 3:5]) and node.output.image().spacing_xyz == (2.0, 3.0)
    assert np.array_equal(node.numpy(), expected) and node.numpy().dtype == np.uint16


def test_a_filter_in_the_middle_of_a_stream():
    a, calls = noise(30, 10), []
    node = padded_sum([op.filter(oxitk.Median(1), a)], calls)
    stream = op.streaming(op.filter(oxitk.Median(1), node), divisions=5)
    assert np.array_equal(stream.numpy(), oxitk.median(naive_sum(oxitk.median(a, 1)), 1))
    assert [region.size_xyz[1] for _, region in calls] == [7, 8, 8, 8, 7]


def test_inputs_are_exactly_what_was_asked_for_and_cannot_be_written():
    a = noise(8, 8)
    seen = []

    def generate_data(run):
        [pixels] = run.inputs
        seen.append((pixels.copy(), pixels.flags.writeable, np.shares_memory(pixels, a)))
        return pixels.copy()

    node = op.python_filter(generate_data, a)
    node.output.requested_region = Region((1, 2), (3, 4))
    node.update()
    assert np.array_equal(seen[0][0], a[2:6, 1:4]) and seen[0][1:] == (False, True)
    a[2, 1] = 255 - a[2, 1]
    assert node.output.image().shape == (4, 3) and np.asarray(node.output.image())[0, 0] != a[2, 1], "results are copied"


def test_an_input_of_which_nothing_is_asked_for():
    def first(run):
        assert run.inputs[1].shape == (0, 0) and run.inputs[1].dtype == np.uint8
        return run.inputs[0]

    unused = op.filter(oxitk.Median(1), noise(5, 5))
    node = op.python_filter(
        first,
        noise(4, 4),
        unused,
        generate_input_requested_region=lambda wanted, known: (wanted, Region((0, 0), (0, 0))),
    )
    assert np.array_equal(node.numpy(), noise(4, 4)) and unused.executions == 0


def test_a_source():
    def columns(run):
        (x, _), (width, height) = run.requested_regions[0].index_xyz, run.requested_regions[0].size_xyz
        return np.tile(np.arange(x, x + width, dtype=np.uint16), (height, 1))

    # 5 GB, of which little is made.
    whole = op.Information(Region((0, 0), (50_000, 50_000)), np.uint16)
    source = op.python_filter(columns, generate_output_information=lambda inputs: whole)
    median = op.filter(oxitk.Median(1), source)
    median.output.requested_region = Region((40_000, 7), (3, 2))
    median.update()
    assert np.array_equal(median.output.image(), [[40_000, 40_001, 40_002]] * 2)
    assert source.output.buffered_region == Region((39_999, 6), (5, 4))


def test_a_source_that_makes_all_at_once():
    def ramp(run):
        return np.arange(20, dtype=np.int32).reshape(4, 5)

    whole = op.Information(Region((0, 0), (5, 4)), np.int32)
    node = op.python_filter(
        ramp,
        generate_output_information=lambda inputs: (whole,),
        enlarge_output_requested_region=lambda information, requested: information.region,
    )
    node.output.requested_region = Region((1, 1), (2, 2))
    node.update()
    assert node.output.buffered_region == whole.region and node.output.largest_possible_region == whole.region


def test_a_sink_runs_at_each_update():
    seen = []

    def show(run):
        seen.append(int(run.inputs[0].sum()))
        return ()

    sink = op.python_filter(show, op.filter(oxitk.Median(1), noise(5, 5)), number_of_outputs=0)
    sink.update()
    sink.update_largest_possible_region()
    assert len(sink) == 0 and seen == [int(oxitk.median(noise(5, 5)).sum())] * 2
    with pytest.raises(RuntimeError, match="show is a sink"):
        sink.output


def test_rgb_goes_through():
    image = oxitk.Image.from_array(noise(4, 5, 3), pixel_kind="rgb")

    def flip(run):
        return run.inputs[0][..., ::-1]

    node = op.python_filter(flip, image)
    node.output.requested_region = Region((1, 1), (3, 2))
    node.update()
    assert node.output.image().pixel_kind == "rgb" and np.array_equal(node.output.image(), noise(4, 5, 3)[1:3, 1:4, ::-1])


@pytest.mark.parametrize(
    "result, error, text",
    [
        (np.zeros((3, 2), np.uint8), ValueError, r"the shape of the requested region, \(2, 3\), got \(3, 2\)"),
        (np.zeros((2, 3), np.float32), TypeError, "dtype uint8, got float32"),
        (None, TypeError, "object"),
        ((np.zeros((2, 3), np.uint8),) * 2, ValueError, "results must be 1, got 2"),
        (np.ma.masked_array(np.zeros((2, 3), np.uint8)), TypeError, "masked"),
    ],
)
def test_wrong_results(result, error, text):
    def wrong(run):
        return result

    node = op.python_filter(wrong, noise(2, 3))
    for _ in range(2):
        with pytest.raises(error, match=text):
            node.update()
    assert node.output.buffered_region is None


def test_wrong_answers_before_there_are_data():
    same = lambda run: run.inputs[0]  # noqa: E731
    a = noise(4, 4)
    for functions, error, text in [
        ({"generate_output_information": lambda known: None}, TypeError, "must be an oxitk.pipeline.Information, got NoneType"),
        ({"generate_output_information": lambda known: known * 2}, ValueError, "output information must be 1, got 2"),
        ({"generate_input_requested_region": lambda wanted, known: (1, 2)}, ValueError, "input requested regions must be 1, got 2"),
        ({"generate_input_requested_region": lambda wanted, known: "all"}, TypeError, "must be an oxitk.pipeline.Region, got str"),
        ({"enlarge_output_requested_region": lambda known, wanted: known}, TypeError, "must be an oxitk.pipeline.Region"),
        ({"generate_input_requested_region": lambda wanted, known: wanted.pad_by_radius(1)}, RuntimeError, "outside"),
    ]:
        node = op.python_filter(same, a, **functions)
        for _ in range(2):
            with pytest.raises(error, match=text):
                node.update()
    with pytest.raises(TypeError, match="callables"):
        op.python_filter(same, a, generate_output_information=3)
    with pytest.raises(ValueError, match="0 to 64"):
        op.python_filter(same, a, number_of_outputs=65)
    with pytest.raises(RuntimeError, match="Input Primary is required"):
        op.python_filter(same).update()


@pytest.mark.parametrize("where", ["data", "information", "input region", "enlarge"])
def test_errors_come_out_unchanged_and_the_next_update_tries_again(where):
    error, fails = ZeroDivisionError("mine"), [True, True]

    def fail(value):
        def call(*arguments):
            if fails:
                fails.pop()
                raise error
            return value(*arguments)

        return call

    a = noise(6, 6)
    functions = {
        "information": {"generate_output_information": fail(lambda known: known[0])},
        "input region": {"generate_input_requested_region": fail(lambda wanted, known: wanted)},
        "enlarge": {"enlarge_output_requested_region": fail(lambda known, wanted: wanted)},
    }.get(where, {})
    same = lambda run: run.inputs[0]  # noqa: E731
    node = op.python_filter(fail(same) if where == "data" else same, op.filter(oxitk.Median(0), a), **functions)
    behind = op.filter(oxitk.Median(1), node)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError) as caught:
            behind.update()
        assert caught.value is error
    assert np.array_equal(behind.numpy(), oxitk.median(a, 1))


def test_progress_and_abort():
    told = []

    def slow(run):
        for i in range(4):
            assert not run.abort_generate_data
            run.update_progress(i / 4)
        return run.inputs[0]

    node = op.python_filter(slow, noise(3, 3))
    node.add_observer(op.ProgressEvent, lambda event: told.append(event.progress))
    node.update()
    assert told == [0, 0.25, 0.5, 0.75, 1]
    node.add_observer(op.ProgressEvent, lambda event: event.progress == 0.5 and node.abort())
    node.modified()
    with pytest.raises(oxitk.ProcessAborted, match="slow"):
        node.update()
    assert node.progress == 0.5


def test_a_pipeline_inside_a_node():
    """As ITK's mini-pipelines: made once, run for what is asked."""
    inner = op.source(noise(2, 2))
    median = op.filter(oxitk.Median(1), inner)

    def generate_data(run):
        median.set_input(0, run.inputs[0])
        return median.numpy()

    node = op.python_filter(generate_data, noise(9, 9))
    assert np.array_equal(node.numpy(), oxitk.median(noise(9, 9), 1))


def test_names():
    assert op.python_filter(lambda run: run.inputs[0], noise(2)).name == "<lambda>"
    assert op.python_filter(print, noise(2), name="mine").name == "mine"

    class Callable:
        def __call__(self, run):
            return run.inputs[0]

    assert op.python_filter(Callable(), noise(2)).name == "python_filter"
