//! A page's content: the image in its orientation, and the words at their places as hidden text.

use model::{Line, PageWords, RectPx, Word};
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    font,
    writer::{number, push},
};

/// The content stream of a page of this size (pt, as displayed).
pub(crate) fn page((width, height): (f64, f64), orientation: u8, words: Option<&PageWords>) -> Vec<u8> {
    let mut out = String::new();
    let matrix = image_matrix(orientation, width, height).map(number).join(" ");
    push(&mut out, format_args!("q {matrix} cm /Im0 Do Q\n"));
    if let Some(words) = words.filter(|words| !words.lines.is_empty()) {
        out.push_str("BT 3 Tr\n");
        for line in &words.lines {
            write_line(&mut out, words, line, height);
        }
        out.push_str("ET\n");
    }
    out.into_bytes()
}

/// Puts the stored image on the page as it is displayed (EXIF 2.3 §4.6.4; 0 and nonsense count as 1): the unit square's u
/// runs along stored rows, v from the last row to the first.
fn image_matrix(orientation: u8, w: f64, h: f64) -> [f64; 6] {
    match orientation {
        2 => [-w, 0.0, 0.0, h, w, 0.0],
        3 => [-w, 0.0, 0.0, -h, w, h],
        4 => [w, 0.0, 0.0, -h, 0.0, h],
        5 => [0.0, -h, -w, 0.0, w, h],
        6 => [0.0, -h, w, 0.0, 0.0, h],
        7 => [0.0, h, w, 0.0, 0.0, 0.0],
        8 => [0.0, h, -w, 0.0, w, 0.0],
        _ => [w, 0.0, 0.0, h, 0.0, 0.0],
    }
}

/// The line's direction and measures in points, origin top-left, y down.
struct Baseline {
    origin: (f64, f64),
    direction: (f64, f64),
    height: f64,
}

fn write_line(out: &mut String, page: &PageWords, line: &Line, page_height: f64) {
    let scale = (72.0 / page.dpi_x, 72.0 / page.dpi_y);
    let (sin, cos) = line.angle_deg.to_radians().sin_cos();
    let along = (cos * scale.0, sin * scale.1);
    let length = along.0.hypot(along.1);
    let baseline = Baseline {
        origin: (line.baseline_x * scale.0, line.baseline_y * scale.1),
        direction: (along.0 / length, along.1 / length),
        height: (line.height_px * (sin * scale.0).hypot(cos * scale.1)).max(1.0),
    };
    if !(baseline.height.is_finite()
        && length.is_normal()
        && baseline.origin.0.is_finite()
        && baseline.origin.1.is_finite())
    {
        return;
    }
    push(out, format_args!("/F0 {} Tf\n", number(baseline.height)));
    for word in &line.words {
        write_word(out, &baseline, word, scale, page_height);
    }
}

/// Shows a word so that it begins and ends where its ink does, on the line's baseline. A space ends it: readers must not join it
/// to the next one, however narrow the gap.
fn write_word(out: &mut String, baseline: &Baseline, word: &Word, scale: (f64, f64), page_height: f64) {
    let codes: Vec<u16> = word.text.nfc().collect::<String>().encode_utf16().filter(|code| font::has(*code)).collect();
    if codes.is_empty() {
        return;
    }
    let (start, length) = extent(baseline, word.rect, scale);
    let natural = codes.len() as f64 * f64::from(font::WIDTH) / 1000.0 * baseline.height;
    let stretch = 100.0 * length / natural;
    let (dx, dy) = baseline.direction;
    let at = (baseline.origin.0 + start * dx, baseline.origin.1 + start * dy);
    // User space has y upwards: the direction turns the other way, and the text's own up is at right angles to it.
    let matrix = [dx, -dy, dy, dx, at.0, page_height - at.1].map(number).join(" ");
    push(out, format_args!("{} Tz {matrix} Tm <", number(stretch)));
    for code in codes.iter().chain(&[0x20]) {
        push(out, format_args!("{code:04X}"));
    }
    out.push_str("> Tj\n");
}

/// Where a word begins along its baseline, and how long it is: the upright box around a tilted word is wider than the word by its
/// height's share, and both have the same centre.
fn extent(baseline: &Baseline, rect: RectPx, scale: (f64, f64)) -> (f64, f64) {
    let (width, height) = (f64::from(rect.width) * scale.0, f64::from(rect.height) * scale.1);
    let centre = (f64::from(rect.x) * scale.0 + width / 2.0, f64::from(rect.y) * scale.1 + height / 2.0);
    let (dx, dy) = baseline.direction;
    let (cos, sin) = (dx.abs(), dy.abs());
    let length = if cos >= sin {
        (width - sin * baseline.height.min(height)) / cos
    } else {
        (height - cos * baseline.height.min(width)) / sin
    };
    let length = length.max(0.5);
    let middle = (centre.0 - baseline.origin.0) * dx + (centre.1 - baseline.origin.1) * dy;
    (middle - length / 2.0, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_puts_the_first_pixel_in_its_corner() {
        // Corner of the displayed page that shows the stored image's top-left pixel, by EXIF's table.
        let corners = [(0.0, 9.0), (5.0, 9.0), (5.0, 0.0), (0.0, 0.0), (0.0, 9.0), (5.0, 9.0), (5.0, 0.0), (0.0, 0.0)];
        for (i, corner) in corners.iter().enumerate() {
            let [_, _, c, d, e, f] = image_matrix(i as u8 + 1, 5.0, 9.0);
            // u = 0, v = 1
            assert!((c + e - corner.0).abs() < 1e-9 && (d + f - corner.1).abs() < 1e-9, "orientation {}", i + 1);
        }
    }

    #[test]
    fn a_word_fills_its_box() {
        let baseline = Baseline { origin: (10.0, 100.0), direction: (1.0, 0.0), height: 12.0 };
        let rect = RectPx { x: 100, y: 300, width: 200, height: 40 };
        let (start, length) = extent(&baseline, rect, (0.24, 0.24));
        assert!((start - 14.0).abs() < 1e-9 && (length - 48.0).abs() < 1e-9);
    }
}
