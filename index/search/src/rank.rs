//! The best pages of a band, without scoring every page that answers.
//!
//! The engine skips blocks of pages whose best word cannot reach the list any more. What it proposes so is only ever
//! too much: the floor given to it lies below what could still enter, and what stays is scored once more by the whole
//! query. The list is thus the one that scoring every page would give, and a test holds it.

use std::{cmp::Reverse, collections::BinaryHeap};

use tantivy::{
    DocAddress, DocId, DocSet as _, Score, Searcher, SegmentOrdinal, SegmentReader, TERMINATED,
    query::{EnableScoring, Query, Scorer, Weight},
    schema::Field,
};

use crate::view::View;

/// Greater is better: score in thousandths, then the smaller document key and page. Sums of scores differ in their last
/// bits with the order in which they are made; thousandths do not, but for one in some thousands, which is why a sum is
/// only ever taken from the whole query.
pub(crate) type Rank = (i64, Reverse<u64>, Reverse<u64>);

/// A band's question.
pub(crate) struct Question {
    /// Which pages answer and how well.
    pub(crate) whole: Box<dyn Query>,
    /// How not to look at every one of them.
    pub(crate) skipping: Option<Skipping>,
}

/// A question whose pages the engine can skip, because words of one field alone make most of the score.
pub(crate) struct Skipping {
    /// When that is more than one word: the words alone, and what makes a page better that it need not have.
    pub(crate) parts: Option<Parts>,
    /// The field.
    pub(crate) field: Field,
}

/// A question taken apart.
pub(crate) struct Parts {
    pub(crate) words: Box<dyn Query>,
    pub(crate) extras: Box<dyn Query>,
}

/// The best pages, best first, none of `known` among them; `known` is sorted.
pub(crate) fn best(
    view: &View,
    question: &Question,
    known: &[DocAddress],
    limit: usize,
) -> tantivy::Result<Vec<(Rank, DocAddress)>> {
    match &question.skipping {
        Some(skipping) => skip(view, question.whole.as_ref(), skipping, known, limit),
        None => Ok(every(view, question.whole.as_ref(), known, limit)?.0),
    }
}

/// The same by scoring every page, and how many there are.
pub(crate) fn every(
    view: &View,
    whole: &dyn Query,
    known: &[DocAddress],
    limit: usize,
) -> tantivy::Result<(Vec<(Rank, DocAddress)>, usize)> {
    let mut best = Best::new(limit);
    let searcher = &view.searcher;
    let mut count = 0;
    let weight = whole.weight(EnableScoring::enabled_from_searcher(searcher))?;
    for (segment, reader) in (0..).zip(searcher.segment_readers()) {
        let seen = Seen { segment, reader, known, scored: &[] };
        weight.for_each(reader, &mut |doc, score| {
            if seen.is_new(doc) {
                count += 1;
                best.offer(score, DocAddress::new(segment, doc));
            }
        })?;
    }
    Ok((best.ranked(view), count))
}

fn skip(
    view: &View,
    whole: &dyn Query,
    skipping: &Skipping,
    known: &[DocAddress],
    limit: usize,
) -> tantivy::Result<Vec<(Rank, DocAddress)>> {
    let mut best = Best::new(limit);
    let searcher = &view.searcher;
    let scoring = EnableScoring::enabled_from_searcher(searcher);
    let whole = whole.weight(scoring)?;
    let mut scored = vec![Vec::new(); searcher.segment_readers().len()];
    let mut words = None;
    if let Some(parts) = &skipping.parts {
        // Pages with extras first, each with its whole score: that raises the floor for all others.
        let extras = parts.extras.weight(EnableScoring::disabled_from_searcher(searcher))?;
        for ((segment, reader), docs) in (0..).zip(searcher.segment_readers()).zip(&mut scored) {
            extras.for_each_no_score(reader, &mut |some| docs.extend_from_slice(some))?;
            let seen = Seen { segment, reader, known, scored: &[] };
            score(whole.as_ref(), reader, docs.iter().copied(), |doc, score| {
                if seen.is_new(doc) {
                    best.offer(score, DocAddress::new(segment, doc));
                }
            })?;
        }
        words = Some(parts.words.weight(scoring)?);
    }
    let skipped = words.as_ref().unwrap_or(&whole);
    let everywhere = mean_words(searcher.segment_readers(), skipping.field)?;
    for ((segment, reader), scored) in (0..).zip(searcher.segment_readers()).zip(&scored) {
        let loose = looseness(mean_words(std::slice::from_ref(reader), skipping.field)?, everywhere);
        let seen = Seen { segment, reader, known, scored };
        skipped.for_each_pruning(loosened(best.floor, loose), reader, &mut |doc, score| {
            if seen.is_new(doc) {
                best.offer(score, DocAddress::new(segment, doc));
            }
            loosened(best.floor, loose)
        })?;
    }
    // A word alone has one score however it is walked.
    if words.is_some() {
        best.score_again(searcher, whole.as_ref())?;
    }
    Ok(best.ranked(view))
}

/// Scores those of some pages, given in their order, that answer.
fn score(
    weight: &dyn Weight,
    reader: &SegmentReader,
    docs: impl Iterator<Item = DocId>,
    mut found: impl FnMut(DocId, Score),
) -> tantivy::Result<()> {
    let mut docs = docs.peekable();
    if docs.peek().is_none() {
        return Ok(());
    }
    let mut scorer: Box<dyn Scorer> = weight.scorer(reader, 1.0)?;
    for doc in docs {
        if scorer.doc() < doc {
            scorer.seek(doc);
        }
        if scorer.doc() == TERMINATED {
            break;
        }
        if scorer.doc() == doc {
            found(doc, scorer.score());
        }
    }
    Ok(())
}

/// What of a segment is no news: pages deleted, pages known, pages scored already.
struct Seen<'a> {
    segment: SegmentOrdinal,
    reader: &'a SegmentReader,
    known: &'a [DocAddress],
    scored: &'a [DocId],
}

impl Seen<'_> {
    fn is_new(&self, doc: DocId) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc))
            && self.known.binary_search(&DocAddress::new(self.segment, doc)).is_err()
            && self.scored.binary_search(&doc).is_err()
    }
}

fn mean_words(readers: &[SegmentReader], field: Field) -> tantivy::Result<f32> {
    let (mut words, mut pages) = (0, 0);
    for reader in readers {
        words += reader.inverted_index(field)?.total_num_tokens();
        pages += u64::from(reader.max_doc());
    }
    Ok(words as f32 / pages as f32)
}

/// By how much a block's best page may score more than the engine keeps of it. It keeps the page that is best when
/// pages are as long as they are in this segment, scores that page as pages are long everywhere, and so misses what
/// another page of the block gains by it. The share of a word in a score is `f / (f + a + b·length/mean)`: another mean
/// changes each by no more than the means' ratio, so the two pages part by no more than its square.
fn looseness(here: f32, everywhere: f32) -> f32 {
    let ratio = f32::max(here / everywhere, everywhere / here);
    if ratio.is_finite() { ratio * ratio * 1.000_1 } else { f32::INFINITY }
}

fn loosened(floor: Score, loose: f32) -> Score {
    if floor > 0.0 { floor / loose } else { Score::MIN }
}

/// The best pages so far.
struct Best {
    limit: usize,
    /// Nothing at or below this can enter.
    floor: Score,
    /// The best scores, as many as are wanted.
    top: BinaryHeap<Reverse<u32>>,
    /// Every page that may be among the best; trimmed as it grows.
    kept: Vec<(Score, DocAddress)>,
    most: usize,
}

impl Best {
    fn new(limit: usize) -> Self {
        let floor = if limit == 0 { Score::INFINITY } else { Score::MIN };
        Self { limit, floor, top: BinaryHeap::new(), kept: Vec::new(), most: limit.saturating_mul(4) }
    }

    fn offer(&mut self, score: Score, address: DocAddress) {
        if score <= self.floor {
            return;
        }
        self.kept.push((score, address));
        self.raise_floor(score);
        if self.kept.len() > self.most {
            self.trim();
            self.most = (self.kept.len() * 2).max(self.limit * 4);
        }
    }

    fn raise_floor(&mut self, score: Score) {
        // Scores are never negative, and so ordered as their bits are.
        let score = score.to_bits();
        let full = self.top.len() == self.limit;
        // What is no better than the last of the best, as every page is to a word that stands on every page, raises nothing.
        if full && self.top.peek().is_some_and(|Reverse(last)| score <= *last) {
            return;
        }
        self.top.push(Reverse(score));
        if full {
            self.top.pop();
        }
        if self.top.len() == self.limit
            && let Some(Reverse(last)) = self.top.peek()
        {
            self.floor = below(Score::from_bits(*last));
        }
    }

    fn trim(&mut self) {
        let floor = self.floor;
        self.kept.retain(|(score, _)| *score > floor);
    }

    /// Gives what is kept the scores of the whole query.
    fn score_again(&mut self, searcher: &Searcher, whole: &dyn Weight) -> tantivy::Result<()> {
        self.trim();
        self.kept.sort_unstable_by_key(|(_, address)| *address);
        let mut again = Vec::with_capacity(self.kept.len());
        for some in self.kept.chunk_by(|(_, a), (_, b)| a.segment_ord == b.segment_ord) {
            let Some((_, DocAddress { segment_ord, .. })) = some.first().copied() else { continue };
            let docs = some.iter().map(|(_, address)| address.doc_id);
            score(whole, searcher.segment_reader(segment_ord), docs, |doc, score| {
                again.push((score, DocAddress::new(segment_ord, doc)));
            })?;
        }
        self.kept = again;
        Ok(())
    }

    fn ranked(mut self, view: &View) -> Vec<(Rank, DocAddress)> {
        self.trim();
        let rank = |(score, address): (Score, DocAddress)| {
            let (key, page) = view.place(address);
            ((thousandths(score), Reverse(key), Reverse(page)), address)
        };
        let mut ranked: Vec<(Rank, DocAddress)> = self.kept.into_iter().map(rank).collect();
        let best_first = |(rank, _): &(Rank, DocAddress)| Reverse(*rank);
        // Of very many that score alike only the best are put in order.
        if self.limit < ranked.len() {
            ranked.select_nth_unstable_by_key(self.limit, best_first);
            ranked.truncate(self.limit);
        }
        ranked.sort_unstable_by_key(best_first);
        ranked
    }
}

fn thousandths(score: Score) -> i64 {
    // Scores are never negative; `as` cuts off what lies behind the point.
    (f64::from(score) * 1000.0 + 0.5) as i64
}

/// A score that is less by more than a thousandth and than what the order of a sum can make of it.
fn below(score: Score) -> Score {
    score - 0.001_1 - score * 1e-5
}
