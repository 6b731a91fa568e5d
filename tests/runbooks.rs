//! Every cause of waiting, reason for holding and exit code has its runbook in both languages, and what the runbooks name
//! exists: commands with their options, settings, error codes, one another.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use mocban_tests::sandbox::{binary, root};

const LANGUAGES: [(&str, [&str; 4]); 2] = [
    ("vi", ["## Bạn thấy gì", "## Vì sao", "## Làm gì", "## Khi nào xong"]),
    ("en", ["## What you see", "## Why", "## What to do", "## How you know it is over"]),
];

/// The runbooks of a language, by name.
fn runbooks(language: &str) -> BTreeMap<String, String> {
    let folder = root().join("ops/runbooks").join(language);
    let entries = std::fs::read_dir(&folder).expect("a folder for each language");
    let read = |entry: std::fs::DirEntry| {
        (entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).expect("text"))
    };
    entries.flatten().map(read).collect()
}

fn wanted() -> BTreeSet<String> {
    let waits = model::Cause::ALL.iter().map(|cause| format!("wait-{}.md", cause.code()));
    let holds = model::HoldReason::ALL.iter().map(|reason| format!("held-{}.md", reason.code()));
    let source = std::fs::read_to_string(root().join("pipeline/mocban/src/exit.rs")).expect("exit codes");
    let codes = source.lines().filter_map(|line| line.strip_prefix("pub(crate) const ")?.split_once(": u8 = "));
    let codes: Vec<u8> = codes.map(|(_, code)| code.trim_end_matches(';').parse().expect("a code")).collect();
    assert!(codes.contains(&0) && codes.len() > 5, "the exit codes moved: {codes:?}");
    let exits = codes.into_iter().filter(|code| *code != 0).map(|code| format!("exit-{code}.md"));
    waits.chain(holds).chain(exits).chain(["README.md".to_owned()]).collect()
}

#[test]
fn each_cause_reason_and_exit_code_has_one_in_both_languages() {
    let wanted = wanted();
    for (language, headings) in LANGUAGES {
        let there = runbooks(language);
        let names: BTreeSet<String> = there.keys().cloned().collect();
        let missing: Vec<_> = wanted.difference(&names).collect();
        let needless: Vec<_> = names.difference(&wanted).collect();
        assert!(missing.is_empty() && needless.is_empty(), "{language}: write {missing:?}, remove {needless:?}");
        for (name, text) in &there {
            if name == "README.md" {
                let unlisted: Vec<_> =
                    names.iter().filter(|n| *n != name && !text.contains(&format!("({n})"))).collect();
                assert!(unlisted.is_empty(), "{language}/README.md does not list {unlisted:?}");
                continue;
            }
            let code = name.trim_end_matches(".md").split_once('-').expect("KIND-CODE").1;
            let title = text.lines().next().expect("a title");
            assert!(title.starts_with("# ") && title.contains(code), "{language}/{name}: {title}");
            let mut rest = text.as_str();
            for heading in headings {
                let found = rest.split_once(heading);
                assert!(found.is_some(), "{language}/{name}: no {heading}");
                let (before, after) = found.unwrap_or_default();
                assert!(before.trim().len() > 20, "{language}/{name}: nothing stands before {heading}");
                rest = after;
            }
            assert!(rest.trim().len() > 20, "{language}/{name}: the end says nothing");
        }
    }
}

/// What stands between back quotes.
fn quoted(text: &str) -> Vec<String> {
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    flat.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn what_they_name_exists() {
    let reference: toml::Table =
        std::fs::read_to_string(root().join("config/mocban.toml")).expect("settings").parse().expect("toml");
    let mut helps = BTreeMap::new();
    let (mut commands, mut settings, mut codes) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (language, _) in LANGUAGES {
        let there = runbooks(language);
        for (name, text) in &there {
            for span in quoted(text) {
                if let Some(command) = span.strip_prefix("mocban ") {
                    commands += 1;
                    wrong.extend(unknown(&mut helps, command).map(|why| format!("{language}/{name}: `{span}`: {why}")));
                } else if let Some((section, key)) = span.split_once('.')
                    && let Some(section) = reference.get(section).and_then(toml::Value::as_table)
                {
                    settings += 1;
                    let key = key.split_whitespace().next().unwrap_or_default();
                    if !section.contains_key(key) {
                        wrong.push(format!("{language}/{name}: there is no setting {span}"));
                    }
                }
            }
            for word in text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))) {
                let word = word.trim_matches('.');
                if word.starts_with("E-") {
                    codes += 1;
                    if !messages::has(word) {
                        wrong.push(format!("{language}/{name}: there is no {word}"));
                    }
                }
                if word.rsplit_once('.').is_some_and(|(_, end)| end == "md") && !there.contains_key(word) {
                    wrong.push(format!("{language}/{name}: there is no {word}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        commands > 80 && settings > 20 && codes > 10,
        "{commands} commands, {settings} settings, {codes} codes: not read"
    );
}

/// What is not known of a command, after `mocban`.
fn unknown(helps: &mut BTreeMap<String, String>, command: &str) -> Option<String> {
    let mut path = String::new();
    let mut is_value = false;
    for word in unquoted(command) {
        let help = helps.entry(path.clone()).or_insert_with(|| help(&path)).clone();
        let inner: Vec<&str> = section(&help, "Commands:");
        if word.starts_with('-') {
            let known = help.split(|c: char| c.is_whitespace() || matches!(c, ',' | '=')).any(|part| part == word);
            if !known {
                return Some(format!("`mocban{path}` has no {word}"));
            }
            is_value = help.contains(&format!("{word} <")) || help.contains(&format!("{word}=<"));
        } else if is_value {
            is_value = false;
        } else if inner.contains(&word.as_str()) {
            path = format!("{path} {word}");
        } else if !inner.is_empty() {
            return Some(format!("`mocban{path}` has no command {word}"));
        } else if word.chars().any(char::is_lowercase) && !help.contains(&format!("- {word}:")) {
            // A word of a closed list; placeholders are written in capitals.
            return Some(format!("`mocban{path}` does not know the word {word}"));
        }
    }
    None
}

/// Words of a command; a quoted text is one value.
fn unquoted(command: &str) -> Vec<String> {
    let outside =
        command.split('"').enumerate().map(|(i, part)| if i % 2 == 0 { part.to_owned() } else { "VALUE".into() });
    outside.collect::<String>().split_whitespace().map(str::to_owned).collect()
}

fn help(path: &str) -> String {
    let mut command = Command::new(binary("mocban"));
    let output =
        command.args(["--lang", "en"]).args(path.split_whitespace()).arg("--help").output().expect("mocban starts");
    assert!(output.status.success(), "mocban{path} --help");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// First words of the lines under a heading of a help text.
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).collect()
}
