//! Rights, tokens, sessions and headers, one request at a time.

use std::path::PathBuf;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, Response, StatusCode, header},
};
use model::FixedClock;
use tower::ServiceExt as _;

use super::*;

mod answers;
mod bounds;
mod documents;
mod held;
mod secret;
mod throttle;

/// A portal on an empty home whose time stands still.
struct House {
    _folder: tempfile::TempDir,
    root: PathBuf,
    clock: Arc<FixedClock>,
    app: Arc<app::App>,
    routes: Router,
}

/// A browser's memory of one visit.
#[derive(Default, Clone)]
struct Visit {
    cookies: Vec<(String, String)>,
    headers: Vec<(&'static str, String)>,
}

const OWN: &str = "một câu dễ nhớ ở kho";

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("home");
        durable::create_dir(&root).expect("home");
        let settings = b"[portal]\nlisten = \"127.0.0.1:0\"\n";
        durable::write_private(&root.join("mocban.toml"), settings, 0o644).expect("settings");
        let clock = Arc::new(FixedClock::new("2026-11-25T02:00:00Z".parse().expect("time")));
        let home = Home::open(&root, Arc::clone(&clock) as Arc<dyn Clock>, PathBuf::from("/bin/false")).expect("home");
        let desk = Desk::open(&desk_path(&root), Arc::clone(&clock) as Arc<dyn Clock>).expect("desk");
        let app = Arc::new(app::App::new(Arc::new(home), desk).expect("app"));
        Self { _folder: folder, root, clock, routes: server::routes(Arc::clone(&app)), app }
    }

    fn password(&self, name: &str, role: Role) -> String {
        give_password(&self.root, Arc::clone(&self.clock) as Arc<dyn Clock>, name, Some(role)).expect("password")
    }

    async fn ask(&self, visit: &mut Visit, method: Method, address: &str, form: &[(&str, &str)]) -> Response<Body> {
        let cookies: Vec<String> = visit.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().method(method).uri(address).header(header::COOKIE, cookies.join("; "));
        for (name, value) in &visit.headers {
            request = request.header(*name, value);
        }
        let fields: Vec<String> = form.iter().map(|(name, value)| format!("{name}={}", view::encode(value))).collect();
        let request = request
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(fields.join("&")))
            .expect("request");
        let answer = self.routes.clone().oneshot(request).await.expect("an answer");
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("text");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            visit.cookies.retain(|(kept, _)| kept != name);
            if !value.is_empty() {
                visit.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    async fn get(&self, visit: &mut Visit, address: &str) -> Response<Body> {
        self.ask(visit, Method::GET, address, &[]).await
    }

    /// The token of the form on a page.
    async fn token(&self, visit: &mut Visit, address: &str) -> String {
        let page = text(self.get(visit, address).await).await;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        token.unwrap_or_else(|| panic!("no form on {address}: {page}")).to_owned()
    }

    async fn login(&self, visit: &mut Visit, name: &str, password: &str) -> Response<Body> {
        let token = self.token(visit, "/login").await;
        let form = [("name", name), ("password", password), ("csrf", &token), ("back", "/book")];
        self.ask(visit, Method::POST, "/login", &form).await
    }

    /// Somebody who is logged in with a password of their own.
    async fn inside(&self, name: &str, role: Role) -> Visit {
        let password = self.password(name, role);
        let mut visit = Visit::default();
        assert_eq!(goes_to(&self.login(&mut visit, name, &password).await), "/book");
        let token = self.token(&mut visit, "/password").await;
        let form = [("present", password.as_str()), ("chosen", OWN), ("again", OWN), ("csrf", &token)];
        assert_eq!(goes_to(&self.ask(&mut visit, Method::POST, "/password", &form).await), "/");
        visit
    }
}

fn goes_to(answer: &Response<Body>) -> String {
    let place = answer.headers().get(header::LOCATION).map(|place| place.to_str().expect("text").to_owned());
    place.unwrap_or_else(|| format!("nowhere ({})", answer.status()))
}

async fn text(answer: Response<Body>) -> String {
    String::from_utf8(to_bytes(answer.into_body(), 1 << 20).await.expect("a body").to_vec()).expect("text")
}

const PAGES: &[&str] =
    &["/", "/flow", "/held", "/copies", "/book", "/password", "/held/1", "/job/1", "/picture/1/1/160"];

#[tokio::test]
async fn every_answer_carries_the_headers_and_nothing_inline() {
    let house = House::new();
    let mut inside = house.inside("an", Role::Archivist).await;
    for address in PAGES.iter().chain(&["/login", "/nowhere", "/assets/mocban.css", "/livez", "/metrics"]) {
        for visit in [&mut Visit::default(), &mut inside] {
            let answer = house.get(visit, address).await;
            let policy = answer.headers().get("content-security-policy").expect(address).to_str().expect("text");
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{address}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"), "{address}");
            for name in ["x-content-type-options", "referrer-policy", "cache-control", "cross-origin-opener-policy"] {
                assert!(answer.headers().contains_key(name), "{address}: {name}");
            }
            let page = text(answer).await;
            for inline in ["style=", "<style", "onclick=", "javascript:", "http://", "https://"] {
                assert!(!page.contains(inline), "{address} has {inline}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_session_every_page_is_the_login() {
    let house = House::new();
    for address in PAGES {
        let place = goes_to(&house.get(&mut Visit::default(), address).await);
        assert!(place.starts_with("/login"), "{address} → {place}");
        let mut forged = Visit::default();
        forged.cookies.push(("mocban".into(), "0".repeat(64)));
        assert!(goes_to(&house.get(&mut forged, address).await).starts_with("/login"), "{address}");
    }
    let back = goes_to(&house.get(&mut Visit::default(), "/?q=quy%E1%BA%BFt").await);
    assert_eq!(back, "/login?back=%2F%3Fq%3Dquy%25E1%25BA%25BFt");
}

#[tokio::test]
async fn a_one_time_password_opens_one_session_in_which_it_must_be_changed() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    let mut visit = Visit::default();
    assert_eq!(goes_to(&house.login(&mut visit, "an", &password).await), "/book");
    for address in ["/", "/held", "/copies", "/document/x"] {
        assert_eq!(goes_to(&house.get(&mut visit, address).await), "/password", "{address}");
    }
    let again = house.login(&mut Visit::default(), "an", &password).await;
    assert_eq!(again.status(), StatusCode::UNAUTHORIZED, "it was used");
    let token = house.token(&mut visit, "/password").await;
    for (chosen, again) in [
        ("short", "short"),
        (OWN, "another one here"),
        (password.as_str(), password.as_str()),
        ("an an an an an", "an an an an an"),
    ] {
        let form = [("present", password.as_str()), ("chosen", chosen), ("again", again), ("csrf", token.as_str())];
        let answer = house.ask(&mut visit, Method::POST, "/password", &form).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{chosen}");
    }
    let form = [("present", password.as_str()), ("chosen", OWN), ("again", OWN), ("csrf", token.as_str())];
    assert_eq!(goes_to(&house.ask(&mut visit, Method::POST, "/password", &form).await), "/");
    assert_eq!(house.get(&mut visit, "/copies").await.status(), StatusCode::OK);
    assert_eq!(goes_to(&house.login(&mut Visit::default(), "an", OWN).await), "/book");
}

#[tokio::test]
async fn a_form_without_its_token_changes_nothing() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let good = house.token(&mut visit, "/copies").await;
    let other = house.inside("binh", Role::Archivist).await;
    let stolen = house.token(&mut other.clone(), "/copies").await;
    for address in ["/logout", "/password", "/held/1"] {
        for token in ["", "0", stolen.as_str()] {
            let form = [("csrf", token), ("decision", "reject"), ("present", OWN)];
            let answer = house.ask(&mut visit, Method::POST, address, &form).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{address} with {token:?}");
        }
    }
    // Sent from another site, even with the token.
    visit.headers.push(("sec-fetch-site", "cross-site".into()));
    let answer = house.ask(&mut visit, Method::POST, "/logout", &[("csrf", good.as_str())]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    visit.headers.clear();
    assert_eq!(house.get(&mut visit, "/copies").await.status(), StatusCode::OK, "still inside");
    // A login whose token does not meet its cookie.
    let token = house.token(&mut Visit::default(), "/login").await;
    let form = [("name", "an"), ("password", OWN), ("csrf", token.as_str())];
    let answer = house.ask(&mut Visit::default(), Method::POST, "/login", &form).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn readers_read_and_archivists_decide() {
    let house = House::new();
    let mut reader = house.inside("doc", Role::Reader).await;
    for address in ["/", "/copies", "/book"] {
        assert_eq!(house.get(&mut reader, address).await.status(), StatusCode::OK, "{address}");
    }
    for address in ["/flow", "/held", "/held/1", "/job/1", "/accesses"] {
        assert_eq!(house.get(&mut reader, address).await.status(), StatusCode::FORBIDDEN, "{address}");
    }
    let token = house.token(&mut reader, "/copies").await;
    let form = [("csrf", token.as_str()), ("decision", "reject")];
    assert_eq!(house.ask(&mut reader, Method::POST, "/held/1", &form).await.status(), StatusCode::FORBIDDEN);
    let page = text(house.get(&mut reader, "/").await).await;
    assert!(!page.contains("href=\"/held\"") && page.contains("href=\"/book\""), "{page}");
    let mut archivist = house.inside("an", Role::Archivist).await;
    assert_eq!(house.get(&mut archivist, "/held").await.status(), StatusCode::OK);
    // After a rebuild jobs have other numbers, or none.
    let desk = Desk::open(&desk_path(&house.root), Arc::clone(&house.clock) as Arc<dyn Clock>).expect("desk");
    desk.note("an", "view", Some("#99"), Some("1")).expect("note");
    let log = house.get(&mut archivist, "/accesses").await;
    assert_eq!(log.status(), StatusCode::OK);
    let log = text(log).await;
    assert!(log.contains("mocban portal") && log.contains("đăng nhập") && log.contains("#99"), "{log}");
}

#[tokio::test]
async fn sessions_end() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    let kept = visit.clone();
    let token = house.token(&mut visit, "/copies").await;
    assert_eq!(goes_to(&house.ask(&mut visit, Method::POST, "/logout", &[("csrf", &token)]).await), "/login");
    assert!(visit.cookies.iter().all(|(name, _)| name != "mocban"), "the browser forgets");
    assert!(goes_to(&house.get(&mut kept.clone(), "/copies").await).starts_with("/login"), "and so does the house");

    let mut idle = house.inside("an", Role::Archivist).await;
    house.clock.advance(29 * 60);
    assert_eq!(house.get(&mut idle, "/copies").await.status(), StatusCode::OK);
    house.clock.advance(30 * 60);
    assert!(goes_to(&house.get(&mut idle, "/copies").await).starts_with("/login"));

    // A new password from the command ends what was open.
    let mut open = house.inside("an", Role::Archivist).await;
    house.password("an", Role::Archivist);
    assert!(goes_to(&house.get(&mut open, "/copies").await).starts_with("/login"));
}

#[tokio::test]
async fn cookies_are_kept_close() {
    let house = House::new();
    let password = house.password("an", Role::Archivist);
    for (headers, secure) in [(vec![], false), (vec![("x-forwarded-proto", "https".into())], true)] {
        let mut visit = Visit { headers, ..Visit::default() };
        let answer = house.get(&mut visit, "/login").await;
        let cookie = answer.headers().get(header::SET_COOKIE).expect("a cookie").to_str().expect("text").to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        assert_eq!(cookie.contains("Secure"), secure, "{cookie}");
    }
    let answer = house.login(&mut Visit::default(), "an", &password).await;
    let cookies: Vec<_> =
        answer.headers().get_all(header::SET_COOKIE).iter().map(|c| c.to_str().expect("text")).collect();
    let session = cookies.iter().find(|cookie| cookie.starts_with("mocban=")).expect("the session");
    assert!(session.contains("HttpOnly") && session.contains("SameSite=Strict"), "{session}");
}

#[tokio::test]
async fn machines_ask_from_here_only() {
    let house = House::new();
    let mut here = Visit::default();
    assert_eq!(text(house.get(&mut here, "/livez").await).await, "ok\n");
    let answer = house.get(&mut here, "/readyz").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "no copies are set");
    assert_eq!(text(answer).await, "copies: 0 of 2\n");
    let metrics = text(house.get(&mut here, "/metrics").await).await;
    assert!(metrics.contains("mocban_queue_documents{stage=\"certify\"} 0\n"), "{metrics}");
    let mut elsewhere = Visit { headers: vec![("x-forwarded-for", "10.0.0.9".into())], ..Visit::default() };
    for address in ["/livez", "/readyz", "/metrics"] {
        assert_eq!(house.get(&mut elsewhere, address).await.status(), StatusCode::NOT_FOUND, "{address}");
    }
}

#[tokio::test]
async fn both_languages_are_spoken_and_kept() {
    let house = House::new();
    let mut visit = house.inside("an", Role::Archivist).await;
    assert!(text(house.get(&mut visit, "/book").await).await.contains("<html lang=\"vi\">"));
    assert!(text(house.get(&mut visit, "/book?lang=en").await).await.contains("<html lang=\"en\">"));
    let kept = text(house.get(&mut visit, "/?q=%22a%22").await).await;
    assert!(kept.contains("<html lang=\"en\">"), "kept");
    assert!(kept.contains("href=\"/?q=%22a%22&#38;lang=vi\""), "the switch keeps the query: {kept}");
}

#[tokio::test]
async fn what_is_refused_and_seen_stands_in_the_log() {
    let house = House::new();
    house.password("an", Role::Archivist);
    house.login(&mut Visit::default(), "an", "wrong").await;
    house.inside("an", Role::Archivist).await;
    let desk = Desk::open(&desk_path(&house.root), Arc::clone(&house.clock) as Arc<dyn Clock>).expect("desk");
    desk.check_log(u64::MAX).expect("whole");
    let acts: Vec<String> = desk.newest_accesses(10).expect("log").into_iter().map(|entry| entry.act).collect();
    assert_eq!(acts, ["password", "login", "given", "refused", "given"]);
}

#[test]
fn the_first_start_makes_one_account_and_tells_its_password_once() {
    let house = House::new();
    drop((house.routes, house.app));
    let clock: Arc<dyn Clock> = house.clock;
    let open = || Home::open(&house.root, Arc::clone(&clock), PathBuf::from("/bin/false")).expect("home");
    let portal = Portal::open(Arc::new(open())).expect("open").expect("a portal");
    assert!(portal.address().ip().is_loopback());
    assert_eq!(portal.first_password().map(str::len), Some(19));
    drop(portal);
    let portal = Portal::open(Arc::new(open())).expect("open").expect("a portal");
    assert_eq!(portal.first_password(), None, "told once");
    let stop = AtomicBool::new(true);
    portal.serve(&stop).expect("stops when told");
}
