//! Register and index thrown away and built again; copies and files tampered with.

use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::{House, Wrong};

pub(crate) fn rebuilt_and_tampered(house: &House) -> Wrong {
    let mut wrong = Vec::new();
    wrong.extend(audit(house, 0, "as it was stored"));
    for copy in ["a", "b"] {
        let before = answers(house);
        for name in ["register.sqlite", "register.sqlite-wal", "register.sqlite-shm"] {
            drop(std::fs::remove_file(house.sandbox.home().join(name)));
        }
        std::fs::remove_dir_all(house.sandbox.home().join("index")).expect("index");
        let rebuilt = house.sandbox.alone(&["rebuild", "--from", copy]);
        if !rebuilt.status.success() {
            wrong.push(format!("rebuild from {copy}: {}", String::from_utf8_lossy(&rebuilt.stderr)));
            continue;
        }
        for (question, (before, after)) in QUESTIONS.iter().zip(before.iter().zip(answers(house))) {
            if *before != after {
                wrong.push(format!("after rebuild from {copy}, {question:?} answers\n{after}\nnot\n{before}"));
            }
        }
    }
    wrong.extend(audit(house, 0, "after rebuilding"));
    wrong.extend(tampered_copy(house));
    wrong.extend(tampered_file(house));
    wrong
}

const QUESTIONS: &[&[&str]] = &[
    &["status"],
    &["status", "--documents"],
    &["book"],
    &["hold", "list"],
    &["search", "quyết định"],
    &["search", "quyet dinh"],
];

fn answers(house: &House) -> Vec<String> {
    QUESTIONS
        .iter()
        .map(|question| {
            let output = house.sandbox.alone(&[&["--json"], *question].concat());
            String::from_utf8_lossy(&output.stdout).into_owned()
        })
        .collect()
}

fn audit(house: &House, code: i32, when: &str) -> Wrong {
    let output = house.sandbox.alone(&["--json", "audit"]);
    if output.status.code() == Some(code) {
        return Vec::new();
    }
    vec![format!("audit {when}: exit {:?}, {}", output.status.code(), String::from_utf8_lossy(&output.stdout))]
}

/// One bit of one stored file: the audit names copy, object and path, and exits 10.
fn tampered_copy(house: &House) -> Wrong {
    let copy = house.sandbox.home().join("copies/b/ocfl");
    let file = WalkDir::new(copy)
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == "description.json")
        .expect("a stored description")
        .into_path();
    let whole = std::fs::read(&file).expect("read");
    overwrite(&file, |bytes| bytes[3] ^= 1);
    let output = house.sandbox.alone(&["--json", "audit"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    overwrite(&file, |bytes| bytes.clone_from(&whole));
    let named = said.contains("\"altered\"") && said.contains("description.json");
    if output.status.code() == Some(10) && named {
        Vec::new()
    } else {
        vec![format!("a changed bit on copy b: {said}")]
    }
}

type Change = fn(&mut Vec<u8>);

/// One byte of an exported file: the verdict is `invalid`, and so is a file cut before its end.
fn tampered_file(house: &House) -> Wrong {
    let Some(sealed) = house.files().into_iter().next() else { return vec!["nothing is sealed".to_owned()] };
    let mut wrong = Vec::new();
    let cases: [(&str, Change); 3] = [
        ("a changed byte", |bytes| bytes[1500] ^= 1),
        ("an appended byte", |bytes| bytes.extend(b"\n% more\n")),
        ("a cut tail", |bytes| bytes.truncate(bytes.len() / 2)),
    ];
    for (name, change) in cases {
        let copy = house.sandbox.beside("tampered.pdf");
        let mut bytes = std::fs::read(&sealed).expect("read");
        change(&mut bytes);
        std::fs::write(&copy, bytes).expect("write");
        let output = house.sandbox.alone(&["--json", "verify", copy.to_str().expect("path")]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.code() == Some(0) || said.contains("\"overall\":\"valid\"") {
            wrong.push(format!("{name} is called valid: {said}"));
        }
    }
    wrong
}

fn overwrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    use std::os::unix::fs::PermissionsExt as _;
    let mut bytes = std::fs::read(path).expect("read");
    change(&mut bytes);
    let path: PathBuf = path.to_owned();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("writable");
    std::fs::write(&path, bytes).expect("write");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).expect("read-only");
}
