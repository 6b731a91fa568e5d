//! PNG (ISO/IEC 15948).

use std::{
    io::{BufRead, Seek},
    ops::ControlFlow,
};

use png::{BitDepth, ColorType, Decoder, Reader, Transformations};

use crate::{Color, Compression, Frame, Limits, check_pixels, error::Fault, ifd};

impl From<png::DecodingError> for Fault {
    fn from(error: png::DecodingError) -> Self {
        match error {
            png::DecodingError::IoError(error) => error.into(),
            png::DecodingError::LimitsExceeded => Self::TooLarge("bytes", MAX_CHUNK as u64),
            other => Self::damaged(format!("PNG: {other}")),
        }
    }
}

/// Bytes the decoder may hold beside the rows (profiles, text).
const MAX_CHUNK: usize = 64 << 20;

struct Opened<R: BufRead + Seek> {
    reader: Reader<R>,
    color: Color,
    /// Samples a pixel in the decoder's rows: 2 or 4 with alpha.
    samples: usize,
}

fn open<R: BufRead + Seek>(reader: R, limits: &Limits) -> Result<Opened<R>, Fault> {
    let mut decoder = Decoder::new_with_limits(reader, png::Limits { bytes: MAX_CHUNK });
    decoder.set_ignore_text_chunk(true);
    let header = decoder.read_header_info()?;
    check_pixels(header.width, header.height, limits)?;
    let bilevel = (header.color_type, header.bit_depth) == (ColorType::Grayscale, BitDepth::One);
    // One-bit grey stays packed: 1 is white there too. Everything else smaller than 8 bits is widened, palettes become RGB.
    decoder.set_transformations(if bilevel { Transformations::IDENTITY } else { Transformations::EXPAND });
    let reader = decoder.read_info()?;
    let info = reader.info();
    if info.is_animated() {
        return Err(Fault::unsupported("animated PNG"));
    }
    if bilevel && info.trns.is_some() {
        return Err(Fault::unsupported("PNG with transparency"));
    }
    let (color_type, depth) = reader.output_color_type();
    let color = match (color_type, depth) {
        (ColorType::Grayscale, BitDepth::One) => Color::Bilevel,
        (ColorType::Grayscale | ColorType::GrayscaleAlpha, BitDepth::Eight) => Color::Grey8,
        (ColorType::Grayscale | ColorType::GrayscaleAlpha, BitDepth::Sixteen) => Color::Grey16,
        (ColorType::Rgb | ColorType::Rgba, BitDepth::Eight) => Color::Rgb8,
        (ColorType::Rgb | ColorType::Rgba, BitDepth::Sixteen) => Color::Rgb16,
        _ => return Err(Fault::unsupported(format!("PNG of {color_type:?} {depth:?}"))),
    };
    Ok(Opened { reader, color, samples: color_type.samples() })
}

pub(crate) fn frame<R: BufRead + Seek>(reader: R, limits: &Limits) -> Result<Frame, Fault> {
    let opened = open(reader, limits)?;
    let info = opened.reader.info();
    let exif = info.exif_metadata.as_deref().and_then(ifd::exif);
    let dpi = info.pixel_dims.and_then(|dims| match dims.unit {
        png::Unit::Meter if dims.xppu > 0 && dims.yppu > 0 => {
            Some((f64::from(dims.xppu) * 0.0254, f64::from(dims.yppu) * 0.0254))
        }
        png::Unit::Meter | png::Unit::Unspecified => None,
    });
    let frame = Frame {
        index: 0,
        width: info.width,
        height: info.height,
        orientation: exif.map_or(1, |exif| exif.orientation),
        dpi,
        color: opened.color,
        compression: Compression::Deflate,
        icc: info.icc_profile.as_deref().map(<[u8]>::to_vec),
    };
    if opened.samples != usize::from(opened.color.channels()) {
        // Transparency is refused unless unused, and only the pixels say so.
        each_row(opened, limits, &mut |_| ControlFlow::Continue(()))?;
    }
    Ok(frame)
}

pub(crate) fn rows<R: BufRead + Seek>(
    reader: R,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Fault> {
    each_row(open(reader, limits)?, limits, sink)
}

fn each_row<R: BufRead + Seek>(
    mut opened: Opened<R>,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let (color, samples) = (opened.color, opened.samples);
    let mut opaque = Vec::new();
    let mut give = |row: &[u8]| -> Result<ControlFlow<()>, Fault> {
        let channels = usize::from(color.channels());
        if samples == channels {
            return Ok(sink(row));
        }
        let bytes = usize::from(color.bits() / 8);
        opaque.clear();
        for pixel in row.chunks_exact(samples * bytes) {
            let (kept, alpha) = pixel.split_at(channels * bytes);
            if alpha.iter().any(|byte| *byte != 0xff) {
                return Err(Fault::unsupported("PNG with transparency"));
            }
            opaque.extend_from_slice(kept);
        }
        Ok(sink(&opaque))
    };
    let (width, height, interlaced) =
        (opened.reader.info().width, opened.reader.info().height, opened.reader.info().interlaced);
    if interlaced {
        check_pixels(width, height, limits)?;
        let size = opened.reader.output_buffer_size().ok_or(Fault::TooLarge("pixels", limits.pixels))?;
        let mut whole = vec![0_u8; size];
        opened.reader.next_frame(&mut whole)?;
        for row in whole.chunks_exact(size / height as usize) {
            if give(row)?.is_break() {
                return Ok(());
            }
        }
    } else {
        for _ in 0..height {
            let row = opened.reader.next_row()?.ok_or_else(|| Fault::damaged("PNG rows end early"))?;
            if give(row.data())?.is_break() {
                return Ok(());
            }
        }
    }
    opened.reader.finish()?;
    Ok(())
}
