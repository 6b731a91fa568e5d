//! The issuing body: the lowest of the bodies named in the left column above the number.

use model::Extracted;

use crate::{
    header::Header,
    layout::{Segment, Token, join, reading},
    secrecy,
    text::{fold, is_capitals, is_ornament},
    vocabulary::{BODIES, begins_body, mend_accents},
};

/// Reads the issuing body. A head without a number ends where the paper's title or text begins; then only lines of
/// the top sixth are taken.
pub(crate) fn read(page: u32, height: f64, header: &Header) -> Option<Extracted> {
    let below = header.number_row().map_or(height / 6.0, Segment::top).min(header.end);
    let lines: Vec<Vec<Token>> = header
        .left
        .iter()
        .take_while(|row| row.top() < below)
        .filter(|row| is_capitals(&row.text()) && !is_ornament(&row.text()))
        // A number box that could not be read is no body.
        .filter(|row| !(fold(&row.text()).starts_with("so") && row.text().chars().any(|c| c.is_ascii_digit())))
        .filter(|row| secrecy::level_of_mark(&row.text(), false).is_none())
        .map(|row| row.tokens.iter().filter(|t| t.text.chars().any(char::is_alphanumeric)).cloned().collect())
        .collect();
    let lines: Vec<Vec<Token>> = lines.iter().map(|line| mended(line)).collect();
    let bodies = bodies(&lines);
    let last = bodies.last()?;
    let value = join(last).trim_end_matches(|c: char| !c.is_alphanumeric() && c != ')').to_owned();
    // Short scraps beside a seal or a stamp are no name.
    (value.chars().count() >= 6).then(|| reading(page, value, last, if begins_body(&join(last)) { 1.0 } else { 0.8 }))
}

/// Capitals lose their accents first. Where the words are those of a known body, its own accents are put back.
fn mended(line: &[Token]) -> Vec<Token> {
    let words: Vec<&str> = line.iter().map(|token| token.text.as_str()).collect();
    let mended = mend_accents(&words, BODIES);
    line.iter().zip(mended).map(|(token, text)| token.saying(text)).collect()
}

/// Groups lines into bodies: a line that begins the name of a body starts a new one, unless the line above it
/// cannot end a name.
fn bodies(lines: &[Vec<Token>]) -> Vec<Vec<Token>> {
    const OPEN_ENDS: &[&str] = &["ban chap hanh", "ban thuong vu", "va", "cua", "truc thuoc", ",", "-"];
    let mut bodies: Vec<Vec<Token>> = Vec::new();
    for line in lines {
        let open = bodies.last().is_some_and(|body| {
            let text = fold(&join(body));
            OPEN_ENDS.iter().any(|end| text.ends_with(end))
        });
        match bodies.last_mut() {
            Some(body) if open || !begins_body(&join(line)) => body.extend(line.iter().cloned()),
            _ => bodies.push(line.clone()),
        }
    }
    bodies
}
