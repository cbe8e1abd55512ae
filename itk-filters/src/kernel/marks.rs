//! Marks on the windows of a box of pixels, a bit each.

use std::ops::Range;

const BITS: usize = u64::BITS as usize;

/// Marks in rows, x fastest. Each row has words of its own; bits beyond its end are 0.
pub(crate) struct Marks {
    words: Vec<u64>,
    /// Words a row.
    pitch: usize,
    /// The bits of its last word that are marks.
    last: u64,
}

impl Marks {
    /// Without rows so far; each will have so many marks, and at least one.
    pub(crate) fn new(columns: usize) -> Self {
        let pitch = columns.div_ceil(BITS);
        Self { words: Vec::new(), pitch, last: u64::MAX >> (pitch * BITS - columns) }
    }

    /// Adds a row: a mark where `is_marked` holds for the pixel there or for one of the `ahead` that follow it. There are at
    /// least as many pixels as marks.
    pub(crate) fn push<T: Copy>(&mut self, pixels: &[T], ahead: usize, is_marked: impl Fn(T) -> bool) {
        let start = self.words.len();
        let mut any = 0;
        self.words.extend(pixels.chunks(BITS).map(|pixels| {
            // Most words have no mark, which registers see at once.
            let word = match pixels.iter().fold(false, |any, &pixel| any | is_marked(pixel)) {
                true => pixels.iter().rev().fold(0, |word, &pixel| word << 1 | u64::from(is_marked(pixel))),
                false => 0,
            };
            any |= word;
            word
        }));
        if any != 0 {
            spread_back(&mut self.words[start..], ahead);
        }
        self.words.truncate(start + self.pitch);
        if let Some(last) = self.words.last_mut() {
            *last &= self.last;
        }
    }

    /// Takes rows to be in layers of `rows`, of which those of `range` stay, and get the marks of those within `radius` of them;
    /// what is called a row may also be a layer of them, of `inner`.
    pub(crate) fn spread(&mut self, inner: usize, rows: usize, radius: usize, range: Range<usize>) {
        let inner = inner * self.pitch;
        let layers = self.words.chunks_exact(rows * inner);
        let mut spread = vec![0; layers.len() * range.len() * inner];
        for (from, to) in layers.zip(spread.chunks_exact_mut(range.len() * inner)) {
            for (i, to) in range.clone().zip(to.chunks_exact_mut(inner)) {
                let near = i.saturating_sub(radius)..i.saturating_add(radius + 1).min(rows);
                for from in from[near.start * inner..near.end * inner].chunks_exact(inner) {
                    to.iter_mut().zip(from).for_each(|(to, from)| *to |= from);
                }
            }
        }
        self.words = spread;
    }

    /// Whether there is no mark.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// The columns in which one of these rows has a mark, as runs that are as long as they can be.
    pub(crate) fn runs(&self, rows: Range<usize>) -> Vec<Range<usize>> {
        let mut words = vec![0; self.pitch];
        for row in self.words[rows.start * self.pitch..rows.end * self.pitch].chunks_exact(self.pitch) {
            words.iter_mut().zip(row).for_each(|(to, from)| *to |= from);
        }
        let mut runs = Vec::new();
        let mut end = 0;
        while let Some(start) = next(&words, end, true) {
            end = next(&words, start, false).unwrap_or(words.len() * BITS);
            runs.push(start..end);
        }
        runs
    }
}

/// The first bit from `from` on that is set, or is not.
fn next(words: &[u64], from: usize, set: bool) -> Option<usize> {
    let flip = if set { 0 } else { u64::MAX };
    let mut kept = u64::MAX << (from % BITS);
    words.iter().enumerate().skip(from / BITS).find_map(|(i, word)| {
        let word = (word ^ flip) & std::mem::replace(&mut kept, u64::MAX);
        (word != 0).then(|| i * BITS + word.trailing_zeros() as usize)
    })
}

/// Sets each bit for which one of the `ahead` after it is set, in about log₂ `ahead` passes.
fn spread_back(words: &mut [u64], ahead: usize) {
    let mut seen = 0;
    while seen < ahead {
        let by = (seen + 1).min(ahead - seen);
        let (whole, part) = (by / BITS, by % BITS);
        for i in 0..words.len() {
            let word = |i: usize| words.get(i).copied().unwrap_or(0);
            let (low, high) = (word(i + whole), word(i + whole + 1));
            words[i] |= low >> part | high << 1 << (BITS - 1 - part);
        }
        seen += by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of marks, one in `every`, as a number generator has them.
    fn some(rows: usize, columns: usize, every: u64) -> Vec<Vec<bool>> {
        let mut state = every + columns as u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33).is_multiple_of(every)
        };
        (0..rows).map(|_| (0..columns).map(|_| next()).collect()).collect()
    }

    fn columns(runs: &[Range<usize>]) -> Vec<usize> {
        runs.iter().cloned().flatten().collect()
    }

    #[test]
    fn a_row_has_the_marks_of_what_follows() {
        for (pixels, kept) in [(1, 1), (63, 60), (64, 64), (65, 1), (129, 128), (300, 130), (700, 700)] {
            for ahead in [0, 1, 2, 5, 62, 63, 64, 65, 127, 128, 200, 1000] {
                for every in [1, 2, 40, 400, 1 << 40] {
                    let [row] = &some(1, pixels, every)[..] else { unreachable!() };
                    let mut marks = Marks::new(kept);
                    marks.push(&vec![false; pixels], ahead, |pixel| pixel);
                    marks.push(row, ahead, |pixel| pixel);
                    let expected: Vec<usize> =
                        (0..kept).filter(|&x| row[x..].iter().take(ahead + 1).any(|&mark| mark)).collect();
                    assert_eq!(columns(&marks.runs(0..1)), [0; 0]);
                    let runs = marks.runs(1..2);
                    assert_eq!(columns(&runs), expected, "{pixels} {kept} {ahead} {every}");
                    assert!(
                        runs.windows(2).all(|pair| pair[0].end < pair[1].start),
                        "runs are long: {runs:?}"
                    );
                    assert_eq!(marks.is_empty(), expected.is_empty());
                }
            }
        }
    }

    #[test]
    fn rows_have_the_marks_of_those_around() {
        let (layers, rows, columns_a_row) = (3, 9, 70);
        for inner in [1, 2] {
            let input = some(layers * rows * inner, columns_a_row, 30);
            for (radius, range) in [(0, 0..9), (1, 0..9), (2, 2..7), (3, 8..9), (20, 0..4)] {
                let mut marks = Marks::new(columns_a_row);
                input.iter().for_each(|row| marks.push(row, 0, |pixel| pixel));
                marks.spread(inner, rows, radius, range.clone());
                for (layer, i, j) in (0..layers)
                    .flat_map(|layer| range.clone().flat_map(move |i| (0..inner).map(move |j| (layer, i, j))))
                {
                    let near = i.saturating_sub(radius)..(i + radius + 1).min(rows);
                    let expected: Vec<usize> = (0..columns_a_row)
                        .filter(|&x| near.clone().any(|i| input[(layer * rows + i) * inner + j][x]))
                        .collect();
                    let row = (layer * range.len() + i - range.start) * inner + j;
                    assert_eq!(columns(&marks.runs(row..row + 1)), expected, "{inner} {radius} {range:?}");
                }
            }
        }
    }

    #[test]
    fn runs_of_several_rows_are_those_of_any_of_them() {
        let mut marks = Marks::new(130);
        for x in [3, 64, 129] {
            marks.push(&(0..130).map(|i| i == x).collect::<Vec<_>>(), 0, |pixel| pixel);
        }
        assert_eq!(marks.runs(0..3), [3..4, 64..65, 129..130]);
        assert_eq!(marks.runs(1..2), std::slice::from_ref(&(64..65)));
    }
}
