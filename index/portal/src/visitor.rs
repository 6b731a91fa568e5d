//! Who asks: cookies, sessions, rights, and the token that every form carries.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc};

use axum::{
    extract::{FromRequest, FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Redirect, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use messages::Lang;
use model::Sha256;
use register::{PasswordState, Role, Session};

use crate::{app::App, extract::Form, pages, password, view::View};

/// The session's cookie.
pub(crate) const SESSION: &str = "mocban";
/// The cookie that a login form answers for.
pub(crate) const LOGIN: &str = "mocban_login";
const LANGUAGE: &str = "mocban_lang";
/// The field of every form.
pub(crate) const TOKEN: &str = "csrf";

/// How an answer is to be written: language, and the address to come back to in the other one.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    pub(crate) lang: Lang,
    pub(crate) path: String,
    pub(crate) query: String,
    /// Whether the road to the browser is encrypted (a proxy says so).
    pub(crate) secure: bool,
    /// The browser's address, where a proxy tells it; without one everybody comes from this machine.
    pub(crate) address: Option<IpAddr>,
}

/// Somebody who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) reader: Reader,
    pub(crate) session: Session,
    pub(crate) token: [u8; 32],
    /// How many documents wait for a person.
    pub(crate) waiting: u64,
}

impl Visitor {
    pub(crate) fn name(&self) -> &str {
        &self.session.account.name
    }

    pub(crate) fn is_archivist(&self) -> bool {
        self.session.account.role == Role::Archivist
    }
}

/// A form that carried the session's token.
#[derive(Debug)]
pub(crate) struct Signed(pub(crate) BTreeMap<String, String>);

impl Signed {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }
}

/// A cookie as all of ours are: unseen by scripts, sent by our own pages only, encrypted where the road is.
pub(crate) fn cookie(name: &'static str, value: String, secure: bool) -> Cookie<'static> {
    Cookie::build((name, value)).path("/").http_only(true).same_site(SameSite::Strict).secure(secure).build()
}

fn token_of(jar: &CookieJar) -> Option<[u8; 32]> {
    let secret = jar.get(SESSION)?.value();
    // The file keeps only this digest: who reads it has no session.
    (secret.len() == 64).then(|| Sha256::of(secret.as_bytes()).0)
}

/// The digest that stands for a session's secret.
pub(crate) fn digest(secret: &str) -> [u8; 32] {
    Sha256::of(secret.as_bytes()).0
}

fn is_secure(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|proto| proto == "https")
}

/// What the nearest proxy said: it stands last, after what the browser and others say of themselves.
fn address(headers: &HeaderMap) -> Option<IpAddr> {
    let told = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    told.rsplit(',').next()?.trim().parse().ok()
}

/// Reads the language (a link's choice is kept in a cookie), and refuses what another site sends.
pub(crate) async fn read(mut request: Request, next: Next) -> Response {
    let jar = CookieJar::from_headers(request.headers());
    let uri = request.uri();
    let query = uri.query().unwrap_or_default();
    let chosen = query.split('&').find_map(|pair| match pair {
        "lang=vi" => Some(Lang::Vi),
        "lang=en" => Some(Lang::En),
        _ => None,
    });
    let kept = jar.get(LANGUAGE).filter(|cookie| cookie.value() == "en").map(|_| Lang::En);
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang=")).collect();
    let reader = Reader {
        lang: chosen.or(kept).unwrap_or_default(),
        path: uri.path().to_owned(),
        query: rest.join("&"),
        secure: is_secure(request.headers()),
        address: address(request.headers()),
    };
    let foreign =
        request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site" || site == "same-site");
    if foreign && request.method() != axum::http::Method::GET {
        return pages::problem::page(&View::stranger(&reader), StatusCode::FORBIDDEN, "portal-forged");
    }
    request.extensions_mut().insert(reader.clone());
    let answer = next.run(request).await;
    let Some(lang) = chosen else { return answer };
    let value = if lang == Lang::En { "en" } else { "vi" };
    let cookie =
        Cookie::build((LANGUAGE, value)).path("/").http_only(true).same_site(SameSite::Lax).secure(reader.secure);
    (CookieJar::new().add(cookie.permanent().build()), answer).into_response()
}

/// Lets in who has a session; sends others to the login, and those with a password from the command to choose their own.
pub(crate) async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let Some(reader) = request.extensions().get::<Reader>().cloned() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let Some(token) = token_of(&CookieJar::from_headers(request.headers())) else { return to_login(&reader) };
    let limits = app.session_limits();
    let by_hand = !request.headers().contains_key("x-mocban-renews");
    let found = app
        .work(move |app| {
            let Some(session) = app.desk.session(&token, limits, by_hand)? else { return Ok(None) };
            let decides = session.account.role == Role::Archivist;
            let waiting = if decides { app.register.count_for_a_person()? } else { 0 };
            Ok::<_, register::Error>(Some((session, waiting)))
        })
        .await;
    let (session, waiting) = match found {
        Some(Ok(Some(found))) => found,
        Some(Ok(None)) => return to_login(&reader),
        Some(Err(error)) => return pages::problem::of(&View::stranger(&reader), &error.into()),
        None => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    };
    let may_stay = matches!(reader.path.as_str(), "/password" | "/logout");
    if session.account.state != PasswordState::Own && !may_stay {
        return Redirect::to("/password").into_response();
    }
    request.extensions_mut().insert(Visitor { reader, session, token, waiting });
    next.run(request).await
}

/// Only for archivists: what decides, and what shows documents before they are certified.
pub(crate) async fn archivists(request: Request, next: Next) -> Response {
    match request.extensions().get::<Visitor>() {
        Some(visitor) if visitor.is_archivist() => next.run(request).await,
        Some(visitor) => pages::problem::page(&View::of(visitor, ""), StatusCode::FORBIDDEN, "portal-no-right"),
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

fn to_login(reader: &Reader) -> Response {
    let whole = if reader.query.is_empty() { reader.path.clone() } else { format!("{}?{}", reader.path, reader.query) };
    if whole == "/" {
        return Redirect::to("/login").into_response();
    }
    Redirect::to(&format!("/login?back={}", crate::view::encode(&whole))).into_response()
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = StatusCode;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::FORBIDDEN)
    }
}

impl<S: Send + Sync> FromRequest<S> for Signed {
    type Rejection = Response;
    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let Some(visitor) = request.extensions().get::<Visitor>().cloned() else {
            return Err(StatusCode::FORBIDDEN.into_response());
        };
        let Form(pairs) = Form::<Vec<(String, String)>>::from_request(request, state).await?;
        let fields: BTreeMap<String, String> = pairs.into_iter().collect();
        let given = fields.get(TOKEN).map(String::as_str).unwrap_or_default();
        if password::same(given, &visitor.session.csrf) {
            return Ok(Self(fields));
        }
        Err(pages::problem::page(&View::of(&visitor, ""), StatusCode::FORBIDDEN, "portal-forged"))
    }
}
