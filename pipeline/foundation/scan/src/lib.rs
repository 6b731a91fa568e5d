//! Probes and decodes what scanners make: JPEG, TIFF, PNG.
//!
//! *Purpose:* tells a page image's measures, colours and resolution, hands its pixels out by rows or as a whole, and finds the
//! compressed streams that may pass into a PDF byte for byte. *Knows:* JPEG markers, TIFF directories, PNG chunks, EXIF; limits
//! before every allocation. *Doesn't know:* PDF, paper sizes, what a document is; it reads files and writes none.
//!
//! TIFF strips are decompressed here with single-purpose decoders: the `tiff` crate asserts on foreign bytes and knows neither
//! palettes, nor fill order, nor Group 3; it is the second opinion in the tests instead.

mod bands;
mod chunks;
mod completeness;
mod encoded;
mod error;
mod ifd;
mod jpeg;
mod pixels;
mod png_file;
mod tiff_file;

use std::{fs::File, io::BufReader, ops::ControlFlow, path::Path};

use model::SourceKind;

pub use completeness::{Completeness, completeness};
pub use encoded::{Encoded, Part, Stream, encoded};
pub use error::Error;
pub use pixels::Pixels;

use error::Fault;

/// Bounds on foreign scans, checked before anything is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub bytes: u64,
    /// Pixels of one page image.
    pub pixels: u64,
    /// Page images in one file.
    pub frames: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 2 << 30, pixels: 300_000_000, frames: 10_000 }
    }
}

/// Colours and depth of a page image as [`rows`] hands it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// One bit, eight pixels a byte, leftmost in the highest bit; 1 is white.
    Bilevel,
    /// 8-bit grey.
    Grey8,
    /// 16-bit grey, big-endian.
    Grey16,
    /// 8-bit red, green, blue.
    Rgb8,
    /// 16-bit red, green, blue, big-endian.
    Rgb16,
}

impl Color {
    /// Samples a pixel: 1 or 3.
    pub fn channels(self) -> u8 {
        match self {
            Self::Bilevel | Self::Grey8 | Self::Grey16 => 1,
            Self::Rgb8 | Self::Rgb16 => 3,
        }
    }

    /// Bits a sample: 1, 8 or 16.
    pub fn bits(self) -> u8 {
        match self {
            Self::Bilevel => 1,
            Self::Grey8 | Self::Rgb8 => 8,
            Self::Grey16 | Self::Rgb16 => 16,
        }
    }

    /// Bytes of a row of this width.
    pub fn row_bytes(self, width: u32) -> usize {
        (width as usize * usize::from(self.channels()) * usize::from(self.bits())).div_ceil(8)
    }
}

/// How a page image is compressed in its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// CCITT Group 3 (one- or two-dimensional, or modified Huffman).
    Group3,
    /// CCITT Group 4.
    Group4,
    /// LZW.
    Lzw,
    /// Deflate (TIFF, PNG).
    Deflate,
    /// `PackBits`.
    PackBits,
    /// JPEG, as a file or inside TIFF.
    Jpeg,
}

/// One page image of a file, as stored (before its orientation is applied).
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// TIFF directory, from 0; 0 for JPEG and PNG.
    pub index: u32,
    /// Stored width, px.
    pub width: u32,
    /// Stored height, px.
    pub height: u32,
    /// EXIF/TIFF orientation, 1 to 8 (a stored 0 counts as 1).
    pub orientation: u8,
    /// Resolution along the stored width and height, when the file says one (tags lie: the caller judges).
    pub dpi: Option<(f64, f64)>,
    /// Colours and depth.
    pub color: Color,
    /// Compression.
    pub compression: Compression,
    /// The scan's own colour profile.
    pub icc: Option<Vec<u8>>,
}

impl Frame {
    /// Width and height as displayed.
    pub fn displayed(&self) -> (u32, u32) {
        if self.orientation >= 5 { (self.height, self.width) } else { (self.width, self.height) }
    }

    /// Resolution across and down as displayed.
    pub fn displayed_dpi(&self) -> Option<(f64, f64)> {
        self.dpi.map(|(x, y)| if self.orientation >= 5 { (y, x) } else { (x, y) })
    }
}

/// The form of a file by its first bytes (1 KiB is enough), whatever its name says.
pub fn sniff(head: &[u8]) -> Option<SourceKind> {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(&[0xff, 0xd8, 0xff]) {
        Some(SourceKind::Jpeg)
    } else if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0\x08\0\0\0") || starts(b"MM\0+\0\x08\0\0") {
        Some(SourceKind::Tiff)
    } else if starts(b"\x89PNG\r\n\x1a\n") {
        Some(SourceKind::Png)
    } else if head.get(..head.len().min(1024))?.windows(5).any(|five| five == b"%PDF-") {
        // ISO 32000-1 Annex H.3: readers accept the header anywhere in the first 1024 bytes.
        Some(SourceKind::Pdf)
    } else {
        None
    }
}

/// The page images of a file, in order. Reads directories and headers, not pixels (but checks that transparency is unused).
///
/// TIFF thumbnails and masks (reduced resolution, transparency mask) are no pages and are left out; their indices are not reused.
pub fn frames(path: &Path, kind: SourceKind, limits: &Limits) -> Result<Vec<Frame>, Error> {
    let probe = || -> Result<Vec<Frame>, Fault> {
        let (mut file, len) = open(path, limits)?;
        match kind {
            SourceKind::Jpeg => jpeg::frame(&mut file, limits).map(|frame| vec![frame]),
            SourceKind::Png => png_file::frame(file, limits).map(|frame| vec![frame]),
            SourceKind::Tiff => tiff_file::frames(&mut file, len, None, limits),
            SourceKind::Pdf => Err(Fault::unsupported("a PDF has no page images here")),
        }
    };
    probe().map_err(|fault| fault.at(path))
}

/// One page image of a file by its index.
pub fn frame(path: &Path, kind: SourceKind, index: u32, limits: &Limits) -> Result<Frame, Error> {
    if kind != SourceKind::Tiff {
        let found = frames(path, kind, limits)?.into_iter().find(|frame| frame.index == index);
        return found.ok_or_else(|| no_frame(index).at(path));
    }
    let probe = || -> Result<Frame, Fault> {
        let (mut file, len) = open(path, limits)?;
        tiff_file::frames(&mut file, len, Some(index), limits)?.pop().ok_or_else(|| no_frame(index))
    };
    probe().map_err(|fault| fault.at(path))
}

fn no_frame(index: u32) -> Fault {
    Fault::damaged(format!("it has no page image {index}"))
}

/// Hands out a page image's rows as stored, top row first, in the layout of its [`Color`]. The sink may stop it.
///
/// Memory: one strip or row of tiles; the whole image for JPEG, interlaced PNG and single-strip TIFF.
pub fn rows(
    path: &Path,
    kind: SourceKind,
    frame: u32,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Error> {
    let mut read = || -> Result<(), Fault> {
        let (mut file, len) = open(path, limits)?;
        match kind {
            SourceKind::Jpeg => jpeg::rows(file, limits, sink),
            SourceKind::Png => png_file::rows(file, limits, sink),
            SourceKind::Tiff => tiff_file::rows(&mut file, len, frame, limits, sink),
            SourceKind::Pdf => Err(Fault::unsupported("a PDF has no page images here")),
        }
    };
    read().map_err(|fault| fault.at(path))
}

/// Decodes a page image to 8 bits a sample, upright as displayed (orientation applied).
pub fn decode(path: &Path, kind: SourceKind, index: u32, limits: &Limits) -> Result<Pixels, Error> {
    let found = frame(path, kind, index, limits)?;
    let mut collected = pixels::Collector::new(&found);
    rows(path, kind, index, limits, &mut |row| collected.push(row))?;
    collected.finish(found.orientation).map_err(|fault| fault.at(path))
}

fn open(path: &Path, limits: &Limits) -> Result<(BufReader<File>, u64), Fault> {
    let file = File::open(path).map_err(Fault::Io)?;
    let len = file.metadata().map_err(Fault::Io)?.len();
    if len > limits.bytes {
        return Err(Fault::TooLarge("bytes", limits.bytes));
    }
    Ok((BufReader::with_capacity(64 << 10, file), len))
}

/// Refuses measures beyond the limit before anything is allocated for them.
fn check_pixels(width: u32, height: u32, limits: &Limits) -> Result<(), Fault> {
    if width == 0 || height == 0 {
        return Err(Fault::damaged("a page image without pixels"));
    }
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(Fault::TooLarge("pixels", limits.pixels));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
