//! The grammar of document numbers.
//!
//! Party: `‹num›-‹TYPE›/‹ORG›` (754-QĐ/TU). State: `‹num›[/‹year›]/‹TYPE›-‹ORG›` (08/2016/TT-BQP, 893/STTTT-CNTT).
//! Only a number box is read here, one that begins with *Số*; that body text citing another paper never gets here is
//! the caller's business.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use crate::{
    text::{clean, fold},
    vocabulary::{Style, known_code},
};

/// A number as read from its box.
#[derive(Debug, Clone, PartialEq)]
pub struct DocNumber {
    /// Digits as printed, with the year where one is printed: `754`, `08/2016`. Empty when they were not readable.
    pub number: Option<String>,
    /// `QĐ/TU`, `TT-BQP`.
    pub notation: String,
    /// The abbreviation of the type, when there is one.
    pub type_code: Option<&'static str>,
    /// Whose manner it is.
    pub style: Style,
    /// 1.0 when it reads exactly as the grammar says, less when something had to be overlooked.
    pub certainty: f32,
    /// Characters of the cleaned text that hold it, label excluded.
    pub chars: Range<usize>,
}

/// Longest text looked at, characters; a number box is far shorter.
const LONGEST: usize = 200;

static LABELLED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^\p{L}\p{N}]*S(?P<o>[\p{L}06])\s*[:;.,]?[\s*']*"));

static BODY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<num>[0-9OoIl]{1,6}[a-c]?)?(?:\s*/\s*(?P<year>(?:19|20)[0-9]{2}))?(?:\s*(?P<sep>[-/])\s*|(?P<none>\s+))(?P<notation>\p{L}[\p{L}\p{N}.&]*(?:\s*[-/]\s*\p{L}[\p{L}\p{N}.&]*)*)",
    )
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern compiles")
}

/// Reads a number box. The text begins with the label *Số* or with the number itself; without a label only a
/// complete number of a known type is taken.
pub fn parse(raw: &str) -> Option<DocNumber> {
    let text = unify(&clean(raw).chars().take(LONGEST).collect::<String>());
    let label = LABELLED.captures(&text).filter(|found| {
        // *Số* whatever became of its vowel; *S6* and *S0* are what engines make of it.
        found.name("o").is_some_and(|o| matches!(fold(o.as_str()).as_str(), "o" | "0" | "6"))
    });
    let start = label.as_ref().and_then(|found| found.get(0)).map_or(0, |m| m.end());
    let rest = text.get(start..)?;
    let found = BODY.captures(rest)?;
    let chars_before = text.get(..start)?.chars().count();
    let length = found.get(0)?.as_str().chars().count();

    let year = found.name("year").map(|m| m.as_str());
    let (number, digits_mended) = match found.name("num") {
        Some(num) => {
            let (digits, mended) = digits(num.as_str())?;
            (Some(year.map_or_else(|| digits.clone(), |year| format!("{digits}/{year}"))), mended)
        }
        None if year.is_some() => return None,
        None => (None, false),
    };
    let notation: String = found.name("notation")?.as_str().chars().filter(|c| !c.is_whitespace()).collect();
    let read = Read {
        separator: found.name("sep").map(|m| m.as_str()),
        year: year.is_some(),
        notation: notation.trim_end_matches(['.', '&']),
    };
    let (style, notation, type_code, code_mended) = read.notation()?;
    // Without label, digits or separator there is little to hold on to: then the type must be a known one.
    let complete = label.is_some() && number.is_some() && read.separator.is_some();
    if !complete && (type_code.is_none() || (label.is_none() && (number.is_none() || read.separator.is_none()))) {
        return None;
    }
    let mut certainty = 1.0;
    // A Party number always has a type; what stands there in its place was misread.
    let odd_type = style == Style::Party && type_code.is_none();
    for (doubt, factor) in [
        (digits_mended, 0.8),
        (code_mended, 0.85),
        (label.is_none(), 0.8),
        (read.separator.is_none(), 0.8),
        (odd_type, 0.6),
    ] {
        if doubt {
            certainty *= factor;
        }
    }
    Some(DocNumber { number, notation, type_code, style, certainty, chars: chars_before..chars_before + length })
}

/// What stands between and after the digits.
struct Read<'a> {
    separator: Option<&'a str>,
    year: bool,
    notation: &'a str,
}

impl Read<'_> {
    /// Manner, notation with its accent mended, type code, and whether it was mended.
    fn notation(&self) -> Option<(Style, String, Option<&'static str>, bool)> {
        if self.notation.chars().filter(|c| c.is_uppercase()).count() < 2 {
            return None;
        }
        let style = match self.separator {
            Some("/") => Style::State,
            _ if self.year => Style::State,
            // A dash after the digits with a dash again in the notation is neither manner; the slash makes it the Party's.
            _ => Style::Party,
        };
        let inner = self.notation.find(['-', '/']);
        let Some(at) = inner else {
            // `55/2014/QH13` has no type; a Party number always has one.
            return (style == Style::State).then(|| (style, self.notation.to_owned(), None, false));
        };
        let (first, rest) = self.notation.split_at(at);
        if style == Style::Party && !self.notation.contains('/') && self.separator.is_none() {
            return None;
        }
        match known_code(first, style) {
            Some((code, mended)) => Some((style, format!("{code}{rest}"), Some(code), mended)),
            None => Some((style, self.notation.to_owned(), None, false)),
        }
    }
}

/// One kind of stroke and one kind of dash, character for character.
fn unify(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '|' | '\\' | '⁄' => '/',
            '_' | '~' | '¬' | '=' => '-',
            other => other,
        })
        .collect()
}

/// Digits with the letters engines take for digits put right; there must be a real digit among them.
fn digits(printed: &str) -> Option<(String, bool)> {
    if !printed.chars().any(|c| c.is_ascii_digit()) {
        return None;
    }
    let mut mended = false;
    let digits = printed
        .chars()
        .map(|c| match c {
            'O' | 'o' => {
                mended = true;
                '0'
            }
            'I' | 'l' => {
                mended = true;
                '1'
            }
            other => other,
        })
        .collect();
    Some((digits, mended))
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
