//! TIFF (TIFF 6.0, Technical Notes 1 and 2, BigTIFF): its chain of directories and what each says about a page image.

use std::{
    collections::BTreeSet,
    io::{Read, Seek},
    ops::ControlFlow,
};

use crate::{
    Color, Compression, Frame, Limits, bands, check_pixels,
    error::Fault,
    ifd::{Directory, Ifds},
};

/// Bytes of a colour profile or of JPEG tables.
const MAX_BLOB: u64 = 8 << 20;

mod tag {
    pub(super) const NEW_SUBFILE_TYPE: u16 = 254;
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const ROWS_PER_STRIP: u16 = 278;
    pub(super) const STRIP_BYTES: u16 = 279;
    pub(super) const PLANAR: u16 = 284;
    pub(super) const T4_OPTIONS: u16 = 292;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const COLOR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_BYTES: u16 = 325;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const ICC: u16 = 34675;
}

/// How the samples of a page image lie in the file.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is one tag of the directory")]
pub(crate) struct Layout {
    pub(crate) index: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bits: u8,
    /// Samples a pixel, extra ones included.
    pub(crate) samples: u16,
    pub(crate) photometric: u16,
    /// Each sample in chunks of its own.
    pub(crate) planar: bool,
    /// Compression as the tag says.
    pub(crate) scheme: u16,
    pub(crate) predictor: bool,
    pub(crate) reversed_bits: bool,
    pub(crate) t4_options: u32,
    pub(crate) little_endian: bool,
    pub(crate) palette: Vec<u64>,
    pub(crate) jpeg_tables: Option<Vec<u8>>,
    /// Offset and length of each strip or tile.
    pub(crate) chunks: Vec<(u64, u64)>,
    pub(crate) chunk_width: u32,
    pub(crate) chunk_height: u32,
    pub(crate) tiles: bool,
    orientation: u8,
    dpi: Option<(f64, f64)>,
    icc: Option<Vec<u8>>,
}

impl Layout {
    pub(crate) fn compression(&self) -> Result<Compression, Fault> {
        match self.scheme {
            1 => Ok(Compression::None),
            2 | 3 => Ok(Compression::Group3),
            4 => Ok(Compression::Group4),
            5 => Ok(Compression::Lzw),
            6 => Err(Fault::unsupported("old-style JPEG in TIFF")),
            7 => Ok(Compression::Jpeg),
            8 | 32946 => Ok(Compression::Deflate),
            32773 => Ok(Compression::PackBits),
            other => Err(Fault::unsupported(format!("TIFF compression {other}"))),
        }
    }

    /// Samples of the colour itself: 1 or 3.
    pub(crate) fn color_samples(&self) -> u16 {
        if matches!(self.photometric, 2 | 6) { 3 } else { 1 }
    }

    pub(crate) fn color(&self) -> Result<Color, Fault> {
        if self.scheme == 7 && (self.bits != 8 || self.planar || self.samples != self.color_samples()) {
            return Err(Fault::unsupported("JPEG in TIFF of this layout"));
        }
        if self.samples > self.color_samples() && self.bits < 8 {
            return Err(Fault::unsupported("TIFF of extra samples under 8 bits"));
        }
        if self.samples < self.color_samples() {
            return Err(Fault::damaged("a TIFF page with too few samples"));
        }
        match (self.photometric, self.bits) {
            (0 | 1, 1) => Ok(Color::Bilevel),
            (0 | 1, 2 | 4 | 8) => Ok(Color::Grey8),
            (0 | 1, 16) => Ok(Color::Grey16),
            (2, 8) => Ok(Color::Rgb8),
            (2, 16) => Ok(Color::Rgb16),
            (3, 1 | 2 | 4 | 8) if self.scheme != 7 => Ok(Color::Rgb8),
            (6, 8) if self.scheme == 7 => Ok(Color::Rgb8),
            (5, _) => Err(Fault::unsupported("CMYK TIFF")),
            (photometric, bits) => Err(Fault::unsupported(format!("TIFF of photometric {photometric}, {bits} bits"))),
        }
    }

    fn frame(self) -> Result<Frame, Fault> {
        Ok(Frame {
            index: self.index,
            width: self.width,
            height: self.height,
            orientation: self.orientation,
            dpi: self.dpi,
            color: self.color()?,
            compression: self.compression()?,
            icc: self.icc,
        })
    }
}

/// What the walk does at a page: its index and directory.
type Visit<'a, R> = &'a mut dyn FnMut(&mut Ifds<R>, u32, &Directory) -> Result<ControlFlow<()>, Fault>;

/// Walks the chain of directories; every page image's directory with its index. A chain that bites its tail is damage.
fn walk<R: Read + Seek>(ifds: &mut Ifds<R>, first: u64, limits: &Limits, visit: Visit<'_, R>) -> Result<(), Fault> {
    let (mut at, mut index, mut pages) = (first, 0_u32, 0_u32);
    let mut seen = BTreeSet::new();
    while at != 0 {
        if !seen.insert(at) {
            return Err(Fault::damaged("the chain of TIFF directories loops"));
        }
        if index >= limits.frames {
            return Err(Fault::TooLarge("frames", u64::from(limits.frames)));
        }
        let (directory, next) = ifds.directory(at)?;
        // TIFF 6.0 §8: bit 0 is a reduced-resolution version of another page, bit 2 a transparency mask.
        let kind = ifds.first(&directory, tag::NEW_SUBFILE_TYPE)?.unwrap_or(0);
        if kind & 0b101 == 0 {
            pages += 1;
            if visit(ifds, index, &directory)?.is_break() {
                return Ok(());
            }
        }
        (at, index) = (next, index + 1);
    }
    if pages == 0 {
        return Err(Fault::damaged("a TIFF without pages"));
    }
    Ok(())
}

/// The layouts of all pages (or of one).
pub(crate) fn layouts<R: Read + Seek>(
    reader: R,
    len: u64,
    only: Option<u32>,
    limits: &Limits,
) -> Result<Vec<Layout>, Fault> {
    let (mut ifds, first) = Ifds::open(reader, len)?;
    let mut all = Vec::new();
    walk(&mut ifds, first, limits, &mut |ifds, index, directory| {
        if only.is_none_or(|wanted| wanted == index) {
            all.push(layout(ifds, directory, index, len, limits)?);
        }
        Ok(if only == Some(index) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(all)
}

fn layout<R: Read + Seek>(
    ifds: &mut Ifds<R>,
    directory: &Directory,
    index: u32,
    len: u64,
    limits: &Limits,
) -> Result<Layout, Fault> {
    let mut number = |tag: u16, absent: u64| ifds.first(directory, tag).map(|value| value.unwrap_or(absent));
    let side = |value: u64| u32::try_from(value).map_err(|_| Fault::damaged("TIFF dimensions"));
    let (width, height) = (side(number(tag::WIDTH, 0)?)?, side(number(tag::HEIGHT, 0)?)?);
    check_pixels(width, height, limits)?;
    let short = |value: u64| u16::try_from(value).map_err(|_| Fault::damaged("a TIFF tag out of range"));
    let bits = short(number(tag::BITS, 1)?)?;
    let samples = short(number(tag::SAMPLES, 1)?)?;
    let scheme = short(number(tag::COMPRESSION, 1)?)?;
    let photometric = short(number(tag::PHOTOMETRIC, 0)?)?;
    if !(1..=16).contains(&bits) || !(1..=8).contains(&samples) {
        return Err(Fault::unsupported(format!("TIFF of {samples} samples of {bits} bits")));
    }
    if !matches!(number(tag::SAMPLE_FORMAT, 1)?, 1 | 4) {
        return Err(Fault::unsupported("TIFF of signed or floating-point samples"));
    }
    let predictor = match number(tag::PREDICTOR, 1)? {
        1 => false,
        2 if bits == 8 || bits == 16 => true,
        _ => return Err(Fault::unsupported("this TIFF predictor")),
    };
    let tiles = directory.get(tag::TILE_OFFSETS).is_some();
    let (chunk_width, chunk_height) = if tiles {
        (side(number(tag::TILE_WIDTH, 0)?)?, side(number(tag::TILE_HEIGHT, 0)?)?)
    } else {
        let rows = number(tag::ROWS_PER_STRIP, u64::from(height))?.min(u64::from(height));
        (width, if rows == 0 { height } else { rows as u32 })
    };
    check_pixels(chunk_width, chunk_height, limits)?;
    let planar = number(tag::PLANAR, 1)? == 2 && samples > 1;
    let reversed_bits = number(tag::FILL_ORDER, 1)? == 2;
    let t4_options = number(tag::T4_OPTIONS, 0)? as u32;
    if let Some(entry) = directory.get(tag::BITS)
        && ifds.numbers(entry)?.iter().any(|other| *other != u64::from(bits))
    {
        return Err(Fault::unsupported("TIFF samples of different depths"));
    }
    let mut layout = Layout {
        index,
        width,
        height,
        samples,
        photometric,
        planar,
        scheme,
        predictor,
        reversed_bits,
        t4_options,
        bits: bits as u8,
        little_endian: ifds.little_endian(),
        palette: Vec::new(),
        jpeg_tables: None,
        chunks: chunks(ifds, directory, tiles, len)?,
        chunk_width,
        chunk_height,
        tiles,
        orientation: ifds.orientation(directory),
        dpi: ifds.dpi(directory),
        icc: directory.get(tag::ICC).and_then(|entry| ifds.bytes(entry, MAX_BLOB).ok()),
    };
    if let Some(entry) = directory.get(tag::COLOR_MAP) {
        layout.palette = ifds.numbers(entry)?;
    }
    if let Some(entry) = directory.get(tag::JPEG_TABLES) {
        layout.jpeg_tables = Some(ifds.bytes(entry, MAX_BLOB)?);
    }
    check_chunks(&mut layout)?;
    Ok(layout)
}

fn chunks<R: Read + Seek>(
    ifds: &mut Ifds<R>,
    directory: &Directory,
    tiles: bool,
    len: u64,
) -> Result<Vec<(u64, u64)>, Fault> {
    let (offsets, counts) =
        if tiles { (tag::TILE_OFFSETS, tag::TILE_BYTES) } else { (tag::STRIP_OFFSETS, tag::STRIP_BYTES) };
    let missing = || Fault::damaged("a TIFF page without strips");
    let offsets = ifds.numbers(directory.get(offsets).ok_or_else(missing)?)?;
    let counts = match directory.get(counts) {
        Some(entry) => ifds.numbers(entry)?,
        // Old writers leave the counts out for a single strip: it may reach to the end of the file.
        None if offsets.len() == 1 => offsets.iter().map(|offset| len.saturating_sub(*offset)).collect(),
        None => return Err(missing()),
    };
    if offsets.len() != counts.len() {
        return Err(Fault::damaged("a TIFF page whose strips are not all told"));
    }
    Ok(offsets.into_iter().zip(counts).collect())
}

fn check_chunks(layout: &mut Layout) -> Result<(), Fault> {
    let across = layout.width.div_ceil(layout.chunk_width) as usize;
    let down = layout.height.div_ceil(layout.chunk_height) as usize;
    let planes = if layout.planar { usize::from(layout.samples) } else { 1 };
    let wanted = across * down * planes;
    if layout.chunks.len() < wanted {
        return Err(Fault::damaged("a TIFF page with missing strips"));
    }
    layout.chunks.truncate(wanted);
    Ok(())
}

pub(crate) fn frames<R: Read + Seek>(
    reader: &mut R,
    len: u64,
    only: Option<u32>,
    limits: &Limits,
) -> Result<Vec<Frame>, Fault> {
    let mut frames = Vec::new();
    for layout in layouts(&mut *reader, len, only, limits)? {
        if layout.samples > layout.color_samples() {
            // Transparency is refused unless unused, and only the pixels say so.
            bands::rows(reader, &layout, limits, &mut |_| ControlFlow::Continue(()))?;
        }
        frames.push(layout.frame()?);
    }
    Ok(frames)
}

pub(crate) fn rows<R: Read + Seek>(
    reader: &mut R,
    len: u64,
    frame: u32,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let found = layouts(&mut *reader, len, Some(frame), limits)?;
    let Some(layout) = found.first() else { return Err(Fault::damaged(format!("it has no page image {frame}"))) };
    bands::rows(reader, layout, limits, sink)
}

/// Whether every directory and every strip lies in the file; else what is missing.
pub(crate) fn cut_off<R: Read + Seek>(reader: R, len: u64, limits: &Limits) -> Result<Option<String>, Fault> {
    for layout in layouts(reader, len, None, limits)? {
        let whole =
            layout.chunks.iter().all(|(offset, bytes)| offset.checked_add(*bytes).is_some_and(|end| end <= len));
        if !whole {
            return Ok(Some(format!("strips of page image {} lie past the end of the file", layout.index)));
        }
    }
    Ok(None)
}
