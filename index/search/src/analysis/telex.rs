//! What a person typed who forgot to switch the keyboard on: `ddarng booj` is *đảng bộ*.

use unicode_normalization::UnicodeNormalization as _;

/// Turns Telex keystrokes into Vietnamese, word by word; nothing when no word changes.
pub(crate) fn from_telex(text: &str) -> Option<String> {
    let words: Vec<String> = text.split(' ').map(word).collect();
    let converted = words.join(" ");
    (converted != text).then_some(converted)
}

fn word(typed: &str) -> String {
    if !typed.chars().all(|c| c.is_ascii_alphabetic()) {
        return typed.to_owned();
    }
    let mut letters: Vec<char> = Vec::new();
    let mut tone = None;
    for key in typed.chars() {
        let plain = key.to_ascii_lowercase();
        let has_vowel = letters.iter().any(|c| is_vowel(*c));
        match (plain, letters.last().map(|c| lower(*c))) {
            ('d', Some('d')) => replace_last(&mut letters, 'đ', 'Đ'),
            ('a', Some('a')) => replace_last(&mut letters, 'â', 'Â'),
            ('e', Some('e')) => replace_last(&mut letters, 'ê', 'Ê'),
            ('o', Some('o')) => replace_last(&mut letters, 'ô', 'Ô'),
            ('w', _) if hook(&mut letters) => {}
            // No Vietnamese syllable has these letters after a vowel: there they are tones.
            ('s' | 'f' | 'r' | 'x' | 'j', _) if has_vowel => tone = mark(plain),
            ('z', _) if has_vowel => tone = None,
            _ => letters.push(key),
        }
    }
    if let (Some(tone), Some(at)) = (tone, tone_place(&letters)) {
        letters.insert(at + 1, tone);
    }
    letters.into_iter().nfc().collect()
}

/// `w` makes ă, ơ, ư; over `uo` it makes ươ.
fn hook(letters: &mut [char]) -> bool {
    let Some(at) = letters.iter().rposition(|c| matches!(lower(*c), 'a' | 'o' | 'u')) else { return false };
    let Some((before, rest)) = letters.split_at_mut_checked(at) else { return false };
    let Some(letter) = rest.first_mut() else { return false };
    if lower(*letter) == 'o'
        && let Some(u) = before.last_mut().filter(|c| lower(**c) == 'u')
    {
        *u = if u.is_uppercase() { 'Ư' } else { 'ư' };
    }
    *letter = match *letter {
        'a' => 'ă',
        'A' => 'Ă',
        'o' => 'ơ',
        'O' => 'Ơ',
        'u' => 'ư',
        _ => 'Ư',
    };
    true
}

fn mark(key: char) -> Option<char> {
    match key {
        's' => Some('\u{301}'),
        'f' => Some('\u{300}'),
        'r' => Some('\u{309}'),
        'x' => Some('\u{303}'),
        'j' => Some('\u{323}'),
        _ => None,
    }
}

/// Where the tone stands: on ă â ê ô ơ ư; else on the last vowel before a final consonant, on the middle of three,
/// on the first of two.
fn tone_place(letters: &[char]) -> Option<usize> {
    let glide = match letters {
        [q, u, v, ..] if lower(*q) == 'q' && lower(*u) == 'u' && is_vowel(*v) => 2,
        [g, i, v, ..] if lower(*g) == 'g' && lower(*i) == 'i' && is_vowel(*v) => 2,
        _ => 0,
    };
    let vowels: Vec<usize> =
        letters.iter().enumerate().skip(glide).filter(|(_, c)| is_vowel(**c)).map(|(at, _)| at).collect();
    let marked = vowels.iter().rev().find(|at| letters.get(**at).is_some_and(|c| "ăâêôơư".contains(lower(*c))));
    let last = *vowels.last()?;
    marked.copied().or(match vowels.len() {
        1 => Some(last),
        _ if last + 1 < letters.len() => Some(last),
        2 => vowels.first().copied(),
        _ => vowels.get(1).copied(),
    })
}

fn replace_last(letters: &mut [char], small: char, capital: char) {
    if let Some(last) = letters.last_mut() {
        *last = if last.is_uppercase() { capital } else { small };
    }
}

fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn is_vowel(c: char) -> bool {
    "aăâeêioôơuưy".contains(lower(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keystrokes() {
        for (typed, expect) in [
            ("ddarng booj", "đảng bộ"),
            ("ddangr booj", "đảng bộ"),
            ("tieengs Vieetj", "tiếng Việt"),
            ("truwowngf", "trường"),
            ("nguwowif", "người"),
            ("nguowif", "người"),
            ("hoaf binhf", "hòa bình"),
            ("quys", "quý"),
            ("giaso ducj", "giáo dục"),
            ("hoangf", "hoàng"),
            ("khuyrnh", "khuỷnh"),
            ("DDaf", "Đà"),
            ("cuar", "của"),
            ("uwng", "ưng"),
        ] {
            assert_eq!(from_telex(typed).as_deref(), Some(expect), "{typed}");
        }
        for unchanged in ["", "ban", "đảng bộ", "754-QĐ/TU", "2017"] {
            assert_eq!(from_telex(unchanged), None, "{unchanged}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_keys_are_survived(text in "[a-zA-Z ]{0,20}|\\PC{0,20}") {
            drop(from_telex(&text));
        }
    }
}
