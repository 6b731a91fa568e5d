//! Login, logout, and the choice of one's own password.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use register::PasswordState;
use serde::Deserialize;

use crate::{
    Error,
    app::App,
    attempts::Of,
    extract::{Form, Query},
    pages,
    password::{self, LONGEST, SHORTEST},
    view::{View, show},
    visitor::{LOGIN, Reader, SESSION, Signed, Visitor, cookie, digest},
};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    v: &'a View,
    problem: Option<String>,
    name: String,
    back: String,
    token: String,
}

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    v: &'a View,
    problem: Option<String>,
    must: bool,
    shortest: usize,
}

#[derive(Deserialize)]
pub(crate) struct Back {
    #[serde(default)]
    back: String,
}

#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    back: String,
    #[serde(default)]
    csrf: String,
}

/// Only a place of ours. Browsers take a backslash for a slash and leave tabs and line ends out, so that `/`, a tab and
/// `/host` would lead to a host.
fn local(back: &str) -> &str {
    let other = |c: char| c == '\\' || c.is_control();
    let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(other);
    if ours && !back.starts_with("/login") { back } else { "/" }
}

/// The login form.
pub(crate) async fn form(reader: Reader, Query(back): Query<Back>) -> Response {
    login_page(&reader, StatusCode::OK, None, "", &back.back)
}

/// The form's token stands in a cookie too: a page of another site cannot make the two meet.
fn login_page(reader: &Reader, status: StatusCode, problem: Option<String>, name: &str, back: &str) -> Response {
    let view = View::stranger(reader);
    let token = match password::random::<32>() {
        Ok(bytes) => hex::encode(bytes),
        Err(error) => return pages::problem::of(&view, &error),
    };
    let page =
        LoginPage { v: &view, problem, name: name.to_owned(), back: local(back).to_owned(), token: token.clone() };
    let jar = CookieJar::new().add(cookie(LOGIN, token, reader.secure));
    match show(&page) {
        Ok(response) => (status, jar, response).into_response(),
        Err(error) => pages::problem::of(&view, &error),
    }
}

/// What a login comes to.
enum Outcome {
    Begun(String),
    Wrong,
    Spent,
}

/// A login.
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    reader: Reader,
    jar: CookieJar,
    Form(given): Form<Credentials>,
) -> Response {
    let view = View::stranger(&reader);
    let kept = jar.get(LOGIN).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    if kept.is_empty() || !password::same(&kept, &given.csrf) {
        let problem = Some(view.t("portal-login-stale"));
        return login_page(&reader, StatusCode::FORBIDDEN, problem, &given.name, &given.back);
    }
    let name = Some(given.name.trim()).filter(|name| password::is_name(name)).unwrap_or("?").to_owned();
    let by = Of::login(&name, reader.address);
    if let Err(wait) = app.attempts.begin(&by, app.home.clock.monotonic()) {
        let (seconds, retry_after) = in_seconds(wait);
        let problem = Some(view.t1("portal-login-wait", "seconds", &seconds));
        let page = login_page(&reader, StatusCode::TOO_MANY_REQUESTS, problem, &given.name, &given.back);
        return (retry_after, page).into_response();
    }
    let secret = given.password;
    let tried = app.login_work(move |app| attempt(app, &name, &secret, &by)).await;
    let (status, problem) = match tried {
        Some(Ok(Outcome::Begun(token))) => {
            let jar = CookieJar::new().add(cookie(SESSION, token, reader.secure)).add(gone(LOGIN, reader.secure));
            return (jar, Redirect::to(local(&given.back))).into_response();
        }
        Some(Ok(Outcome::Wrong)) => (StatusCode::UNAUTHORIZED, view.t("portal-login-wrong")),
        Some(Ok(Outcome::Spent)) => (StatusCode::UNAUTHORIZED, view.t("portal-login-spent")),
        Some(Err(error)) => return pages::problem::of(&view, &error),
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    login_page(&reader, status, Some(problem), &given.name, &given.back)
}

/// How long to wait, for people and for machines.
fn in_seconds(wait: Duration) -> (u64, [(HeaderName, HeaderValue); 1]) {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    (seconds, [(header::RETRY_AFTER, HeaderValue::from(seconds))])
}

fn attempt(app: &App, name: &str, secret: &str, by: &[Of]) -> Result<Outcome, Error> {
    let account = app.desk.account(name)?;
    let fits = password::fits(secret, account.as_ref().map(|account| account.password.as_str()))?;
    let Some(account) = account.filter(|_| fits) else {
        app.desk.note(name, "refused", None, None)?;
        return Ok(Outcome::Wrong);
    };
    app.attempts.succeeded(by);
    if account.state == PasswordState::Spent {
        app.desk.note(name, "refused", None, Some("spent"))?;
        return Ok(Outcome::Spent);
    }
    let token = hex::encode(password::random::<32>()?);
    let csrf = hex::encode(password::random::<32>()?);
    if !app.desk.begin_session(&account, &digest(&token), &csrf)? {
        // Meanwhile another login used it, or another password was given.
        app.desk.note(name, "refused", None, Some("spent"))?;
        return Ok(Outcome::Spent);
    }
    Ok(Outcome::Begun(token))
}

fn gone(name: &'static str, secure: bool) -> Cookie<'static> {
    let mut cookie = cookie(name, String::new(), secure);
    cookie.make_removal();
    cookie
}

/// Ends the session.
pub(crate) async fn logout(State(app): State<Arc<App>>, visitor: Visitor, _form: Signed) -> Response {
    let view = View::of(&visitor, "");
    let secure = visitor.reader.secure;
    let ended = app.work(move |app| Ok(app.desk.end_session(&visitor.token, visitor.name())?)).await;
    match ended {
        Some(Ok(())) => (CookieJar::new().add(gone(SESSION, secure)), Redirect::to("/login")).into_response(),
        Some(Err(error)) => pages::problem::of(&view, &error),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Leaving is a form; its address is no page.
pub(crate) async fn stay() -> Redirect {
    Redirect::to("/")
}

/// The form to choose one's own password.
pub(crate) async fn password_form(visitor: Visitor) -> Response {
    password_page(&visitor, StatusCode::OK, None)
}

fn password_page(visitor: &Visitor, status: StatusCode, problem: Option<String>) -> Response {
    let view = View::of(visitor, "password");
    let must = visitor.session.account.state != PasswordState::Own;
    let page = PasswordPage { v: &view, problem, must, shortest: SHORTEST };
    match show(&page) {
        Ok(response) => (status, response).into_response(),
        Err(error) => pages::problem::of(&view, &error),
    }
}

/// The choice.
pub(crate) async fn change(State(app): State<Arc<App>>, visitor: Visitor, form: Signed) -> Response {
    let (present, chosen, again) =
        (form.field("present").to_owned(), form.field("chosen").to_owned(), form.field("again").to_owned());
    let (view, owner) = (View::of(&visitor, "password"), [Of::Owner(visitor.name().to_owned())]);
    if let Err(wait) = app.attempts.begin(&owner, app.home.clock.monotonic()) {
        let (seconds, retry_after) = in_seconds(wait);
        let problem = Some(view.t1("portal-password-wait", "seconds", &seconds));
        return (retry_after, password_page(&visitor, StatusCode::TOO_MANY_REQUESTS, problem)).into_response();
    }
    let by = visitor.clone();
    let changed = app.heavy_work(move |app| choose(app, &by, &owner, [&present, &chosen, &again])).await;
    match changed {
        Some(Ok(None)) => Redirect::to("/").into_response(),
        Some(Ok(Some(problem))) => {
            let problem = Some(view.t1(problem, "shortest", &SHORTEST));
            password_page(&visitor, StatusCode::UNPROCESSABLE_ENTITY, problem)
        }
        Some(Err(error)) => pages::problem::of(&view, &error),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// What stands against a choice; none when it was taken.
fn choose(
    app: &App,
    visitor: &Visitor,
    owner: &[Of],
    [present, chosen, again]: [&str; 3],
) -> Result<Option<&'static str>, Error> {
    if !password::fits(present, Some(&visitor.session.account.password))? {
        return Ok(Some("portal-password-wrong"));
    }
    app.attempts.succeeded(owner);
    if chosen != again {
        return Ok(Some("portal-password-differ"));
    }
    if chosen.chars().count() < SHORTEST || chosen.len() > LONGEST {
        return Ok(Some("portal-password-short"));
    }
    if chosen == present || chosen.to_lowercase().contains(&visitor.name().to_lowercase()) {
        return Ok(Some("portal-password-plain"));
    }
    let taken = app.desk.own_password(&visitor.session.account, &password::hash(chosen)?, &visitor.token)?;
    Ok((!taken).then_some("portal-password-changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_ours_are_gone_back_to() {
        for (given, expect) in [
            ("/flow", "/flow"),
            ("/?q=a b", "/?q=a b"),
            ("//evil.example", "/"),
            ("https://evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\u{85}/evil.example", "/"),
            ("/", "/"),
            ("evil.example", "/"),
            ("/login?back=/x", "/"),
            ("", "/"),
        ] {
            assert_eq!(local(given), expect);
        }
    }
}
