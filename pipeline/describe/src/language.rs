//! The language of the text, where its letters or its commonest words show it.

use crate::text::clean;

/// Fewest words from which a language is told.
const FEWEST: usize = 12;

/// ISO 639-1 code and how sure it is.
pub(crate) fn of<'a>(words: impl Iterator<Item = &'a str>) -> Option<(&'static str, f32)> {
    const ENGLISH: &[&str] = &["the", "of", "and", "to", "in", "is", "for", "that", "with", "by", "on", "be", "shall"];
    const FRENCH: &[&str] =
        &["le", "la", "les", "des", "du", "et", "de", "un", "une", "est", "pour", "dans", "par", "au"];
    let words: Vec<String> = words
        .map(|word| clean(word).to_lowercase())
        .filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() >= 2)
        .collect();
    if words.len() < FEWEST {
        return None;
    }
    let share = |test: &dyn Fn(&str) -> bool| words.iter().filter(|w| test(w)).count() as f32 / words.len() as f32;
    let vietnamese = share(&|word| word.chars().any(|c| matches!(c, 'đ' | 'ơ' | 'ư' | 'ă' | 'ĩ' | 'ũ') || is_viet(c)));
    if vietnamese > 0.2 {
        return Some(("vi", (vietnamese * 2.0).min(1.0)));
    }
    let (english, french) = (share(&|word| ENGLISH.contains(&word)), share(&|word| FRENCH.contains(&word)));
    match (english > 0.12, french > 0.12) {
        (true, false) => Some(("en", (english * 3.0).min(1.0))),
        (false, true) => Some(("fr", (french * 3.0).min(1.0))),
        _ => None,
    }
}

/// Letters of Latin Extended Additional that only Vietnamese uses.
fn is_viet(c: char) -> bool {
    ('\u{1ea0}'..='\u{1ef9}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (text, expect) in [
            (
                "Căn cứ Luật Giao dịch điện tử ngày 29 tháng 11 năm 2005 của Quốc hội về việc sử dụng chữ ký số",
                Some("vi"),
            ),
            (
                "The archive of the committee shall be kept in good order for the use of the people and the state",
                Some("en"),
            ),
            (
                "Le conseil de la province est chargé de la garde des archives et du dépôt des actes pour le public",
                Some("fr"),
            ),
            ("Phan Thiết", None),
            ("", None),
        ] {
            assert_eq!(of(text.split_whitespace()).map(|(code, _)| code), expect, "{text}");
        }
    }
}
