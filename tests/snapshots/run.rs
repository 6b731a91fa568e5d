//! One small run through the real chain: the text of its sealed page, and the events it left in the register.
//!
//! The paper is made from a fixed seed, so its words vary with the text recognition alone (Debian 12's tesseract 5.3.0 and
//! tesseract-ocr-vie). Its two neighbours are the same paper again, and a file that is no scan; a person rejects that one.

use std::{fs, process::Command, sync::Arc};

use mocban_tests::{
    sandbox::{Sandbox, json_lines},
    snapshot,
};
use model::SystemClock;
use register::{Record, Register};
use serde_json::Value;

#[test]
fn the_sealed_page_and_its_events() {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox.set("[inbound]\nsettle_s = 0\nincomplete_after_s = 0\n");
    sandbox.drop_bench(1, 1, 1);
    lay_neighbours(&sandbox);
    let run = sandbox.mocban(&["run", "--json"]);
    let documents: Vec<Value> =
        json_lines(&run).into_iter().filter(|object| object["schema"] == "mocban.document/1").collect();
    let done: Vec<&Value> = documents.iter().filter(|document| document["state"] == "done").collect();
    assert_eq!((documents.len(), done.len()), (3, 1), "{documents:?}");
    reject(&sandbox, documents.iter().find(|document| document["state"] == "held").expect("one is held"));
    snapshot::compare("sealed-page.txt", &page_text(&sandbox, done[0]));
    snapshot::compare("events.txt", &events(&sandbox));
}

/// The same paper once more, and a file that is no scan.
fn lay_neighbours(sandbox: &Sandbox) {
    let file = sandbox.inbound().join("bench/01/000");
    fs::create_dir_all(file.join("0002")).expect("a folder");
    fs::copy(file.join("0001/001.jpg"), file.join("0002/001.jpg")).expect("the same paper");
    fs::write(file.join("0003.jpg"), "no scan").expect("a file");
}

fn reject(sandbox: &Sandbox, held: &Value) {
    let source = held["source"].as_str().expect("source");
    let said = ["hold", "decide", source, "reject", "--by", "An", "--why", "không phải bản quét"];
    let decided = sandbox.alone(&said);
    assert!(decided.status.success(), "{}", String::from_utf8_lossy(&decided.stderr));
}

/// The text of the sealed page. What varies from run to run is
/// the year of the register and the time of sealing: the figures of those two lines of the mark are all shown as 9.
fn page_text(sandbox: &Sandbox, document: &Value) -> String {
    let id = document["id"].as_str().expect("identity");
    let to = sandbox.beside("export");
    let exported = sandbox.alone(&["export", id, "--to", to.to_str().expect("path")]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let output = Command::new("pdftotext")
        .arg("-layout")
        .arg(to.join(id).join("document.pdf"))
        .arg("-")
        .output()
        .expect("pdftotext (poppler-utils)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.split_inclusive('\n').map(|line| if varies_in_mark(line) { figures(line) } else { line.to_owned() }).collect()
}

fn varies_in_mark(line: &str) -> bool {
    ["Số chứng thực: ", "Thời gian ký: "].iter().any(|label| line.contains(label))
}

/// A line with its figures made alike.
fn figures(line: &str) -> String {
    line.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect()
}

/// The events, document by document, since the lanes work side by side.
fn events(sandbox: &Sandbox) -> String {
    let path = sandbox.home().join("register.sqlite");
    let register = Register::open_to_read(&path, Arc::new(SystemClock)).expect("the register");
    let lines = register.lines_after(0, usize::MAX >> 1).expect("events");
    let records: Vec<Record> =
        lines.iter().map(|(seq, line, _)| Record::from_line(*seq, line).expect("an event")).collect();
    let of = |job: Option<i64>| records.iter().filter(move |record| record.job == job).map(told).collect::<String>();
    let documents =
        register.jobs().expect("jobs").into_iter().map(|job| format!("{}\n{}\n", job.source, of(Some(job.no))));
    format!("{}the home itself\n{}", documents.collect::<String>(), of(None))
}

/// One event: kind and fields as they are, facts and files by name and form, since their values are digests, times, sizes.
fn told(record: &Record) -> String {
    let mut event = serde_json::to_value(&record.event).expect("JSON");
    let kind = event.as_object_mut().and_then(|fields| fields.remove("kind")).expect("a kind");
    for (key, value) in event.as_object_mut().expect("an object") {
        if varies(key) {
            *value = form(value).into();
        }
    }
    let mut lines = vec![format!("  {} {event} by {}", kind.as_str().expect("a name"), record.actor)];
    lines.extend(record.facts.iter().map(|(name, value)| format!("      {name}: {}", form(value))));
    lines.extend(record.artifacts.iter().map(|artifact| format!("      file {}", artifact.name)));
    lines.join("\n") + "\n"
}

/// Fields of events whose values are another's at every run.
fn varies(key: &str) -> bool {
    matches!(key, "of" | "medium" | "year")
}

/// What a value is, without saying it.
fn form(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "yes or no".to_owned(),
        Value::Number(_) => "number".to_owned(),
        Value::String(text) => text_form(text).to_owned(),
        Value::Array(items) => {
            let forms: std::collections::BTreeSet<String> = items.iter().map(form).collect();
            format!("[{}]", forms.into_iter().collect::<Vec<_>>().join(" or "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields.iter().map(|(key, value)| format!("{key}: {}", form(value))).collect();
            format!("{{{}}}", fields.join(", "))
        }
    }
}

fn text_form(text: &str) -> &'static str {
    if text.parse::<model::DocumentId>().is_ok() {
        "identity"
    } else if text.parse::<jiff::Timestamp>().is_ok() {
        "time"
    } else if text.len().is_multiple_of(64) && !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_hexdigit()) {
        "digest"
    } else {
        "text"
    }
}
