//! One page as a small JPEG, for the people at the portal.

use std::path::Path;

use conduct::worker::{Limits, Refusal};
use image::{GrayImage, RgbImage, codecs::jpeg::JpegEncoder, imageops};
use model::{Disposition, SourceKind};
use scan::Pixels;

use super::{refusal, scan_limits};

/// A page of a PDF is drawn larger than it is shown, as a renderer that only picks pixels breaks thin strokes; a picture
/// near the scan's own resolution needs no more.
const FINER: u32 = 4;
const FINE: u32 = 1_700;
/// Text stays crisp, and an A4 page at reading size stays around 200 KB.
const QUALITY: u8 = 82;

/// Decodes a page, makes it as wide as asked (never wider than it is), and encodes it.
pub(super) fn draw(file: &Path, kind: SourceKind, frame: u32, width: u32, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let pixels = if kind == SourceKind::Pdf {
        let bounds = raster::Limits { bytes: limits.file_bytes, pixels: limits.page_pixels, pages: limits.pages };
        let document = raster::Document::open(file, &bounds).map_err(refused!())?;
        let size = document.page_size_mm(frame + 1).map_err(refused!())?;
        let drawn = width.max(FINE.min(width.saturating_mul(FINER)));
        document.render(frame + 1, f64::from(drawn) / size.width * 25.4).map_err(refused!())?
    } else {
        scan::decode(file, kind, frame, &scan_limits(limits)).map_err(refused!())?
    };
    encode(pixels, width).map_err(|reason| refusal("E-CONDUCT-05", vec![("reason", reason)], Disposition::Bug))
}

fn encode(pixels: Pixels, width: u32) -> Result<Vec<u8>, String> {
    let width = width.clamp(1, pixels.width.max(1));
    let height = (u64::from(pixels.height) * u64::from(width)).div_ceil(u64::from(pixels.width.max(1))).max(1) as u32;
    let odd = || "a picture of another length than its size".to_owned();
    let mut jpeg = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    let encoded = if pixels.channels == 1 {
        let whole = GrayImage::from_raw(pixels.width, pixels.height, pixels.data).ok_or_else(odd)?;
        encoder.encode_image(&imageops::thumbnail(&whole, width, height))
    } else {
        let whole = RgbImage::from_raw(pixels.width, pixels.height, pixels.data).ok_or_else(odd)?;
        encoder.encode_image(&imageops::thumbnail(&whole, width, height))
    };
    encoded.map_err(|e| e.to_string())?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_made_smaller_but_never_larger() {
        let page = Pixels { width: 400, height: 600, channels: 1, data: vec![200; 400 * 600] };
        for (asked, expect) in [(100, (100, 150)), (4000, (400, 600))] {
            let jpeg = encode(page.clone(), asked).expect("encoded");
            let back = image::load_from_memory(&jpeg).expect("a picture");
            assert_eq!((back.width(), back.height()), expect);
        }
    }
}
