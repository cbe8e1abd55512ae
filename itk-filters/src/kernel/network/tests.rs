//! Steps of kernels: both ways in which larger keys are found, and both in which columns follow each other.

use std::ptr::null_mut;

use super::*;

/// Takes a step of each window on rows of pixels made from random bits: with and without maxima, and backward.
fn check<T: Pixel>(windows: &[[usize; 3]], made: impl Fn(u64) -> T) {
    let mut state = 1u64;
    let mut pixels = |count: usize| -> Vec<T> {
        let mut pixel = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            made(state >> 32)
        };
        (0..count).map(|_| pixel()).collect()
    };
    for (&window, level) in
        windows.iter().flat_map(|window| simd::levels().into_iter().map(move |l| (window, l)))
    {
        let kernel = kernel_of::<T>(window).expect("the window has a kernel");
        let plan = kernel.plan;
        assert!(plan.room == 0 && plan.has_maxima(size_of::<T::Key>()) == is_square(window), "{window:?}");
        let (lanes, columns) = (simd::lanes::<T::Key>(level), 3);
        let width = columns * lanes;
        let mut image = pixels(plan.reads() * plan.planes() * (width + plan.window[0]));
        let rows: Vec<*mut u8> =
            image.chunks_exact_mut(width + plan.window[0]).map(|row| row.as_mut_ptr().cast()).collect();
        let medians = |maxima: bool, backward: bool| {
            let mut medians = vec![T::default(); width * plan.outputs()];
            let outputs: Vec<*mut u8> =
                medians.chunks_exact_mut(width).map(|row| row.as_mut_ptr().cast()).collect();
            let step = Step {
                rows: &rows,
                outputs: &outputs,
                places: &[],
                kept: null_mut(),
                room: 0,
                columns,
                backward,
                shift: 0,
                last: width - lanes,
                ahead: None,
            };
            (kernel.step)(level, &step, maxima);
            medians
        };
        let expected = medians(false, false);
        assert!(expected.iter().any(|&median| median != expected[0]), "medians differ");
        assert!(medians(false, true) == expected, "{} {window:?} {level}, backward", T::TYPE);
        // Lower levels have one way, and so have windows that are no squares.
        let maxima = level == Level::Avx512 && plan.has_maxima(size_of::<T::Key>());
        assert!(medians(maxima, false) == expected, "{} {window:?} {level}", T::TYPE);
    }
}

#[test]
fn maxima_and_columns_from_right_to_left_give_the_same_medians() {
    let windows = [[3, 3, 1], [5, 5, 1], [3, 3, 3], [3, 1, 1], [1, 3, 1]];
    check(&windows, |bits| bits as u8);
    check(&windows, |bits| bits as i8);
    check(&windows, |bits| bits as u16);
    check(&windows, |bits| bits as i16);
    check(&windows, |bits| bits as u32);
    check(&windows, |bits| bits as i32);
    check(&windows[..1], |bits| bits as i32 as f32);
}

#[test]
fn narrow_levels_have_no_fast_maxima() {
    assert_eq!([Level::Baseline, Level::Avx2].map(simd::has_fast_maxima), [false; 2]);
}

#[test]
fn long_keys_have_code_for_small_windows_only_where_nothing_compares_them() {
    for (radius, has_code) in [(&[1, 1][..], true), (&[2, 2], true), (&[1, 1, 1], true), (&[3, 3], false)] {
        assert_eq!(find::<i64>(Level::Baseline, radius).is_some(), has_code, "{radius:?}");
        assert!(find::<i64>(Level::Avx2, radius).is_some(), "{radius:?}");
        assert!(find::<i32>(Level::Baseline, radius).is_some(), "{radius:?}");
    }
}
