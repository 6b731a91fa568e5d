//! The one catalogue of user-facing texts, Vietnamese (default) and English.
//!
//! *Purpose:* every sentence a person reads stands in `texts/*.toml`, in both languages, under a stable code.
//! *Knows:* codes and texts. *Doesn't know:* errors, stages, terminals: callers pass a code and its facts.

mod fault;

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// The language a person reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

/// One text in both languages. For an error: what happened, what mocban did, what to do.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    vi: String,
    en: String,
}

macro_rules! catalogue {
    ($($file:literal),* $(,)?) => {
        /// The files of the catalogue with their contents.
        const FILES: &[(&str, &str)] = &[$(($file, include_str!(concat!("texts/", $file, ".toml")))),*];
    };
}

catalogue!(
    "reasons",
    "commands",
    "help",
    "doctor",
    "durable",
    "faults",
    "scan",
    "pdf",
    "pki",
    "raster",
    "intake",
    "recognize",
    "assemble",
    "certify",
    "augment",
    "preserve",
    "register",
    "verify",
    "conduct",
    "decide",
    "search",
    "config",
    "portal",
);

static TEXTS: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    let mut all = BTreeMap::new();
    for (_, content) in FILES {
        // The catalogue is part of the binary and `the_catalogue_is_whole` parses every file.
        all.extend(toml::from_str::<BTreeMap<String, Text>>(content).unwrap_or_default());
    }
    all
});

/// The text of a code with its facts filled in; `{name}` in the text is replaced by the fact of that name.
/// An unknown code is shown as itself, so nothing is ever silent. A `path` or `page` the text does not name is said all
/// the same: who reads it must know where to look. The fact `reasons` is codes, a space between them, and said as their texts;
/// what a parser or the system found (`detail`, `error`, `reason`, `what`) is said in the reader's language.
pub fn text(lang: Lang, code: &str, facts: &[(&str, String)]) -> String {
    let Some(text) = TEXTS.get(code) else { return code.to_owned() };
    let (template, page) = match lang {
        Lang::Vi => (text.vi.as_str(), "trang"),
        Lang::En => (text.en.as_str(), "page"),
    };
    let told = |(name, value): &(&str, String)| match *name {
        "reasons" => value.split(' ').map(|code| reason(lang, code)).collect::<Vec<_>>().join("; "),
        "detail" | "error" | "reason" | "what" if lang == Lang::Vi => visible(&fault::vietnamese(value)),
        _ => visible(value),
    };
    let fact = |wanted: &str| facts.iter().find(|(name, _)| *name == wanted).map(told);
    let unnamed = |name: &str| fact(name).filter(|_| !template.contains(&format!("{{{name}}}")));
    let mut out = unnamed("path").map(|path| format!("{path}: ")).unwrap_or_default();
    out.push_str(&filled(template, fact));
    if let Some(number) = unnamed("page") {
        out.extend([" (", page, " ", number.as_str(), ")"]);
    }
    out
}

/// A template with its places filled, in one pass: a fact is foreign text, and a brace in it is no place for another fact.
fn filled(template: &str, fact: impl Fn(&str) -> Option<String>) -> String {
    let (mut out, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let named = after.split_once('}').and_then(|(name, behind)| Some((fact(name)?, behind)));
        rest = if let Some((value, behind)) = named {
            out.push_str(&value);
            behind
        } else {
            out.push('{');
            after
        };
    }
    out + rest
}

/// The text of a code that needs no facts; else the code.
fn reason(lang: Lang, code: &str) -> String {
    let told = text(lang, code, &[]);
    visible(if told.contains('{') { code } else { &told })
}

/// Foreign text as it may stand on a terminal: control characters (line ends, escapes) are spelt out.
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            out.extend(letter.escape_default());
        } else {
            out.push(letter);
        }
    }
    out
}

/// Whether the catalogue has a code.
pub fn has(code: &str) -> bool {
    TEXTS.contains_key(code)
}

/// Every code, in order.
pub fn codes() -> impl Iterator<Item = &'static str> {
    TEXTS.keys().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let mut seen = BTreeMap::new();
        for (file, content) in FILES {
            let texts: BTreeMap<String, Text> = toml::from_str(content).unwrap_or_else(|e| panic!("{file}: {e}"));
            for (code, text) in texts {
                assert!(!text.vi.trim().is_empty() && !text.en.trim().is_empty(), "{code} lacks a language");
                assert_ne!(text.vi, text.en, "{code} is not translated");
                assert_eq!(placeholders(&text.vi), placeholders(&text.en), "{code}: the languages name other facts");
                assert_eq!(seen.insert(code.clone(), *file), None, "{code} stands twice");
            }
        }
    }

    fn placeholders(text: &str) -> Vec<String> {
        let mut names: Vec<String> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    #[test]
    fn facts_are_filled_in() {
        assert_eq!(text(Lang::En, "no-such-code", &[]), "no-such-code");
        let facts = [("path", "{detail}\u{1b}[31m".to_owned()), ("detail", "x".to_owned()), ("page", "2".to_owned())];
        let told = text(Lang::En, "held-unreadable", &facts);
        assert!(told.starts_with(r"{detail}\u{1b}[31m: the file is not whole or damaged (x)"), "{told}");
        assert!(told.ends_with(" (page 2)"), "{told}");
        let why = [("path", "a.pdf".to_owned()), ("reasons", "content_changed added_later E-RECOGNIZE-03".to_owned())];
        let told = text(Lang::Vi, "held-invalid_signature", &why);
        assert!(told.contains("(nội dung đã bị thay đổi sau khi ký; sau chữ ký có phần thêm vào mà"), "{told}");
        assert!(told.contains("; E-RECOGNIZE-03)"), "{told}");
        let told = text(Lang::Vi, "E-RECOGNIZE-03", &facts);
        assert!(told.starts_with("{detail}") && told.contains(": Trang 2 ") && !told.ends_with(')'), "{told}");
    }
}
