//! Fetching an input piece by piece.

use std::str::FromStr;

use super::run::{Run, reaches};
use crate::buffer::Brick;
use crate::{AnyImage, Axes, Buffer, Error, Header, Image, Pixel, Region, Result, Splitter, VisitType};

/// The most pieces that a memory budget leads to.
const MOST: usize = 1 << 16;

/// Into how many pieces an image is cut.
///
/// # Example
/// ```
/// use itk_core::pipeline::Divisions;
/// assert_eq!("10".parse::<Divisions>()?, Divisions::Number(10));
/// assert_eq!("1.5 GB".parse::<Divisions>()?, Divisions::Memory(1_500_000_000));
/// assert_eq!("64 MiB".parse::<Divisions>()?, Divisions::Memory(64 << 20));
/// # Ok::<(), itk_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divisions {
    /// This many, or as many as the splitter can make.
    Number(usize),
    /// As few as keep the pixels that all nodes hold within so many bytes. An eighth of it is left to the nodes' scratch
    /// memory.
    Memory(u64),
}

impl Default for Divisions {
    /// Ten pieces, as in ITK.
    fn default() -> Self {
        Self::Number(10)
    }
}

impl FromStr for Divisions {
    type Err = Error;

    /// Reads a number of pieces, or an amount of memory: `500 MB`, `2GB`, `1.5 GiB`.
    fn from_str(text: &str) -> Result<Self> {
        const UNITS: [(&str, f64); 9] = [
            ("kib", 1024.0),
            ("mib", 1048576.0),
            ("gib", 1073741824.0),
            ("tib", 1099511627776.0),
            ("kb", 1e3),
            ("mb", 1e6),
            ("gb", 1e9),
            ("tb", 1e12),
            ("b", 1.0),
        ];
        let wrong = || Error::Parameter {
            filter: "streaming",
            name: "divisions",
            expected: "a number of pieces, or an amount of memory such as \"500 MB\" or \"2 GiB\"".into(),
            got: format!("{text:?}"),
        };
        let lower = text.trim().to_ascii_lowercase();
        if let Ok(number) = lower.parse::<usize>() {
            return if number > 0 { Ok(Self::Number(number)) } else { Err(wrong()) };
        }
        let (digits, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((lower.strip_suffix(name)?.trim_end(), unit)))
            .ok_or_else(wrong)?;
        let bytes = digits.parse::<f64>().map_err(|_| wrong())? * unit;
        if (1.0..1e18).contains(&bytes) { Ok(Self::Memory(bytes as u64)) } else { Err(wrong()) }
    }
}

impl Run<'_> {
    /// Has a part of an input made, in a process that [pulls its inputs](super::Process::pulls_inputs), and gives the
    /// pixels that there are then: that part, or more.
    ///
    /// # Errors
    /// Those of the nodes that run; [`Error::InvalidRequestedRegion`]; [`Error::Input`].
    pub fn pull(&mut self, input: usize, region: &Region) -> Result<AnyImage> {
        self.data(input)?;
        self.host.fetch(self.step, input, region)?;
        self.input(input)
    }

    /// How many bytes of pixels [`Run::pull`] would have all nodes make together. Computes no pixel.
    ///
    /// # Errors
    /// Those of requested regions.
    pub fn pull_bytes(&self, input: usize, region: &Region) -> Result<u128> {
        self.data(input)?;
        self.host.cost(self.step, input, region)
    }

    /// How to cut `region` of an input, so that no [pull](Run::pull) of a piece takes more memory than is allowed. `held`
    /// bytes count as taken by the node itself. Where pieces of the splitter cannot be small enough, all axes are cut.
    ///
    /// # Errors
    /// [`Error::Parameter`] when no pieces are small enough; those of requested regions.
    pub fn pieces(
        &self,
        input: usize,
        region: &Region,
        divisions: Divisions,
        splitter: Splitter,
        held: u128,
    ) -> Result<Vec<Region>> {
        if region.pixels() == 0 {
            return Ok(Vec::new());
        }
        let memory = match divisions {
            Divisions::Number(number) => return Ok(splitter.split(region, number)),
            Divisions::Memory(memory) => u128::from(memory),
        };
        let room = memory - memory / 8;
        let most = |pieces: &[Region]| {
            let cost = |piece: &Region| self.pull_bytes(input, piece).map(|bytes| bytes + held);
            pieces.iter().try_fold(0, |most, piece| cost(piece).map(|bytes| bytes.max(most)))
        };
        let mut least = u128::MAX;
        for splitter in [splitter, Splitter::Multidimensional] {
            let finest = splitter.number_of_splits(region, MOST);
            let (mut too_few, mut enough) = (0, 1);
            loop {
                let pieces = splitter.split(region, enough);
                let bytes = most(&pieces)?;
                least = least.min(bytes);
                if bytes <= room {
                    break;
                }
                if enough >= finest {
                    too_few = usize::MAX;
                    break;
                }
                (too_few, enough) = (enough, (2 * enough).min(finest));
            }
            if too_few == usize::MAX {
                continue;
            }
            while enough - too_few > 1 {
                let middle = too_few + (enough - too_few) / 2;
                if most(&splitter.split(region, middle))? <= room {
                    enough = middle;
                } else {
                    too_few = middle;
                }
            }
            return Ok(splitter.split(region, enough));
        }
        Err(Error::Parameter {
            filter: "streaming",
            name: "memory",
            expected: format!("at least {} bytes for this pipeline", least.saturating_mul(8).div_ceil(7)),
            got: memory.to_string(),
        })
    }

    /// Puts an output together from pieces of it, which `make` gives one after the other: images that contain their
    /// piece. The pieces cover what is wanted of the output, and no two have a common pixel.
    ///
    /// # Errors
    /// Those of `make`; [`Error::Parameter`] when an image does not contain its piece.
    ///
    /// # Panics
    /// When the pieces leave a part out, overlap or reach outside.
    pub fn assemble(
        &mut self,
        output: usize,
        pieces: &[Region],
        make: &mut dyn FnMut(&mut Self, usize) -> Result<AnyImage>,
    ) -> Result<()> {
        let header = self.output_header(output)?;
        let old = self.take_output(output);
        let image = header.pixel_type.visit(Assemble { run: self, header: &header, old, pieces, make })?;
        self.set_output(output, image)
    }
}

struct Assemble<'r, 'a, 'm> {
    run: &'r mut Run<'a>,
    header: &'r Header,
    old: Option<AnyImage>,
    pieces: &'r [Region],
    make: &'r mut (dyn FnMut(&mut Run<'a>, usize) -> Result<AnyImage> + 'm),
}

impl VisitType for Assemble<'_, '_, '_> {
    type Out = Result<AnyImage>;

    fn visit<O: Pixel>(self) -> Result<AnyImage> {
        let Self { run, header, old, pieces, make } = self;
        let old = old.and_then(|image| image.typed::<O>()).map(Image::into_buffer);
        let boxes: Vec<Region> = pieces.iter().map(|piece| piece.relative_to(&header.region)).collect();
        let buffer = Buffer::<O>::filled_again(old, header.array_size(), |output| {
            for (i, mut brick) in output.into_boxes(&boxes).into_iter().enumerate() {
                let image = make(run, i)?;
                reaches(run.name(), header, &pieces[i], &image)?;
                let image = image.typed::<O>().expect("the type was just compared");
                copy(&image, &pieces[i], &mut brick);
            }
            Ok(())
        })?;
        Ok(O::erase(Image::from_buffer(header, buffer)?))
    }
}

/// Copies a part of an image.
fn copy<T: Pixel>(image: &Image<T>, piece: &Region, brick: &mut Brick<'_, T>) {
    let view = image.view();
    let axes = view.size().len();
    let (lead, offset) = (axes - piece.rank(), piece.relative_to(image.buffered_region()));
    let first = Axes::from_fn(axes, |a| if a < lead { 0 } else { offset.index()[a - lead] as usize });
    let size = Axes::from_fn(axes, |a| brick.size()[a]);
    let mut row = vec![T::default(); size[0]];
    for number in 0..size[1..].iter().product() {
        let mut rest: usize = number;
        let at = Axes::from_fn(axes - 1, |a| {
            let i = rest % size[a + 1];
            rest /= size[a + 1];
            first[a + 1] + i
        });
        view.load(first[0], &at, &mut row);
        brick.store_next(&row);
    }
}
