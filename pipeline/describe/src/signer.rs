//! Who signed: the lines of the role (*T/M*, *KT.*, *TL.* and the office) and the name below the signature,
//! bottom right of the last page that has a signature.

use model::Extracted;

use crate::{
    layout::{Segment, Sheet, join, reading},
    text::{compact, fold, is_capitals, is_ornament},
    vocabulary::{begins_role, is_surname},
};

/// What the foot of a paper says.
pub(crate) struct Signer {
    pub(crate) role: Option<Extracted>,
    pub(crate) name: Option<Extracted>,
}

/// Between the role and the name stands a signature with its seal: at most so much paper, mm.
const SIGNATURE_MM: f64 = 75.0;

/// Reads the signer from the last page that has a signature block; annexes may follow it.
pub(crate) fn read(sheets: &[Sheet]) -> Signer {
    sheets.iter().rev().find_map(block).unwrap_or(Signer { role: None, name: None })
}

fn block(sheet: &Sheet) -> Option<Signer> {
    let right: Vec<&Segment> = sheet
        .segments
        .iter()
        .filter(|s| s.middle() > 0.5 * sheet.width && s.left() > 0.35 * sheet.width && !is_ornament(&s.text()))
        .collect();
    // The lowest block counts: a first page's head is above it. On a page that also has a head, its right column is no role.
    let starts: Vec<usize> = (0..right.len())
        .filter(|at| right.get(*at).is_some_and(|s| is_capitals(&s.text()) && begins_role(&s.text())))
        .collect();
    // Role lines follow each other closely: go up from the lowest to the first of its block.
    let mut first = *starts.last()?;
    for at in starts.iter().rev() {
        let (Some(upper), Some(lower)) = (right.get(*at), right.get(first)) else { break };
        if lower.top() - upper.bottom() > 2.5 * upper.height() {
            break;
        }
        first = *at;
    }
    let mut roles: Vec<&Segment> = vec![right.get(first)?];
    let mut rest = right.iter().skip(first + 1).peekable();
    while let Some(next) = rest.next_if(|next| {
        let last = roles.last().map_or(0.0, |s| s.bottom());
        is_capitals(&next.text()) && next.top() - last < 1.6 * next.height() && !looks_like_name(next)
    }) {
        roles.push(next);
    }
    let bottom = roles.last()?.bottom();
    let name = rest
        .take_while(|s| s.top() - bottom < SIGNATURE_MM)
        .filter_map(|s| Some((name_certainty(s)?, *s)))
        .max_by(|a, b| (a.0 * a.1.confidence()).total_cmp(&(b.0 * b.1.confidence())));
    let tokens: Vec<_> = roles.iter().flat_map(|s| s.tokens.iter().cloned()).collect();
    Some(Signer {
        role: Some(reading(sheet.page, join(&tokens), &tokens, 1.0)),
        name: name.map(|(certainty, s)| reading(sheet.page, s.text(), &s.tokens, certainty)),
    })
}

fn looks_like_name(segment: &Segment) -> bool {
    name_certainty(segment).is_some_and(|certainty| certainty > 0.9)
}

/// How surely a segment is a person's name: two to five words that begin with capitals, a surname in front,
/// a rank or title before it allowed. Scraps of the seal and of the signature are none.
fn name_certainty(segment: &Segment) -> Option<f32> {
    const TITLES: &[&str] = &[
        "ts", "ths", "pgs", "gs", "bs", "ks", "dai", "thuong", "trung", "thieu", "tuong", "ta", "uy", "dong", "chi",
        "luat", "su",
    ];
    let text = segment.text();
    if ["daky", "kyten", "kytendongdau"].contains(&compact(&text).as_str()) || begins_role(&text) {
        return None;
    }
    let words: Vec<&str> = segment.tokens.iter().map(|t| t.text.as_str()).collect();
    let titles = words.iter().take_while(|word| TITLES.contains(&fold(word.trim_end_matches('.')).as_str())).count();
    // A name may itself begin like a rank (*Tạ*, *Thượng*): then it is all name.
    let name = [words.get(titles..).unwrap_or_default(), &words].into_iter().find(|name| is_formed(name))?;
    let surname = name.first().is_some_and(|word| is_surname(word));
    // A name in capitals is rarer than one in small letters, and without a known surname it is too likely a role line.
    match (surname, is_capitals(&text)) {
        (true, false) => Some(1.0),
        (true, true) => Some(0.92),
        (false, false) => Some(0.6),
        (false, true) => None,
    }
}

/// Two to five words of letters that begin with capitals.
fn is_formed(words: &[&str]) -> bool {
    (2..=5).contains(&words.len())
        && words.iter().all(|word| {
            let letters = word.trim_end_matches(['.', ',']);
            letters.chars().count() >= 2
                && letters.chars().all(char::is_alphabetic)
                && letters.chars().next().is_some_and(char::is_uppercase)
        })
}
