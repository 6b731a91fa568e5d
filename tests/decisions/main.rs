//! What a person decides, through the real binary: held and reviewed documents, the signing session, keys and media.

mod count;
mod key;
mod media;
mod place;
mod review;
mod secret;
mod signed;

use std::{path::Path, process::Output};

use mocban_tests::{
    drawn::{drawn, lay},
    sandbox::{Sandbox, json_lines},
};
use samples::papers::{
    fonts::Fonts,
    make,
    recipe::{Recipe, Set, recipes},
};
use serde_json::Value;

/// A home with more settings; a section that stands there already is replaced.
fn house(sandbox: Sandbox, settings: &[(&str, &str)]) -> Sandbox {
    sandbox.make();
    set(&sandbox, settings);
    sandbox
}

/// A home that reads no text: cheap where reading is not the point.
fn plain_house() -> Sandbox {
    house(Sandbox::new(), &[("recognize", "engine = \"none\"")])
}

fn set(sandbox: &Sandbox, settings: &[(&str, &str)]) {
    let path = sandbox.home().join("mocban.toml");
    let text = std::fs::read_to_string(&path).expect("settings");
    let mut table: toml::Table = text.parse().expect("settings");
    for (section, values) in settings {
        table.insert((*section).to_owned(), toml::Value::Table(values.parse().expect("settings")));
    }
    std::fs::write(&path, table.to_string()).expect("settings");
}

/// Makes the sample papers at these places.
fn papers(sandbox: &Sandbox, places: &[&str]) {
    let chosen: Vec<Recipe> =
        recipes(Set::Full).into_iter().filter(|recipe| places.contains(&recipe.place.as_str())).collect();
    assert_eq!(chosen.len(), places.len(), "the samples have these papers");
    let fonts = Fonts::load(Path::new("/usr/share/fonts/truetype/liberation2")).expect("fonts");
    make(&chosen, 754, &fonts, None, &sandbox.inbound(), &sandbox.beside("truth")).expect("papers");
}

/// Runs; gives the exit code and what it says of one document.
fn run(sandbox: &Sandbox, source: &str) -> (Option<i32>, Value) {
    let output = sandbox.mocban(&["run", "--json"]);
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    let document = json_lines(&output).into_iter().find(|object| object["source"] == source);
    (output.status.code(), document.expect(&problem))
}

fn show(sandbox: &Sandbox, source: &str) -> Value {
    sandbox.ask(&["show", source]).pop().expect("a document")
}

/// `hold decide` in English.
fn decide(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    sandbox.alone(&[&["--lang", "en", "hold", "decide"], arguments].concat())
}

fn accepted(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Refused: exit code 2, and the reason names all of this.
fn refused(output: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for word in words {
        assert!(said.contains(word), "{word:?} is not in: {said}");
    }
}

/// Sound for us: `verify` says valid.
fn valid(sandbox: &Sandbox, document: &Value) {
    let judged = sandbox.alone(&["verify", document["id"].as_str().expect("identity")]);
    assert_eq!(judged.status.code(), Some(0), "{}", String::from_utf8_lossy(&judged.stdout));
}

const QUESTIONS: &[&[&str]] = &[&["hold", "list"], &["status", "--documents"], &["book"]];

/// Register, index and work files lost; rebuilt from a copy, everything is answered as before.
fn rebuilt_the_same(sandbox: &Sandbox) {
    let answers = || -> Vec<Vec<Value>> { QUESTIONS.iter().map(|question| sandbox.ask(question)).collect() };
    let before = answers();
    rebuild(sandbox);
    for ((question, before), after) in QUESTIONS.iter().zip(before).zip(answers()) {
        assert_eq!(after, before, "{question:?} after a rebuild");
    }
}

/// Everything but scans and copies lost, and rebuilt from copy b.
fn rebuild(sandbox: &Sandbox) {
    for name in ["register.sqlite", "register.sqlite-wal", "register.sqlite-shm"] {
        drop(std::fs::remove_file(sandbox.home().join(name)));
    }
    for name in ["index", "work"] {
        std::fs::remove_dir_all(sandbox.home().join(name)).expect(name);
    }
    accepted(&sandbox.alone(&["rebuild", "--from", "b"]));
}

/// A part of a stored document, from copy a.
fn stored(sandbox: &Sandbox, document: &Value, part: &str) -> Value {
    let id = document["id"].as_str().expect("identity");
    let folder = walkdir::WalkDir::new(sandbox.home().join("copies/a/ocfl"))
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_type().is_dir() && entry.file_name().to_string_lossy().contains(id))
        .expect("the stored object");
    let bytes = std::fs::read(folder.path().join("v1/content").join(part)).expect(part);
    serde_json::from_slice(&bytes).expect("JSON")
}
