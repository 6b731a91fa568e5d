//! Decompresses one strip or tile of a TIFF to rows of samples: never more bytes than the strip may have.

use std::io::{Read, Seek, SeekFrom};

use hayro_ccitt::{DecodeSettings, Decoder, DecoderContext, EncodingMode};

use crate::{
    Limits,
    error::Fault,
    jpeg::{self, Transform},
    tiff_file::Layout,
};

/// A decompressed chunk: rows without padding between them, 16-bit samples big-endian.
pub(crate) struct Chunk {
    pub(crate) row_bytes: usize,
    pub(crate) data: Vec<u8>,
}

/// Reads chunk `index`, which holds `rows` rows.
pub(crate) fn read<R: Read + Seek>(
    reader: &mut R,
    layout: &Layout,
    index: usize,
    rows: u32,
    limits: &Limits,
) -> Result<Chunk, Fault> {
    let missing = || Fault::damaged("a TIFF strip lies outside the file");
    let &(offset, len) = layout.chunks.get(index).ok_or_else(missing)?;
    let end = reader.seek(SeekFrom::End(0)).map_err(Fault::Io)?;
    if offset.checked_add(len).is_none_or(|last| last > end) {
        return Err(missing());
    }
    reader.seek(SeekFrom::Start(offset)).map_err(Fault::Io)?;
    let mut packed = vec![0_u8; len as usize];
    reader.read_exact(&mut packed)?;
    if layout.scheme == 7 {
        return jpeg_chunk(layout, &packed, rows, limits);
    }
    if layout.reversed_bits {
        for byte in &mut packed {
            *byte = byte.reverse_bits();
        }
    }
    let samples = if layout.planar { 1 } else { usize::from(layout.samples) };
    let row_bytes = (layout.chunk_width as usize * samples * usize::from(layout.bits)).div_ceil(8);
    let wanted = row_bytes * rows as usize;
    let mut data = match layout.scheme {
        1 => {
            packed.truncate(wanted);
            packed
        }
        2..=4 => ccitt(layout, &packed, rows, row_bytes)?,
        5 => lzw(&packed, wanted),
        8 | 32946 => deflate(&packed, wanted),
        32773 => pack_bits(&packed, wanted),
        other => return Err(Fault::unsupported(format!("TIFF compression {other}"))),
    };
    if data.len() < wanted {
        return Err(Fault::damaged("a TIFF strip ends early"));
    }
    finish_samples(layout, &mut data, row_bytes, samples);
    Ok(Chunk { row_bytes, data })
}

/// Undoes the horizontal predictor (TIFF 6.0 §14) and brings 16-bit samples into big-endian order.
fn finish_samples(layout: &Layout, data: &mut [u8], row_bytes: usize, samples: usize) {
    if layout.bits == 16 && layout.little_endian {
        data.chunks_exact_mut(2).for_each(|two| two.swap(0, 1));
    }
    if !layout.predictor || !matches!(layout.scheme, 5 | 8 | 32946) {
        return;
    }
    for row in data.chunks_exact_mut(row_bytes) {
        if layout.bits == 8 {
            for i in samples..row.len() {
                row[i] = row[i].wrapping_add(row[i - samples]);
            }
        } else {
            for i in (2 * samples..row.len().saturating_sub(1)).step_by(2) {
                let before = u16::from_be_bytes([row[i - 2 * samples], row[i - 2 * samples + 1]]);
                let sum = u16::from_be_bytes([row[i], row[i + 1]]).wrapping_add(before);
                row[i..i + 2].copy_from_slice(&sum.to_be_bytes());
            }
        }
    }
}

fn jpeg_chunk(layout: &Layout, packed: &[u8], rows: u32, limits: &Limits) -> Result<Chunk, Fault> {
    let whole = jpeg::with_tables(layout.jpeg_tables.as_deref(), packed)?;
    let transform = if layout.photometric == 2 { Transform::None } else { Transform::Own };
    let (width, height, mut data) = jpeg::decode(&whole, transform, limits)?;
    let row_bytes = width as usize * usize::from(layout.samples);
    if width != layout.chunk_width || height < rows || data.len() != row_bytes * height as usize {
        return Err(Fault::damaged("a JPEG strip of another size than its page"));
    }
    data.truncate(row_bytes * rows as usize);
    Ok(Chunk { row_bytes, data })
}

fn deflate(packed: &[u8], wanted: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let read = flate2::read::ZlibDecoder::new(packed).take(wanted as u64).read_to_end(&mut out);
    // A broken stream gives nothing, and the caller sees that rows are missing.
    if read.is_ok() { out } else { Vec::new() }
}

fn lzw(packed: &[u8], wanted: usize) -> Vec<u8> {
    let mut decoder = weezl::decode::Decoder::with_tiff_size_switch(weezl::BitOrder::Msb, 8);
    let mut out = vec![0_u8; wanted];
    let (mut read, mut written) = (0, 0);
    while read < packed.len() && written < wanted {
        let step = decoder.decode_bytes(&packed[read..], &mut out[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status {
            Ok(weezl::LzwStatus::Ok) if step.consumed_in + step.consumed_out > 0 => {}
            Ok(_) | Err(_) => break,
        }
    }
    out.truncate(written);
    out
}

/// TIFF 6.0 §9.
fn pack_bits(packed: &[u8], wanted: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(wanted);
    let mut rest = packed;
    while let Some((&head, tail)) = rest.split_first() {
        if out.len() >= wanted {
            break;
        }
        rest = match head {
            0..=127 => {
                let count = (usize::from(head) + 1).min(tail.len());
                out.extend_from_slice(&tail[..count]);
                &tail[count..]
            }
            128 => tail,
            129.. => {
                let Some((&value, tail)) = tail.split_first() else { break };
                out.resize(out.len() + 257 - usize::from(head), value);
                tail
            }
        };
    }
    out.truncate(wanted);
    out
}

/// Rows of one bit a pixel; a black run is ones, as libtiff gives them.
struct Bits {
    row_bytes: usize,
    width: usize,
    data: Vec<u8>,
}

impl Decoder for Bits {
    fn push_row(&mut self, changes: &[u32]) {
        let start = self.data.len();
        self.data.resize(start + self.row_bytes, 0);
        let row = &mut self.data[start..];
        for run in changes.chunks(2) {
            let from = run[0] as usize;
            let to = run.get(1).map_or(self.width, |end| *end as usize).min(self.width);
            fill(row, from, to);
        }
    }
}

/// Sets the bits from `from` up to `to`.
fn fill(row: &mut [u8], from: usize, to: usize) {
    if from >= to {
        return;
    }
    let (first, last) = (from / 8, (to - 1) / 8);
    let (head, tail) = (0xff_u8 >> (from % 8), 0xff_u8 << (7 - (to - 1) % 8));
    if first == last {
        row[first] |= head & tail;
        return;
    }
    row[first] |= head;
    row[first + 1..last].fill(0xff);
    row[last] |= tail;
}

fn ccitt(layout: &Layout, packed: &[u8], rows: u32, row_bytes: usize) -> Result<Vec<u8>, Fault> {
    if layout.bits != 1 || layout.samples != 1 {
        return Err(Fault::damaged("CCITT compression of more than one bit a pixel"));
    }
    let encoding = match (layout.scheme, layout.t4_options & 1) {
        (4, _) => EncodingMode::Group4,
        (3, 1) => EncodingMode::Group3_2D,
        _ => EncodingMode::Group3_1D,
    };
    let settings = DecodeSettings {
        columns: layout.chunk_width,
        rows,
        end_of_block: layout.scheme != 2,
        end_of_line: false,                        // found where they are
        rows_are_byte_aligned: layout.scheme == 2, // TIFF 6.0 §10: each row starts on a byte
        encoding,
        strict: true,
    };
    let mut bits =
        Bits { row_bytes, width: layout.chunk_width as usize, data: Vec::with_capacity(row_bytes * rows as usize) };
    let decoded = hayro_ccitt::decode(packed, &mut bits, &mut DecoderContext::new(settings));
    if bits.data.len() < row_bytes * rows as usize {
        let why = decoded.err().map_or_else(|| "rows are missing".to_owned(), |error| error.to_string());
        return Err(Fault::damaged(format!("a fax strip: {why}")));
    }
    bits.data.truncate(row_bytes * rows as usize);
    Ok(bits.data)
}
