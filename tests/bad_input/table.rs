//! One row an input: what becomes of it, in which words, at what cost. The rows stand in docs/bad-input.md.

use std::{collections::BTreeMap, fmt::Write as _, process::Command};

use messages::Lang;
use mocban_tests::{
    meter::measured,
    sandbox::{Sandbox, binary, json_lines, root},
};
use samples::hostile::{self, Hostile};
use serde_json::Value;

/// What becomes of each input: `done`, or the reason of the hold and the code of its message.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("zero bytes, .pdf", "unreadable", "held-unreadable"),
    ("zero bytes, .jpg", "unreadable", "held-unreadable"),
    ("text named .pdf", "unsupported", "E-INTAKE-04"),
    ("a program named .tif", "unsupported", "E-INTAKE-04"),
    ("JPEG cut off", "unreadable", "held-unreadable"),
    ("JPEG cut off in its header", "unreadable", "held-unreadable"),
    ("TIFF cut off", "unreadable", "held-unreadable"),
    ("TIFF with a damaged strip", "unreadable", "E-SCAN-02"),
    ("PNG cut off", "unreadable", "held-unreadable"),
    ("PNG with a flipped bit", "unreadable", "E-SCAN-02"),
    ("TIFF whose directories loop", "unreadable", "held-unreadable"),
    ("TIFF directory pointing at itself", "unreadable", "held-unreadable"),
    ("JPEG header of 40,000 × 40,000", "too_large", "E-SCAN-04"),
    ("PNG header of 40,000 × 40,000", "too_large", "E-SCAN-04"),
    ("TIFF header of 40,000 × 40,000", "too_large", "E-SCAN-04"),
    ("PNG bomb in its image data", "done", ""),
    ("PNG bomb in its colour profile", "done", ""),
    ("TIFF bomb (deflate)", "done", ""),
    ("JPEG in CMYK", "unsupported", "E-SCAN-03"),
    ("JPEG of 12 bits", "unsupported", "E-SCAN-03"),
    ("PDF cut off", "unreadable", "held-unreadable"),
    ("PDF with a garbled cross-reference", "unreadable", "E-PDF-04"),
    ("PDF whose startxref leads nowhere", "unreadable", "E-PDF-04"),
    ("PDF encrypted", "unreadable", "E-PDF-05"),
    ("PDF with a hybrid cross-reference", "unsupported", "E-PDF-06"),
    ("PDF whose /Prev loops", "unreadable", "E-PDF-04"),
    ("PDF whose page tree loops", "unreadable", "E-PDF-10"),
    ("PDF without a page", "unreadable", "E-PDF-10"),
    ("PDF of 50,000 objects", "done", ""),
    ("PDF bomb in its content (flate)", "unworkable", "E-CONDUCT-01"),
    ("PDF bomb in its image (flate)", "unworkable", "E-CONDUCT-01"),
    ("PDF image of 40,000 × 40,000", "too_large", "E-INTAKE-08"),
    ("PDF page of 20 × 20 km", "too_large", "E-RASTER-04"),
    ("name x..%2F..%2Fetc%2Fpasswd", "done", ""),
    ("name %2e%2e%2fescape", "done", ""),
    ("name a\\..\\..\\b", "done", ""),
    ("name of 255 bytes", "done", ""),
    ("name of 255 bytes, Vietnamese", "done", ""),
    ("name of 255 bytes, not UTF-8", "done", ""),
    ("name in NFD", "done", ""),
    ("name with emoji", "done", ""),
    ("name with a line end", "done", ""),
    ("name with a terminal's escape", "done", ""),
    ("name {path} {detail}", "done", ""),
    ("name that looks like an option", "done", ""),
    ("link to a file outside", "unsupported", "held-unsupported"),
    ("link to nothing", "unsupported", "held-unsupported"),
    ("link to a folder outside", "unsupported", "held-unsupported"),
    ("named pipe", "unsupported", "held-unsupported"),
    ("file nobody may read", "unreadable", "held-unreadable"),
    ("folder of a PDF and an image", "mixed", "held-mixed"),
    ("folder with a program", "unsupported", "held-unsupported"),
    ("folder whose page 2 is cut off", "unreadable", "held-unreadable"),
];

/// Memory of a worker here, MiB. What one process may hold is bound by the settings, whatever an input unpacks to.
const WORKER_MIB: u64 = 512;
/// Only a renderer that takes a whole stream may come near that.
const USUAL_MIB: u64 = 160;
/// The longest run over one input, in a debug build on a busy machine.
const SECONDS: f64 = 60.0;

/// The folder of documents.
const FOLDER: &str = "P01/01/01";

fn house() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox.set("[inbound]\nsettle_s = 0\nincomplete_after_s = 0\n[recognize]\nengine = \"none\"\n");
    sandbox.set(&format!("[limits]\nworker_bytes = {}\n", WORKER_MIB << 20));
    sandbox
}

/// `mocban …` without the right to read what is forbidden: root may read everything otherwise.
fn unprivileged(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-dac_override,-dac_read_search", "--"]).arg(binary("mocban"));
    command.arg("--home").arg(sandbox.home()).args(arguments);
    command
}

#[test]
fn every_input_is_told_and_the_others_go_on() {
    let all = hostile::all().expect("inputs");
    let costs = costs(&all);
    let sandbox = house();
    for input in &all {
        input.put(&sandbox.inbound().join(FOLDER)).expect("input");
    }
    sandbox.drop_bench(1, 1, 1);
    let mut run = sandbox.command(
        std::path::Path::new("setpriv"),
        &[
            "--bounding-set",
            "-dac_override,-dac_read_search",
            "--",
            &binary("mocban").to_string_lossy(),
            "--json",
            "run",
        ],
    );
    let output = run.output().expect("run");
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(20), "{problem}");
    assert!(!problem.contains("panicked"), "{problem}");
    let found = by_name(json_lines(&output));
    let listed = by_name(sandbox.ask(&["hold", "list"]));
    let (mut table, mut wrong) = (String::new(), Vec::new());
    for input in &all {
        let name = shown(input);
        let Some(object) = found.get(&name) else {
            wrong.push(format!("{}: not told at all", input.what));
            continue;
        };
        let state = text(object, "/state");
        let (reason, code) = match state.as_str() {
            "done" => (state.clone(), String::new()),
            _ => (text(object, "/reason"), text(object, "/detail/code")),
        };
        if !EXPECTED.contains(&(input.what, &reason, &code)) {
            wrong.push(format!("(\"{}\", \"{reason}\", \"{code}\"), is not expected: {object}", input.what));
        }
        if (state == "held") != listed.contains_key(&name) {
            wrong.push(format!("{}: hold list tells otherwise", input.what));
        }
        let message = if state == "done" { String::from("–") } else { told(object, &name, &mut wrong) };
        let (seconds, mib) = costs[input.what];
        writeln!(table, "| {} | {reason} | {code} | {message} | {seconds:.1} | {mib} |", input.what).expect("text");
    }
    println!("{table}");
    let good = found.iter().find(|(name, _)| !all.iter().any(|input| shown(input) == **name)).expect("the good one").1;
    assert_eq!(text(good, "/state"), "done", "{good}");
    assert!(wrong.is_empty(), "{}\n{problem}", wrong.join("\n"));
    documented(&table);
}

/// The page tells what this test saw; times and sizes vary.
fn documented(table: &str) {
    let path = root().join("docs/bad-input.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let rows = |text: &str| -> Vec<String> {
        let rows = text
            .lines()
            .filter(|line| line.starts_with("| "))
            .map(|line| line.rsplitn(4, " | ").last().unwrap_or_default().to_owned());
        rows.collect()
    };
    let head = page.split("| Input |").next().unwrap_or_default();
    let fresh = format!("{head}| Input | becomes | code | message | s | MiB |\n|---|---|---|---|---|---|\n{table}");
    let beside = root().join("target/bad-input.md");
    std::fs::write(&beside, fresh).expect("the fresh page");
    let told = rows(&page).ends_with(&rows(table));
    assert!(told, "docs/bad-input.md is not what was seen; look at {} and take it over", beside.display());
}

/// Seconds and MiB of a run over each input alone.
fn costs(all: &[Hostile]) -> BTreeMap<&'static str, (f64, u64)> {
    let sandbox = house();
    let mut costs = BTreeMap::new();
    for input in all {
        input.put(&sandbox.inbound().join(FOLDER)).expect("input");
        let run = measured(&mut unprivileged(&sandbox, &["--json", "run"]));
        let (seconds, mib) = (run.time.as_secs_f64(), run.peak_kib / 1024);
        let problem = String::from_utf8_lossy(&run.output.stderr).into_owned();
        assert_eq!(run.output.status.code(), Some(20), "{}: {problem}", input.what);
        assert!(!problem.contains("panicked"), "{}: {problem}", input.what);
        let most = if input.what.starts_with("PDF bomb") { WORKER_MIB } else { USUAL_MIB };
        assert!(mib <= most && seconds < SECONDS, "{}: {mib} MiB, {seconds:.1} s", input.what);
        costs.insert(input.what, (seconds, mib));
    }
    costs
}

/// The English message; in both languages it is whole and names the input.
fn told(object: &Value, name: &str, wrong: &mut Vec<String>) -> String {
    let facts: Vec<(&str, String)> = object["detail"]["facts"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect();
    let code = text(object, "/detail/code");
    let [_, english] = [Lang::Vi, Lang::En].map(|lang| {
        let told = messages::text(lang, &code, &facts);
        // Three sentences: what happened, what mocban did, what to do.
        if !told.contains(&messages::visible(name)) || told.matches(". ").count() < 2 {
            wrong.push(format!("{name}: its message does not name it or says too little: {told}"));
        }
        told
    });
    let folder =
        facts.iter().find(|(key, _)| *key == "path").and_then(|(_, path)| path.split_once("P01/")).map(|at| at.0);
    folder.filter(|folder| !folder.is_empty()).map_or(english.clone(), |folder| english.replace(folder, "…/"))
}

fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let documents = objects.into_iter().filter(|object| object["schema"] == "mocban.document/1");
    documents
        .map(|object| {
            let source = text(&object, "/source");
            (source.rsplit('/').next().unwrap_or_default().to_owned(), object)
        })
        .collect()
}

/// The name as mocban shows it.
fn shown(input: &Hostile) -> String {
    intake::encode_name(&input.name)
}

fn text(object: &Value, path: &str) -> String {
    object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned()
}
