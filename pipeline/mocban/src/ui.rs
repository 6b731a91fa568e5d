//! Standard output and standard error, in one place.

use std::io::IsTerminal as _;

use messages::Lang;
use serde_json::Value;

use crate::arguments::{Arguments, Language};

/// How this command talks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ui {
    /// Language of texts.
    pub(crate) lang: Lang,
    /// Answers in JSON.
    pub(crate) json: bool,
}

impl Ui {
    pub(crate) fn new(arguments: &Arguments) -> Self {
        let lang = match arguments.lang {
            Language::Vi => Lang::Vi,
            Language::En => Lang::En,
        };
        Self { lang, json: arguments.json }
    }

    /// A text of the catalogue.
    pub(crate) fn text(self, code: &str, facts: &[(&str, String)]) -> String {
        messages::text(self.lang, code, facts)
    }

    /// A text on standard output (standard error when the answer is JSON).
    pub(crate) fn say(self, code: &str, facts: &[(&str, String)]) {
        self.line(&self.text(code, facts));
    }

    /// A line for people.
    pub(crate) fn line(self, line: &str) {
        if self.json { Self::aside(line) } else { print(&mut std::io::stdout().lock(), line) }
    }

    /// A line on standard error.
    pub(crate) fn aside(line: &str) {
        print(&mut std::io::stderr().lock(), line);
    }

    /// One JSON object on standard output.
    pub(crate) fn object(object: &Value) {
        print(&mut std::io::stdout().lock(), &object.to_string());
    }

    /// Why a command ended.
    pub(crate) fn error(self, error: &conduct::Error) {
        let facts = error.facts();
        let facts: Vec<(&str, String)> = facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        let code = error.code();
        Self::aside(&format!("{code}: {}", self.text(&code, &facts)));
    }

    /// Whether a person looks at standard error.
    pub(crate) fn watched() -> bool {
        std::io::stderr().is_terminal()
    }
}

/// A closed pipe ends the output, not the work.
fn print(out: &mut dyn std::io::Write, line: &str) {
    drop(writeln!(out, "{line}").and_then(|()| out.flush()));
}
