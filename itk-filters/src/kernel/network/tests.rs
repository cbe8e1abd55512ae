//! Steps of kernels: both ways in which larger keys are found, both in which columns follow each other, and floats as they are.

use std::ptr::null_mut;

use super::*;

/// The medians of some columns of rows, and whether all floats could be compared.
fn take_step<T: Pixel>(
    kernel: &Kernel<T>,
    level: Level,
    rows: &[*mut u8],
    columns: usize,
    means: Means,
    backward: bool,
) -> (Vec<T>, bool) {
    let lanes = simd::lanes::<T::Key>(level);
    let width = columns * lanes;
    let mut medians = vec![T::default(); width * kernel.plan.outputs()];
    let outputs: Vec<*mut u8> = medians.chunks_exact_mut(width).map(|row| row.as_mut_ptr().cast()).collect();
    let step = Step {
        rows,
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
    let comparable = (kernel.step)(level, &step, means);
    (medians, comparable)
}

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
        let medians = |means: Means, backward: bool| {
            let (medians, comparable) = take_step(&kernel, level, &rows, columns, means, backward);
            assert!(comparable, "keys can always be compared");
            medians
        };
        let expected = medians(Means::Minima, false);
        assert!(expected.iter().any(|&median| median != expected[0]), "medians differ");
        assert!(medians(Means::Minima, true) == expected, "{} {window:?} {level}, backward", T::TYPE);
        // Lower levels have one way, and so have windows that are no squares.
        if level == Level::Avx512 && plan.has_maxima(size_of::<T::Key>()) {
            assert!(medians(Means::Maxima, false) == expected, "{} {window:?} {level}", T::TYPE);
        }
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

/// Takes steps on floats as they are, beside some on their keys.
fn check_floats<T: Pixel>() {
    let level = Level::Avx512;
    let kernel = kernel_of::<T>([3, 3, 1]).expect("the window has a kernel");
    if !simd::levels().contains(&level) {
        assert!(!kernel.reads_floats(level), "floats are read as they are without instructions for that");
        return;
    }
    let columns = 3;
    let width = columns * simd::lanes::<T::Key>(level) + 2;
    let (mut state, reads) = (1_u32, kernel.plan.reads());
    // Whole numbers of both signs, some of them zeros, and one that is not normal.
    let mut image: Vec<T> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        T::from_f64(f64::from(state >> 28) - 8.0)
    })
    .take((width + 1) * reads)
    .collect();
    image[width + 5] = T::from_f64(if size_of::<T>() == 8 { 5e-324 } else { 1e-45 });
    let medians = |pixels: &[T], means: Means| {
        // A pixel more than windows see ends each row.
        let rows: Vec<*mut u8> =
            pixels.chunks_exact(width + 1).map(|row| row.as_ptr().cast_mut().cast()).collect();
        take_step(&kernel, level, &rows, columns, means, false)
    };
    let keys: Vec<T> = image.iter().map(|&pixel| bytemuck::cast(pixel.to_key())).collect();
    let (expected, _) = medians(&keys, Means::Minima);
    let bits = |medians: &[T]| medians.iter().map(|median| median.to_key()).collect::<Vec<_>>();
    let (got, comparable) = medians(&image, Means::Floats);
    assert!(comparable && bits(&got) == bits(&expected), "{}", T::TYPE);
    for at in 0..image.len() {
        let mut image = image.clone();
        image[at] = T::from_f64(f64::NAN);
        let is_seen = at % (width + 1) < width;
        assert_eq!(medians(&image, Means::Floats).1, !is_seen, "{} {at}", T::TYPE);
    }
    #[cfg(target_arch = "x86_64")]
    {
        let (normal, zeros) = (0x1f80_u32, 0x1fc0_u32);
        let state = |bits: &u32| {
            // SAFETY: two states of floats that a thread may be in; none of the code between depends on which.
            unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) bits, options(nostack, readonly)) }
        };
        state(&zeros);
        let (_, comparable) = medians(&image, Means::Floats);
        state(&normal);
        assert!(!comparable, "numbers that are not normal would be taken for 0");
    }
}

#[test]
fn floats_as_they_are_give_the_medians_of_their_keys() {
    check_floats::<f32>();
    check_floats::<f64>();
}

#[test]
fn narrow_levels_have_no_fast_maxima_and_no_fast_floats() {
    assert_eq!([Level::Baseline, Level::Avx2].map(simd::has_fast_maxima), [false; 2]);
    assert_eq!([Level::Baseline, Level::Avx2].map(simd::has_fast_floats), [false; 2]);
}

#[test]
fn long_keys_have_code_for_small_windows_only_where_nothing_compares_them() {
    for (radius, has_code) in [(&[1, 1][..], true), (&[2, 2], true), (&[1, 1, 1], true), (&[3, 3], false)] {
        assert_eq!(find::<i64>(Level::Baseline, radius).is_some(), has_code, "{radius:?}");
        assert!(find::<i64>(Level::Avx2, radius).is_some(), "{radius:?}");
        assert!(find::<i32>(Level::Baseline, radius).is_some(), "{radius:?}");
    }
}
