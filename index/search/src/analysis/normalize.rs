//! What makes two spellings the same word: composed or not, tone here or there, `i` or `y`, one `đ`.

use unicode_normalization::UnicodeNormalization as _;

/// The two forms by which a token is found.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Forms {
    /// Without accents, in small letters: `dang`.
    pub(crate) folded: String,
    /// With its accents, the tone moved behind the letters so that its place does not matter. A word without accents
    /// is marked by `=`, or `ban` could not be told from a folded `bàn`. Digits alone have one form only.
    pub(crate) exact: String,
}

impl Forms {
    /// Whether the word was written with accents.
    pub(crate) fn is_accented(&self) -> bool {
        self.exact != self.folded && !self.exact.starts_with('=')
    }
}

/// Grave, acute, tilde, hook above, dot below.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

/// Forms of one run of letters and digits.
pub(crate) fn forms(token: &str) -> Forms {
    let mut letters = String::new();
    let mut tones = String::new();
    for c in token.to_lowercase().nfd() {
        match c {
            c if TONES.contains(&c) => tones.push(c),
            'ð' | 'ɖ' => letters.push('đ'),
            c => letters.push(c),
        }
    }
    let letters = short_i(letters);
    let folded: String = letters
        .chars()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    // Tones in a fixed order: in decomposed text the dot below comes before the circumflex, composed text says nothing.
    let mut tones: Vec<char> = tones.chars().collect();
    tones.sort_unstable();
    let exact: String = letters.nfc().chain(tones).collect();
    if exact == folded && folded.chars().any(char::is_alphabetic) {
        return Forms { exact: format!("={exact}"), folded };
    }
    Forms { folded, exact }
}

/// Text without accents in small letters.
pub(crate) fn fold(text: &str) -> String {
    forms(text).folded
}

/// *kỹ* and *kĩ*, *quý* and *quí* are one word: a lone `y` after consonants is an `i`.
fn short_i(letters: String) -> String {
    let Some(head) = letters.strip_suffix('y').filter(|head| !head.is_empty()) else { return letters };
    let consonants = head.strip_suffix("qu").unwrap_or(head);
    if consonants.chars().all(|c| "bcdđghklmnpqrstvx".contains(c)) { format!("{head}i") } else { letters }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_in_many_spellings() {
        for (a, b) in [
            ("hòa", "hoà"),
            ("THỦY", "thuỷ"),
            ("kỹ", "kĩ"),
            ("quý", "quí"),
            ("Lý", "lí"),
            ("Đảng", "\u{d0}ảng"),
            ("bộ", "bo\u{323}\u{302}"),
            ("bộ", "bo\u{302}\u{323}"),
        ] {
            assert_eq!(forms(a), forms(b), "{a} {b}");
        }
        for (a, b) in [("ban", "bàn"), ("HD", "HĐ"), ("mật", "mặt"), ("ma", "mạ")] {
            assert_ne!(forms(a).exact, forms(b).exact, "{a} {b}");
            assert_eq!(forms(a).folded, forms(b).folded, "{a} {b}");
        }
        for (a, b) in [("y", "i"), ("tay", "tai"), ("thuy", "thui")] {
            assert_ne!(forms(a), forms(b), "{a} {b}");
        }
        assert_eq!(forms("2017").exact, "2017");
        assert_eq!(forms("ban").exact, "=ban");
        assert!(forms("đ").is_accented() && !forms("d").is_accented() && !forms("7").is_accented());
    }
}
