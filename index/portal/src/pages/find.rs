//! Find: one box, and a form that fills it with what the description shall say.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use conduct::desk;
use model::{Description, Field, event::EventKind};
use register::{Job, Record};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Error,
    app::App,
    extract::Query,
    pages,
    view::{View, address, card_text, certified, encode, show, title},
    visitor::Visitor,
};

/// Hits on a page of results.
const AT_ONCE: usize = 10;
/// More pages of results are not offered: who needs them asks more exactly.
const MOST_PAGES: usize = 50;
/// A query that is longer is no query.
const LONGEST_QUERY: usize = 400;

/// What the form asks of the description: the query's key, and the field whose name it bears. The year has none of its own.
const DESCRIBED: [(&str, Option<Field>); 6] = [
    ("so", Some(Field::Number)),
    ("nam", None),
    ("loai", Some(Field::TypeName)),
    ("coquan", Some(Field::Issuer)),
    ("nguoiky", Some(Field::SignerName)),
    ("phong", Some(Field::FondsCode)),
];

/// The address's fields, as they came.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Asked(BTreeMap<String, String>);

impl Asked {
    fn field(&self, name: &str) -> &str {
        self.0.get(name).map(|value| value.trim()).unwrap_or_default()
    }

    /// The query with what the form asks put into its language; none when the form was not used.
    fn with_described(&self) -> Option<String> {
        let filters: Vec<String> =
            DESCRIBED.iter().filter_map(|(key, _)| search::described(key, self.field(key))).collect();
        let all = [self.field("q")].into_iter().chain(filters.iter().map(String::as_str));
        (!filters.is_empty()).then(|| all.collect::<Vec<_>>().join(" ").trim().to_owned())
    }
}

/// One result, or one of the newest documents.
pub(crate) struct Row {
    pub(crate) address: String,
    pub(crate) picture: String,
    pub(crate) title: String,
    pub(crate) page: u32,
    pub(crate) pages: u32,
    pub(crate) snippet: Vec<(String, bool)>,
    pub(crate) nearly: bool,
    pub(crate) facts: Vec<String>,
    pub(crate) badges: Badges,
}

/// What is to be trusted about a document, in short.
pub(crate) struct Badges {
    pub(crate) certified: Option<String>,
    pub(crate) level: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) copies: usize,
    pub(crate) wanted: usize,
    /// Day of the audit that saw it; none when none did.
    pub(crate) audited: Option<String>,
    pub(crate) sound: bool,
}

#[derive(Template)]
#[template(path = "find.html")]
struct FindPage<'a> {
    v: &'a View,
    q: String,
    q_encoded: String,
    /// Keys of the form and what they are called.
    described: Vec<(&'static str, String)>,
    total: u64,
    rows: Vec<Row>,
    suggestion: Option<(String, String)>,
    page: usize,
    last: usize,
}

pub(crate) async fn page(State(app): State<Arc<App>>, visitor: Visitor, Query(asked): Query<Asked>) -> Response {
    let view = View::of(&visitor, "find");
    if let Some(query) = asked.with_described() {
        // The box shows what was asked, and how to say it.
        return Redirect::to(&format!("/?q={}", encode(&query))).into_response();
    }
    let v = view.clone();
    let done = app
        .work(move |app| {
            let q: String = asked.field("q").chars().take(LONGEST_QUERY).collect();
            let page = asked.field("page").parse().unwrap_or(1).clamp(1, MOST_PAGES);
            if q.is_empty() { newest(app, &v) } else { found(app, &v, q, page) }
        })
        .await;
    pages::answer(&view, done)
}

fn described(v: &View) -> Vec<(&'static str, String)> {
    let name = |field: Option<Field>| {
        field.map_or_else(|| v.t("portal-described-year"), |field| pages::document::term(v, field))
    };
    DESCRIBED.map(|(key, field)| (key, name(field))).to_vec()
}

fn newest(app: &App, v: &View) -> Result<Response, Error> {
    let check = app.register.last_check()?;
    let jobs = app.register.newest_done(AT_ONCE)?;
    let rows = jobs.iter().map(|job| row(app, v, job, check.as_ref(), 1)).collect::<Result<Vec<_>, _>>()?;
    let (q, q_encoded) = (String::new(), String::new());
    show(&FindPage { v, q, q_encoded, described: described(v), total: 0, rows, suggestion: None, page: 1, last: 1 })
}

fn found(app: &App, v: &View, q: String, page: usize) -> Result<Response, Error> {
    let found = desk::find(&app.home, &q, (page - 1) * AT_ONCE, AT_ONCE)?;
    let q_encoded = encode(&q);
    let last = found.total.div_ceil(AT_ONCE).clamp(1, MOST_PAGES);
    if page > last {
        return Ok(Redirect::to(&format!("/?q={q_encoded}&page={last}")).into_response());
    }
    let check = app.register.last_check()?;
    let mut rows = Vec::new();
    for hit in found.hits {
        // The index may know a document that the register does not know any more: it is derived.
        let Some(job) = app.register.job_of_document(hit.id)? else { continue };
        let mut row = row(app, v, &job, check.as_ref(), hit.page)?;
        row.address = format!("{}?page={}&q={q_encoded}", row.address, hit.page);
        row.snippet = marked(&hit.snippet, &hit.marked);
        row.nearly = hit.band == search::Band::Nearly;
        rows.push(row);
    }
    let suggestion = found.suggestion.map(|words| (format!("/?q={}", encode(&words)), words));
    show(&FindPage {
        v,
        q,
        q_encoded,
        described: described(v),
        total: found.total as u64,
        rows,
        suggestion,
        page,
        last,
    })
}

/// Runs of words of a snippet, each with whether it answers.
fn marked(snippet: &str, marked: &[usize]) -> Vec<(String, bool)> {
    let mut runs: Vec<(String, bool)> = Vec::new();
    for (at, word) in snippet.split(' ').enumerate() {
        let answers = marked.contains(&at);
        match runs.last_mut() {
            Some((run, same)) if *same == answers => {
                run.push(' ');
                run.push_str(word);
            }
            _ => runs.push((word.to_owned(), answers)),
        }
    }
    runs
}

fn row(app: &App, v: &View, job: &Job, check: Option<&Record>, page: u32) -> Result<Row, Error> {
    let description: Description =
        job.card.get("description").and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default();
    let facts = [
        description.value(Field::Issuer).map(str::to_owned),
        description.value(Field::IssuedDate).map(|day| dated(v, day)),
        Some(job.source.clone()),
    ];
    Ok(Row {
        address: address(job),
        picture: format!("/picture/{}/{page}/160", job.no),
        title: title(job),
        page,
        pages: desk::pages(&app.home, job),
        snippet: Vec::new(),
        nearly: false,
        facts: facts.into_iter().flatten().collect(),
        badges: badges(app, v, job, check)?,
    })
}

/// A day of a paper (`1985-03-12`) as people here write it.
pub(crate) fn dated(v: &View, day: &str) -> String {
    match day.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] if v.is_vi() => format!("{day}/{month}/{year}"),
        _ => day.to_owned(),
    }
}

pub(crate) fn badges(app: &App, v: &View, job: &Job, check: Option<&Record>) -> Result<Badges, Error> {
    let stored = app.register.stored(job.no)?;
    // An audit says nothing about what was stored after it.
    let newest = stored.iter().filter_map(|stored| stored.at.parse::<jiff::Timestamp>().ok()).max();
    let seen = check.filter(|check| newest.is_some_and(|stored| stored <= check.at));
    let sound = seen.is_some_and(|check| sound(job, check));
    Ok(Badges {
        certified: certified(job),
        level: card_text(job, "level").map(str::to_owned),
        until: app.seal_ends(job).map(|at| v.day(at)),
        copies: stored.len(),
        wanted: app.home.settings.copy.len(),
        audited: seen.map(|check| v.day(check.at)),
        sound,
    })
}

/// Whether an audit found a document as it was stored: none of its faults is of this document. A copy that could not be
/// read, and a list that was cut, leave every document open.
fn sound(job: &Job, check: &Record) -> bool {
    let EventKind::Checked { outcome, .. } = &check.event else { return false };
    let faults: Vec<&Value> = check.facts.get("faults").and_then(Value::as_array).into_iter().flatten().collect();
    let named = |fault: &Value| fault.get("object").and_then(Value::as_str).map(str::to_owned);
    let whole = !faults.is_empty() && faults.len() < conduct::audit::NOTED;
    let own = job.document.map(|id| id.to_string());
    let others = faults.iter().all(|fault| named(fault).is_some_and(|object| Some(object) != own));
    outcome == "sound" || (outcome == "damaged" && whole && others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_put_into_the_querys_language() {
        let asked = |q: &str, fields: &[(&str, &str)]| {
            let all = [fields, &[("q", q)]].concat();
            Asked(all.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()).with_described()
        };
        assert_eq!(asked("đảng bộ", &[("nam", ""), ("lang", "vi"), ("x", "1")]), None);
        assert_eq!(asked("đảng bộ ", &[("nam", " 1985 ")]).as_deref(), Some("đảng bộ nam:\"1985\""));
        let both = asked("", &[("so", "754"), ("coquan", "Tỉnh \"ủy\"  Bình Thuận")]);
        assert_eq!(both.as_deref(), Some("so:\"754\" coquan:\"Tỉnh ủy Bình Thuận\""));
    }

    #[test]
    fn the_words_that_answer_are_marked_in_runs() {
        let runs = marked("… của đảng bộ tỉnh …", &[2, 3]);
        let expect = [("… của", false), ("đảng bộ", true), ("tỉnh …", false)];
        assert_eq!(runs, expect.map(|(run, answers)| (run.to_owned(), answers)));
    }
}
