//! The query language. Every string is a query; nothing is an error.
//!
//! Words must all stand on the page. `"…"` is a phrase; `-word` must not stand there (a dash inside a number or a word
//! is no such dash); `so:754` asks the description; everything else is words.

use unicode_normalization::UnicodeNormalization as _;

use crate::analysis::{Forms, Span, fold, forms, is_type_code, joined, parts, spans};

/// A query as understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ask {
    /// What must stand on the page.
    pub(crate) wanted: Vec<Clause>,
    /// What must not.
    pub(crate) unwanted: Vec<Clause>,
    /// What the description must say: key and token.
    pub(crate) filters: Vec<(&'static str, Forms)>,
}

/// One thing asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clause {
    /// A word.
    Word(Forms),
    /// Words in this order, at least two.
    Phrase(Vec<Forms>),
    /// A document number: one of its whole forms, or all its parts.
    Number {
        /// Whole numbers it may be.
        wholes: Vec<Forms>,
        /// Its parts.
        parts: Vec<Forms>,
    },
}

/// Keys that may stand before a colon. They are what people call the fields, without accents.
pub(crate) const KEYS: &[&str] = &[
    "so", "ngay", "nam", "noi", "loai", "coquan", "trichyeu", "nguoiky", "chucvu", "phong", "mucluc", "hoso", "tukhoa",
    "nguon",
];

/// Says in the query language what a description must have under one of its keys (`nam`, `coquan`, …); none for nothing.
pub fn described(key: &str, value: &str) -> Option<String> {
    let value = value.replace(is_quote, " ");
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    (!value.is_empty()).then(|| format!("{key}:\"{value}\""))
}

/// Longer queries are cut.
const LONGEST_QUERY: usize = 600;
/// More things are not asked for at once.
const MOST_CLAUSES: usize = 40;

/// Reads a query.
pub(crate) fn parse(query: &str) -> Ask {
    let query: String = query.nfc().take(LONGEST_QUERY).collect();
    let mut ask = Ask::default();
    let mut plain: Vec<String> = Vec::new();
    for item in items(&query) {
        match item {
            Item::Plain(text) => plain.push(text),
            Item::Quoted { text, unwanted } => {
                let clause = phrase(&text);
                if unwanted { ask.unwanted.extend(clause) } else { ask.wanted.extend(clause) }
            }
            Item::Unwanted(text) => ask.unwanted.extend(clauses(&[&text])),
            Item::Filter { key, text } => ask.filters.extend(filter(key, &text)),
        }
    }
    let words: Vec<&str> = plain.iter().map(String::as_str).collect();
    ask.wanted.extend(clauses(&words));
    ask.wanted.truncate(MOST_CLAUSES);
    ask.unwanted.truncate(MOST_CLAUSES);
    ask.filters.truncate(MOST_CLAUSES);
    ask
}

enum Item {
    Plain(String),
    Quoted { text: String, unwanted: bool },
    Unwanted(String),
    Filter { key: &'static str, text: String },
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn items(query: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (negated, after) = match rest.strip_prefix(['-', '−', '–']) {
            Some(after)
                if after.starts_with(|c: char| c.is_alphanumeric() || is_quote(c))
                    && !matches!(items.last(), Some(Item::Plain(before)) if goes_on(before, after)) =>
            {
                (true, after)
            }
            _ => (false, rest),
        };
        if let Some(inside) = after.strip_prefix(is_quote) {
            let (text, behind) = quoted(inside);
            items.push(Item::Quoted { text, unwanted: negated });
            rest = behind.trim_start();
            continue;
        }
        let end = after.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(after.len());
        let (text, behind) = after.split_at(end);
        rest = behind;
        match text.split_once(':').and_then(|(key, value)| Some((known(key)?, value))) {
            // `so:"…"` or `so:754`; a bare `so:` is the word before a number.
            Some((key, "")) if !negated && rest.starts_with(is_quote) => {
                let (text, behind) = quoted(rest.trim_start_matches(is_quote));
                items.push(Item::Filter { key, text });
                rest = behind;
            }
            Some((key, value)) if !negated && !value.is_empty() => {
                items.push(Item::Filter { key, text: value.to_owned() });
            }
            _ if negated => items.push(Item::Unwanted(text.to_owned())),
            _ => items.push(Item::Plain(text.to_owned())),
        }
        rest = rest.trim_start();
    }
    items
}

/// Whether a dash with a space before it is one of a number's own: `754 -QĐ/TU`, `1234/QĐ -UBND`.
fn goes_on(before: &str, after: &str) -> bool {
    let end = after.find(|c: char| !c.is_alphanumeric()).unwrap_or(after.len());
    let (part, behind) = after.split_at(end);
    let separates = |c: char| matches!(c, '/' | '-' | '−' | '–');
    let (digits, code) = before.split_once(|c: char| separates(c)).unwrap_or((before, ""));
    let (year, code) =
        code.split_once(|c: char| separates(c)).unwrap_or(if is_year(code) { (code, "") } else { ("", code) });
    if !is_digits(digits) || !(year.is_empty() || is_year(year)) {
        return false;
    }
    if code.is_empty() {
        // Without a body behind it `QĐ` is a word like any other: `12 -QĐ`.
        return is_type_code(part) && behind.trim_start().starts_with(separates);
    }
    is_type_code(code) && part.chars().all(char::is_uppercase)
}

fn is_digits(text: &str) -> bool {
    (1..=6).contains(&text.len()) && text.bytes().all(|octet| octet.is_ascii_digit())
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && is_digits(text)
}

/// Text up to the closing quote, or to the end.
fn quoted(inside: &str) -> (String, &str) {
    let end = inside.find(is_quote).unwrap_or(inside.len());
    let (text, behind) = inside.split_at(end);
    let mut chars = behind.chars();
    chars.next();
    (text.to_owned(), chars.as_str())
}

fn known(key: &str) -> Option<&'static str> {
    let key = fold(key);
    KEYS.iter().find(|known| **known == key).copied()
}

fn filter(key: &'static str, text: &str) -> Vec<(&'static str, Forms)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let tokens: Vec<Forms> = match spans(&words).as_slice() {
        [whole] if key == "so" => vec![joined(whole)],
        _ => words.iter().flat_map(|word| parts(word)).map(|part| forms(&part)).collect(),
    };
    tokens.into_iter().map(|token| (key, token)).collect()
}

fn phrase(text: &str) -> Option<Clause> {
    let tokens: Vec<Forms> = text.split_whitespace().flat_map(parts).map(|part| forms(&part)).collect();
    word_or_phrase(tokens)
}

fn word_or_phrase(mut tokens: Vec<Forms>) -> Option<Clause> {
    if tokens.len() > 1 { Some(Clause::Phrase(tokens)) } else { tokens.pop().map(Clause::Word) }
}

/// Words that follow each other, numbers among them in any spelling.
fn clauses(words: &[&str]) -> Vec<Clause> {
    let mut written = spans(words).into_iter().peekable();
    let mut clauses = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if let Some(span) = written.next_if(|span| span.words.0 == at) {
            clauses.push(Clause::Number { wholes: vec![joined(&span)], parts: tokens(words, span.words) });
            let mut last = span.words.1;
            // `12-CT/TU;13-CT/TU`: one that begins in a word of the one before.
            while let Some(span) = written.next_if(|span| span.words.0 <= last) {
                clauses.push(Clause::Number { wholes: vec![joined(&span)], parts: tokens(words, span.words) });
                last = span.words.1;
            }
            at = last + 1;
        } else if let Some((clause, used)) = spelled(words.get(at..).unwrap_or_default()) {
            clauses.push(clause);
            at += used;
        } else {
            // `Hà-Nội`, `14/9/2017`: parts of one word stand together.
            clauses.extend(word_or_phrase(parts(word).map(|part| forms(&part)).collect()));
            at += 1;
        }
    }
    clauses
}

fn tokens(words: &[&str], (first, last): (usize, usize)) -> Vec<Forms> {
    words.get(first..=last).unwrap_or_default().iter().flat_map(|word| parts(word)).map(|part| forms(&part)).collect()
}

/// Numbers without their separators: `754 qd tu`, `08 2016 tt bqp`, `754qdtu`.
fn spelled(words: &[&str]) -> Option<(Clause, usize)> {
    let first = *words.first()?;
    let digits: String = first.chars().take_while(char::is_ascii_digit).collect();
    if !(1..=6).contains(&digits.len()) {
        return None;
    }
    let number = digits.trim_start_matches('0').to_owned();
    if let Some(letters) = first.strip_prefix(digits.as_str()).filter(|rest| rest.chars().count() >= 3) {
        if !letters.chars().all(char::is_alphanumeric) {
            return None;
        }
        let whole = joined(&Span { words: (0, 0), parts: vec![number, letters.to_owned()] });
        return Some((Clause::Number { wholes: vec![whole], parts: vec![forms(first)] }, 1));
    }
    if first.len() != digits.len() {
        return None;
    }
    let year = words.get(1).filter(|w| w.len() == 4 && w.chars().all(|c| c.is_ascii_digit()));
    let code_at = if year.is_some() { 2 } else { 1 };
    let code = words.get(code_at).filter(|word| is_type_code(word))?;
    let organs: Vec<&&str> = words
        .get(code_at + 1..)?
        .iter()
        .take(3)
        .take_while(|word| word.chars().count() <= 8 && word.chars().all(char::is_alphabetic))
        .collect();
    if organs.is_empty() {
        return None;
    }
    // How many bodies the number names is not to be seen; the words beyond the first are asked for as words, too.
    let wholes = (1..=organs.len())
        .map(|count| {
            let mut parts = vec![number.clone()];
            parts.extend(year.map(|y| (*y).to_owned()));
            parts.push((*code).to_owned());
            parts.extend(organs.iter().take(count).map(|organ| (**organ).to_owned()));
            joined(&Span { words: (0, 0), parts })
        })
        .collect();
    Some((Clause::Number { wholes, parts: tokens(words, (0, code_at + 1)) }, code_at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(query: &str) -> String {
        let clause = |clause: &Clause| match clause {
            Clause::Word(word) => word.exact.clone(),
            Clause::Phrase(words) => {
                format!("\"{}\"", words.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join(" "))
            }
            Clause::Number { wholes, .. } => wholes.iter().map(|w| w.folded.as_str()).collect::<Vec<_>>().join("|"),
        };
        let ask = parse(query);
        let mut out: Vec<String> = ask.wanted.iter().map(clause).collect();
        out.extend(ask.unwanted.iter().map(|c| format!("-{}", clause(c))));
        out.extend(ask.filters.iter().map(|(key, token)| format!("{key}:{}", token.folded)));
        out.join(" ")
    }

    #[test]
    fn queries() {
        for (query, expect) in [
            ("", ""),
            ("   ", ""),
            ("ban 2017", "=ban 2017"),
            ("\"đảng bộ tỉnh\" ban", "\"dang bo tinh\" =ban"),
            ("“đảng bộ", "\"dang bo\""),
            ("\"ban\"", "=ban"),
            ("ban -bàn", "=ban -ban\u{300}"),
            ("ban -\"chấp hành\"", "=ban -\"chap hanh\""),
            ("ban - hành", "=ban hanh\u{300}"),
            ("754-QĐ/TU", "#754qdtu"),
            ("754 qd tu", "#754qdtu"),
            ("754qdtu", "#754qdtu"),
            ("0754 QĐ TU phan", "#754qdtu|#754qdtuphan =phan"),
            ("số 754 - QĐ / TU", "sô\u{301} #754qdtu"),
            ("số 754 -QĐ/TU", "sô\u{301} #754qdtu"),
            ("754 –QĐ / TU ban", "#754qdtu =ban"),
            ("1234/QĐ -UBND", "#1234qd =ubnd"),
            ("08/2016/TT -BQP", "#82016tt =bqp"),
            ("12 -QĐ ban", "12 =ban -qđ"),
            ("754-QĐ/TU -ban", "#754qdtu -=ban"),
            ("12-CT/TU;13-CT/TU 754-QĐ/TU", "#12cttu #13cttu #754qdtu"),
            ("08/2016/TT-BQP", "#82016ttbqp"),
            ("08 2016 tt bqp", "#82016ttbqp"),
            ("893/STTTT-CNTT", "#893sttttcntt"),
            ("14/9/2017", "\"14 9 2017\""),
            ("so:754", "so:754"),
            ("SỐ:754-QĐ/TU kinh", "=kinh so:#754qdtu"),
            ("coquan:\"tỉnh ủy\" nam:1985", "coquan:tinh coquan:uy nam:1985"),
            ("so: 754", "=so 754"),
            ("khác:754", "\"khac 754\""),
            ("a:b:c -", "\"a b c\""),
            ("\"", ""),
            ("-\"\"", ""),
            ("-", ""),
        ] {
            assert_eq!(show(query), expect, "{query:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 1000, ..Default::default() })]

        #[test]
        fn what_is_described_asks_the_description_alone(value in "\\PC{0,40}|[-\"“”«: 0-9a-zđ/sôo]{0,40}") {
            let ask = parse(&described("coquan", &value).unwrap_or_default());
            proptest::prop_assert!(ask.wanted.is_empty() && ask.unwanted.is_empty(), "{ask:?}");
            proptest::prop_assert!(ask.filters.iter().all(|(key, _)| *key == "coquan"), "{ask:?}");
        }

        #[test]
        fn every_string_is_a_query(query in "\\PC{0,80}|[-\"“”: 0-9a-zđ/sôo]{0,60}") {
            let ask = parse(&query);
            for clause in ask.wanted.iter().chain(&ask.unwanted) {
                match clause {
                    Clause::Word(word) => proptest::prop_assert!(!word.folded.is_empty() || !word.exact.is_empty()),
                    Clause::Phrase(words) => proptest::prop_assert!(words.len() > 1),
                    Clause::Number { wholes, parts } => proptest::prop_assert!(!wholes.is_empty() && !parts.is_empty()),
                }
            }
        }
    }
}
