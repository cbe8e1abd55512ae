//! The ends of rows, whose windows reach beyond the image along x: a few columns of pixels, with x and y exchanged.
//!
//! Neighbours along y then lie side by side in registers, and what is beyond the border is a row like any other. A register
//! for each end of each row would be filled with the few pixels that lie there, and take longer than all the others.

use std::ops::Range;

use itk_core::buffer::Brick;
use itk_core::simd::Level;
use itk_core::{AnyView, AnyViewMut, Axes, Pixel, Result, Strides};

use super::Kernel;
use super::walk::{Match, Scratch, Walk};
use crate::kernel::indices::for_each_index;

/// Memory that one thread reuses from brick to brick.
#[derive(Default)]
pub(super) struct Columns<K: Pixel> {
    samples: Vec<K>,
    medians: Vec<K>,
    scratch: Scratch<K>,
}

/// Where the columns are, and how large they are in the image with x and y exchanged.
struct Place<'a> {
    axes: Match,
    y: usize,
    ends: &'a [Range<usize>; 2],
    /// The brick's first pixel in the image, and its size.
    first: Axes<usize>,
    brick: Axes<usize>,
    /// The columns of the image that the windows at either end see, the rows, and where that begins on the other axes.
    seen: [Range<usize>; 2],
    rows: Range<usize>,
    low: Axes<usize>,
    /// How often the first row is repeated before it.
    before: usize,
    samples: Axes<usize>,
    medians: Axes<usize>,
}

impl<'a> Place<'a> {
    fn new(
        axes: Match,
        lanes: usize,
        image: &[usize],
        (first, brick): (Axes<usize>, Axes<usize>),
        ends: &'a [Range<usize>; 2],
    ) -> Self {
        let [ry, rx, rz] = axes.window.map(|samples| samples / 2);
        let y = axes.y.expect("the axis that was exchanged");
        let part = |a: usize, range: Range<usize>, radius: usize| {
            let (low, high) = (first[a] + range.start, first[a] + range.end + radius);
            low.saturating_sub(radius)..high.min(image[a])
        };
        let seen = ends.clone().map(|end| if end.is_empty() { 0..0 } else { part(0, end, rx) });
        let columns = seen[0].len() + seen[1].len();
        // A register at least; what is beyond the image or the brick repeats its last pixel, or is not looked at.
        let height = brick[y].max(lanes);
        let rows = part(y, 0..height, ry);
        let other = |a: usize| part(a, 0..brick[a], if Some(a) == axes.z { rz } else { 0 });
        let size = |along: usize, others: &dyn Fn(usize) -> usize| {
            Axes::from_fn(image.len(), |a| match a {
                0 => along,
                _ if a == y => columns,
                _ => others(a),
            })
        };
        Self {
            low: Axes::from_fn(image.len(), |a| other(a).start),
            before: rows.start + ry - first[y],
            samples: size(height + 2 * ry, &|a| other(a).len()),
            medians: size(height, &|a| brick[a]),
            axes,
            y,
            ends,
            first,
            brick,
            seen,
            rows,
        }
    }

    /// The column of the image that is a row here: those of both ends follow each other, as the windows of the first ones reach
    /// beyond the first column only, those of the last ones beyond the last.
    fn column(&self, row: usize) -> usize {
        match row.checked_sub(self.seen[0].len()) {
            None => self.seen[0].start + row,
            Some(row) => self.seen[1].start + row,
        }
    }
}

impl<K: Pixel> Columns<K> {
    /// Reads what windows see, as it is.
    fn read(&mut self, place: &Place<'_>, image: AnyView<'_>) {
        let (y, rank) = (place.y, place.samples.len());
        let image = image.swap_axes(0, y).typed::<K>().expect("pixels as wide as keys");
        self.samples.resize(place.samples.iter().product(), K::default());
        let mut rows = self.samples.chunks_exact_mut(place.samples[0]);
        for_each_index(&Axes::filled(rank - 1, 0), &place.samples[1..], |rest| {
            let at = |a: usize| if a == y { place.column(rest[a - 1]) } else { place.low[a] + rest[a - 1] };
            let row = rows.next().expect("a row of samples for each index");
            let (head, row) = row.split_at_mut(place.before);
            let (row, tail) = row.split_at_mut(place.rows.len());
            image.load(place.rows.start, &Axes::from_fn(rank - 1, |a| at(a + 1)), row);
            head.fill(row[0]);
            tail.fill(row[row.len() - 1]);
        });
    }

    /// Computes medians of keys.
    fn filter(
        &mut self,
        place: &Place<'_>,
        level: Level,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<()> {
        let Self { samples, medians, scratch } = self;
        let view = AnyView::of_bytes(K::TYPE, place.samples, bytemuck::cast_slice(samples));
        let offset = Axes::from_fn(place.samples.len(), |a| match a {
            0 => place.axes.window[0] / 2,
            _ if a == place.y => 0,
            _ => place.first[a] - place.low[a],
        });
        let walk = Walk::new(level, place.axes, view.typed::<K>().expect("keys"), offset);
        medians.resize(place.medians.iter().product(), K::default());
        let output = AnyViewMut::of_bytes(K::TYPE, place.medians, bytemuck::cast_slice_mut(medians));
        for brick in output.typed::<K>().expect("keys").into_bricks(&place.medians) {
            walk.descend(&brick, &walk.inside(&brick, 0..place.medians[0]), scratch, check)?;
        }
        Ok(())
    }

    /// Writes medians as they are where they belong, `start` being the brick's first pixel.
    ///
    /// # Safety
    /// The pixels of the brick are valid for writes, follow each other along x, and are as wide as keys.
    unsafe fn write(&self, place: &Place<'_>, start: *mut K, strides: &Strides) {
        let mut rows = self.medians.chunks_exact(place.medians[0]);
        for_each_index(&Axes::filled(place.medians.len() - 1, 0), &place.medians[1..], |rest| {
            let row = rows.next().expect("a row of medians for each index");
            let end = &place.ends[usize::from(rest[place.y - 1] >= place.seen[0].len())];
            let x = place.column(rest[place.y - 1]).wrapping_sub(place.first[0]);
            if !end.contains(&x) {
                return;
            }
            let others = (1..=rest.len()).filter(|&a| a != place.y);
            let offset: isize = others.map(|a| rest[a - 1] as isize * strides.bytes[a]).sum();
            let top = start.wrapping_byte_offset(offset).wrapping_add(x);
            for (i, &median) in row[..place.brick[place.y]].iter().enumerate() {
                // SAFETY: the caller's promise; the pixel is the brick's.
                unsafe {
                    top.wrapping_byte_offset(i as isize * strides.bytes[place.y]).write_unaligned(median)
                };
            }
        });
    }
}

impl<T: Pixel> Walk<'_, T> {
    /// The window with x and y exchanged, if it has a kernel that takes less time so than a register for each end of a row: one
    /// without lists, as steps of warming up would take longer than all others.
    pub(super) fn turned(&self) -> Option<Match> {
        let [x, y, z] = self.axes.window;
        let turned = Match { window: [y, x, z], y: Some(self.axes.y?), z: self.axes.z };
        let kernel: Kernel<T::Key> = super::kernel_of(turned.window)?;
        let plan = kernel.plan;
        // What is computed of both ends for a register, and otherwise for a row.
        let rows = (4 * (x / 2)).next_multiple_of(plan.rows);
        (plan.least(size_of::<T::Key>()) <= self.level && plan.room == 0 && rows <= 2 * self.lanes)
            .then_some(turned)
    }

    /// Computes the medians of a brick's first and last columns, `axes` being what [`Walk::turned`] has found. True when a
    /// window had a NaN.
    pub(super) fn fill_ends(
        &self,
        axes: Match,
        brick: &Brick<'_, T>,
        ends: &[Range<usize>; 2],
        columns: &mut Columns<T::Key>,
        check: &mut dyn FnMut() -> Result<()>,
    ) -> Result<bool> {
        let rank = self.source.size().len();
        let first = Axes::from_fn(rank, |a| self.offset[a] + brick.first()[a]);
        let size = Axes::from_fn(rank, |a| brick.size()[a]);
        let place = Place::new(axes, self.lanes, self.source.size(), (first, size), ends);
        // Moving pixels is compiled for each width of keys, not for each type.
        columns.read(&place, AnyView::from(self.source).as_bits());
        let mut nan = false;
        for sample in &mut columns.samples {
            let pixel: T = bytemuck::cast(*sample);
            nan |= pixel.is_nan();
            *sample = pixel.to_key();
        }
        columns.filter(&place, self.level, check)?;
        for median in &mut columns.medians {
            *median = bytemuck::cast(T::from_key(*median));
        }
        let start = brick.row(&Axes::filled(rank - 1, 0)).cast();
        // SAFETY: nothing else writes the brick, which is plain.
        unsafe { columns.write(&place, start, brick.strides()) };
        Ok(nan)
    }
}

#[cfg(test)]
mod tests {
    use itk_core::simd::levels;
    use itk_core::{PixelType, VisitType};

    use super::*;
    use crate::kernel::network::cover::Cover;
    use crate::kernel::network::find;
    use crate::kernel::network::walk::Memory;

    const PAGE: usize = 4096;

    /// A part of an image, and a window.
    struct Case<'a> {
        level: Level,
        image: &'a [usize],
        offset: &'a [usize],
        size: &'a [usize],
        radius: &'a [usize],
        /// Bytes by which the output lies behind the image, but for whole pages.
        behind: usize,
    }

    /// Pixels of many values, no two ends alike; floats of both signs.
    fn noise<T: Pixel>(count: usize) -> Vec<T> {
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            T::from_f64(f64::from(state >> 25) - if T::TYPE.is_float() { 64.0 } else { 0.0 })
        };
        (0..count).map(|_| next()).collect()
    }

    /// The medians, whether there was a NaN, and the columns that were exchanged with rows; `None` without a cover.
    fn medians<T: Pixel>(
        case: &Case<'_>,
        pixels: &[T],
        cover: impl Fn(&Walk<'_, T>, &Brick<'_, T>) -> Option<Cover>,
    ) -> Option<(Vec<T>, bool, usize)> {
        let axes = |values: &[usize]| Axes::from_slice(values).unwrap();
        let view =
            AnyView::of_bytes(T::TYPE, axes(case.image), bytemuck::cast_slice(pixels)).typed().unwrap();
        let kernel = find::<T::Key>(case.level, case.radius).unwrap();
        let walk = Walk::new(case.level, kernel, view, axes(case.offset));
        let count = case.size.iter().product::<usize>();
        let mut memory = vec![T::default(); count + PAGE / size_of::<T>()];
        let apart = (pixels.as_ptr().addr() + case.behind).wrapping_sub(memory.as_ptr().addr()) % PAGE;
        let medians = &mut memory[apart / size_of::<T>()..][..count];
        let output = AnyViewMut::of_bytes(T::TYPE, axes(case.size), bytemuck::cast_slice_mut(medians));
        let bricks = output.typed::<T>().unwrap().into_bricks(case.size);
        let (mut nan, mut turned) = (false, 0);
        for brick in &bricks {
            let cover = cover(&walk, brick)?;
            if case.image == case.size {
                let backward = case.image[0] == PAGE && (1..256).contains(&case.behind);
                assert_eq!(walk.lies_behind(brick), backward, "{}", case.behind);
            }
            nan |= walk.fill_covered(&cover, brick, &mut Memory::default(), &mut || Ok(())).unwrap();
            turned += cover.turned.map_or(0, |_| cover.ends.iter().map(Range::len).sum());
        }
        drop(bricks);
        Some((medians.to_vec(), nan, turned))
    }

    fn bits<T: Pixel>(medians: &[T]) -> Vec<T::Key> {
        medians.iter().map(|median| median.to_key()).collect()
    }

    struct Compare<'a>(Case<'a>);

    impl VisitType for Compare<'_> {
        /// How many columns were exchanged with rows.
        type Out = usize;

        fn visit<T: Pixel>(self) -> usize {
            let Self(case) = self;
            let mut pixels = noise::<T>(case.image.iter().product());
            let mut exchanged = 0;
            for nan in [false, true] {
                if nan && T::TYPE.is_float() {
                    // In the first and in the last column only, so that no strip between them sees one.
                    let (width, count) = (case.image[0], pixels.len());
                    pixels[count / width / 2 * width] = T::from_f64(f64::NAN);
                    pixels[count - 1] = T::from_f64(f64::NAN);
                }
                let Some(found) = medians(&case, &pixels, |walk, brick| walk.in_place(brick)) else {
                    continue;
                };
                let expected = medians(&case, &pixels, |walk, brick| Some(walk.copied(brick))).unwrap();
                let what = format!("{} {} {:?} {:?}", T::TYPE, case.level, case.size, case.radius);
                assert!(bits(&found.0) == bits(&expected.0), "{what}");
                // Copies of rows that few windows need may have one more.
                assert!(found.1 || !nan || !expected.1 || !T::TYPE.is_float(), "{what}: no NaN was seen");
                exchanged += found.2;
            }
            exchanged
        }
    }

    #[test]
    fn medians_are_those_of_copied_rows() {
        /// Images, where the output begins, its size, and radii.
        type Part<'a> = (&'a [usize], &'a [usize], &'a [usize], &'a [&'a [usize]]);
        let parts: &[Part<'_>] = &[
            (&[200, 90], &[0, 0], &[200, 90], &[&[1, 1], &[2, 2], &[1, 0]]),
            // Higher than a register, and lower.
            (&[150, 5], &[0, 0], &[150, 5], &[&[1, 1], &[2, 2], &[1, 0]]),
            (&[150, 1], &[0, 0], &[150, 1], &[&[1, 1], &[2, 2]]),
            // Without the first columns, and without the last ones; one of two columns at an end.
            (&[300, 80], &[50, 10], &[250, 60], &[&[1, 1], &[2, 2], &[1, 0]]),
            (&[300, 80], &[0, 10], &[200, 70], &[&[1, 1], &[2, 2]]),
            (&[300, 80], &[1, 3], &[298, 77], &[&[1, 1], &[2, 2]]),
            // Where rows and medians crowd each other in the cache.
            (&[4096, 20], &[0, 0], &[4096, 20], &[&[1, 1], &[0, 1], &[1, 0]]),
            // Windows over x and y, x and z, and all axes.
            (&[100, 20, 9], &[0, 0, 0], &[100, 20, 9], &[&[1, 1, 1], &[1, 0, 1], &[1, 1, 0], &[2, 2, 0]]),
            (&[100, 20, 9], &[0, 4, 2], &[99, 16, 5], &[&[1, 1, 1], &[2, 0, 2]]),
            (&[90, 7, 6, 5], &[0, 1, 0, 2], &[90, 6, 6, 3], &[&[1, 0, 1, 0], &[1, 1, 0, 1], &[1, 0, 0, 1]]),
        ];
        for level in levels() {
            let mut exchanged = 0;
            for &(image, offset, size, radii) in parts {
                for &radius in radii {
                    let places: &[usize] = if image[0] == PAGE { &[0, 8, 64, 200, 256, 4032] } else { &[0] };
                    for (pixel_type, &behind) in
                        PixelType::ALL.iter().flat_map(|t| places.iter().map(move |p| (t, p)))
                    {
                        exchanged +=
                            pixel_type.visit(Compare(Case { level, image, offset, size, radius, behind }));
                    }
                }
            }
            assert!(exchanged > 500, "{level}: {exchanged} columns were exchanged with rows");
        }
    }
}
