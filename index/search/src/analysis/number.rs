//! Document numbers inside text and queries: `754-QĐ/TU`, `08 /2016/TT-BQP`, `893/STTTT-CNTT`.

use std::borrow::Cow;

use super::{
    composed, is_letter_or_digit,
    normalize::{Forms, forms},
};

/// A document number and the words that hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    /// First and last word.
    pub(crate) words: (usize, usize),
    /// Its parts without separators, leading zeros gone: `754`, `QĐ`, `TU`.
    pub(crate) parts: Vec<String>,
}

/// Most parts a number has after its digits.
const MOST_PARTS: usize = 6;

/// The token of a whole number, in both forms: separators, spaces and leading zeros do not matter.
pub(crate) fn joined(span: &Span) -> Forms {
    let forms = forms(&span.parts.concat());
    Forms { folded: format!("#{}", forms.folded), exact: format!("#{}", forms.exact) }
}

/// Abbreviations of types without accents: a query may say `754 qd tu`.
pub(crate) fn is_type_code(word: &str) -> bool {
    const CODES: &[&str] = &[
        "nq", "qd", "qyd", "ct", "kl", "qc", "tt", "hd", "tb", "tc", "lkg", "bc", "kh", "qh", "ctr", "da", "pa", "ttr",
        "cv", "bb", "bs", "nd", "ttlt", "pl", "cd", "bgn", "btt", "guq", "gm", "ggt", "gnp", "pg", "pc", "pb", "sy",
        "trs", "sl",
    ];
    CODES.contains(&forms(word).folded.as_str())
}

/// Every document number in a text, from left to right, none overlapping.
pub(crate) fn spans(words: &[&str]) -> Vec<Span> {
    // Decomposed letters would end a part at their first accent.
    let composed: Vec<Cow<'_, str>> = words.iter().map(|word| composed(word)).collect();
    let words: Vec<&str> = composed.iter().map(AsRef::as_ref).collect();
    spans_of_composed(&words)
}

/// The same when the words are composed already.
pub(crate) fn spans_of_composed(words: &[&str]) -> Vec<Span> {
    let mut found = Vec::new();
    let mut at = Cursor { words, word: 0, rest: words.first().copied().unwrap_or("") };
    loop {
        // Most words have none.
        if !at.rest.bytes().any(|byte| byte.is_ascii_digit()) {
            if !at.next_word() {
                return found;
            }
            continue;
        }
        // A number begins where digits begin, not inside a run of letters and digits.
        let begins = at.rest.chars().next().is_some_and(|c| c.is_ascii_digit());
        if begins && let Some((span, after)) = number(&at) {
            found.push(span);
            at = after;
            continue;
        }
        at.skip_run();
        if !at.step() {
            return found;
        }
    }
}

/// A place in the text.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    words: &'a [&'a str],
    word: usize,
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    /// Takes characters while they fit.
    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !fits(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Passes letters and digits.
    fn skip_run(&mut self) {
        self.take(is_letter_or_digit);
    }

    /// Passes one other character, or goes to the next word.
    fn step(&mut self) -> bool {
        let mut chars = self.rest.chars();
        if chars.next().is_some() {
            self.rest = chars.as_str();
            return true;
        }
        self.next_word()
    }

    fn next_word(&mut self) -> bool {
        match self.words.get(self.word + 1) {
            Some(next) => {
                self.word += 1;
                self.rest = next;
                true
            }
            None => false,
        }
    }

    /// Passes a separator, spaces around it allowed when `loose`. Gives whether there was one.
    fn separator(&mut self, loose: bool) -> bool {
        let before = *self;
        if self.rest.is_empty() && !(loose && self.next_word()) {
            *self = before;
            return false;
        }
        if self.take(|c| matches!(c, '-' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}')).chars().count() != 1 {
            *self = before;
            return false;
        }
        if self.rest.is_empty() && !(loose && self.next_word()) {
            *self = before;
            return false;
        }
        true
    }
}

/// Digits, perhaps a year, then parts that begin with a letter, each after a separator. Tightly written first;
/// with spaces only when at least two parts follow, or every list item would be a number.
fn number<'a>(start: &Cursor<'a>) -> Option<(Span, Cursor<'a>)> {
    parse(start, false).or_else(|| parse(start, true).filter(|(span, _)| span.parts.len() >= 3))
}

fn parse<'a>(start: &Cursor<'a>, loose: bool) -> Option<(Span, Cursor<'a>)> {
    let mut at = *start;
    let digits = at.take(|c| c.is_ascii_digit());
    if digits.len() > 6 {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let mut parts = vec![if significant.is_empty() { "0" } else { significant }.to_owned()];
    let mut letters = 0;
    while parts.len() <= MOST_PARTS {
        let before = at;
        if !at.separator(loose) {
            break;
        }
        let part = at.take(is_letter_or_digit);
        let year = parts.len() == 1 && part.len() == 4 && part.chars().all(|c| c.is_ascii_digit());
        if !(year || part.chars().next().is_some_and(char::is_alphabetic)) || part.chars().count() > 12 {
            at = before;
            break;
        }
        letters += part.chars().filter(|c| c.is_alphabetic()).count();
        parts.push(part.to_owned());
    }
    (letters >= 2).then_some((Span { words: (start.word, at.word), parts }, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let found: Vec<String> =
            spans(&words).iter().map(|s| format!("{}@{}-{}", joined(s).folded, s.words.0, s.words.1)).collect();
        found.join(" ")
    }

    #[test]
    fn numbers_in_text() {
        for (text, expect) in [
            ("Số 754-QĐ/TU", "#754qdtu@1-1"),
            ("(Số:754-QĐ/TU)", "#754qdtu@0-0"),
            ("754-qd/tu", "#754qdtu@0-0"),
            ("Số 754 - QĐ / TU ngày", "#754qdtu@1-5"),
            ("08/2016/TT-BQP, 26/2007/NĐ-CP", "#82016ttbqp@0-0 #262007ndcp@1-1"),
            ("Số: 08 /2016/ TT-BQP", "#82016ttbqp@1-3"),
            ("893/STTTT-CNTT", "#893sttttcntt@0-0"),
            ("14/9/2017", ""),
            ("5 - Văn phòng", ""),
            ("24/7", ""),
            ("A4-QĐ/TU", ""),
            ("1234567-QĐ/TU", ""),
            ("", ""),
        ] {
            assert_eq!(read(text), expect, "{text:?}");
        }
    }
}
