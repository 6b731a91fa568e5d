//! Answering: band by band, best first.

use std::cmp::Reverse;

use model::DocumentId;
use serde::Serialize;
use tantivy::{
    DocAddress, TantivyError, Term,
    collector::{Count, DocSetCollector},
    query::TermQuery,
    schema::IndexRecordOption,
};

use crate::{
    Error, Index,
    analysis::Known,
    entry::{Entry, unpack},
    highlight::show,
    query::{Ask, Band, Plan, parse},
    rank::{Rank, best, every},
    stored::StoredPage,
    suggest,
    view::View,
};

/// The answer to a query.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Found {
    /// How many pages answer, beyond the hits shown.
    pub total: usize,
    /// The best, ordered by band, score, document and page.
    pub hits: Vec<Hit>,
    /// What may have been meant, when nothing was found and this would find something.
    pub suggestion: Option<String>,
}

/// One page that answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    /// The document.
    pub id: DocumentId,
    /// The page, from 1.
    pub page: u32,
    /// Title of the document.
    pub title: String,
    /// Number of the document as people cite it.
    pub number: Option<String>,
    /// How well the page answers within its band, to three decimals.
    pub score: f64,
    /// The band.
    pub band: Band,
    /// The text around the words found.
    pub snippet: String,
    /// Which words of the snippet answer: places among its words, from 0.
    pub marked: Vec<usize>,
    /// Boxes of the words found, on the displayed page: x, y, width, height in mm. Empty when only the description
    /// says what was asked.
    pub boxes: Vec<[f64; 4]>,
}

/// More hits are not given at once.
const MOST_HITS: usize = 1_000;

impl Index {
    /// Finds the pages that answer a query; any string is one.
    pub fn find(&self, query: &str, limit: usize) -> Result<Found, Error> {
        self.find_from(query, 0, limit)
    }

    /// The same without the first hits, which somebody has seen already: they are ranked but not shown.
    pub fn find_from(&self, query: &str, skip: usize, limit: usize) -> Result<Found, Error> {
        let mut found = self.answer(&parse(query), skip, limit)?;
        if found.total == 0 {
            found.suggestion = suggest::suggest(self, query)?;
        }
        Ok(found)
    }

    /// How many pages answer.
    pub(crate) fn count(&self, query: &str) -> Result<usize, Error> {
        Ok(self.answer(&parse(query), 0, 0)?.total)
    }

    fn answer(&self, ask: &Ask, skip: usize, limit: usize) -> Result<Found, Error> {
        let (ranked, total) =
            ranked(&self.view, &Plan::new(ask, self.fields), skip.saturating_add(limit).min(MOST_HITS))
                .map_err(|e| self.damage(e))?;
        let mut known = Known::default();
        let shown = ranked.into_iter().skip(skip);
        let hits = shown.map(|(band, rank, address)| self.hit(ask, band, rank, address, &mut known));
        let mut hits = hits.collect::<Result<Vec<Hit>, Error>>()?;
        // Within a band hits are ranked already, but the key holds only the first half of an identifier.
        hits.sort_by(|a, b| {
            let rank = |hit: &Hit| (hit.band, Reverse((hit.score * 1000.0).round() as i64), hit.id, hit.page);
            rank(a).cmp(&rank(b))
        });
        Ok(Found { total, hits, suggestion: None })
    }

    fn hit(&self, ask: &Ask, band: Band, rank: Rank, address: DocAddress, known: &mut Known) -> Result<Hit, Error> {
        self.read(address, |entry, words| {
            let shown = show(words, ask, band, known);
            Hit {
                id: entry.id,
                page: entry.page,
                title: entry.title.to_owned(),
                number: entry.number.map(str::to_owned),
                score: rank.0 as f64 / 1000.0,
                band,
                snippet: shown.snippet,
                marked: shown.marked,
                boxes: shown.boxes,
            }
        })
    }

    /// Boxes of the words of one page that answer a query, on the displayed page: x, y, width, height in mm; from the
    /// first band that has any.
    pub fn boxes(&self, id: DocumentId, page: u32, query: &str) -> Result<Vec<[f64; 4]>, Error> {
        let of = TermQuery::new(Term::from_field_text(self.fields.id, &id.to_string()), IndexRecordOption::Basic);
        let pages = self.view.searcher.search(&of, &DocSetCollector).map_err(|e| self.damage(e))?;
        let at = pages.into_iter().find(|address| self.view.place(*address).1 == u64::from(page));
        let Some(address) = at else { return Ok(Vec::new()) };
        let ask = parse(query);
        self.read(address, |_, words| {
            let bands = [Band::Exact, Band::Folded, Band::Nearly];
            let mut known = Known::default();
            let found =
                bands.into_iter().map(|band| show(words, &ask, band, &mut known).boxes).find(|boxes| !boxes.is_empty());
            found.unwrap_or_default()
        })
    }

    /// Reads what is kept of a page.
    fn read<T>(&self, address: DocAddress, what: impl FnOnce(&Entry<'_>, &StoredPage<'_>) -> T) -> Result<T, Error> {
        let kept = self.view.kept(address).map_err(|e| self.damage(e))?;
        let read = unpack(&kept).and_then(|entry| Some(what(&entry, &StoredPage::from_bytes(entry.words)?)));
        read.ok_or_else(|| Error::DamagedPage { path: self.path.clone() })
    }

    pub(crate) fn damage(&self, source: TantivyError) -> Error {
        Error::Damaged { path: self.path.clone(), source }
    }
}

/// A page that answers: its band, its rank there, and where the engine has it.
type Ranked = (Band, Rank, DocAddress);

/// The best pages, band by band, and how many there are.
fn ranked(view: &View, plan: &Plan<'_>, limit: usize) -> tantivy::Result<(Vec<Ranked>, usize)> {
    let mut total = plan.answering().map_or(Ok(0), |query| view.searcher.search(&query, &Count))?;
    let mut ranked: Vec<Ranked> = Vec::new();
    // When a band leaves room, all it holds is known, and with it which pages are no news to the next.
    let known = |ranked: &[Ranked]| {
        let mut known: Vec<DocAddress> = ranked.iter().map(|(_, _, address)| *address).collect();
        known.sort_unstable();
        known
    };
    for band in [Band::Exact, Band::Folded] {
        if ranked.len() < limit.min(total)
            && let Some(question) = plan.question(band)
        {
            let found = best(view, &question, &known(&ranked), limit - ranked.len())?;
            ranked.extend(found.into_iter().map(|(rank, address)| (band, rank, address)));
        }
    }
    // Near answers are for those who have too few good ones.
    if (ranked.len() < limit || total == 0)
        && let Some(question) = plan.question(Band::Nearly)
    {
        let (found, count) = every(view, question.whole.as_ref(), &known(&ranked), limit - ranked.len())?;
        ranked.extend(found.into_iter().map(|(rank, address)| (Band::Nearly, rank, address)));
        total += count;
    }
    Ok((ranked, total))
}
