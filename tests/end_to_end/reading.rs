//! Text and fields against the truth, and whether they are found again.

use std::collections::BTreeMap;

use samples::papers::{score, truth::Truth};
use serde_json::Value;

use crate::{House, Wrong, fidelity};

/// Mean character error over the samples' pages; it may only fall.
const CHARACTER_ERROR_MAX: f64 = 0.014;
/// Fields read rightly of those read, and of those that are there; they may only rise.
const PRECISION_MIN: f64 = 0.95;
const RECALL_MIN: f64 = 0.85;

pub(crate) fn text_fields_and_search(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    let (mut errors, mut pages) = (0.0, 0.0);
    let mut scores = BTreeMap::new();
    for truth in &house.truth {
        let Some(document) = house.documents.get(&truth.source).filter(|d| d["state"] == "done") else { continue };
        let Some(sealed) = house.sealed.get(&truth.source) else { continue };
        // The mark is text too, and not the scan's.
        let Some(pdf) = fidelity::unsealed(house, document, sealed) else {
            wrong.push(format!("{}: the revision before the seal is not found", truth.source));
            continue;
        };
        for (index, page) in truth.pages.iter().enumerate().filter(|(_, page)| !page.lines.is_empty()) {
            let read = pdftotext(&pdf, index + 1);
            let error = score::character_error_rate_any_order(&page.text(), &read);
            println!("  {} page {}: character error {:.3}", truth.source, index + 1, error);
            errors += error;
            pages += 1.0;
        }
        score::score_fields(&mut scores, &truth.fields, &fields(document));
        wrong.extend(found_again(house, truth, document));
    }
    let mean = errors / f64::max(pages, 1.0);
    println!("  mean character error {mean:.4} over {pages} pages");
    if mean > CHARACTER_ERROR_MAX {
        wrong.push(format!("mean character error {mean:.4} is over {CHARACTER_ERROR_MAX}"));
    }
    let mut all = score::FieldScore::default();
    for (field, score) in &scores {
        println!("  {field}: precision {:.2}, recall {:.2}", score.precision(), score.recall());
        all.known += score.known;
        all.answered += score.answered;
        all.right += score.right;
    }
    println!("  all fields: precision {:.3}, recall {:.3}", all.precision(), all.recall());
    if all.precision() < PRECISION_MIN || all.recall() < RECALL_MIN {
        wrong.push(format!("fields: precision {:.3}, recall {:.3}", all.precision(), all.recall()));
    }
    wrong
}

fn pdftotext(pdf: &std::path::Path, page: usize) -> String {
    let page = page.to_string();
    let output = std::process::Command::new("pdftotext")
        .args(["-f", &page, "-l", &page])
        .arg(pdf)
        .arg("-")
        .output()
        .expect("pdftotext");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn fields(document: &Value) -> BTreeMap<String, String> {
    let described = document["description"].as_object().into_iter().flatten();
    described.filter_map(|(name, field)| Some((name.clone(), field["value"].as_str()?.to_owned()))).collect()
}

/// The number that was read, and the abstract with and without accents, find the document.
fn found_again(house: &House, truth: &Truth, document: &Value) -> Wrong {
    let mut wrong = Vec::new();
    let read = fields(document);
    let mut queries = Vec::new();
    if let (Some(number), Some(notation)) = (read.get("number"), read.get("notation")) {
        queries.push(format!("{number}-{notation}"));
    }
    if let Some(subject) = read.get("subject") {
        let words: Vec<&str> = subject.split_whitespace().take(5).collect();
        queries.push(words.join(" "));
        queries.push(without_accents(&words.join(" ")));
    }
    for query in queries {
        let answer = house.sandbox.ask(&["search", "--limit", "50", "--", &query]);
        let hits = answer.first().and_then(|a| a["hits"].as_array().cloned()).unwrap_or_default();
        if !hits.iter().any(|hit| hit["id"] == document["id"]) {
            wrong.push(format!("{}: “{query}” does not find it", truth.source));
        }
    }
    wrong
}

fn without_accents(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            other => other,
        })
        .collect()
}
