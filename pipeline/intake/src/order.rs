//! Natural order: page 2 comes before page 10, composed and decomposed letters alike.

use unicode_normalization::UnicodeNormalization as _;

/// A key whose order is the natural one: numbers by value, text by NFC without case; ties by the name itself.
pub(crate) fn natural_key(name: &str) -> (Vec<Piece>, String) {
    let folded: String = name.nfc().flat_map(char::to_lowercase).collect();
    let mut pieces = Vec::new();
    let mut chars = folded.chars().peekable();
    while let Some(first) = chars.peek().copied() {
        let digits = first.is_ascii_digit();
        let mut run = String::new();
        while let Some(c) = chars.next_if(|c| c.is_ascii_digit() == digits) {
            run.push(c);
        }
        if digits {
            let value = run.trim_start_matches('0');
            pieces.push(Piece::Number(value.len(), value.to_owned()));
        } else {
            pieces.push(Piece::Text(run));
        }
    }
    (pieces, name.to_owned())
}

/// A run of a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// Digits without leading zeros: shorter is smaller, equal lengths compare digit by digit. No number is too long.
    Number(usize, String),
    /// Anything else.
    Text(String),
}
