//! Queries by chance, in every spelling that people use.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::parse::{Ask, Clause, parse};
use crate::analysis::Forms;

/// One thing that a person asks for.
#[derive(Debug, Clone)]
enum Asked {
    Word(&'static str),
    Phrase(Vec<&'static str>),
    Number { number: u32, year: Option<u32>, code: &'static str, organ: &'static str },
    Filter(&'static str, &'static str),
}

/// How it is typed: quotes, dashes, spaces, composed or not.
#[derive(Debug, Clone)]
struct Hand {
    quotes: (char, char),
    minus: char,
    space: &'static str,
    /// Spaces before and behind the separators of a number.
    around: (&'static str, &'static str),
    decomposed: bool,
}

const WORDS: &[&str] = &["đảng", "bộ", "ban", "bàn", "chấp", "hành", "Tỉnh", "ỦY", "Huế", "kỹ", "năm", "A4"];

fn word() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(WORDS)
}

fn number() -> impl Strategy<Value = Asked> {
    let code = proptest::sample::select(&["QĐ", "NQ", "TT", "CV", "HD", "TTLT"][..]);
    let organ = proptest::sample::select(&["TU", "VPTW", "BQP", "UBND", "CP", "BTP-BNV"][..]);
    (1..999_999_u32, proptest::option::of(1945..2099_u32), code, organ)
        .prop_map(|(number, year, code, organ)| Asked::Number { number, year, code, organ })
}

fn asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        4 => word().prop_map(Asked::Word),
        2 => proptest::collection::vec(word(), 2..4).prop_map(Asked::Phrase),
        3 => number(),
        1 => (proptest::sample::select(&["nam", "noi", "loai", "nguoiky"][..]), word()).prop_map(|(k, v)| Asked::Filter(k, v)),
    ]
}

fn hand() -> impl Strategy<Value = Hand> {
    (
        proptest::sample::select(&[('"', '"'), ('“', '”'), ('„', '“'), ('«', '»')][..]),
        proptest::sample::select(&['-', '−', '–'][..]),
        proptest::sample::select(&[" ", "  ", "\t", "\u{a0}"][..]),
        proptest::sample::select(&[("", ""), (" ", " "), (" ", ""), ("", " ")][..]),
        any::<bool>(),
    )
        .prop_map(|(quotes, minus, space, around, decomposed)| Hand { quotes, minus, space, around, decomposed })
}

fn typed(things: &[(Asked, bool)], hand: &Hand) -> String {
    let one = |(asked, unwanted): &(Asked, bool)| {
        let (before, behind) = hand.around;
        let text = match asked {
            Asked::Word(word) => (*word).to_owned(),
            Asked::Phrase(words) => format!("{}{}{}", hand.quotes.0, words.join(hand.space), hand.quotes.1),
            Asked::Filter(key, value) => format!("{key}:{value}"),
            // In front of an unwanted number only its tight spelling is one thing.
            Asked::Number { number, year, code, organ } => {
                let year = year.map(|year| format!("/{year}")).unwrap_or_default();
                let (before, behind) = if *unwanted { ("", "") } else { (before, behind) };
                format!("{number}{year}{before}-{behind}{code}{before}/{behind}{organ}")
            }
        };
        if *unwanted { format!("{}{text}", hand.minus) } else { text }
    };
    let text = things.iter().map(one).collect::<Vec<_>>().join(hand.space);
    if hand.decomposed { text.nfd().collect() } else { text }
}

/// Things wanted or not; a filter cannot be unwanted.
fn things() -> impl Strategy<Value = Vec<(Asked, bool)>> {
    let thing = (asked(), proptest::bool::weighted(0.3));
    proptest::collection::vec(thing, 0..7).prop_map(|things| {
        things.into_iter().map(|(asked, not)| (asked.clone(), not && !matches!(asked, Asked::Filter(..)))).collect()
    })
}

/// A query as a machine would type it: every word in quotes, no accents, numbers by their parts.
fn normal(ask: &Ask) -> String {
    let joined = |tokens: &[Forms], by: &str| tokens.iter().map(|t| t.folded.as_str()).collect::<Vec<_>>().join(by);
    let clause = |clause: &Clause| match clause {
        Clause::Word(word) => format!("\"{}\"", word.folded),
        Clause::Phrase(words) => format!("\"{}\"", joined(words, " ")),
        Clause::Number { parts, .. } => joined(parts, "-"),
    };
    let wanted = ask.wanted.iter().map(clause);
    let unwanted = ask.unwanted.iter().map(|unwanted| format!("-{}", clause(unwanted)));
    let filters = ask.filters.iter().map(|(key, token)| format!("{key}:\"{}\"", token.folded));
    let mut all: Vec<String> = wanted.chain(unwanted).chain(filters).collect();
    // Phrases are understood before words, wherever they stand.
    all.sort();
    all.join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    /// Quotes, dashes, spaces and composed letters are a matter of the keyboard.
    #[test]
    fn the_hand_does_not_matter(things in things(), one in hand(), other in hand()) {
        prop_assert_eq!(parse(&typed(&things, &one)), parse(&typed(&things, &other)));
    }

    /// As many things are asked for as were typed, and no dash inside a number says that something must not occur.
    #[test]
    fn every_thing_is_asked_for_as_it_was_meant(things in things(), hand in hand()) {
        let ask = parse(&typed(&things, &hand));
        let count = |fits: fn(&(Asked, bool)) -> bool| things.iter().filter(|thing| fits(thing)).count();
        let numbers = |clauses: &[Clause]| clauses.iter().filter(|clause| matches!(clause, Clause::Number { .. })).count();
        prop_assert_eq!(ask.filters.len(), count(|(asked, _)| matches!(asked, Asked::Filter(..))));
        prop_assert_eq!(ask.unwanted.len(), count(|(_, not)| *not));
        prop_assert_eq!(ask.wanted.len() + ask.unwanted.len() + ask.filters.len(), things.len());
        prop_assert_eq!(numbers(&ask.wanted), count(|(asked, not)| !not && matches!(asked, Asked::Number { .. })));
        prop_assert_eq!(numbers(&ask.unwanted), count(|(asked, not)| *not && matches!(asked, Asked::Number { .. })));
    }

    /// What a query is understood as is a query that is understood the same.
    #[test]
    fn the_normal_form_is_its_own(things in things(), hand in hand()) {
        let once = normal(&parse(&typed(&things, &hand)));
        prop_assert_eq!(normal(&parse(&once)), once);
    }
}
