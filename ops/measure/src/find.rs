//! Texts into the index, and what questions to it cost.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, BufWriter, Write as _},
    path::Path,
};

use anyhow::Result;
use model::{Description, DocumentId, Line, PageWords, RectPx, Sha256, Word};
use search::{Index, IndexedDocument};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::meter::{Meter, peak_kib};

/// As many pages are committed together, here and by the peers.
const COMMIT: u64 = 5_000;
/// A question is asked again until so much CPU was spent on it, so that the clock can tell.
const ENOUGH_S: f64 = 0.02;
const ROUNDS_MAX: u32 = 100;

#[derive(Deserialize)]
struct Text {
    page: u64,
    text: String,
}

#[derive(Deserialize)]
struct Question {
    kind: String,
    query: String,
}

/// Indexes every page of `texts`, a document each.
pub(crate) fn index(texts: &Path, to: &Path) -> Result<Value> {
    let mut index = Index::open(to)?;
    let meter = Meter::start();
    let (mut pages, mut bytes) = (0, 0);
    for line in BufReader::new(File::open(texts)?).lines() {
        let Text { page, text } = serde_json::from_str(&line?)?;
        let words = [page_words(&text)];
        let title = page.to_string();
        index.add(&IndexedDocument {
            id: DocumentId::of_content(&[Sha256::of(title.as_bytes())]),
            title: &title,
            number: None,
            description: &Description::default(),
            pages: &words,
            source: &title,
        })?;
        pages += 1;
        bytes += text.len();
        if page % COMMIT == 0 {
            index.commit(page)?;
        }
    }
    index.commit(pages)?;
    Ok(json!({
        "pages": pages, "text_bytes": bytes, "cpu_s": meter.cpu_s(), "wall_s": meter.wall_s(), "peak_kib": peak_kib(),
    }))
}

/// Asks every question and writes, a line each, what it cost and the pages that answered, best first.
pub(crate) fn ask(at: &Path, queries: &Path, skip: usize, limit: usize, to: &Path) -> Result<Value> {
    let index = Index::open(at)?;
    let mut out = BufWriter::new(File::create(to)?);
    let mut asked = 0;
    for line in BufReader::new(File::open(queries)?).lines() {
        let Question { kind, query } = serde_json::from_str(&line?)?;
        let typed = if kind == "phrase" { format!("\"{query}\"") } else { query.clone() };
        let found = index.find_from(&typed, skip, limit)?;
        let (meter, mut rounds) = (Meter::start(), 0);
        while rounds < ROUNDS_MAX && (rounds == 0 || meter.cpu_s() < ENOUGH_S) {
            index.find_from(&typed, skip, limit)?;
            rounds += 1;
        }
        let cpu_ms = meter.cpu_s() * 1e3 / f64::from(rounds);
        let bands = |band: &str| found.hits.iter().filter(|hit| hit.band.name() == band).count();
        let pages: Vec<u64> = found.hits.iter().filter_map(|hit| hit.title.parse().ok()).collect();
        let line = json!({
            "kind": kind, "query": query, "cpu_ms": cpu_ms, "total": found.total, "pages": pages,
            "nearly": bands("nearly"),
        });
        writeln!(out, "{line}")?;
        asked += 1;
    }
    out.flush()?;
    Ok(json!({ "asked": asked, "peak_kib": peak_kib() }))
}

/// Ten words to a line, as a page at 254 dpi.
fn page_words(text: &str) -> PageWords {
    let words: Vec<&str> = text.split_whitespace().collect();
    let word = |row: usize, column: usize, text: &str| Word {
        text: text.to_owned(),
        confidence: 0.9,
        rect: RectPx { x: 200 * column as u32, y: 80 * row as u32, width: 190, height: 50 },
    };
    let lines = words.chunks(10).enumerate().map(|(row, words)| Line {
        words: words.iter().enumerate().map(|(column, text)| word(row, column, text)).collect(),
        baseline_x: 0.0,
        baseline_y: 0.0,
        angle_deg: 0.0,
        height_px: 50.0,
        block: 0,
    });
    PageWords { lines: lines.collect(), confidence: 0.9, ..PageWords::unread(1, (2100, 2970), (254.0, 254.0)) }
}
