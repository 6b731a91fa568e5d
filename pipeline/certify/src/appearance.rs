//! Draws the mark: a thin frame, an emblem, and the items of Điều 3.15 in the largest size that fits. Only strokes, fills
//! and text in `DeviceRGB`; nothing transparent, no background, so nothing under it is hidden.

use model::{RectMm, geometry::PT_PER_MM};
use pdf::{Dictionary, Font, Object, Reference, Revision};

use crate::{Error, emblem, mark::Mark};

/// Text sizes tried, in tenths of a point, the largest first.
const LARGEST: u32 = 100;
const SMALLEST: u32 = 26;
/// A size that needs no second line for any item is taken down to this share of the largest: it reads better.
const UNBROKEN_SHARE: f64 = 0.84;
/// Distance of baselines, in sizes.
const LEADING: f64 = 1.16;
/// Height of Vietnamese capitals with two accents over the baseline, and of descenders with a dot under it, in sizes.
const ASCENT: f64 = 0.92;
const DESCENT: f64 = 0.24;
/// Outline that makes the heading heavier, in sizes.
const HEADING_STROKE: f64 = 0.022;

/// The mark laid out in a box.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    width: f64,
    height: f64,
    /// Text size, points.
    pub size: f64,
    /// Lines from top to bottom.
    pub lines: Vec<String>,
    /// How many of them are the heading, drawn heavier.
    heading: usize,
    padding: f64,
    emblem: f64,
}

/// Lays the mark out in a box of this size.
///
/// # Errors
/// [`Error::DoesNotFit`]; [`pdf::Error::MissingGlyph`] when the font lacks a letter.
pub fn lay_out(mark: &Mark, rect: &RectMm, font: &Font) -> Result<Layout, Error> {
    let (width, height) = (rect.width * PT_PER_MM, rect.height * PT_PER_MM);
    let padding = (height * 0.05).clamp(1.1, 3.0);
    let emblem = (height - 2.0 * padding).min(width * 0.2);
    let space = Space { width: width - emblem - 3.0 * padding, height: height - 2.0 * padding };
    let (kind, number, items) = (mark.kind_text(), mark.number_text(), mark.item_texts());
    let stacked = paragraphs(font, [kind.clone(), number.clone()].into_iter().chain(items.clone()))?;
    let joined = paragraphs(font, [format!("{kind} – {number}")].into_iter().chain(items))?;
    let blank = font.width(" ")?;
    let best = best_fit(&[stacked, joined], blank, &space);
    let Some(Fit { size, lines, heading, broken: _ }) = best else {
        return Err(Error::DoesNotFit { width_mm: rect.width, height_mm: rect.height });
    };
    Ok(Layout { width, height, size, lines, heading, padding, emblem })
}

struct Space {
    width: f64,
    height: f64,
}

/// A word with its width at size 1, cut into pieces that may stand on lines of their own when it is too long.
struct Word {
    text: String,
    width: f64,
    letters: Vec<(char, f64)>,
}

type Paragraph = Vec<Word>;

fn paragraphs(font: &Font, texts: impl Iterator<Item = String>) -> Result<Vec<Paragraph>, Error> {
    texts.map(|text| text.split_whitespace().map(|word| measure(font, word)).collect()).collect()
}

fn measure(font: &Font, word: &str) -> Result<Word, Error> {
    use unicode_normalization::UnicodeNormalization as _;
    let mut letters = Vec::new();
    for letter in word.nfc() {
        letters.push((letter, font.width(letter.encode_utf8(&mut [0; 4]))?));
    }
    let width = letters.iter().map(|(_, width)| width).sum();
    Ok(Word { text: letters.iter().map(|(letter, _)| letter).collect(), width, letters })
}

struct Fit {
    size: f64,
    lines: Vec<String>,
    heading: usize,
    broken: bool,
}

/// The largest size at which one of the arrangements fits, or one a little smaller at which no paragraph is broken.
fn best_fit(arrangements: &[Vec<Paragraph>], blank: f64, space: &Space) -> Option<Fit> {
    let sizes = || (SMALLEST..=LARGEST).rev().map(|tenths| f64::from(tenths) / 10.0);
    let fits = |size| arrangements.iter().filter_map(move |paragraphs| fit(paragraphs, blank, space, size));
    let largest = sizes().flat_map(fits).next()?;
    let readable = largest.size * UNBROKEN_SHARE;
    let unbroken = sizes().take_while(|size| *size >= readable).flat_map(fits).find(|fit| !fit.broken);
    Some(unbroken.unwrap_or(largest))
}

fn fit(paragraphs: &[Paragraph], blank: f64, space: &Space, size: f64) -> Option<Fit> {
    let wrapped: Vec<Vec<String>> =
        paragraphs.iter().map(|paragraph| wrap(paragraph, blank, space.width / size)).collect();
    let heading = wrapped.first().map_or(0, Vec::len);
    let broken = wrapped.iter().any(|lines| lines.len() > 1);
    let lines: Vec<String> = wrapped.into_iter().flatten().collect();
    (text_height(lines.len(), size) <= space.height).then_some(Fit { size, lines, heading, broken })
}

fn text_height(lines: usize, size: f64) -> f64 {
    (lines.saturating_sub(1) as f64 * LEADING + ASCENT + DESCENT) * size
}

/// Fills lines of a width (at size 1) with words.
fn wrap(paragraph: &Paragraph, blank: f64, width: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0.0);
    for word in paragraph {
        if !line.is_empty() && used + blank + word.width > width {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        if !line.is_empty() {
            line.push(' ');
            used += blank;
        }
        if word.width <= width {
            line.push_str(&word.text);
            used += word.width;
            continue;
        }
        for (letter, letter_width) in &word.letters {
            if used + letter_width > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0.0;
            }
            line.push(*letter);
            used += letter_width;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Writes the mark as a form and its font; `matrix` turns it upright on the displayed page.
pub fn write(layout: &Layout, font: &Font, matrix: &[f64; 6], revision: &mut Revision) -> Result<Reference, Error> {
    // All digits, so that the marks of one signer need one subset whatever their numbers and times.
    let subset = font.subset(layout.lines.iter().map(String::as_str).chain(["0123456789"]))?;
    let mut content = String::new();
    let Layout { width, height, size, lines, heading, padding, emblem } = layout;
    // The frame's stroke stays inside the box: nothing of the mark may leave the place that was proven blank.
    push(&mut content, &format!("q 0.72 0.07 0.09 RG 0.5 w 0.5 0.5 {} {} re S", num(width - 1.0), num(height - 1.0)));
    emblem::draw(&mut content, *padding, (height - emblem) / 2.0, *emblem);
    let left = emblem + 2.0 * padding;
    let top = height / 2.0 + text_height(lines.len(), *size) / 2.0 - ASCENT * size;
    let (text, leading, stroke) = (num(*size), num(size * LEADING), num(size * HEADING_STROKE));
    push(&mut content, &format!("0 0 0 rg 0 0 0 RG {stroke} w BT /F1 {text} Tf {leading} TL 2 Tr"));
    push(&mut content, &format!("{} {} Td", num(left), num(top)));
    for (i, line) in lines.iter().enumerate() {
        let weight = if i == *heading { "0 Tr " } else { "" };
        let operator = if i == 0 { "Tj" } else { "'" };
        push(&mut content, &format!("{weight}<{}> {operator}", hex(&subset.encode(line)?)));
    }
    push(&mut content, "ET Q");
    let font = subset.write(revision);
    let form = Dictionary::new()
        .with("Type", Object::name("XObject"))
        .with("Subtype", Object::name("Form"))
        .with("FormType", 1_i64)
        .with("BBox", Object::numbers(&[0.0, 0.0, *width, *height]))
        .with("Matrix", Object::numbers(matrix))
        .with("Resources", Dictionary::new().with("Font", Dictionary::new().with("F1", font)));
    Ok(revision.add_deflated(&form, content.as_bytes()))
}

pub(crate) fn push(content: &mut String, operators: &str) {
    content.push_str(operators);
    content.push('\n');
}

/// A number as content streams want it.
pub(crate) fn num(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |text, byte| text + &format!("{byte:02X}"))
}

#[cfg(test)]
mod tests;
