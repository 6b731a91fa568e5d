//! From words to plain tokens: the same for pages and for queries, known to no engine.

mod normalize;
mod number;
mod telex;

pub(crate) use normalize::{Forms, fold, forms};
pub(crate) use number::{Span, is_type_code, joined, spans, spans_of_composed};
pub(crate) use telex::from_telex;

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// Longer runs of letters are an engine's noise.
const LONGEST_TOKEN: usize = 40;

/// One token of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Place in the text, counted in tokens. A whole number stands at the place of its first part.
    pub(crate) position: usize,
    /// First and last word it comes from.
    pub(crate) words: (usize, usize),
    /// What it is found by.
    pub(crate) forms: Arc<Forms>,
    /// Whether it is a whole document number beside its parts.
    pub(crate) whole: bool,
}

/// The letters and digits of a word, cut where anything else stands: `754-QĐ/TU` is `754`, `QĐ`, `TU`.
pub(crate) fn parts(word: &str) -> impl Iterator<Item = String> {
    let parts: Vec<String> = cut(&composed(word)).map(str::to_owned).collect();
    parts.into_iter()
}

/// A word with its letters composed, which nearly all are.
fn composed(word: &str) -> Cow<'_, str> {
    if is_nfc(word) { Cow::Borrowed(word) } else { Cow::Owned(word.nfc().collect()) }
}

/// The tokens of a composed word.
pub(crate) fn cut(composed: &str) -> impl Iterator<Item = &str> {
    let runs = composed.split(|c: char| !is_letter_or_digit(c));
    runs.filter(|part| !part.is_empty() && (part.len() <= LONGEST_TOKEN || part.chars().count() <= LONGEST_TOKEN))
}

/// `char::is_alphanumeric`, which looks long for letters with accents.
pub(crate) fn is_letter_or_digit(c: char) -> bool {
    match c {
        '\0'..='\x7f' => c.is_ascii_alphanumeric(),
        '\u{1e00}'..='\u{1eff}' => true,
        _ => c.is_alphanumeric(),
    }
}

/// The tokens of a text, in order of their places; a whole number comes before its parts.
pub(crate) fn analyse(words: &[&str], known: &mut Known) -> Vec<Piece> {
    let composed: Vec<Cow<'_, str>> = words.iter().map(|word| composed(word)).collect();
    let words: Vec<&str> = composed.iter().map(AsRef::as_ref).collect();
    analyse_composed(&words, known)
}

/// The same of composed words.
pub(crate) fn analyse_composed(words: &[&str], known: &mut Known) -> Vec<Piece> {
    let mut numbers = spans_of_composed(words).into_iter().peekable();
    let mut pieces = Vec::with_capacity(words.len());
    let mut position = 0;
    for (at, word) in words.iter().enumerate() {
        while let Some(span) = numbers.next_if(|span| span.words.0 <= at) {
            pieces.push(Piece { position, words: span.words, forms: joined(&span).into(), whole: true });
        }
        for part in cut(word) {
            pieces.push(Piece { position, words: (at, at), forms: known.forms(part), whole: false });
            position += 1;
        }
    }
    pieces
}

/// Forms found out before: the syllables of a language are few.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<String, Arc<Forms>>);

/// As many syllables, names and numbers are remembered.
const MOST_KNOWN: usize = 50_000;

impl Known {
    pub(crate) fn forms(&mut self, token: &str) -> Arc<Forms> {
        if let Some(forms) = self.0.get(token) {
            return Arc::clone(forms);
        }
        if self.0.len() == MOST_KNOWN {
            self.0.clear();
        }
        let forms = Arc::new(forms(token));
        self.0.insert(token.to_owned(), Arc::clone(&forms));
        forms
    }
}

/// Pairs of neighbouring tokens without accents; phrases are found by them.
pub(crate) fn bigrams<'a>(tokens: impl Iterator<Item = &'a Forms>) -> Vec<String> {
    let folded: Vec<&str> = tokens.map(|forms| forms.folded.as_str()).collect();
    folded.windows(2).map(|pair| pair.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> String {
        let words: Vec<&str> = text.split(' ').collect();
        let tokens: Vec<String> = analyse(&words, &mut Known::default())
            .iter()
            .map(|p| format!("{}:{}", p.position, p.forms.folded))
            .collect();
        tokens.join(" ")
    }

    #[test]
    fn letters_are_what_they_are_elsewhere() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_letter_or_digit(c), c.is_alphanumeric(), "{c:?}");
        }
    }

    #[test]
    fn numbers_stand_beside_their_parts() {
        assert_eq!(tokens("Số 754-QĐ/TU ngày"), "0:so 1:#754qdtu 1:754 2:qd 3:tu 4:ngay");
        assert_eq!(tokens("Số: 08 /2016/ TT-BQP"), "0:so 1:#82016ttbqp 1:08 2:2016 3:tt 4:bqp");
        assert_eq!(tokens("ngày 14/9/2017"), "0:ngay 1:14 2:9 3:2017");
        assert_eq!(tokens("12-CT/TƯ"), tokens("12-CT/TU\u{31b}"));
        assert_eq!(tokens("0-aÀ"), tokens("0-aA\u{300}"));
        assert_eq!(tokens("“Đảng bộ”, … !"), "0:dang 1:bo");
        assert_eq!(tokens(""), "");
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_analysed_alike_in_every_form(text in "\\PC{0,60}|[0-9a-zđĐ/ -]{0,40}|[ăâêôơưàảãạáÀẢÃẠÁ bcdt]{0,30}") {
            let decomposed: String = text.nfd().collect();
            let words: Vec<&str> = text.split_whitespace().collect();
            let other: Vec<&str> = decomposed.split_whitespace().collect();
            let mut known = Known::default();
            let pieces = analyse(&words, &mut known);
            proptest::prop_assert_eq!(&pieces, &analyse(&other, &mut Known::default()));
            proptest::prop_assert_eq!(&pieces, &analyse(&words, &mut known));
            proptest::prop_assert!(pieces.windows(2).all(|pair| pair[0].position <= pair[1].position));
            proptest::prop_assert!(pieces.iter().all(|p| p.words.0 <= p.words.1 && p.words.1 < words.len()));
        }
    }
}
