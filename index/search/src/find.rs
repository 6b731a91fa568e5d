//! Answering: band by band, best first.

use std::cmp::Reverse;

use model::DocumentId;
use serde::Serialize;
use tantivy::{
    DocAddress, DocId, Score, Searcher, SegmentReader, TantivyDocument, TantivyError, Term,
    collector::{Count, DocSetCollector, TopDocs},
    query::{Query, TermQuery},
    schema::{Field, IndexRecordOption, Value as _},
};

use crate::{
    Error, Index,
    highlight::show,
    query::{Ask, Band, Plan, parse},
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

/// Greater is better: score in thousandths, then the smaller document key and page. Sums of scores differ in their last
/// bits with the order in which they are made; thousandths do not.
type Rank = (i64, Reverse<u64>, Reverse<u64>);

impl Index {
    /// Finds the pages that answer a query; any string is one.
    pub fn find(&self, query: &str, limit: usize) -> Result<Found, Error> {
        let mut found = self.answer(&parse(query), limit.min(MOST_HITS))?;
        if found.total == 0 {
            found.suggestion = suggest::suggest(self, query)?;
        }
        Ok(found)
    }

    /// How many pages answer.
    pub(crate) fn count(&self, query: &str) -> Result<usize, Error> {
        Ok(self.answer(&parse(query), 0)?.total)
    }

    fn answer(&self, ask: &Ask, limit: usize) -> Result<Found, Error> {
        let searcher = self.reader.searcher();
        let plan = Plan::new(ask, self.fields);
        let mut found = Found::default();
        for band in [Band::Exact, Band::Folded, Band::Nearly] {
            // Near answers are for those who have too few good ones.
            if band == Band::Nearly && found.hits.len() >= limit && found.total > 0 {
                break;
            }
            let Some(query) = plan.query(band) else { continue };
            let (ranked, count) = ranked(&searcher, query.as_ref(), limit).map_err(|e| self.damage(e))?;
            found.total += count;
            for (rank, address) in ranked.into_iter().take(limit - found.hits.len()) {
                found.hits.push(self.hit(&searcher, ask, band, rank, address)?);
            }
        }
        // Within a band hits are ranked already, but the key holds only the first half of an identifier.
        found.hits.sort_by(|a, b| {
            let rank = |hit: &Hit| (hit.band, Reverse((hit.score * 1000.0).round() as i64), hit.id, hit.page);
            rank(a).cmp(&rank(b))
        });
        Ok(found)
    }

    fn hit(&self, searcher: &Searcher, ask: &Ask, band: Band, rank: Rank, address: DocAddress) -> Result<Hit, Error> {
        let entry: TantivyDocument = searcher.doc(address).map_err(|e| self.damage(e))?;
        let text = |field: Field| entry.get_first(field).and_then(|value| value.as_str()).map(str::to_owned);
        let missing = |what: &str| self.damage(TantivyError::InternalError(format!("an entry has no {what}")));
        let id = text(self.fields.id).and_then(|id| id.parse().ok()).ok_or_else(|| missing("id"))?;
        let page = entry.get_first(self.fields.page).and_then(|value| value.as_u64()).ok_or_else(|| missing("page"))?;
        let words =
            entry.get_first(self.fields.words).and_then(|value| value.as_bytes()).ok_or_else(|| missing("words"))?;
        let words =
            StoredPage::from_bytes(words).map_err(|source| Error::DamagedPage { path: self.path.clone(), source })?;
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
            let words = StoredPage::from_bytes(words)
                .map_err(|source| Error::DamagedPage { path: self.path.clone(), source })?;
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

fn ranked(searcher: &Searcher, query: &dyn Query, limit: usize) -> tantivy::Result<(Vec<(Rank, DocAddress)>, usize)> {
    if limit == 0 {
        return Ok((Vec::new(), searcher.search(query, &Count)?));
    }
    let best = TopDocs::with_limit(limit).tweak_score(|segment: &SegmentReader| {
        let column = |name| segment.fast_fields().u64(name).ok().map(|column| column.first_or_default_col(0));
        let (key, page) = (column("key"), column("page"));
        move |doc: DocId, score: Score| -> Rank {
            let value = |column: &Option<_>| value(column.as_ref(), doc);
            ((f64::from(score) * 1000.0).round() as i64, Reverse(value(&key)), Reverse(value(&page)))
        }
    });
    searcher.search(query, &(best, Count))
}

fn value(column: Option<&std::sync::Arc<dyn tantivy::columnar::ColumnValues<u64>>>, doc: DocId) -> u64 {
    column.map_or(0, |column| column.get_val(doc))
}
