//! What became of each document, against what the samples say must become of it.

use serde_json::Value;

use crate::{House, Wrong};

pub(crate) fn as_expected(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    for truth in &house.truth {
        let Some(document) = house.documents.get(&truth.source) else {
            wrong.push(format!("{}: not reported", truth.source));
            continue;
        };
        let text = |key: &str| document[key].as_str().map(str::to_owned);
        let twin = truth.expected.duplicate_of.as_ref().and_then(|source| house.documents[source]["id"].as_str());
        let pairs = [
            ("state", text("state"), Some(truth.expected.state.clone())),
            ("reason", text("reason"), truth.expected.reason.clone()),
            ("duplicate_of", text("duplicate_of"), twin.map(str::to_owned)),
        ];
        for (key, found, expected) in pairs {
            if found != expected {
                let detail = &document["detail"];
                wrong.push(format!("{} ({}): {key} {found:?}, not {expected:?} {detail}", truth.source, truth.odd));
            }
        }
    }
    let waits = house.truth.iter().any(|truth| matches!(truth.expected.state.as_str(), "held" | "waiting"));
    let code = if waits { 20 } else { 0 };
    if house.run.status.code() != Some(code) {
        wrong.push(format!("exit code {:?}, not {code}", house.run.status.code()));
    }
    wrong
}

pub(crate) fn certified_and_stored(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    let mut numbers = Vec::new();
    for (source, document) in house.documents.iter().filter(|(_, d)| d["state"] == "done") {
        if document["level"] != "B-LTA" {
            wrong.push(format!("{source}: level {}", document["level"]));
        }
        numbers.extend(document["certification"]["number"].as_u64());
        let verified = document["copies"]
            .as_array()
            .is_some_and(|copies| copies.len() == 2 && copies.iter().all(|copy| copy["state"] == "verified"));
        if !verified {
            wrong.push(format!("{source}: copies {}", document["copies"]));
        }
        wrong.extend(misplaced(&document["placement"]).map(|why| format!("{source}: mark {why}")));
    }
    numbers.sort_unstable();
    let gapless: Vec<u64> = (1..=numbers.len() as u64).collect();
    if numbers != gapless {
        wrong.push(format!("numbers {numbers:?} have gaps"));
    }
    wrong
}

/// Điều 13.3: at the top left, inside the page.
fn misplaced(placement: &Value) -> Option<String> {
    let at = |key: &str| placement[key].as_f64().unwrap_or(f64::NAN);
    let inside = at("x_mm") >= 0.0
        && at("y_mm") >= 0.0
        && at("x_mm") + at("width_mm") <= at("page_w_mm")
        && at("y_mm") + at("height_mm") <= at("page_h_mm");
    let first = placement["page"] == 1;
    (!inside || !first || at("clearance_mm") < 1.9).then(|| placement.to_string())
}

pub(crate) fn originals(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    for (source, document) in &house.documents {
        let there = house.sandbox.inbound().join(source).exists();
        let should = document["state"] != "done";
        if there != should {
            wrong.push(format!(
                "{source} is {} and its scan {}",
                document["state"],
                if there { "stays" } else { "is gone" }
            ));
        }
    }
    wrong
}
