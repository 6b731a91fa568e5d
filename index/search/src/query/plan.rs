//! From what is asked to the engine's queries, one for each band.

use serde::Serialize;
use tantivy::{
    Term,
    query::{AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, Occur, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use super::{Ask, Clause};
use crate::{
    analysis::{Forms, bigrams},
    rank::{Parts, Question, Skipping},
    schema::Fields,
};

/// How well a page answers: hits come band by band.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// With the very accents of the query; a word typed without accents stands there without.
    Exact,
    /// The same letters, accents aside.
    Folded,
    /// Most of the words and some of them side by side: what noise in a scan leaves over.
    Nearly,
}

impl Band {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Folded => "folded",
            Self::Nearly => "nearly",
        }
    }
}

type Clauses = Vec<(Occur, Box<dyn Query>)>;

/// A paper's own number is worth more than its mention in another paper.
const OWN_NUMBER: f32 = 8.0;
/// A whole number is worth more than its parts.
const WHOLE_NUMBER: f32 = 3.0;
/// From so many syllables on a page may nearly answer.
const NEARLY_FROM: usize = 3;

/// The engine's queries for one question.
pub(crate) struct Plan<'a> {
    ask: &'a Ask,
    fields: Fields,
}

/// The syllables by which a page may nearly answer: those of words and phrases, in their order.
pub(crate) fn wants(ask: &Ask) -> Vec<&Forms> {
    fn syllables(clause: &Clause) -> &[Forms] {
        match clause {
            Clause::Word(word) => std::slice::from_ref(word),
            Clause::Phrase(words) => words,
            Clause::Number { .. } => &[],
        }
    }
    ask.wanted.iter().flat_map(syllables).collect()
}

impl<'a> Plan<'a> {
    pub(crate) fn new(ask: &'a Ask, fields: Fields) -> Self {
        Self { ask, fields }
    }

    /// Which pages have every word asked for, accents aside: those of the first two bands together, since every token
    /// with accents stands beside one without.
    pub(crate) fn answering(&self) -> Option<Box<dyn Query>> {
        (!self.asks_nothing()).then(|| boolean(self.must(Band::Folded).into_iter().chain(self.limits()).collect()))
    }

    /// The question of a band; none when the band can hold nothing that a better one does not. Pages of better bands may
    /// answer it, too.
    pub(crate) fn question(&self, band: Band) -> Option<Question> {
        if self.asks_nothing() || (self.ask.wanted.is_empty() && band != Band::Exact) {
            return None;
        }
        if band == Band::Nearly {
            let whole = boolean(self.most()?.into_iter().chain(self.limits()).collect());
            return Some(Question { whole, skipping: None });
        }
        let all = self.must(band).into_iter().chain(self.extras()).chain(self.limits());
        let whole = boolean(all.collect());
        let words_only = self.ask.wanted.iter().all(|clause| matches!(clause, Clause::Word(_)));
        let skips = words_only && !self.ask.wanted.is_empty() && self.limits().is_empty();
        let skipping = skips.then(|| {
            let extras = self.extras();
            let parts =
                (!extras.is_empty()).then(|| Parts { words: boolean(self.must(band)), extras: boolean(extras) });
            Skipping { parts, field: self.fields.text }
        });
        Some(Question { whole, skipping })
    }

    fn asks_nothing(&self) -> bool {
        self.ask.wanted.is_empty() && self.ask.unwanted.is_empty() && self.ask.filters.is_empty()
    }

    /// What must stand on the page.
    fn must(&self, band: Band) -> Clauses {
        self.ask.wanted.iter().map(|clause| (Occur::Must, self.clause(clause, band))).collect()
    }

    /// What must be so besides, without a say in the score.
    fn limits(&self) -> Clauses {
        let mut clauses: Clauses = Vec::new();
        if self.ask.wanted.is_empty() {
            clauses.push((Occur::Must, quiet(AllQuery)));
        }
        clauses.extend(self.ask.filters.iter().map(|(key, token)| {
            let form = if token.is_accented() { &token.exact } else { &token.folded };
            (Occur::Must, quiet(word(self.fields.described, &format!("{key}={form}"))))
        }));
        // What must not stand there is meant as it was typed: without accents in any spelling, with them just so.
        clauses.extend(self.ask.unwanted.iter().map(|clause| {
            let typed = match clause {
                Clause::Word(word) => word.is_accented(),
                Clause::Phrase(words) => words.iter().any(Forms::is_accented),
                Clause::Number { .. } => false,
            };
            (Occur::MustNot, self.clause(clause, if typed { Band::Exact } else { Band::Folded }))
        }));
        clauses
    }

    /// What makes one page better than another.
    fn extras(&self) -> Clauses {
        let mut clauses = Clauses::new();
        // Words asked for side by side are better found side by side.
        for pair in self.ask.wanted.windows(2) {
            if let [Clause::Word(a), Clause::Word(b)] = pair {
                clauses.extend(self.pairs([a, b].into_iter()).into_iter().map(|query| (Occur::Should, query)));
            }
        }
        for clause in &self.ask.wanted {
            if let Clause::Number { wholes, .. } = clause {
                clauses.extend(wholes.iter().map(|whole| {
                    let own = word(self.fields.described, &format!("so={}", whole.folded));
                    (Occur::Should, Box::new(ConstScoreQuery::new(Box::new(own), OWN_NUMBER)) as Box<dyn Query>)
                }));
            }
        }
        clauses
    }

    /// Three of five syllables and two of them side by side; numbers must be there.
    fn most(&self) -> Option<Clauses> {
        let syllables = wants(self.ask);
        let mut folded: Vec<&str> = syllables.iter().map(|forms| forms.folded.as_str()).collect();
        folded.sort_unstable();
        folded.dedup();
        if folded.len() < NEARLY_FROM {
            return None;
        }
        let fewest = (folded.len() * 3).div_ceil(5);
        let some: Clauses = folded.iter().map(|token| (Occur::Should, term(self.fields.text, token))).collect();
        let pairs: Clauses =
            self.pairs(syllables.into_iter()).into_iter().map(|query| (Occur::Should, query)).collect();
        let mut clauses: Clauses = vec![
            (Occur::Must, Box::new(BooleanQuery::with_minimum_required_clauses(some, fewest))),
            (Occur::Must, boolean(pairs)),
        ];
        let numbers = self.ask.wanted.iter().filter(|clause| matches!(clause, Clause::Number { .. }));
        clauses.extend(numbers.map(|number| (Occur::Must, self.clause(number, Band::Folded))));
        Some(clauses)
    }

    fn clause(&self, clause: &Clause, band: Band) -> Box<dyn Query> {
        let text = self.fields.text;
        match clause {
            Clause::Word(forms) => term(text, form(forms, band)),
            Clause::Phrase(words) => self.phrase(words, band),
            Clause::Number { wholes, parts } => {
                let mut any: Clauses = wholes
                    .iter()
                    .map(|whole| {
                        let whole = term(text, form(whole, band));
                        (Occur::Should, Box::new(BoostQuery::new(whole, WHOLE_NUMBER)) as Box<dyn Query>)
                    })
                    .collect();
                let parts = parts.iter().map(|part| (Occur::Must, term(text, form(part, band)))).collect();
                any.push((Occur::Should, boolean(parts)));
                boolean(any)
            }
        }
    }

    /// A phrase is found by its pairs; positions are only looked at where pairs do not say all: more than two words,
    /// or accents.
    fn phrase(&self, words: &[Forms], band: Band) -> Box<dyn Query> {
        let pairs = self.pairs(words.iter());
        if band != Band::Exact && words.len() == 2 {
            return boolean(pairs.into_iter().map(|pair| (Occur::Must, pair)).collect());
        }
        let mut clauses: Clauses = pairs
            .into_iter()
            .map(|pair| (Occur::Must, Box::new(ConstScoreQuery::new(pair, 0.0)) as Box<dyn Query>))
            .collect();
        let terms = words.iter().map(|word| Term::from_field_text(self.fields.text, form(word, band))).collect();
        clauses.push((Occur::Must, Box::new(PhraseQuery::new(terms))));
        boolean(clauses)
    }

    fn pairs<'f>(&self, words: impl Iterator<Item = &'f Forms>) -> Vec<Box<dyn Query>> {
        bigrams(words).iter().map(|pair| term(self.fields.pairs, pair)).collect()
    }
}

fn form(forms: &Forms, band: Band) -> &str {
    match band {
        Band::Exact => &forms.exact,
        Band::Folded | Band::Nearly => &forms.folded,
    }
}

fn word(field: Field, token: &str) -> TermQuery {
    TermQuery::new(Term::from_field_text(field, token), IndexRecordOption::WithFreqs)
}

fn term(field: Field, token: &str) -> Box<dyn Query> {
    Box::new(word(field, token))
}

/// All of these. A clause alone stays itself: the engine knows more about it so.
fn boolean(mut clauses: Clauses) -> Box<dyn Query> {
    if clauses.len() == 1
        && let Some((Occur::Must | Occur::Should, alone)) = clauses.pop_if(|(occur, _)| *occur != Occur::MustNot)
    {
        return alone;
    }
    Box::new(BooleanQuery::new(clauses))
}

/// Matches without a say in the score.
fn quiet(query: impl Query) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(query), 0.0))
}
