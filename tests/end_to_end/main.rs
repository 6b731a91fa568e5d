//! The samples through the real binary, seen as a person and as other people's tools see them.
//!
//! One chain serves all questions; every section answers with what is wrong, and the test tells all of it.

#![expect(clippy::print_stdout, reason = "the figures are part of the answer")]

mod fidelity;
mod judged;
mod outcomes;
mod reading;
mod recovery;

use std::{collections::BTreeMap, path::PathBuf, process::Output};

use mocban_tests::sandbox::{Sandbox, json_lines};
use samples::papers::truth::Truth;
use serde_json::Value;

/// What one run over the samples left behind.
struct House {
    sandbox: Sandbox,
    truth: Vec<Truth>,
    run: Output,
    /// `mocban.document/1` by source.
    documents: BTreeMap<String, Value>,
    /// Exported sealed files by source.
    sealed: BTreeMap<String, PathBuf>,
}

/// One group of questions.
type Section = fn(&House) -> Wrong;
/// What a section found wrong.
type Wrong = Vec<String>;

impl House {
    fn build() -> Self {
        let sandbox = Sandbox::new();
        sandbox.make();
        let truth_folder = sandbox.drop_all_papers();
        let truth = Truth::read_all(&truth_folder).expect("the samples' truth");
        let run = sandbox.mocban(&["run", "--json"]);
        let documents: BTreeMap<String, Value> = json_lines(&run)
            .into_iter()
            .filter(|object| object["schema"] == "mocban.document/1")
            .map(|object| (object["source"].as_str().expect("source").to_owned(), object))
            .collect();
        let mut sealed = BTreeMap::new();
        for (source, document) in documents.iter().filter(|(_, d)| d["state"] == "done") {
            let id = document["id"].as_str().expect("identity");
            let to = sandbox.beside("export");
            let exported = sandbox.alone(&["export", id, "--to", to.to_str().expect("path")]);
            assert!(exported.status.success(), "export: {}", String::from_utf8_lossy(&exported.stderr));
            sealed.insert(source.clone(), to.join(id).join("document.pdf"));
        }
        Self { sandbox, truth, run, documents, sealed }
    }

    fn files(&self) -> Vec<PathBuf> {
        self.sealed.values().cloned().collect()
    }
}

#[test]
fn samples_go_the_whole_way() {
    let house = House::build();
    let sections: [(&str, Section); 12] = [
        ("outcomes", outcomes::as_expected),
        ("certified", outcomes::certified_and_stored),
        ("originals", outcomes::originals),
        ("verify", judged::our_verdicts),
        ("java judges", judged::vera_and_dss),
        ("pyHanko", judged::pyhanko),
        ("qpdf", judged::qpdf),
        ("OCFL", judged::ocfl),
        ("placement", fidelity::mark_on_blank_paper),
        ("pixels", fidelity::pixels_untouched),
        ("reading", reading::text_fields_and_search),
        ("recovery", recovery::rebuilt_and_tampered),
    ];
    let mut wrong = Vec::new();
    for (name, section) in sections {
        let found = section(&house);
        println!("{name}: {}", if found.is_empty() { "ok".to_owned() } else { format!("{} wrong", found.len()) });
        wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
    }
    let log = String::from_utf8_lossy(&house.run.stderr).into_owned();
    assert!(wrong.is_empty(), "\n{}\n--- run said ---\n{log}", wrong.join("\n"));
}
