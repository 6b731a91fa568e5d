//! Answering: band by band, best first.

use std::cmp::Reverse;

use model::DocumentId;
use serde::Serialize;
use tantivy::{
    DocAddress, Searcher, TantivyDocument, TantivyError, Term,
    collector::{Count, DocSetCollector},
    query::{Query, TermQuery},
    schema::{Field, IndexRecordOption, Value as _},
};

use crate::{
    Error, Index,
    highlight::show,
    query::{Ask, Band, Plan, parse},
    rank::{Rank, best, every},
    stored::StoredPage,
    suggest,
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
        let searcher = self.reader.searcher();
        let (ranked, total) =
            ranked(&searcher, &Plan::new(ask, self.fields), skip.saturating_add(limit).min(MOST_HITS))
                .map_err(|e| self.damage(e))?;
        let shown = ranked.into_iter().skip(skip);
        let hits = shown.map(|(band, rank, address)| self.hit(&searcher, ask, band, rank, address));
        let mut hits = hits.collect::<Result<Vec<Hit>, Error>>()?;
        // Within a band hits are ranked already, but the key holds only the first half of an identifier.
        hits.sort_by(|a, b| {
            let rank = |hit: &Hit| (hit.band, Reverse((hit.score * 1000.0).round() as i64), hit.id, hit.page);
            rank(a).cmp(&rank(b))
        });
        Ok(Found { total, hits, suggestion: None })
    }

    fn hit(&self, searcher: &Searcher, ask: &Ask, band: Band, rank: Rank, address: DocAddress) -> Result<Hit, Error> {
        let entry: TantivyDocument = searcher.doc(address).map_err(|e| self.damage(e))?;
        let text = |field: Field| entry.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let missing = |what: &str| self.damage(TantivyError::InternalError(format!("an entry has no {what}")));
        let id = text(self.fields.id).and_then(|id| id.parse().ok()).ok_or_else(|| missing("id"))?;
        let page = entry.get_first(self.fields.page).and_then(|value| value.as_u64()).ok_or_else(|| missing("page"))?;
        let words =
            entry.get_first(self.fields.words).and_then(|value| value.as_bytes()).ok_or_else(|| missing("words"))?;
        let words = StoredPage::from_bytes(words).ok_or_else(|| Error::DamagedPage { path: self.path.clone() })?;
        let shown = show(&words, ask, band);
        Ok(Hit {
            id,
            page: u32::try_from(page).unwrap_or(u32::MAX),
            title: text(self.fields.title).unwrap_or_default(),
            number: text(self.fields.number),
            score: rank.0 as f64 / 1000.0,
            band,
            snippet: shown.snippet,
            marked: shown.marked,
            boxes: shown.boxes,
        })
    }

    /// Boxes of the words of one page that answer a query, on the displayed page: x, y, width, height in mm; from the
    /// first band that has any.
    pub fn boxes(&self, id: DocumentId, page: u32, query: &str) -> Result<Vec<[f64; 4]>, Error> {
        let searcher = self.reader.searcher();
        let of = |field, text: &str| -> Box<dyn Query> {
            Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
        };
        let pages =
            searcher.search(&of(self.fields.id, &id.to_string()), &DocSetCollector).map_err(|e| self.damage(e))?;
        let ask = parse(query);
        for address in pages {
            let entry: TantivyDocument = searcher.doc(address).map_err(|e| self.damage(e))?;
            if entry.get_first(self.fields.page).and_then(|value| value.as_u64()) != Some(u64::from(page)) {
                continue;
            }
            let Some(words) = entry.get_first(self.fields.words).and_then(|value| value.as_bytes()) else { continue };
            let words = StoredPage::from_bytes(words).ok_or_else(|| Error::DamagedPage { path: self.path.clone() })?;
            let bands = [Band::Exact, Band::Folded, Band::Nearly];
            let found = bands.into_iter().map(|band| show(&words, &ask, band).boxes).find(|boxes| !boxes.is_empty());
            return Ok(found.unwrap_or_default());
        }
        Ok(Vec::new())
    }

    pub(crate) fn damage(&self, source: TantivyError) -> Error {
        Error::Damaged { path: self.path.clone(), source }
    }
}

/// The best pages, band by band, and how many there are.
fn ranked(
    searcher: &Searcher,
    plan: &Plan<'_>,
    limit: usize,
) -> tantivy::Result<(Vec<(Band, Rank, DocAddress)>, usize)> {
    let mut total = plan.answering().map_or(Ok(0), |query| searcher.search(&query, &Count))?;
    let mut ranked: Vec<(Band, Rank, DocAddress)> = Vec::new();
    // When a band leaves room, all it holds is known, and with it which pages are no news to the next.
    let known = |ranked: &[(Band, Rank, DocAddress)]| {
        let mut known: Vec<DocAddress> = ranked.iter().map(|(_, _, address)| *address).collect();
        known.sort_unstable();
        known
    };
    for band in [Band::Exact, Band::Folded] {
        if ranked.len() < limit.min(total)
            && let Some(question) = plan.question(band)
        {
            let found = best(searcher, &question, &known(&ranked), limit - ranked.len())?;
            ranked.extend(found.into_iter().map(|(rank, address)| (band, rank, address)));
        }
    }
    // Near answers are for those who have too few good ones.
    if (ranked.len() < limit || total == 0)
        && let Some(question) = plan.question(Band::Nearly)
    {
        let (found, count) = every(searcher, question.whole.as_ref(), &known(&ranked), limit - ranked.len())?;
        ranked.extend(found.into_iter().map(|(rank, address)| (Band::Nearly, rank, address)));
        total += count;
    }
    Ok((ranked, total))
}
