//! From what the engine read in a prepared picture to words on the page as scanned.

use model::{Line, Word};
use unicode_normalization::UnicodeNormalization as _;

use crate::warp::Map;

/// A baseline shorter than this many prepared pixels is too short to measure its own tilt.
const SHORT: i32 = 200;

/// A line less sure than this is a signature, a seal or dirt taken for letters.
const HOPELESS: f32 = 0.3;

/// Puts the engine's lines onto the page. `page` is its width and height, px.
pub(crate) fn on_page(lines: &[tesseract::Line], map: &Map, page: (u32, u32)) -> Vec<Line> {
    lines.iter().filter_map(|line| line_on_page(line, map, page)).collect()
}

fn line_on_page(line: &tesseract::Line, map: &Map, page: (u32, u32)) -> Option<Line> {
    let words: Vec<Word> = line
        .words
        .iter()
        .filter_map(|word| {
            let text: String = word.text.nfc().filter(|c| !c.is_control()).collect();
            let text: String = text.split_whitespace().collect();
            if text.is_empty() || is_litter(&text, word.confidence) {
                return None;
            }
            let edges = [word.left, word.top, word.right, word.bottom].map(f64::from);
            let rect = map.rect(edges[0], edges[1], edges[2], edges[3], page);
            Some(Word { text, confidence: word.confidence / 100.0, rect })
        })
        .collect();
    let sure: f32 = words.iter().map(|word| word.confidence).sum();
    if words.is_empty() || sure < HOPELESS * words.len() as f32 {
        return None;
    }
    let (x1, y1, x2, y2) = line.baseline;
    let start = map.point(f64::from(x1), f64::from(y1));
    let angle_deg = if x2 - x1 < SHORT {
        map.angle()
    } else {
        let end = map.point(f64::from(x2), f64::from(y2));
        (end.1 - start.1).atan2(end.0 - start.0).to_degrees()
    };
    let height_px = f64::from((line.bottom - line.top).max(1)) * map.height_scale();
    Some(Line { words, baseline_x: start.0, baseline_y: start.1, angle_deg, height_px, block: line.block })
}

/// Specks, holes and rules that the engine took for punctuation.
fn is_litter(text: &str, confidence: f32) -> bool {
    !text.chars().any(char::is_alphanumeric) && confidence < 50.0
}

/// Letters and digits of a text.
pub(crate) fn letters(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Mean confidence over all letters, and how many letters there are.
pub(crate) fn confidence(lines: &[Line]) -> (f32, usize) {
    let (mut sum, mut count) = (0.0_f64, 0_usize);
    for word in lines.iter().flat_map(|line| &line.words) {
        let n = letters(&word.text);
        sum += f64::from(word.confidence) * n as f64;
        count += n;
    }
    if count == 0 { (0.0, 0) } else { ((sum / count as f64) as f32, count) }
}

/// Letters expected to be right beyond chance: what one reading is better by than another. Litter of low confidence counts against it.
pub(crate) fn worth(lines: &[Line]) -> f64 {
    lines
        .iter()
        .flat_map(|line| &line.words)
        .map(|word| letters(&word.text) as f64 * (f64::from(word.confidence) - 0.5))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warp::Frame;

    fn read(text: &str, confidence: f32) -> tesseract::Line {
        let word = tesseract::Word { text: text.into(), confidence, left: 10, top: 20, right: 60, bottom: 40 };
        tesseract::Line { words: vec![word], baseline: (10, 38, 60, 38), top: 20, bottom: 40, block: 0 }
    }

    #[test]
    fn words_are_composed_and_lie_on_the_page() {
        let frame = Frame::upright((0.0, 0.0, 300.0, 300.0), (300.0, 300.0), 0, 0.0, 200.0);
        let lines = on_page(&[read("Quye\u{302}\u{301}t", 96.0), read("~", 20.0)], &frame.map, (300, 300));
        assert_eq!(lines.len(), 1, "a speck is no line");
        assert_eq!(lines[0].words[0].text, "Quyết");
        let rect = lines[0].words[0].rect;
        assert_eq!((rect.x, rect.y, rect.width, rect.height), (15, 30, 75, 30));
        assert!((lines[0].baseline_y - 57.0).abs() < 1e-9 && (lines[0].height_px - 30.0).abs() < 1e-9);
        assert!(worth(&lines) > 0.0);
    }
}
