//! Which words of a page answer a query, and the piece of text around them.

use std::collections::BTreeSet;

use crate::{
    analysis::{Forms, Piece, analyse_some, glance},
    query::{Ask, Band, Clause, wants},
    stored::StoredPage,
};

/// Boxes given for one hit.
const MOST_BOXES: usize = 200;
/// Words of a snippet, and how many of them stand before the first found one.
const SNIPPET_WORDS: usize = 30;
const SNIPPET_BEFORE: usize = 6;

/// What is shown of a hit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) snippet: String,
    pub(crate) marked: Vec<usize>,
    pub(crate) boxes: Vec<[f64; 4]>,
}

/// Finds the words of a page that answer. What only the description says is found nowhere on the page: no boxes.
pub(crate) fn show(page: &StoredPage<'_>, ask: &Ask, band: Band) -> Shown {
    let mut found = BTreeSet::new();
    let mut before = 0;
    let wanted = Wanted::of(ask);
    for part in page.parts() {
        let pieces = analyse_some(&part, wanted.numbers, |token| wanted.may_be(token));
        let mut words = BTreeSet::new();
        if band == Band::Nearly {
            let wanted: BTreeSet<&str> = wants(ask).into_iter().map(|forms| forms.folded.as_str()).collect();
            let near = pieces.iter().filter(|p| !p.whole && wanted.contains(p.forms.folded.as_str()));
            words.extend(near.flat_map(|p| p.words.0..=p.words.1));
        }
        for clause in &ask.wanted {
            words.extend(matching(&pieces, clause, band));
        }
        found.extend(words.into_iter().map(|word| word + before));
        before += part.len();
    }
    let (snippet, marked) = snippet(page, &found);
    Shown { snippet, marked, boxes: found.iter().take(MOST_BOXES).filter_map(|word| page.rect(*word)).collect() }
}

/// What tells at a glance that a word is none of those asked for: most of a page is not.
struct Wanted {
    /// First letter and number of letters of each.
    glances: BTreeSet<(char, usize)>,
    /// Whether whole numbers are asked for.
    numbers: bool,
}

impl Wanted {
    fn of(ask: &Ask) -> Self {
        let of = |clause: &Clause| match clause {
            Clause::Word(word) => vec![word.clone()],
            Clause::Phrase(words) => words.clone(),
            Clause::Number { parts, .. } => parts.clone(),
        };
        let forms = ask.wanted.iter().flat_map(of);
        Self {
            glances: forms.filter_map(|f| Some((f.folded.chars().next()?, f.folded.chars().count()))).collect(),
            numbers: ask.wanted.iter().any(|clause| matches!(clause, Clause::Number { .. })),
        }
    }

    fn may_be(&self, token: &str) -> bool {
        glance(token).is_none_or(|glance| self.glances.contains(&glance))
    }
}

fn matching(pieces: &[Piece], clause: &Clause, band: Band) -> BTreeSet<usize> {
    let same = |piece: &Piece, forms: &Forms| match band {
        Band::Exact => piece.forms.exact == forms.exact,
        Band::Folded | Band::Nearly => piece.forms.folded == forms.folded,
    };
    let parts: Vec<&Piece> = pieces.iter().filter(|piece| !piece.whole).collect();
    let of_words = |wanted: &[Forms]| -> BTreeSet<usize> {
        let found = parts.iter().filter(|piece| wanted.iter().any(|forms| same(piece, forms)));
        found.flat_map(|piece| piece.words.0..=piece.words.1).collect()
    };
    match clause {
        Clause::Word(forms) => of_words(std::slice::from_ref(forms)),
        Clause::Phrase(words) => parts
            .windows(words.len().max(1))
            .filter(|window| window.iter().zip(words).all(|(piece, forms)| same(piece, forms)))
            .flatten()
            .flat_map(|piece| piece.words.0..=piece.words.1)
            .collect(),
        Clause::Number { wholes, parts: wanted } => {
            let whole = pieces.iter().filter(|piece| piece.whole && wholes.iter().any(|forms| same(piece, forms)));
            let words: BTreeSet<usize> = whole.flat_map(|piece| piece.words.0..=piece.words.1).collect();
            if words.is_empty() { of_words(wanted) } else { words }
        }
    }
}

/// The stretch of text with the most found words; the beginning when none was found.
fn snippet(page: &StoredPage<'_>, found: &BTreeSet<usize>) -> (String, Vec<usize>) {
    let starts = found.iter().map(|word| word.saturating_sub(SNIPPET_BEFORE));
    let start = starts
        .map(|start| (found.range(start..start + SNIPPET_WORDS).count(), std::cmp::Reverse(start)))
        .max()
        .map_or(0, |(_, std::cmp::Reverse(start))| start);
    let words: Vec<&str> = (start..start + SNIPPET_WORDS).map_while(|at| page.word(at)).collect();
    let mut text = words.join(" ");
    // The dots before a stretch count as its first word.
    let first = usize::from(start > 0);
    let marked = found.range(start..start + words.len()).map(|word| word - start + first).collect();
    if start > 0 {
        text.insert_str(0, "… ");
    }
    if start + SNIPPET_WORDS < page.len() {
        text.push_str(" …");
    }
    (text, marked)
}
