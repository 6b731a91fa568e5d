//! What the forms of held documents say, and what comes of it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use conduct::{
    correct,
    decide::{self, Decided, Decision, Wanted},
    refused::Refused,
};

use super::{Given, Pointed, Typed, Untaken, description, one_page, waits};
use crate::{
    Error,
    app::App,
    extract::Path,
    pages,
    view::View,
    visitor::{Signed, Visitor},
};

/// A decision.
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(no): Path<i64>,
    form: Signed,
) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app
        .work(move |app| {
            let decision = match decision(&form) {
                Ok(decision) => decision,
                Err(problem) => return unreadable(app, &v, no, problem, reason(&form)),
            };
            let (name, seen, why) = (format!("#{no}"), Some(seen(&form)), form.field("why"));
            match decide::decide(&app.home, &name, seen, &decision, visitor.name(), why)? {
                Decided::Moved => Ok(Redirect::to("/held").into_response()),
                Decided::Refused(why) => refused(app, &v, no, &why, reason(&form)),
            }
        })
        .await;
    pages::answer(&view, done)
}

/// A reviewer's corrections of what was read.
pub(crate) async fn correct(
    State(app): State<Arc<App>>,
    visitor: Visitor,
    Path(no): Path<i64>,
    form: Signed,
) -> Response {
    let view = View::of(&visitor, "held");
    let v = view.clone();
    let done = app
        .work(move |app| {
            let before = description(&app.register.job(no)?);
            let said: BTreeMap<String, String> = correct::fields()
                .filter_map(|field| {
                    let said = form.0.get(&format!("field-{}", field.name()))?.trim();
                    Some((field.name().to_owned(), said.to_owned()))
                })
                .collect();
            // That the form speaks of this description is judged with the correction.
            let known: BTreeMap<&str, &str> =
                correct::fields().map(|field| (field.name(), before.value(field).unwrap_or_default())).collect();
            let mut changed = said.clone();
            changed.retain(|name, said| known.get(name.as_str()) != Some(&said.as_str()));
            if changed.is_empty() {
                return Ok(Redirect::to(&format!("/held/{no}")).into_response());
            }
            let seen = Some(seen(&form));
            match correct::correct(&app.home, &format!("#{no}"), seen, &changed, visitor.name())? {
                Ok(()) => Ok(Redirect::to(&format!("/held/{no}")).into_response()),
                Err(why) => refused(app, &v, no, &why, Typed { fields: said, given: None }),
            }
        })
        .await;
    pages::answer(&view, done)
}

/// Where a form is sent to is no page by itself.
pub(crate) async fn back(Path(no): Path<i64>) -> Redirect {
    Redirect::to(&format!("/held/{no}"))
}

/// The version of the job that the form was made for. A form without one was made for none that there is.
fn seen(form: &Signed) -> i64 {
    form.field("version").parse().unwrap_or_default()
}

/// The reason that a form gives for its decision, to be shown again when that is not taken.
fn reason(form: &Signed) -> Typed {
    let (act, why) = (form.field("decision").to_owned(), form.field("why").trim().to_owned());
    Typed { given: Some(Given { act, why }).filter(|given| !given.why.is_empty()), ..Typed::default() }
}

/// What a form says, or the text that tells why it says nothing. What it means for the document is judged where decisions
/// are made.
fn decision(form: &Signed) -> Result<Decision, &'static str> {
    Ok(match form.field("decision") {
        "retry" => Decision::Retry,
        "approve" => Decision::Approve,
        "reject" => Decision::Reject,
        "accept" => Decision::Accept { sheets: sheets(form)? },
        "place" if form.field("size").is_empty() => Decision::Place(place(form)?),
        "place" => Decision::Place(Wanted::Size(form.field("size").to_owned())),
        _ => return Err("portal-not-possible"),
    })
}

/// Sheets that were counted; none when the field is empty.
fn sheets(form: &Signed) -> Result<Option<u32>, &'static str> {
    let said = form.field("sheets").trim();
    let counted = (!said.is_empty()).then(|| said.parse().map_err(|_| "portal-sheets-number"));
    counted.transpose()
}

fn place(form: &Signed) -> Result<Wanted, &'static str> {
    let wrong = "portal-place-number";
    let mm = |name: &str| {
        let said = form.field(name).trim().replace(',', ".");
        let number = said.parse::<f64>().ok().filter(|mm| mm.is_finite());
        if said.is_empty() { Ok(None) } else { number.map(Some).ok_or(wrong) }
    };
    let size = match (mm("width")?, mm("height")?) {
        (Some(width), Some(height)) => Some((width, height)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(wrong),
    };
    Ok(Wanted::Box { x_mm: mm("x")?.ok_or(wrong)?, y_mm: mm("y")?.ok_or(wrong)?, size })
}

/// Why an act was not taken, in words.
pub(super) fn told(app: &App, v: &View, no: i64, why: &Refused) -> Result<String, Error> {
    let mut facts = why.facts();
    facts.push(("id".into(), app.register.job(no)?.source));
    Ok(v.tell_owned(why.code(), &facts))
}

fn refused(app: &App, v: &View, no: i64, why: &Refused, typed: Typed) -> Result<Response, Error> {
    let untaken = Untaken { problem: told(app, v, no, why)?, typed, changed: *why == Refused::Changed };
    again(app, v, no, StatusCode::CONFLICT, untaken)
}

fn unreadable(app: &App, v: &View, no: i64, problem: &str, typed: Typed) -> Result<Response, Error> {
    let untaken = Untaken { problem: v.t(problem), typed, changed: false };
    again(app, v, no, StatusCode::UNPROCESSABLE_ENTITY, untaken)
}

/// The document as it is now, and why the form was not taken.
fn again(app: &App, v: &View, no: i64, status: StatusCode, untaken: Untaken) -> Result<Response, Error> {
    let job = app.register.job(no)?;
    if waits(&job).is_none() {
        return Ok(pages::problem::about(v, status, untaken.problem, &job));
    }
    let mut page = one_page(app, v, &job, &Pointed::default(), Some(untaken))?;
    *page.status_mut() = status;
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Signed {
        Signed(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn forms_say_what_is_decided() {
        let said = |fields: &[(&str, &str)]| decision(&form(fields));
        assert_eq!(said(&[("decision", "accept"), ("sheets", "3")]), Ok(Decision::Accept { sheets: Some(3) }));
        assert_eq!(said(&[("decision", "accept"), ("sheets", "")]), Ok(Decision::Accept { sheets: None }));
        assert_eq!(said(&[("decision", "accept"), ("sheets", "3,5")]), Err("portal-sheets-number"));
        let small = Decision::Place(Wanted::Size("small".into()));
        assert_eq!(said(&[("decision", "place"), ("size", "small")]), Ok(small));
        let place = Decision::Place(Wanted::Box { x_mm: 10.5, y_mm: 4.0, size: None });
        assert_eq!(said(&[("decision", "place"), ("x", "10,5"), ("y", "4"), ("width", "")]), Ok(place));
        for half in [&[("x", "NaN"), ("y", "4")][..], &[("x", "1")], &[("x", "1"), ("y", "4"), ("width", "70")]] {
            assert_eq!(said(&[&[("decision", "place")], half].concat()), Err("portal-place-number"), "{half:?}");
        }
        assert_eq!(said(&[("decision", "forge")]), Err("portal-not-possible"));
    }
}
