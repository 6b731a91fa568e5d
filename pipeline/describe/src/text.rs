//! Text as people compare it: NFC, one kind of dash, one `Đ`; and the folded form that survives lost accents.

use unicode_normalization::{UnicodeNormalization as _, char::decompose_canonical};

/// NFC with the characters unified that engines and typists confuse without a difference in meaning:
/// the Icelandic and African look-alikes of `Đ`, the dashes, and invisible characters.
pub(crate) fn clean(raw: &str) -> String {
    raw.nfc()
        .filter(|c| !matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}'))
        .map(|c| match c {
            'Ð' | 'Ɖ' => 'Đ',
            'ð' | 'ɖ' => 'đ',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            '\u{a0}' => ' ',
            other => other,
        })
        .collect()
}

/// One character without accents, in lower case. One character gives one character, so places stay.
pub(crate) fn fold_char(c: char) -> char {
    let mut base = None;
    decompose_canonical(c, |part| {
        base.get_or_insert(part);
    });
    match base.unwrap_or(c) {
        'Đ' | 'đ' => 'd',
        other => other.to_lowercase().next().unwrap_or(other),
    }
}

/// Text without accents, in lower case, character for character.
pub(crate) fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

/// Folded letters and digits alone: `T Ố I  M Ậ T` and `[TỐI MẬT]` are `toimat`.
pub(crate) fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).map(fold_char).collect()
}

/// Whether the text is set in capitals (small faults of the engine allowed).
pub(crate) fn is_capitals(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let upper = text.chars().filter(|c| c.is_uppercase()).count();
    letters >= 2 && upper * 5 >= letters * 4
}

/// Whether nothing but rules, stars and specks stands here.
pub(crate) fn is_ornament(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphanumeric()).count() < 2
}

/// Edit distance between two short texts, given up beyond `most`.
pub(crate) fn distance(a: &str, b: &str, most: usize) -> Option<usize> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (y, cell) in b.iter().zip(row.iter_mut().skip(1)) {
            let cost = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            left = cost;
            *cell = cost;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().filter(|found| *found <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_places() {
        assert_eq!(fold("Số 754-QĐ/TU"), "so 754-qd/tu");
        assert_eq!(fold("TUYỆT MẬT").chars().count(), "TUYỆT MẬT".chars().count());
        assert_eq!(clean("Q\u{d0}—TU e\u{302}\u{323}"), "QĐ-TU ệ");
    }

    #[test]
    fn distances() {
        assert_eq!(distance("toimat", "toimat", 1), Some(0));
        assert_eq!(distance("toimat", "tolmat", 1), Some(1));
        assert_eq!(distance("", "ab", 2), Some(2));
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("baomat", "toimat", 1), None);
    }
}
