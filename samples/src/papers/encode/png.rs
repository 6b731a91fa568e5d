//! PNG.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Info, PixelDimensions, Unit};

use super::tiff::packed;
use crate::papers::{
    error::Error,
    scanner::{Colours, Picture},
};

/// Codes a picture; `pHYs` says `dpi`.
pub fn encode(picture: &Picture, dpi: f64) -> Result<Vec<u8>, Error> {
    let fail = |source: png::EncodingError| Error::Encode { form: "PNG", detail: source.to_string() };
    let (color, depth, data) = match picture.colours {
        Colours::Colour => (ColorType::Rgb, BitDepth::Eight, Cow::Borrowed(&picture.data)),
        Colours::Grey => (ColorType::Grayscale, BitDepth::Eight, Cow::Borrowed(&picture.data)),
        Colours::Bilevel => (ColorType::Grayscale, BitDepth::One, Cow::Owned(packed(picture))),
    };
    let mut info = Info::with_size(picture.width as u32, picture.height as u32);
    info.color_type = color;
    info.bit_depth = depth;
    let per_metre = (dpi / 0.0254).round() as u32;
    info.pixel_dims = Some(PixelDimensions { xppu: per_metre, yppu: per_metre, unit: Unit::Meter });
    let mut out = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut out, info).map_err(fail)?;
    encoder.set_compression(Compression::Fast);
    let mut writer = encoder.write_header().map_err(fail)?;
    writer.write_image_data(&data).map_err(fail)?;
    writer.finish().map_err(fail)?;
    Ok(out)
}
