//! What may have been meant by a query that finds nothing: Telex typed without a Vietnamese keyboard, or one letter wrong.

use tantivy::Term;

use crate::{
    Error, Index,
    analysis::{forms, from_telex, parts},
};

/// Longer queries are not mended.
const MOST_WORDS: usize = 12;

/// A query that finds something, or nothing.
pub(crate) fn suggest(index: &Index, query: &str) -> Result<Option<String>, Error> {
    let query = query.split_whitespace().collect::<Vec<_>>().join(" ");
    let candidates = [from_telex(&query), respelled(index, &query)?];
    for candidate in candidates.into_iter().flatten() {
        if index.count(&candidate)? > 0 {
            return Ok(Some(candidate));
        }
    }
    Ok(None)
}

/// The query with each word that stands on no page replaced by the commonest one a letter away.
fn respelled(index: &Index, query: &str) -> Result<Option<String>, Error> {
    let words: Vec<&str> = query.split(' ').collect();
    if words.len() > MOST_WORDS {
        return Ok(None);
    }
    let mut changed = false;
    let mut out = Vec::new();
    for word in words {
        let tokens: Vec<String> = parts(word).collect();
        let known = match tokens.as_slice() {
            [token] => frequency(index, &forms(token).folded)? > 0,
            _ => true,
        };
        let better = if known { None } else { neighbour(index, &forms(word).folded)? };
        changed |= better.is_some();
        out.push(better.unwrap_or_else(|| word.to_owned()));
    }
    Ok(changed.then(|| out.join(" ")))
}

fn frequency(index: &Index, token: &str) -> Result<u64, Error> {
    let term = Term::from_field_text(index.fields.text, token);
    index.view.searcher.doc_freq(&term).map_err(|e| index.damage(e))
}

/// The commonest word one letter away: left out, put in, changed, or two changed places.
fn neighbour(index: &Index, token: &str) -> Result<Option<String>, Error> {
    let letters: Vec<char> = token.chars().filter(char::is_ascii_alphanumeric).collect();
    if !(2..=12).contains(&letters.len()) {
        return Ok(None);
    }
    let mut best: Option<(u64, String)> = None;
    for candidate in edits(&letters) {
        let found = frequency(index, &candidate)?;
        // Equally common ones: the first in the alphabet, so that the answer is always the same.
        let better = match &best {
            Some((most, word)) => found > *most || (found == *most && candidate < *word),
            None => found > 0,
        };
        if better {
            best = Some((found, candidate));
        }
    }
    Ok(best.map(|(_, word)| word))
}

fn edits(letters: &[char]) -> Vec<String> {
    let mut edits = Vec::new();
    for at in 0..=letters.len() {
        let (before, after) = letters.split_at(at);
        let mut push = |parts: &[&[char]]| edits.push(parts.concat().into_iter().collect());
        for letter in 'a'..='z' {
            push(&[before, &[letter], after]);
            if let [_, rest @ ..] = after {
                push(&[before, &[letter], rest]);
            }
        }
        if let [_, rest @ ..] = after {
            push(&[before, rest]);
        }
        if let [a, b, rest @ ..] = after {
            push(&[before, &[*b, *a], rest]);
        }
    }
    edits
}
