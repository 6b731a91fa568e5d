//! The one catalogue of user-facing texts, Vietnamese (default) and English.
//!
//! *Purpose:* every sentence a person reads stands in `texts/*.toml`, in both languages, under a stable code.
//! *Knows:* codes and texts. *Doesn't know:* errors, stages, terminals: callers pass a code and its facts.

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
    "durable",
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
/// An unknown code is shown as itself, so nothing is ever silent.
pub fn text(lang: Lang, code: &str, facts: &[(&str, String)]) -> String {
    let Some(text) = TEXTS.get(code) else { return code.to_owned() };
    let mut out = match lang {
        Lang::Vi => text.vi.clone(),
        Lang::En => text.en.clone(),
    };
    for (name, value) in facts {
        out = out.replace(&format!("{{{name}}}"), value);
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
    }
}
