//! JPEG as scanners write it.

use jpeg_encoder::{ColorType, Encoder, PixelDensity, PixelDensityUnit, SamplingFactor};

use crate::papers::{
    error::Error,
    scanner::{Colours, Picture},
};

/// How a JPEG is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coding {
    /// 1 to 100.
    pub quality: u8,
    /// Progressive instead of baseline.
    pub progressive: bool,
    /// EXIF orientation, 1 to 8; 1 writes no EXIF.
    pub orientation: u8,
    /// Colour at full resolution (4:4:4) instead of 4:2:0.
    pub full_colour: bool,
}

impl Coding {
    /// Baseline, upright, 4:2:0.
    pub fn plain(quality: u8) -> Self {
        Self { quality, progressive: false, orientation: 1, full_colour: false }
    }
}

/// Codes a picture; its density tag says `dpi`.
pub fn encode(picture: &Picture, dpi: f64, coding: Coding) -> Result<Vec<u8>, Error> {
    let fail = |source: jpeg_encoder::EncodingError| Error::Encode { form: "JPEG", detail: source.to_string() };
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, coding.quality);
    let density = dpi.round() as u16;
    encoder.set_density(PixelDensity { density: (density, density), unit: PixelDensityUnit::Inches });
    encoder.set_sampling_factor(if coding.full_colour { SamplingFactor::R_4_4_4 } else { SamplingFactor::R_4_2_0 });
    encoder.set_progressive(coding.progressive);
    if coding.orientation != 1 {
        encoder.add_exif_metadata(&orientation(coding.orientation)).map_err(fail)?;
    }
    let colours = match picture.colours {
        Colours::Colour => ColorType::Rgb,
        Colours::Grey | Colours::Bilevel => ColorType::Luma,
    };
    encoder.encode(&picture.data, picture.width as u16, picture.height as u16, colours).map_err(fail)?;
    Ok(out)
}

/// A TIFF directory with nothing but the orientation.
fn orientation(value: u8) -> Vec<u8> {
    let mut exif = b"MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0]);
    exif.extend([0, 0, 0, 0]);
    exif
}
