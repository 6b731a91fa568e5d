//! What every page shows, and the words it is written in.

use axum::response::{Html, IntoResponse as _, Response};
use conduct::card;
use jiff::Timestamp;
use messages::Lang;
use model::clock;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use register::Job;
use serde_json::Value;

use crate::visitor::{Reader, Visitor};

/// What stays as it is in one part of an address.
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A word as one part of an address.
pub(crate) fn encode(word: &str) -> String {
    utf8_percent_encode(word, KEPT).to_string()
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub(crate) struct View {
    lang: Lang,
    /// Name of the account; empty for strangers.
    pub(crate) name: String,
    pub(crate) archivist: bool,
    /// How many documents wait for a person.
    pub(crate) waiting: u64,
    /// What each form carries.
    pub(crate) csrf: String,
    /// Which part of the portal this is.
    pub(crate) here: &'static str,
    switch: String,
}

impl View {
    /// For somebody who is logged in.
    pub(crate) fn of(visitor: &Visitor, here: &'static str) -> Self {
        Self {
            name: visitor.name().to_owned(),
            archivist: visitor.is_archivist(),
            waiting: visitor.waiting,
            csrf: visitor.session.csrf.clone(),
            here,
            ..Self::stranger(&visitor.reader)
        }
    }

    /// For somebody who is not.
    pub(crate) fn stranger(reader: &Reader) -> Self {
        let other = if reader.lang == Lang::Vi { "en" } else { "vi" };
        let and = if reader.query.is_empty() { String::new() } else { format!("{}&", reader.query) };
        Self {
            lang: reader.lang,
            name: String::new(),
            archivist: false,
            waiting: 0,
            csrf: String::new(),
            here: "",
            switch: format!("{}?{and}lang={other}", reader.path),
        }
    }

    /// A text of the catalogue.
    pub(crate) fn t(&self, code: &str) -> String {
        messages::text(self.lang, code, &[])
    }

    /// A text with facts.
    pub(crate) fn tell(&self, code: &str, facts: &[(&str, String)]) -> String {
        messages::text(self.lang, code, facts)
    }

    /// A text with the facts of an error.
    pub(crate) fn tell_owned(&self, code: &str, facts: &[(String, String)]) -> String {
        let facts: Vec<(&str, String)> = facts.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        self.tell_here(code, &facts)
    }

    /// What speaks of the command line's own words has a text of its own here.
    fn tell_here(&self, code: &str, facts: &[(&str, String)]) -> String {
        let own = format!("portal-{code}");
        if !messages::has(&own) {
            return self.tell(code, facts);
        }
        // The page says already which document it is about.
        let facts: Vec<(&str, String)> = facts.iter().filter(|(name, _)| *name != "path").cloned().collect();
        self.tell(&own, &facts)
    }

    /// A text with one fact.
    pub(crate) fn t1(&self, code: &str, name: &str, value: &dyn std::fmt::Display) -> String {
        self.tell(code, &[(name, value.to_string())])
    }

    /// A text whose code is put together.
    pub(crate) fn tt(&self, kind: &str, word: &str) -> String {
        self.t(&format!("{kind}-{word}"))
    }

    /// The tag of the page's language.
    pub(crate) fn tag(&self) -> &'static str {
        if self.is_vi() { "vi" } else { "en" }
    }

    pub(crate) fn is_vi(&self) -> bool {
        self.lang == Lang::Vi
    }

    /// The same page in the other language. After a form it is the page that the form's answer shows.
    pub(crate) fn switch(&self) -> &str {
        &self.switch
    }

    /// Day and minute as people here read them.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let form = if self.is_vi() { "%H:%M %d/%m/%Y" } else { "%Y-%m-%d %H:%M" };
        clock::local(at).strftime(form).to_string()
    }

    /// Day only.
    pub(crate) fn day(&self, at: Timestamp) -> String {
        let form = if self.is_vi() { "%d/%m/%Y" } else { "%Y-%m-%d" };
        clock::local(at).strftime(form).to_string()
    }

    /// A time that was stored as text.
    pub(crate) fn time_of(&self, text: &str) -> String {
        text.parse().map_or_else(|_| text.to_owned(), |at| self.time(at))
    }

    /// A whole number with its thousands set apart.
    pub(crate) fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mark = if self.is_vi() { '.' } else { ',' };
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(mark);
            }
            out.push(digit);
        }
        out
    }

    /// Bytes as people say them.
    pub(crate) fn bytes(&self, n: u64) -> String {
        let units = ["B", "KB", "MB", "GB", "TB"];
        let mut size = n as f64;
        let mut unit = 0;
        while size >= 1000.0 && unit + 1 < units.len() {
            size /= 1000.0;
            unit += 1;
        }
        let text = if unit == 0 || size >= 100.0 { format!("{size:.0}") } else { format!("{size:.1}") };
        let text = if self.is_vi() { text.replace('.', ",") } else { text };
        format!("{text} {}", units[unit])
    }

    /// The sentence that a job's `detail` stands for.
    pub(crate) fn detail(&self, job: &Job) -> Option<String> {
        let detail = job.card.get("detail")?;
        let code = detail.get("code")?.as_str()?;
        let facts: Vec<(&str, String)> = detail
            .get("facts")?
            .as_object()?
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        Some(self.tell_here(code, &facts))
    }
}

/// The address of a document's page.
pub(crate) fn address(job: &Job) -> String {
    job.document
        .filter(|_| !matches!(job.state, model::stage::JobState::Duplicate | model::stage::JobState::Rejected))
        .map_or_else(|| format!("/job/{}", job.no), |id| format!("/document/{id}"))
}

/// A document's title.
pub(crate) fn title(job: &Job) -> String {
    card::title(job)
}

/// Text of the card.
pub(crate) fn card_text<'a>(job: &'a Job, path: &str) -> Option<&'a str> {
    let (key, rest) = path.split_once('/').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let value = job.card.get(key)?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}"))).and_then(Value::as_str)
}

/// The number a document was certified under: `12/2026`.
pub(crate) fn certified(job: &Job) -> Option<String> {
    let stored = job.card.get("certification")?;
    Some(format!("{}/{}", stored.get("number")?.as_u64()?, stored.get("year")?.as_i64()?))
}

/// Writes a page.
pub(crate) fn show(page: &impl askama::Template) -> Result<Response, crate::Error> {
    Ok(Html(page.render()?).into_response())
}
