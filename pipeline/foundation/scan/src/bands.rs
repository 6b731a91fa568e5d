//! Puts strips and tiles together to rows, and brings their samples into one of the five [`Color`]s.

use std::{
    io::{Read, Seek},
    ops::ControlFlow,
};

use crate::{
    Color, Limits,
    chunks::{self, Chunk},
    error::Fault,
    tiff_file::Layout,
};

pub(crate) fn rows<R: Read + Seek>(
    reader: &mut R,
    layout: &Layout,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let color = layout.color()?;
    let across = layout.width.div_ceil(layout.chunk_width) as usize;
    let bands = layout.height.div_ceil(layout.chunk_height);
    let planes = if layout.planar { usize::from(layout.samples) } else { 1 };
    let per_plane = across * bands as usize;
    if across > 1 && !chunk_row_bits(layout).is_multiple_of(8) {
        return Err(Fault::damaged("TIFF tiles of a width that is no multiple of 16"));
    }
    let converter = Converter::new(layout, color)?;
    let mut out = Vec::new();
    let mut raw = Vec::new();
    for band in 0..bands {
        let rows = layout.chunk_height.min(layout.height - band * layout.chunk_height);
        // A tile always has all its rows; a strip only those that are left.
        let stored = if layout.tiles { layout.chunk_height } else { rows };
        let mut row_of_chunks = Vec::with_capacity(planes * across);
        for plane in 0..planes {
            for column in 0..across {
                let index = plane * per_plane + band as usize * across + column;
                row_of_chunks.push(chunks::read(reader, layout, index, stored, limits)?);
            }
        }
        for y in 0..rows as usize {
            raw.clear();
            gather(layout, &row_of_chunks, across, y, &mut raw);
            out.clear();
            converter.convert(&raw, &mut out)?;
            if sink(&out).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn chunk_row_bits(layout: &Layout) -> usize {
    let samples = if layout.planar { 1 } else { usize::from(layout.samples) };
    layout.chunk_width as usize * samples * usize::from(layout.bits)
}

/// One row of interleaved samples over all tiles and planes.
fn gather(layout: &Layout, chunks: &[Chunk], across: usize, y: usize, raw: &mut Vec<u8>) {
    let row = |chunk: &Chunk, raw: &mut Vec<u8>| {
        let start = y * chunk.row_bytes;
        raw.extend_from_slice(&chunk.data[start..start + chunk.row_bytes]);
    };
    if !layout.planar {
        for chunk in chunks {
            row(chunk, raw);
        }
        return;
    }
    let bytes = usize::from(layout.bits / 8);
    let planes: Vec<Vec<u8>> = chunks
        .chunks(across)
        .map(|plane| {
            let mut one = Vec::new();
            for chunk in plane {
                row(chunk, &mut one);
            }
            one
        })
        .collect();
    for x in 0..layout.width as usize {
        for plane in &planes {
            raw.extend_from_slice(&plane[x * bytes..(x + 1) * bytes]);
        }
    }
}

struct Converter<'a> {
    layout: &'a Layout,
    color: Color,
    palette: Vec<[u8; 3]>,
    invert: bool,
}

impl<'a> Converter<'a> {
    fn new(layout: &'a Layout, color: Color) -> Result<Self, Fault> {
        if layout.planar && layout.bits < 8 {
            return Err(Fault::unsupported("TIFF planes under 8 bits"));
        }
        let palette = if layout.photometric == 3 { palette(layout)? } else { Vec::new() };
        Ok(Self { layout, color, palette, invert: layout.photometric == 0 })
    }

    fn convert(&self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let (layout, width) = (self.layout, self.layout.width as usize);
        if layout.photometric == 3 {
            out.extend(
                indices(raw, layout.bits)
                    .step_by(usize::from(layout.samples))
                    .take(width)
                    .flat_map(|index| self.palette.get(usize::from(index)).copied().unwrap_or_default()),
            );
        } else if matches!(layout.bits, 2 | 4) {
            let factor = if layout.bits == 2 { 85 } else { 17 };
            out.extend(indices(raw, layout.bits).take(width).map(|value| value * factor));
        } else if layout.samples == layout.color_samples() || layout.bits == 1 {
            out.extend_from_slice(&raw[..self.color.row_bytes(layout.width).min(raw.len())]);
        } else {
            self.without_extra_samples(raw, out)?;
        }
        if self.invert {
            for byte in out.iter_mut() {
                *byte = !*byte;
            }
        }
        if out.len() == self.color.row_bytes(layout.width) {
            Ok(())
        } else {
            Err(Fault::damaged("a TIFF row too short"))
        }
    }

    fn without_extra_samples(&self, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let bytes = usize::from(self.layout.bits / 8);
        let pixel = usize::from(self.layout.samples) * bytes;
        let kept = usize::from(self.layout.color_samples()) * bytes;
        for samples in raw.chunks_exact(pixel).take(self.layout.width as usize) {
            let (color, extra) = samples.split_at(kept);
            if extra.iter().any(|byte| *byte != 0xff) {
                return Err(Fault::unsupported("TIFF with transparency or extra samples"));
            }
            out.extend_from_slice(color);
        }
        Ok(())
    }
}

/// The samples of a packed row, one by one.
fn indices(raw: &[u8], bits: u8) -> impl Iterator<Item = u8> + '_ {
    let (per_byte, mask) = (8 / bits, if bits == 8 { 0xff } else { (1_u8 << bits) - 1 });
    raw.iter().flat_map(move |byte| (0..per_byte).map(move |i| (byte >> (8 - bits * (i + 1))) & mask))
}

/// TIFF 6.0 §5: all reds, then greens, then blues, 16 bits each; old writers filled 8.
fn palette(layout: &Layout) -> Result<Vec<[u8; 3]>, Fault> {
    let size = 1_usize << layout.bits;
    if layout.palette.len() != 3 * size {
        return Err(Fault::damaged("a TIFF palette of the wrong length"));
    }
    let shift = if layout.palette.iter().all(|value| *value < 256) { 0 } else { 8 };
    let at = |i: usize| (layout.palette[i] >> shift) as u8;
    Ok((0..size).map(|i| [at(i), at(size + i), at(2 * size + i)]).collect())
}
