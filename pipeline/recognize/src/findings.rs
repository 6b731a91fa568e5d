//! What a person should look at before a scan is accepted: measured on the pixels, whatever was read.

use scan::Pixels;

use crate::{
    background::{Background, erase_border},
    blobs::{factor, letterlike},
    engine::check,
    picture::{Channel, Picture},
    skew,
};

/// Fewer marks of a letter's size than this are a blank page.
const BLANK: usize = 4;
/// Tilt worth a look, degrees.
const SKEW: f64 = 2.0;
/// Ink lighter than this share of the paper is faint.
const FAINT: f64 = 0.62;
/// An edge that climbs less than this share of its height from one pixel to the next is blurred (at 150 dpi).
const BLUR: f64 = 0.45;

/// Codes of what is odd about a page: `blank`, `skew`, `low_contrast`, `blur`. Empty when nothing is.
pub fn findings(page: &Pixels, dpi: (f64, f64)) -> Vec<String> {
    let mut found = Vec::new();
    if check(page, dpi, 0).is_err() {
        return found;
    }
    let by = factor(dpi, 150.0);
    let own = (dpi.0 / by.0 as f64, dpi.1 / by.1 as f64);
    let mut picture = Picture::of(page, Channel::Luma, by);
    Background::of(&picture, own).divide_out(&mut picture);
    erase_border(&mut picture);
    if letterlike(&picture, own) < BLANK {
        found.push("blank".to_owned());
        return found;
    }
    if skew::lines(&skew::Coarse::of(&picture, own)).tilt.abs() > SKEW {
        found.push("skew".to_owned());
    }
    let (darkest, steepest) = stroke(&picture);
    if darkest > FAINT * 255.0 {
        found.push("low_contrast".to_owned());
    }
    if steepest < BLUR * (255.0 - darkest).max(1.0) {
        found.push("blur".to_owned());
    }
    found
}

/// How dark strokes get, and how steeply they begin: the value that 30 % of the ink is darker than, and the step between
/// neighbours that 2 % of all inked steps exceed.
fn stroke(picture: &Picture) -> (f64, f64) {
    let mut values = [0_u32; 256];
    let mut steps = [0_u32; 256];
    for row in picture.data.chunks_exact(picture.width) {
        for pair in row.windows(2) {
            if pair[0] < 215 {
                values[usize::from(pair[0])] += 1;
                steps[usize::from(pair[0].abs_diff(pair[1]))] += 1;
            }
        }
    }
    let share = |histogram: &[u32; 256], share: f64| {
        let wanted = f64::from(histogram.iter().sum::<u32>()) * share;
        let mut seen = 0.0;
        histogram
            .iter()
            .position(|n| {
                seen += f64::from(*n);
                seen >= wanted
            })
            .unwrap_or(255) as f64
    };
    (share(&values, 0.3), share(&steps, 0.98))
}
