//! TIFF, written by hand: single- and multi-strip, every coding scanners use, several pages a file.

use std::io::Write as _;

use fax::{Color, VecWriter, encoder::Encoder as Group4};
use flate2::{Compression as Level, write::ZlibEncoder};
use weezl::{BitOrder, encode::Encoder as Lzw};

use super::jpeg;
use crate::papers::{
    error::Error,
    scanner::{Colours, Picture},
};

/// How strips are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// As they are.
    Plain,
    /// Runs of equal bytes (`PackBits`).
    PackBits,
    /// LZW.
    Lzw,
    /// LZW over differences of neighbours.
    LzwDifferenced,
    /// Deflate.
    Deflate,
    /// CCITT Group 4; bilevel only.
    Group4,
    /// JPEG, its tables in the directory.
    Jpeg {
        /// 1 to 100.
        quality: u8,
    },
}

/// One page of a TIFF.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The picture.
    pub picture: &'a Picture,
    /// Dots per inch.
    pub dpi: f64,
    /// How it is coded.
    pub coding: Coding,
    /// Rows of a strip; 0: one strip.
    pub strip_rows: usize,
    /// Orientation tag, 1 to 8.
    pub orientation: u16,
}

/// Writes a file of these pages, little-endian.
pub fn encode(frames: &[Frame<'_>]) -> Result<Vec<u8>, Error> {
    let mut out = b"II\x2a\0\0\0\0\0".to_vec();
    let mut link = 4;
    for frame in frames {
        link = directory(&mut out, link, frame)?;
    }
    Ok(out)
}

/// A tag's value.
enum Value {
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
    Ratio(u32, u32),
    Bytes(Vec<u8>),
}

impl Value {
    fn parts(&self) -> (u16, u32, Vec<u8>) {
        match self {
            Self::Shorts(values) => {
                (3, values.len() as u32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            Self::Longs(values) => {
                (4, values.len() as u32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            Self::Ratio(over, under) => (5, 1, [over.to_le_bytes(), under.to_le_bytes()].concat()),
            Self::Bytes(bytes) => (7, bytes.len() as u32, bytes.clone()),
        }
    }
}

/// Writes one page's strips and directory; `link` is where its offset goes, the answer where the next one's goes.
fn directory(out: &mut Vec<u8>, link: usize, frame: &Frame<'_>) -> Result<usize, Error> {
    let picture = frame.picture;
    let rows = if frame.strip_rows == 0 { picture.height } else { frame.strip_rows };
    let (strips, tables) = strips(frame, rows)?;
    let mut offsets = Vec::new();
    let counts: Vec<u32> = strips.iter().map(|strip| strip.len() as u32).collect();
    for strip in &strips {
        even(out);
        offsets.push(out.len() as u32);
        out.extend_from_slice(strip);
    }
    let samples = if picture.colours == Colours::Colour { 3 } else { 1 };
    let bits = if picture.colours == Colours::Bilevel { 1 } else { 8 };
    let (compression, photometric) = match (frame.coding, picture.colours) {
        (Coding::Plain, colours) => (1, photometric(colours)),
        (Coding::PackBits, colours) => (32773, photometric(colours)),
        (Coding::Lzw | Coding::LzwDifferenced, colours) => (5, photometric(colours)),
        (Coding::Deflate, colours) => (8, photometric(colours)),
        // Group 4 counts from white: WhiteIsZero.
        (Coding::Group4, _) => (4, 0),
        (Coding::Jpeg { .. }, Colours::Colour) => (7, 6),
        (Coding::Jpeg { .. }, Colours::Grey | Colours::Bilevel) => (7, 1),
    };
    let density = (frame.dpi * 100.0).round() as u32;
    let mut tags = vec![
        (256, Value::Longs(vec![picture.width as u32])),
        (257, Value::Longs(vec![picture.height as u32])),
        (258, Value::Shorts(vec![bits; samples])),
        (259, Value::Shorts(vec![compression])),
        (262, Value::Shorts(vec![photometric])),
        (273, Value::Longs(offsets)),
        (274, Value::Shorts(vec![frame.orientation])),
        (277, Value::Shorts(vec![samples as u16])),
        (278, Value::Longs(vec![rows as u32])),
        (279, Value::Longs(counts)),
        (282, Value::Ratio(density, 100)),
        (283, Value::Ratio(density, 100)),
        (284, Value::Shorts(vec![1])),
        (296, Value::Shorts(vec![2])),
    ];
    if frame.coding == Coding::LzwDifferenced {
        tags.push((317, Value::Shorts(vec![2])));
    }
    if !tables.is_empty() {
        tags.push((347, Value::Bytes(tables)));
    }
    if photometric == 6 {
        tags.push((530, Value::Shorts(vec![2, 2])));
    }
    even(out);
    let start = (out.len() as u32).to_le_bytes();
    out[link..link + 4].copy_from_slice(&start);
    Ok(write_tags(out, &tags))
}

fn write_tags(out: &mut Vec<u8>, tags: &[(u16, Value)]) -> usize {
    let mut beyond = out.len() + 2 + tags.len() * 12 + 4;
    let mut behind = Vec::new();
    out.extend((tags.len() as u16).to_le_bytes());
    for (tag, value) in tags {
        let (kind, count, mut bytes) = value.parts();
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        if bytes.len() <= 4 {
            bytes.resize(4, 0);
            out.extend(bytes);
        } else {
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            out.extend((beyond as u32).to_le_bytes());
            beyond += bytes.len();
            behind.extend(bytes);
        }
    }
    let link = out.len();
    out.extend([0; 4]);
    out.extend(behind);
    link
}

fn even(out: &mut Vec<u8>) {
    if out.len() % 2 == 1 {
        out.push(0);
    }
}

fn photometric(colours: Colours) -> u16 {
    if colours == Colours::Colour { 2 } else { 1 }
}

/// The strips of a page, and JPEG tables that they share.
fn strips(frame: &Frame<'_>, rows: usize) -> Result<(Vec<Vec<u8>>, Vec<u8>), Error> {
    let picture = frame.picture;
    let bytes = match picture.colours {
        Colours::Bilevel => packed(picture),
        Colours::Colour | Colours::Grey => picture.data.clone(),
    };
    let line = bytes.len() / picture.height;
    let mut tables = Vec::new();
    let mut strips = Vec::new();
    for (number, strip) in bytes.chunks(line * rows).enumerate() {
        strips.push(match frame.coding {
            Coding::Plain => strip.to_vec(),
            // Runs never cross a row (TIFF 6.0, section 9).
            Coding::PackBits => strip.chunks(line).flat_map(packbits).collect(),
            Coding::Lzw => lzw(strip)?,
            Coding::LzwDifferenced => {
                lzw(&differenced(strip, line, if picture.colours == Colours::Colour { 3 } else { 1 }))?
            }
            Coding::Deflate => deflate(strip)?,
            Coding::Group4 => group4(picture, number * rows, rows.min(picture.height - number * rows)),
            Coding::Jpeg { quality } => {
                let part = Picture { height: strip.len() / line, data: strip.to_vec(), ..picture.clone() };
                let stream = jpeg::encode(&part, frame.dpi, jpeg::Coding::plain(quality))?;
                let (shared, abbreviated) = split_tables(&stream);
                tables = shared;
                abbreviated
            }
        });
    }
    Ok((strips, tables))
}

/// One bit a pixel, leftmost highest, 1 is white, rows padded to bytes.
pub(crate) fn packed(picture: &Picture) -> Vec<u8> {
    picture
        .data
        .chunks_exact(picture.width)
        .flat_map(|line| {
            line.chunks(8).map(|eight| {
                eight
                    .iter()
                    .enumerate()
                    .fold(0_u8, |byte, (i, &value)| if value > 127 { byte | 0x80 >> i } else { byte })
            })
        })
        .collect()
}

fn packbits(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut literal: Vec<u8> = Vec::new();
    for run in line.chunk_by(|a, b| a == b) {
        for part in run.chunks(128) {
            if part.len() > 2 {
                flush(&mut out, &mut literal);
                out.extend([(257 - part.len()) as u8, part[0]]);
            } else {
                literal.extend_from_slice(part);
            }
        }
    }
    flush(&mut out, &mut literal);
    out
}

fn flush(out: &mut Vec<u8>, literal: &mut Vec<u8>) {
    for part in literal.chunks(128) {
        out.push((part.len() - 1) as u8);
        out.extend_from_slice(part);
    }
    literal.clear();
}

fn lzw(strip: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = Lzw::with_tiff_size_switch(BitOrder::Msb, 8);
    encoder.encode(strip).map_err(|source| Error::Encode { form: "TIFF", detail: source.to_string() })
}

fn differenced(strip: &[u8], line: usize, samples: usize) -> Vec<u8> {
    let mut out = strip.to_vec();
    for row in out.chunks_exact_mut(line) {
        for i in (samples..row.len()).rev() {
            row[i] = row[i].wrapping_sub(row[i - samples]);
        }
    }
    out
}

fn deflate(strip: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Level::fast());
    let fail = |source: std::io::Error| Error::Encode { form: "TIFF", detail: source.to_string() };
    encoder.write_all(strip).map_err(fail)?;
    encoder.finish().map_err(fail)
}

fn group4(picture: &Picture, from: usize, rows: usize) -> Vec<u8> {
    let mut encoder = Group4::new(VecWriter::new());
    for line in picture.data.chunks_exact(picture.width).skip(from).take(rows) {
        let pixels = line.iter().map(|&value| if value > 127 { Color::White } else { Color::Black });
        let Ok(()) = encoder.encode_line(pixels, picture.width as u16);
    }
    let Ok(writer) = encoder.finish();
    writer.finish()
}

/// Takes quantisation and Huffman tables out of a JPEG: (tables stream, abbreviated stream).
fn split_tables(stream: &[u8]) -> (Vec<u8>, Vec<u8>) {
    const SOI: [u8; 2] = [0xff, 0xd8];
    let (mut tables, mut rest) = (SOI.to_vec(), SOI.to_vec());
    let mut at = 2;
    while at + 4 <= stream.len() {
        let (marker, length) = (stream[at + 1], usize::from(u16::from_be_bytes([stream[at + 2], stream[at + 3]])));
        let segment = &stream[at..at + 2 + length];
        match marker {
            0xdb | 0xc4 => tables.extend_from_slice(segment),
            // Inside TIFF the directory says density and colours; JFIF has no place here.
            0xe0..=0xef => {}
            0xda => {
                rest.extend_from_slice(&stream[at..]);
                break;
            }
            _ => rest.extend_from_slice(segment),
        }
        at += 2 + length;
    }
    tables.extend([0xff, 0xd9]);
    (tables, rest)
}
