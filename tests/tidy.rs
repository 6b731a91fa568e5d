//! The rules of the house as tests: each failure says what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
};

use walkdir::WalkDir;

const FOUNDATION: &[&str] = &["model", "messages", "failpoint", "durable", "scan", "pdf", "pki", "raster", "tesseract"];
const STAGES: &[&str] = &["intake", "recognize", "describe", "assemble", "certify", "augment", "preserve"];
/// Crates that stand beside the stages and lean on the foundation only.
const BESIDE: &[&str] = &["register", "verify", "search", "config"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Every file of the repository that people write, with its path below the root.
fn files() -> Vec<(String, PathBuf)> {
    let root = root();
    let skipped = |name: &str| matches!(name, "target" | ".git" | "node_modules") || name.starts_with("target-");
    WalkDir::new(&root)
        .into_iter()
        .filter_entry(|entry| !skipped(&entry.file_name().to_string_lossy()))
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let below = entry.path().strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
            (below, entry.into_path())
        })
        .collect()
}

fn sources() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(name, _)| Path::new(name).extension().is_some_and(|e| e == "rs"))
        .map(|(name, path)| (name, std::fs::read_to_string(path).expect("source text")))
        .collect()
}

fn check(broken: &[String], remedy: &str) {
    assert!(broken.is_empty(), "{remedy}\n  {}", broken.join("\n  "));
}

#[test]
fn files_hold_one_idea() {
    let long: Vec<String> = sources()
        .iter()
        .filter(|(_, text)| text.lines().count() > 500)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    check(&long, "Split these files: one idea each, 500 lines at most.");
}

#[test]
fn every_crate_says_what_it_knows() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(name, _)| {
            (name.ends_with("src/lib.rs") || name.ends_with("src/main.rs")) && !name.starts_with("tests/")
        })
        .filter(|(_, text)| {
            let head: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
            !["Purpose", "Knows", "Doesn't know"].iter().all(|word| head.contains(word))
        })
        .map(|(name, _)| name)
        .collect();
    check(&silent, "Begin these crates with a //! head that says Purpose, Knows and Doesn't know.");
}

#[test]
fn crates_point_one_way() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().expect("name");
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = dependency["name"].as_str().expect("name");
            // What tests lean on shapes no wall.
            if ours.contains(on) && dependency["kind"].as_str() != Some("dev") && !may(name, on) {
                wrong.push(format!("{name} → {on}"));
            }
        }
    }
    check(
        &wrong,
        "These dependencies go against the house (mocban → all; portal → conduct; conduct → stages; stages → foundation).",
    );
}

fn may(name: &str, on: &str) -> bool {
    let foundation = FOUNDATION.contains(&on);
    match name {
        "mocban" | "mocban-tests" | "samples" | "measure" => on != "mocban-tests",
        "conduct" => foundation || STAGES.contains(&on) || BESIDE.contains(&on),
        "portal" => foundation || on == "conduct" || BESIDE.contains(&on),
        _ => foundation,
    }
}

#[test]
fn sql_settings_unsafe_and_time_stay_at_home() {
    let homes: BTreeMap<&str, (&str, &str)> = BTreeMap::from([
        ("use rusqlite", ("pipeline/register/", "Ask the register; only it speaks SQL.")),
        ("unsafe {", ("pipeline/foundation/tesseract/", "Unsafe code lives in foundation/tesseract only.")),
        ("Timestamp::now()", ("pipeline/foundation/model/", "Take a model::Clock.")),
    ]);
    for (word, (home, remedy)) in homes {
        let strays: Vec<String> = sources()
            .into_iter()
            .filter(|(name, text)| {
                name.starts_with("pipeline/") && !name.starts_with(home) && text.contains(word)
                    // Tests may ask a real database or the clock directly.
                    && !name.contains("tests")
            })
            .map(|(name, _)| name)
            .collect();
        check(&strays, remedy);
    }
}

#[test]
fn every_error_code_has_both_texts() {
    let mut missing = BTreeSet::new();
    for (name, text) in sources() {
        if !name.starts_with("pipeline/") && !name.starts_with("index/") && !name.starts_with("config/") {
            continue;
        }
        for part in text.split('"').filter(|part| part.starts_with("E-") && part.len() < 30) {
            let shaped = part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
            if shaped && part.ends_with(|c: char| c.is_ascii_digit()) && !messages::has(part) {
                missing.insert(format!("{part} in {name}"));
            }
        }
    }
    check(&missing.into_iter().collect::<Vec<_>>(), "Write these codes' texts in messages/src/texts, vi and en.");
    for reason in model::HoldReason::ALL {
        assert!(messages::has(&format!("reason-{}", reason.code())), "reason-{} has no text", reason.code());
    }
    for cause in model::Cause::ALL {
        assert!(messages::has(&format!("reason-{}", cause.code())), "reason-{} has no text", cause.code());
    }
}

#[test]
fn nothing_is_left_undone_or_oversized() {
    let this = "tests/tidy.rs";
    let undone: Vec<String> = sources()
        .into_iter()
        .filter(|(name, text)| name != this && ["TODO", "FIXME", "XXX:"].iter().any(|mark| text.contains(mark)))
        .map(|(name, _)| name)
        .collect();
    check(&undone, "Do these or write down why not; no TODO stays in the tree.");
    let large: Vec<String> = files()
        .into_iter()
        .filter(|(name, path)| {
            name != "Cargo.lock"
                && !name.starts_with("samples/")
                && !name.starts_with("docs/pictures/")
                && path.metadata().is_ok_and(|m| m.len() > 200_000)
        })
        .map(|(name, _)| name)
        .collect();
    check(&large, "Files over 200 KB do not belong here.");
}

/// What is fetched or built is ignored; a file that is ignored and kept all the same came in by mistake.
#[test]
fn nothing_fetched_or_built_is_kept() {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").arg("-C").arg(root()).args(arguments).output().expect("git");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    // A copy without its history has nothing to ask.
    let Some(kept) = git(&["ls-files"]).filter(|kept| kept.contains("tests/tidy.rs")) else { return };
    let ignored = git(&["ls-files", "--cached", "--ignored", "--exclude-standard"]).expect("the ignored ones");
    let mut wrong: BTreeSet<&str> = ignored.lines().collect();
    wrong.extend(kept.lines().filter(|name| name.contains("node_modules/") || name.contains("__pycache__/")));
    let wrong: Vec<String> = wrong.into_iter().take(20).map(str::to_owned).collect();
    check(&wrong, "Take these out of the repository (git rm --cached): they are fetched or built.");
}

#[test]
fn failpoints_have_one_place_each() {
    let mut seen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, text) in sources() {
        if name.starts_with("tests/") || name.contains("tests.rs") {
            continue;
        }
        for part in text.split("failpoint!(\"").skip(1).filter_map(|rest| rest.split_once('"')) {
            seen.entry(part.0.to_owned()).or_default().push(name.clone());
        }
    }
    let twice: Vec<String> = seen
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name}: {places:?}"))
        .collect();
    check(&twice, "A crash point names one place.");
}

#[test]
fn what_parsers_find_is_said_in_vietnamese() {
    const PARSERS: &[&str] = &["foundation/scan", "foundation/pdf", "foundation/raster", "intake", "preserve"];
    const FINDS: &[&str] = &[
        "damaged(",
        "Damaged(",
        "unsupported(",
        "detail: ",
        "what: ",
        "refused(",
        "|| \"",
        "Some(\"",
        "bad(",
        "broken(",
    ];
    // Words of libraries, and no words.
    const FOREIGN: &[&str] = &["JPEG: {error:?}", "PNG: {other}", "{name}: {detail}", "{width_px} × {height_px} px"];
    let mut english = Vec::new();
    for (name, text) in sources() {
        let parser = PARSERS.iter().any(|parser| name.starts_with(&format!("pipeline/{parser}/src/")));
        if !parser || name.contains("/tests") || name.ends_with("doubles.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]\nmod").next().unwrap_or_default();
        for line in
            code.lines().filter(|line| FINDS.iter().any(|find| line.contains(find)) && !line.contains("#[error"))
        {
            let Some(said) = line.split('"').nth(1).filter(|said| said.contains(' ') && !FOREIGN.contains(said)) else {
                continue;
            };
            let told = messages::text(messages::Lang::Vi, "E-SCAN-02", &[("detail", said.to_owned())]);
            if told.contains(&format!("({said})")) {
                english.push(format!("{name}: {said}"));
            }
        }
    }
    check(&english, "Say these in Vietnamese, too: pipeline/foundation/messages/src/texts/faults.toml.");
}
