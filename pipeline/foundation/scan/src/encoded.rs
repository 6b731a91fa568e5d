//! Finds the compressed streams of page images that may pass into a PDF as they are.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use model::SourceKind;

use crate::{
    Error, Limits,
    error::Fault,
    jpeg::{self, Parts},
    open,
    tiff_file::{self, Layout},
};

/// A stream a PDF image may carry unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encoded {
    /// JPEG (`DCTDecode`).
    Jpeg {
        /// 1 or 3.
        components: u8,
        /// Whether three components are `YCbCr` (else red, green, blue).
        ycbcr: bool,
        /// Whether 0 is white (TIFF photometric 0).
        white_is_zero: bool,
        /// The bytes.
        stream: Stream,
    },
    /// One CCITT Group 4 strip (`CCITTFaxDecode`, K −1).
    Group4 {
        /// Whether white runs are black pixels (TIFF photometric 1).
        black_runs_white: bool,
        /// The bytes.
        stream: Stream,
    },
}

/// Bytes to copy, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream(pub Vec<Part>);

/// One piece of a [`Stream`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Written by us (merged headers, restart markers).
    Bytes(Vec<u8>),
    /// A range of the file.
    File {
        /// Where it starts.
        offset: u64,
        /// Its length.
        len: u64,
        /// Whether each byte's bits are stored in the opposite order (TIFF `FillOrder` 2).
        reversed: bool,
    },
}

impl Stream {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.0
            .iter()
            .map(|part| match part {
                Part::Bytes(bytes) => bytes.len() as u64,
                Part::File { len, .. } => *len,
            })
            .sum()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies the bytes from the file at `path`; memory is one buffer. An early end of the file is an error.
    pub fn copy(&self, path: &Path, out: &mut dyn Write) -> io::Result<()> {
        let mut file = File::open(path)?;
        let mut buffer = vec![0_u8; 128 << 10];
        for part in &self.0 {
            let (offset, len, reversed) = match part {
                Part::Bytes(bytes) => {
                    out.write_all(bytes)?;
                    continue;
                }
                Part::File { offset, len, reversed } => (*offset, *len, *reversed),
            };
            file.seek(SeekFrom::Start(offset))?;
            let mut left = len;
            while left > 0 {
                let step = left.min(buffer.len() as u64) as usize;
                file.read_exact(&mut buffer[..step])?;
                if reversed {
                    buffer[..step].iter_mut().for_each(|byte| *byte = byte.reverse_bits());
                }
                out.write_all(&buffer[..step])?;
                left -= step as u64;
            }
        }
        Ok(())
    }
}

/// The stream of a page image that may pass unchanged, when it has one.
pub fn encoded(path: &Path, kind: SourceKind, frame: u32, limits: &Limits) -> Result<Option<Encoded>, Error> {
    let find = || -> Result<Option<Encoded>, Fault> {
        let (mut file, len) = open(path, limits)?;
        match kind {
            SourceKind::Jpeg => {
                let header = jpeg::header(&mut file)?;
                Ok(Some(Encoded::Jpeg {
                    components: header.components.len() as u8,
                    ycbcr: header.components.len() == 3 && !header.is_rgb(),
                    white_is_zero: false,
                    stream: Stream(vec![Part::File { offset: 0, len, reversed: false }]),
                }))
            }
            SourceKind::Tiff => {
                let layouts = tiff_file::layouts(&mut file, len, Some(frame), limits)?;
                let Some(layout) = layouts.first() else { return Ok(None) };
                layout.color()?;
                match layout.scheme {
                    4 => Ok(group4(layout)),
                    7 => jpeg_in_tiff(&mut file, layout),
                    _ => Ok(None),
                }
            }
            SourceKind::Png | SourceKind::Pdf => Ok(None),
        }
    };
    find().map_err(|fault| fault.at(path))
}

fn group4(layout: &Layout) -> Option<Encoded> {
    let [(offset, len)] = *layout.chunks.as_slice() else { return None };
    // A tile is padded to its own size: no page image of the page's size.
    if (layout.chunk_width, layout.chunk_height) != (layout.width, layout.height) {
        return None;
    }
    let part = Part::File { offset, len, reversed: layout.reversed_bits };
    Some(Encoded::Group4 { black_runs_white: layout.photometric == 1, stream: Stream(vec![part]) })
}

/// Merges JPEG strips into one JPEG without touching their entropy-coded bytes: one strip takes the shared tables in front;
/// several become the restart intervals of one scan (T.81 §E.1.4), since each strip starts its prediction anew, as an interval does.
fn jpeg_in_tiff<R: Read + Seek>(file: &mut R, layout: &Layout) -> Result<Option<Encoded>, Fault> {
    if layout.tiles {
        return Ok(None);
    }
    let tables = layout.jpeg_tables.as_deref().map(jpeg::table_segments).transpose()?.unwrap_or_default();
    let mut merged = Merged { tables, parts: Vec::new(), first: None };
    for (number, &(offset, len)) in layout.chunks.iter().enumerate() {
        let end = file.seek(SeekFrom::End(0)).map_err(Fault::Io)?;
        if offset.checked_add(len).is_none_or(|last| last > end) {
            return Err(Fault::damaged("a TIFF strip lies outside the file"));
        }
        file.seek(SeekFrom::Start(offset)).map_err(Fault::Io)?;
        let mut strip = vec![0_u8; len as usize];
        file.read_exact(&mut strip)?;
        if !merged.add(layout, number, offset, &strip)? {
            return Ok(None);
        }
    }
    Ok(merged.finish(layout))
}

struct Merged {
    tables: Vec<u8>,
    parts: Vec<Part>,
    first: Option<Parts>,
}

impl Merged {
    /// Adds a strip; false when the strips cannot be one JPEG.
    fn add(&mut self, layout: &Layout, number: usize, offset: u64, strip: &[u8]) -> Result<bool, Fault> {
        let parts = jpeg::parts(strip)?;
        let only = layout.chunks.len() == 1;
        if parts.header.components.len() != usize::from(layout.samples) || parts.header.width != layout.width {
            return Ok(false);
        }
        if only && parts.header.height == layout.height {
            let len = strip.len() as u64 - 2;
            self.parts.push(Part::File { offset: offset + 2, len, reversed: false });
            self.first = Some(parts);
            return Ok(true);
        }
        let Some(entropy) = parts.entropy.clone() else { return Ok(false) };
        let left = layout.height - (number as u32 * layout.chunk_height).min(layout.height);
        let whole_rows = parts.header.height == left.min(layout.chunk_height);
        if parts.header.progressive || parts.header.restart_interval != 0 || !whole_rows {
            return Ok(false);
        }
        if let Some(first) = &self.first {
            let frame = |parts: &Parts| with_height(parts.frame.clone(), layout.height);
            if parts.scan != first.scan || parts.tables != first.tables || frame(&parts) != frame(first) {
                return Ok(false);
            }
            self.parts.push(Part::Bytes(vec![0xff, 0xd0 + ((number - 1) % 8) as u8]));
        }
        let (start, len) = (offset + entropy.start as u64, entropy.len() as u64);
        self.parts.push(Part::File { offset: start, len, reversed: false });
        if self.first.is_none() {
            self.first = Some(parts);
        }
        Ok(true)
    }

    fn finish(self, layout: &Layout) -> Option<Encoded> {
        let first = self.first?;
        let ycbcr = layout.photometric == 6;
        let mut head = vec![0xff, 0xd8];
        if layout.samples == 3 && first.header.adobe.is_none() {
            // TIFF says by its photometric tag what a JPEG of its own says in the Adobe segment.
            head.extend_from_slice(b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0");
            head.push(u8::from(ycbcr));
        } else if layout.samples == 3 && (first.header.adobe != Some(0)) != ycbcr {
            return None;
        }
        head.extend_from_slice(&self.tables);
        let mut parts = self.parts;
        if layout.chunks.len() > 1 {
            head.extend_from_slice(&first.tables);
            head.extend_from_slice(&with_height(first.frame.clone(), layout.height)?);
            let interval = restart_interval(layout, &first)?.to_be_bytes();
            head.extend_from_slice(&[0xff, 0xdd, 0, 4, interval[0], interval[1]]);
            head.extend_from_slice(&first.scan);
            parts.push(Part::Bytes(vec![0xff, 0xd9]));
        } else if first.header.height != layout.height {
            return None;
        }
        parts.insert(0, Part::Bytes(head));
        let white_is_zero = layout.photometric == 0;
        Some(Encoded::Jpeg { components: layout.samples as u8, ycbcr, white_is_zero, stream: Stream(parts) })
    }
}

fn with_height(mut frame: Vec<u8>, height: u32) -> Option<Vec<u8>> {
    let height = u16::try_from(height).ok()?.to_be_bytes();
    // Fill bytes may stand before the marker: count from the end of the segment's fixed part.
    let marker = frame.iter().position(|byte| *byte != 0xff)?;
    frame.get_mut(marker + 4..marker + 6)?.copy_from_slice(&height);
    Some(frame)
}

/// MCUs of a strip; nothing when strips do not end on MCU rows.
fn restart_interval(layout: &Layout, first: &Parts) -> Option<u16> {
    let components = &first.header.components;
    let (mut across, mut down) = (0, 0);
    for (_, h, v) in components {
        across = across.max(u32::from(*h) * 8);
        down = down.max(u32::from(*v) * 8);
    }
    if components.len() == 1 {
        // A.2.2: a scan of one component is not interleaved, its MCU is one block whatever its factors.
        (across, down) = (8, 8);
    }
    if !layout.chunk_height.is_multiple_of(down) || first.header.height != layout.chunk_height {
        return None;
    }
    u16::try_from(layout.width.div_ceil(across) * (layout.chunk_height / down)).ok()
}
