"""Who keeps what alive in a pipeline, and that nothing leaks."""

from __future__ import annotations

import gc
import sys
import threading
import weakref

import numpy as np
import oxitk
import oxitk.pipeline as op
import pytest
from oxitk import _native


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(5).integers(0, 200, shape).astype(np.uint8)


@pytest.fixture
def live():
    """How many pixel buffers there are more than at the start of the test."""
    gc.collect()
    before = _native._live_buffers()

    def count() -> int:
        gc.collect()
        return _native._live_buffers() - before

    return count


def test_outputs_outlive_their_node():
    median = op.filter(oxitk.Median(1), noise(8, 8))
    median.update()
    output, link = median.output, weakref.ref(median)
    assert output.source is median
    del median
    assert link() is None and output.source is None
    assert np.array_equal(output.numpy(), oxitk.median(noise(8, 8), 1)), "its pixels stay"


def test_an_output_whose_node_is_gone_before_it_ran_says_so():
    output = op.filter(oxitk.Median(1), noise(8, 8)).output
    with pytest.raises(RuntimeError, match="keep the nodes of a pipeline"):
        output.update()
    assert np.array_equal(np.asarray(op.filter(oxitk.Median(1), noise(8, 8))), oxitk.median(noise(8, 8), 1))


@pytest.mark.parametrize("by_output", [False, True])
def test_a_node_keeps_the_nodes_before_it(by_output):
    median = op.filter(oxitk.Median(1), noise(8, 8))
    gradient = op.filter(oxitk.GradientMagnitude(), median.output if by_output else median)
    link = weakref.ref(median)
    del median
    gc.collect()
    assert link() is gradient.input(0).source
    gradient.update()
    gradient.set_input(0, noise(3, 3))
    assert link() is None and gradient.numpy().shape == (3, 3)


def test_a_chain_keeps_its_nodes():
    last = op.filter(oxitk.Median(1) | oxitk.Median(0) | oxitk.GradientMagnitude(), noise(8, 8))
    gc.collect()
    names = []
    node = last
    while node is not None:
        names.append(node.filter)
        node = node.input(0).source
    assert names == [oxitk.GradientMagnitude(), oxitk.Median(0), oxitk.Median(1)]


def test_images_of_arrays_keep_them_and_let_them_go(live):
    a = noise(50, 50)
    link = weakref.ref(a)
    median = op.filter(oxitk.Median(1), a)
    del a
    gc.collect()
    assert link() is not None and np.array_equal(median.numpy(), oxitk.median(noise(50, 50), 1))
    with pytest.raises(ValueError, match="resize|own its data"):
        link().resize((2, 2), refcheck=False)
    del median
    gc.collect()
    assert link() is None and live() == 0


def test_arrays_outlive_the_pipeline(live):
    gradient = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), noise(60, 60))
    shown, part, image = gradient.numpy(), gradient.numpy()[10:20, ::2].T, gradient.output.image()
    expected = shown.copy()
    assert np.shares_memory(shown, part) and np.shares_memory(shown, np.asarray(image)), "nothing is copied"
    del gradient
    assert live() == 1
    assert np.array_equal(shown, expected) and np.array_equal(part, expected[10:20, ::2].T)
    del shown, image
    assert live() == 1 and np.array_equal(part, expected[10:20, ::2].T)
    del part
    assert live() == 0


def test_a_new_run_leaves_arrays_alone_that_are_held(live):
    median = op.filter(oxitk.Median(1), noise(40, 40))
    shown = median.numpy()
    before = shown.copy()
    median.filter = oxitk.Median(3)
    again = median.numpy()
    assert np.array_equal(shown, before) and not np.shares_memory(shown, again) and not np.array_equal(again, before)
    del shown, again
    assert live() == 1


def test_numpy_protocols():
    median = op.filter(oxitk.Median(1), noise(5, 5))
    a = np.asarray(median)
    assert a is not np.asarray(median) and np.shares_memory(a, np.asarray(median.output)) and a.flags.writeable
    assert np.asarray(median, dtype=np.float32).dtype == np.float32
    assert not np.shares_memory(a, np.array(median, copy=True))
    assert (median.numpy() == median.output.numpy()).all() and np.add(median, 1).dtype == a.dtype
    with pytest.raises(ValueError, match="without a copy"):
        median.__array__(np.float64, copy=False)
    frozen = noise(5, 5)
    frozen.flags.writeable = False
    assert not np.asarray(op.source(frozen)).flags.writeable


def observe_itself():
    node = op.filter(oxitk.Median(1), noise(4, 4))
    node.add_observer(op.AnyEvent, lambda event: node)
    return node


def observe_the_output():
    node = op.filter(oxitk.Median(1), noise(4, 4))
    node.output.add_observer(op.AnyEvent, lambda event: node)
    return node


def observe_the_next():
    node = op.filter(oxitk.Median(1), noise(4, 4))
    following = op.filter(oxitk.Median(1), node)
    node.add_observer(op.AnyEvent, lambda event: following)
    return node


def written_around_itself():
    def generate_data(run):
        assert node
        return run.inputs[0]

    node = op.python_filter(generate_data, noise(4, 4))
    return node


def loop():
    node = op.filter(oxitk.Median(1), noise(4, 4))
    following = op.filter(oxitk.Median(1), node)
    node.set_input(0, following)
    return node


@pytest.mark.parametrize("make", [observe_itself, observe_the_output, observe_the_next, written_around_itself, loop])
@pytest.mark.parametrize("updated", [False, True])
def test_cycles_are_collected(make, updated, live):
    node = make()
    if updated and make is not loop:
        node.update()
    links = [weakref.ref(node), weakref.ref(node.output)]
    del node
    gc.collect()
    assert [link() for link in links] == [None, None] and live() == 0


def test_callbacks_go_when_they_are_removed():
    node = op.filter(oxitk.Median(1), noise(4, 4))

    class Callback:
        def __call__(self):
            pass

    callback = Callback()
    link = weakref.ref(callback)
    tag = node.add_observer(op.StartEvent, callback)
    del callback
    assert link() is not None
    node.remove_observer(tag)
    assert link() is None
    callback = Callback()
    link = weakref.ref(callback)
    node.add_observer(op.StartEvent, callback)
    del callback
    node.remove_all_observers()
    assert link() is None


def test_a_node_may_go_within_its_own_callback(live):
    told = []

    def run():
        node = op.filter(oxitk.Median(1), noise(30, 30))
        holder = [node]
        node.add_observer(op.StartEvent, lambda: (holder.clear(), gc.collect(), told.append(1)))
        node.update()

    run()
    assert told == [1] and live() == 0


def test_inputs_may_be_replaced_within_a_callback(live):
    median = op.filter(oxitk.Median(1), noise(30, 30))
    gradient = op.filter(oxitk.GradientMagnitude(), median)
    link = weakref.ref(median)
    median.add_observer(op.StartEvent, lambda: gradient.set_input(0, noise(6, 6)))
    del median
    gradient.update()
    gc.collect()
    assert link() is None and gradient.numpy().shape == (6, 6)


def test_nothing_grows(live):
    def once():
        gradient = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), noise(20, 20))
        tag = gradient.add_observer(op.AnyEvent, lambda event: event.progress)
        stream = op.streaming(gradient, divisions=3)
        stream.numpy()
        stream.output.disconnect_pipeline()
        gradient.remove_observer(tag)
        op.to_svg(stream)

    def blocks(n):
        for _ in range(n):
            once()
        gc.collect()
        return sys.getallocatedblocks()

    blocks(20)
    # What grows by a block a run does so each time; Python itself takes some blocks at times, the more without a GIL.
    counts = [blocks(200) for _ in range(4)]
    growth = [after - before for before, after in zip(counts, counts[1:])]
    assert min(growth) < 200 and live() == 0, growth


def test_failed_updates_keep_nothing(live):
    def fail(run):
        raise ValueError

    node = op.filter(oxitk.Median(1), op.python_filter(fail, op.filter(oxitk.Median(1), noise(30, 30))))
    for _ in range(50):
        with pytest.raises(ValueError):
            node.update()
    assert live() <= 1, "the first median's output"
    del node
    assert live() == 0


def test_threads_make_run_and_drop_pipelines(live):
    errors = []

    def work():
        try:
            for i in range(100):
                node = op.filter(oxitk.Median(1) | oxitk.GradientMagnitude(), np.full((16, 16), i, np.uint8))
                node.add_observer(op.EndEvent, lambda node=node: node)
                assert not node.numpy().any()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and live() == 0
