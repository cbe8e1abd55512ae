//! Labels of wide keys: how many of 255 pivots, sampled from the tile, are not greater.

use itk_core::simd::{ByteVector, Job, Key, Simd, label};

/// Pivots of a tile, as a binary tree in breadth-first order from index 1.
#[derive(Clone, Debug)]
pub(super) struct Pivots<K> {
    sorted: [K; 255],
    tree: [K; 256],
}

impl<K: Key> Pivots<K> {
    /// From some samples, which are sorted here. A pivot that repeats becomes the next larger key, so that a
    /// frequent key has a label of its own.
    pub(super) fn new(samples: &mut [K]) -> Self {
        samples.sort_unstable();
        let mut sorted = [K::default(); 255];
        for (i, pivot) in sorted.iter_mut().enumerate() {
            *pivot = samples[(2 * i + 1) * samples.len() / 512];
        }
        let largest = K::from_ordinal(u64::MAX);
        for i in (1..255).rev() {
            if sorted[i] == sorted[i - 1] && sorted[i] != largest {
                sorted[i] = K::from_ordinal(sorted[i].to_ordinal() + 1);
            }
        }
        let mut tree = [K::default(); 256];
        for (i, slot) in tree.iter_mut().enumerate().skip(1) {
            // The node's place in its level tells its place in the order.
            let depth = i.ilog2();
            let gap = 256 >> depth;
            *slot = sorted[(i - (1 << depth)) * gap + gap / 2 - 1];
        }
        Self { sorted, tree }
    }

    /// In their order.
    pub(super) fn sorted(&self) -> &[K] {
        &self.sorted
    }

    /// Whether a label is of one key only.
    pub(super) fn is_single(&self, label: usize) -> bool {
        let ordinal = |i: usize| self.sorted[i].to_ordinal();
        match label {
            0 => false,
            255 => self.sorted[254] == K::from_ordinal(u64::MAX),
            _ => ordinal(label) - ordinal(label - 1) <= 1,
        }
    }
}

/// `labels[i]` becomes the label of `keys[i]`.
pub(super) struct Label<'a, K> {
    pub(super) pivots: &'a Pivots<K>,
    pub(super) keys: &'a [K],
    pub(super) labels: &'a mut [u8],
}

impl<K: Key> Job for Label<'_, K> {
    type Out = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { pivots, keys, labels } = self;
        if size_of::<K>() > 4 {
            label(&pivots.tree, keys, labels);
            return;
        }
        let mut tree = [0; 256];
        narrow(&pivots.tree, &mut tree);
        let mut narrowed = [0; 1024];
        for (keys, labels) in keys.chunks(1024).zip(labels.chunks_mut(1024)) {
            narrow(keys, &mut narrowed);
            S::Bytes::label(simd, &tree, &narrowed[..keys.len()], labels);
        }
    }
}

/// Keys of up to 32 bits as integers of 32 bits, in the same order.
#[inline(always)]
fn narrow<K: Key>(keys: &[K], to: &mut [i32]) {
    for (to, key) in to.iter_mut().zip(keys) {
        *to = (key.to_ordinal() as u32 ^ 1 << 31) as i32;
    }
}
