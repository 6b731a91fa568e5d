//! The answer is the one that scoring every page would give.

use tantivy::{DocAddress, DocSet as _, TERMINATED, query::EnableScoring};

use super::*;

/// Stands on every page, so that all of them score nearly alike.
const EVERYWHERE: &str = "chung";

/// Pages of a few words in three segments, whose pages are short, middling and long, some of them taken out again.
fn many() -> Archive {
    const WORDS: [&str; 12] =
        ["đảng", "bộ", "dang", "bo", "tỉnh", "đáng", "bố", "ủy", "ban", "bàn", "754-QĐ/TU", "nhiệm"];
    let mut state = 7_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) as usize % below) * ((state >> 13) as usize % below) / below
    };
    let mut archive = Archive::new();
    for (segment, length) in [4, 12, 40].into_iter().enumerate() {
        for paper in 0..300 {
            let pages: Vec<PageWords> = (1..=3)
                .map(|number| {
                    let text: Vec<&str> = (0..=next(length)).map(|_| WORDS[next(WORDS.len())]).collect();
                    page(number, &format!("{EVERYWHERE} {}", text.join(" ")))
                })
                .collect();
            archive.add(&format!("{segment} {paper}"), &pages, &Description::default());
        }
        archive.index.commit(1).expect("commit");
    }
    for paper in 0..30 {
        archive.index.remove(id(&format!("1 {}", paper * 7))).expect("remove");
    }
    archive.index.commit(2).expect("commit");
    archive
}

/// The answer by scoring every page: band, thousandths, document, page; and how many there are.
fn plainly(index: &Index, query: &str, limit: usize) -> (Vec<(Band, i64, u64, u64)>, usize) {
    let ask = query::parse(query);
    let plan = query::Plan::new(&ask, index.fields);
    let searcher = &index.view.searcher;
    let mut seen = std::collections::BTreeSet::new();
    let mut hits = Vec::new();
    for band in [Band::Exact, Band::Folded, Band::Nearly] {
        if band == Band::Nearly && hits.len() >= limit && !seen.is_empty() {
            break;
        }
        let Some(question) = plan.question(band) else { continue };
        let weight = question.whole.weight(EnableScoring::enabled_from_searcher(searcher)).expect("a weight");
        let mut found = Vec::new();
        for (segment, reader) in (0..).zip(searcher.segment_readers()) {
            let column = |name| reader.fast_fields().u64(name).expect("a column").first_or_default_col(0);
            let (keys, pages) = (column("key"), column("page"));
            let mut scorer = weight.scorer(reader, 1.0).expect("a scorer");
            while scorer.doc() != TERMINATED {
                let doc = scorer.doc();
                let alive = reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc));
                if alive && seen.insert(DocAddress::new(segment, doc)) {
                    let score = (f64::from(scorer.score()) * 1000.0).round() as i64;
                    found.push((band, -score, keys.get_val(doc), pages.get_val(doc)));
                }
                scorer.advance();
            }
        }
        found.sort_unstable();
        hits.extend(found);
    }
    let total = seen.len();
    hits.truncate(limit);
    (hits, total)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 300, ..Default::default() })]

    /// Pages are skipped, totals counted apart and bands left out; the answer is the one of scoring every page.
    #[test]
    fn skipping_changes_no_answer(
        words in proptest::collection::vec("-?(đảng|bộ|dang|bo|tỉnh|đáng|bố|ủy|ban|bàn|nhiệm|nhiem|chung|không)|754-QĐ/TU|\"(đảng|dang) (bộ|bo)\"|\"ban đảng bộ\"", 1..5),
        limit in proptest::sample::select(vec![0_usize, 1, 3, 20, 200]),
    ) {
        static ARCHIVE: std::sync::LazyLock<Archive> = std::sync::LazyLock::new(many);
        let query = words.join(" ");
        let found = ARCHIVE.index.find(&query, limit).expect("an answer");
        let hits: Vec<(Band, i64, u64, u64)> = found
            .hits
            .iter()
            .map(|hit| (hit.band, -(hit.score * 1000.0).round() as i64, index::key(hit.id), u64::from(hit.page)))
            .collect();
        proptest::prop_assert_eq!((hits, found.total), plainly(&ARCHIVE.index, &query, limit), "{}", query);
    }
}
