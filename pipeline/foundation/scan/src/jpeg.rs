//! JPEG: a marker parser for what the PDF and the archivist must know, and the decoder behind it.
//!
//! Clauses are of ITU-T T.81; JFIF is ITU-T T.871, EXIF is JEITA CP-3451.

use std::{
    io::{BufRead, Read, Seek, SeekFrom},
    ops::ControlFlow,
};

use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

use crate::{
    Color, Compression, Frame, Limits, check_pixels,
    error::Fault,
    ifd::{self, Exif},
};

/// Marker segments before the first scan; an ICC profile takes up to 255 of them.
const MAX_SEGMENTS: u32 = 4096;
/// Bytes of a colour profile.
const MAX_ICC: usize = 8 << 20;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const DQT: u8 = 0xdb;
const DRI: u8 = 0xdd;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

/// What stands before the first scan.
#[derive(Debug, Clone, Default)]
pub(crate) struct Header {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) progressive: bool,
    /// Identifier and sampling factors (across, down) of each component.
    pub(crate) components: Vec<(u8, u8, u8)>,
    /// Transform flag of the Adobe segment.
    pub(crate) adobe: Option<u8>,
    pub(crate) restart_interval: u16,
    /// Bytes up to the first entropy-coded segment.
    pub(crate) len: u64,
    jfif: bool,
    density: Option<(f64, f64)>,
    exif: Option<Exif>,
    icc: Vec<(u8, Vec<u8>)>,
}

impl Header {
    /// Whether three components hold red, green and blue rather than `YCbCr` (the rule libjpeg follows).
    pub(crate) fn is_rgb(&self) -> bool {
        let ids: Vec<u8> = self.components.iter().map(|component| component.0).collect();
        match self.adobe {
            Some(transform) => ids.len() == 3 && transform == 0,
            None => !self.jfif && ids == *b"RGB",
        }
    }

    fn profile(&self) -> Option<Vec<u8>> {
        let mut parts: Vec<&(u8, Vec<u8>)> = self.icc.iter().collect();
        parts.sort_by_key(|part| part.0);
        let whole = parts.iter().enumerate().all(|(i, part)| usize::from(part.0) == i + 1);
        (whole && !parts.is_empty()).then(|| parts.iter().flat_map(|part| part.1.iter().copied()).collect())
    }
}

/// A marker segment: its marker and its bytes after the length field.
pub(crate) struct Segment {
    pub(crate) marker: u8,
    pub(crate) payload: Vec<u8>,
}

/// Reads the next marker segment; returns the bytes it took too.
pub(crate) fn segment(reader: &mut impl Read) -> Result<(Segment, u64), Fault> {
    let (mut marker, mut taken) = (byte(reader)?, 1);
    if marker != 0xff {
        return Err(Fault::damaged("bytes between JPEG markers"));
    }
    // B.1.1.2: any number of fill bytes.
    while marker == 0xff {
        marker = byte(reader)?;
        taken += 1;
    }
    if matches!(marker, 0x00 | 0x01 | 0xd0..=EOI) {
        return Err(Fault::damaged("a JPEG marker out of its place"));
    }
    let len = u16::from_be_bytes([byte(reader)?, byte(reader)?]);
    let mut payload =
        vec![0_u8; usize::from(len).checked_sub(2).ok_or_else(|| Fault::damaged("a JPEG segment too short"))?];
    reader.read_exact(&mut payload)?;
    Ok((Segment { marker, payload }, taken + u64::from(len)))
}

fn byte(reader: &mut impl Read) -> Result<u8, Fault> {
    let mut one = [0_u8];
    reader.read_exact(&mut one)?;
    Ok(one[0])
}

/// Reads everything up to the first scan.
pub(crate) fn header(reader: &mut impl Read) -> Result<Header, Fault> {
    if [byte(reader)?, byte(reader)?] != [0xff, SOI] {
        return Err(Fault::damaged("no JPEG start marker"));
    }
    let mut header = Header { len: 2, ..Header::default() };
    for _ in 0..MAX_SEGMENTS {
        let (segment, taken) = segment(reader)?;
        header.len += taken;
        match segment.marker {
            SOS if header.components.is_empty() => return Err(Fault::damaged("a JPEG scan before its frame")),
            SOS => return Ok(header),
            // C4, C8 and CC are DHT, JPG and DAC: no frames.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => frame_header(&mut header, &segment)?,
            DRI => header.restart_interval = pair(&segment.payload, 0).unwrap_or(0),
            APP0 => jfif(&mut header, &segment.payload),
            APP1 => {
                let block = segment.payload.strip_prefix(b"Exif\0\0").and_then(ifd::exif);
                header.exif = header.exif.or(block);
            }
            APP2 => icc(&mut header, segment.payload)?,
            APP14 if segment.payload.starts_with(b"Adobe") => header.adobe = segment.payload.get(11).copied(),
            _ => {}
        }
    }
    Err(Fault::damaged("no end of JPEG headers"))
}

fn pair(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// B.2.2.
fn frame_header(header: &mut Header, segment: &Segment) -> Result<(), Fault> {
    match segment.marker {
        0xc0 | 0xc1 => {}
        0xc2 => header.progressive = true,
        0xc3 => return Err(Fault::unsupported("lossless JPEG")),
        0xc5..=0xc7 => return Err(Fault::unsupported("hierarchical JPEG")),
        _ => return Err(Fault::unsupported("arithmetic-coded JPEG")),
    }
    let short = || Fault::damaged("a JPEG frame header too short");
    if !header.components.is_empty() {
        return Err(Fault::damaged("two JPEG frames"));
    }
    let payload = &segment.payload;
    if *payload.first().ok_or_else(short)? != 8 {
        return Err(Fault::unsupported("JPEG of 12 bits a sample"));
    }
    header.height = u32::from(pair(payload, 1).ok_or_else(short)?);
    header.width = u32::from(pair(payload, 3).ok_or_else(short)?);
    if header.height == 0 {
        return Err(Fault::unsupported("JPEG that tells its height after the scan"));
    }
    let count = usize::from(*payload.get(5).ok_or_else(short)?);
    match count {
        1 | 3 => {}
        4 => return Err(Fault::unsupported("CMYK JPEG")),
        _ => return Err(Fault::unsupported(format!("JPEG of {count} components"))),
    }
    for i in 0..count {
        let id = *payload.get(6 + 3 * i).ok_or_else(short)?;
        let factors = *payload.get(7 + 3 * i).ok_or_else(short)?;
        let (across, down) = (factors >> 4, factors & 15);
        if !(1..=4).contains(&across) || !(1..=4).contains(&down) {
            return Err(Fault::damaged("JPEG sampling factors"));
        }
        header.components.push((id, across, down));
    }
    Ok(())
}

fn jfif(header: &mut Header, payload: &[u8]) {
    if !payload.starts_with(b"JFIF\0") || header.jfif {
        return;
    }
    header.jfif = true;
    let per_inch = match payload.get(7) {
        Some(1) => 1.0,
        Some(2) => 2.54,
        _ => return, // only an aspect ratio
    };
    if let (Some(x @ 1..), Some(y @ 1..)) = (pair(payload, 8), pair(payload, 10)) {
        header.density = Some((f64::from(x) * per_inch, f64::from(y) * per_inch));
    }
}

/// ICC.1:2010 Annex B.4: a profile in numbered pieces.
fn icc(header: &mut Header, mut payload: Vec<u8>) -> Result<(), Fault> {
    if !payload.starts_with(b"ICC_PROFILE\0") || payload.len() < 14 {
        return Ok(());
    }
    let taken: usize = header.icc.iter().map(|part| part.1.len()).sum();
    if taken + payload.len() > MAX_ICC {
        return Err(Fault::TooLarge("bytes", MAX_ICC as u64));
    }
    let number = payload[12];
    if header.icc.iter().all(|part| part.0 != number) {
        header.icc.push((number, payload.split_off(14)));
    }
    Ok(())
}

pub(crate) fn frame(reader: &mut impl Read, limits: &Limits) -> Result<Frame, Fault> {
    let header = header(reader)?;
    check_pixels(header.width, header.height, limits)?;
    Ok(Frame {
        index: 0,
        width: header.width,
        height: header.height,
        orientation: header.exif.map_or(1, |exif| exif.orientation),
        dpi: header.density.or(header.exif.and_then(|exif| exif.dpi)),
        color: if header.components.len() == 1 { Color::Grey8 } else { Color::Rgb8 },
        compression: Compression::Jpeg,
        icc: header.profile(),
    })
}

/// Walks from the first scan to the end marker; returns the offset after it, or nothing when the file is cut off.
pub(crate) fn end<R: BufRead + Seek>(reader: &mut R) -> Result<Option<u64>, Fault> {
    let head = header(&mut *reader)?;
    reader.seek(SeekFrom::Start(head.len))?;
    let (mut at, mut marked) = (head.len, false);
    loop {
        let buffer = reader.fill_buf().map_err(Fault::Io)?;
        if buffer.is_empty() {
            return Ok(None);
        }
        let mut used = buffer.len();
        let mut found = None;
        for (i, &byte) in buffer.iter().enumerate() {
            match (marked, byte) {
                (_, 0xff) => marked = true,
                (false, _) => {}
                (true, 0x00 | 0x01 | 0xd0..=0xd7) => marked = false, // stuffing, TEM, restart
                (true, marker) => {
                    (used, found, marked) = (i + 1, Some(marker), false);
                    break;
                }
            }
        }
        reader.consume(used);
        at += used as u64;
        match found {
            None => {}
            Some(EOI) => return Ok(Some(at)),
            Some(_) => {
                let mut len = [0_u8; 2];
                if reader.read_exact(&mut len).is_err() {
                    return Ok(None);
                }
                let len = u64::from(u16::from_be_bytes(len));
                at += len.max(2);
                reader.seek(SeekFrom::Start(at))?;
            }
        }
    }
}

/// How three components are to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transform {
    /// As the file says.
    Own,
    /// They are red, green, blue whatever the file says (TIFF photometric 2).
    None,
}

/// Decodes a whole JPEG to interleaved 8-bit samples of one or three components.
///
/// From memory: the decoder looks ahead and steps back every few bytes, and a buffered file reads its whole buffer again after each step.
pub(crate) fn decode(bytes: &[u8], transform: Transform, limits: &Limits) -> Result<(u32, u32, Vec<u8>), Fault> {
    let failed = |error: zune_jpeg::errors::DecodeErrors| Fault::damaged(format!("JPEG: {error:?}"));
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::new_safe().set_strict_mode(true).set_max_width(side).set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(failed)?;
    let (width, height) = decoder.dimensions().ok_or_else(|| Fault::damaged("JPEG without dimensions"))?;
    check_pixels(width as u32, height as u32, limits)?;
    let input = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let out = match (input, transform) {
        (ColorSpace::Luma, _) => ColorSpace::Luma,
        (ColorSpace::YCbCr, Transform::None) => ColorSpace::YCbCr,
        (ColorSpace::YCbCr | ColorSpace::RGB, _) => ColorSpace::RGB,
        _ => return Err(Fault::unsupported("JPEG of this colour space")),
    };
    decoder.set_options(options.jpeg_set_out_colorspace(out));
    let data = decoder.decode().map_err(failed)?;
    if data.len() != width * height * out.num_components() {
        return Err(Fault::damaged("JPEG of another length than its header says"));
    }
    Ok((width as u32, height as u32, data))
}

pub(crate) fn rows<R: Read + Seek>(
    mut reader: R,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let head = header(&mut reader)?;
    check_pixels(head.width, head.height, limits)?;
    reader.seek(SeekFrom::Start(0))?;
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes)?;
    let (width, height, data) = decode(&bytes, Transform::Own, limits)?;
    let channels = data.len() / (width as usize * height as usize);
    if (width, height) != (head.width, head.height) || channels != head.components.len() {
        return Err(Fault::damaged("JPEG of another size than its header says"));
    }
    for row in data.chunks_exact(width as usize * channels) {
        if sink(row).is_break() {
            break;
        }
    }
    Ok(())
}

/// The bounds of the parts of an abbreviated or whole JPEG held in memory: its header segments and its entropy-coded data.
pub(crate) struct Parts {
    pub(crate) header: Header,
    /// Segments other than frame and scan headers, as bytes with marker and length.
    pub(crate) tables: Vec<u8>,
    /// Frame header segment.
    pub(crate) frame: Vec<u8>,
    /// Scan header segment.
    pub(crate) scan: Vec<u8>,
    /// Entropy-coded bytes of the one scan, when it is one scan without restart markers.
    pub(crate) entropy: Option<std::ops::Range<usize>>,
}

pub(crate) fn parts(bytes: &[u8]) -> Result<Parts, Fault> {
    let mut rest = bytes;
    let header = header(&mut rest)?;
    let (mut tables, mut frame, mut scan) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = &bytes[2..];
    loop {
        let before = at;
        let (segment, taken) = segment(&mut at)?;
        let raw = &before[..taken as usize];
        match segment.marker {
            SOS => scan.extend_from_slice(raw),
            0xc0..=0xc2 => frame.extend_from_slice(raw),
            DRI => {}
            _ => tables.extend_from_slice(raw),
        }
        if segment.marker == SOS {
            break;
        }
    }
    let start = header.len as usize;
    let mut entropy = None;
    let mut marked = false;
    for (i, &byte) in bytes.iter().enumerate().skip(start) {
        match (marked, byte) {
            (_, 0xff) => marked = true,
            (false, _) => {}
            (true, 0x00) => marked = false,
            (true, EOI) => {
                entropy = Some(start..i - 1);
                break;
            }
            (true, _) => break,
        }
    }
    Ok(Parts { header, tables, frame, scan, entropy })
}

/// Table segments of a TIFF's `JPEGTables` (DQT, DHT, DRI), as bytes without start and end markers.
pub(crate) fn table_segments(tables: &[u8]) -> Result<Vec<u8>, Fault> {
    let Some(mut rest) = tables.strip_prefix(&[0xff, SOI]) else {
        return Err(Fault::damaged("JPEG tables without start"));
    };
    let mut out = Vec::new();
    while !rest.is_empty() && !rest.starts_with(&[0xff, EOI]) {
        let before = rest;
        let (segment, taken) = segment(&mut rest)?;
        if matches!(segment.marker, DQT | 0xc4 | DRI) {
            out.extend_from_slice(&before[..taken as usize]);
        }
    }
    Ok(out)
}

/// A whole JPEG of a TIFF strip: its tables put in front (TIFF Technical Note 2).
pub(crate) fn with_tables(tables: Option<&[u8]>, strip: &[u8]) -> Result<Vec<u8>, Fault> {
    let Some(rest) = strip.strip_prefix(&[0xff, SOI]) else { return Err(Fault::damaged("a JPEG strip without start")) };
    let mut out = vec![0xff, SOI];
    if let Some(tables) = tables {
        out.extend(table_segments(tables)?);
    }
    out.extend_from_slice(rest);
    Ok(out)
}
