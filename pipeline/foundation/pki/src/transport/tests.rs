use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    time::Duration,
};

use super::*;

const PATIENCE: Duration = Duration::from_millis(700);

/// A host that reads one request and answers with these bytes; then it falls silent for `after`.
#[expect(clippy::disallowed_methods, reason = "a test's host needs its thread")]
fn host(answer: &'static [u8], after: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/x", listener.local_addr().expect("address"));
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let mut request = [0; 4096];
        let _read = stream.read(&mut request).expect("a request");
        stream.write_all(answer).expect("an answer");
        std::thread::sleep(after);
    });
    url
}

fn check(answer: &'static [u8], limit: u64, expect: Result<&[u8], &str>) {
    let url = host(answer, Duration::ZERO);
    let found = HttpTransport::new(PATIENCE).post(&url, "application/timestamp-query", b"body", limit);
    match (found, expect) {
        (Ok(found), Ok(expect)) => assert_eq!(found, expect),
        (Err(error), Err(code)) => assert_eq!(error.code(), code, "{error}"),
        (found, expect) => panic!("{found:?} where {expect:?} was expected"),
    }
}

#[test]
fn answers_pass_and_everything_else_has_its_name() {
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 3, Ok(b"abc"));
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabcd", 3, Err("E-HTTP-05"));
    check(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", 3, Err("E-HTTP-04"));
    check(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", 3, Err("E-HTTP-04"));
    check(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 99, Err("E-HTTP-06"));
    check(b"SSH-2.0-OpenSSH\r\n\r\n", 99, Err("E-HTTP-06"));
}

#[test]
fn silence_ends_in_time() {
    let url = host(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", Duration::from_secs(20));
    let error = HttpTransport::new(PATIENCE).get(&url, 99).expect_err("silence");
    assert_eq!(error.code(), "E-HTTP-03", "{error}");
}

#[test]
fn only_http_is_asked() {
    for url in ["ldap://x/cn=y", "file:///etc/passwd", "https://127.0.0.1:1/", "not an address", ""] {
        let error = HttpTransport::new(PATIENCE).get(url, 9).expect_err(url);
        assert_eq!(error, TransportError::Address { url: url.into() });
    }
    let error = HttpTransport::new(PATIENCE).get("http://127.0.0.1:1/", 9).expect_err("nobody there");
    assert_eq!(error.code(), "E-HTTP-02");
    let error = HttpTransport::with_anchors(PATIENCE, &[]).get("https://127.0.0.1:1/", 9).expect_err("nobody there");
    assert_eq!(error.code(), "E-HTTP-02");
}

#[test]
fn the_double_is_stricter_than_the_network() {
    let expected =
        |url: &str, answer: &[u8]| Expected { url: url.into(), content_type: None, answer: Ok(answer.to_vec()) };
    let script =
        Scripted::new([expected("http://a/", b"abc"), expected("http://b/", b"abc"), expected("http://c/", b"")]);
    assert_eq!(script.get("http://a/", 3), Ok(b"abc".to_vec()));
    assert!(matches!(script.get("http://b/", 2), Err(TransportError::TooLarge { .. })));
    assert!(script.post("http://c/", "text/plain", b"", 9).is_err(), "a post where a get was expected");
    assert!(script.get("http://c/", 9).is_err(), "the script has ended");
    assert_eq!((script.asked().len(), script.left()), (4, 0));
}

#[test]
fn every_code_has_its_texts() {
    let all = [
        TransportError::Address { url: "u".into() },
        TransportError::Unreachable { host: "h".into(), reason: "r".into() },
        TransportError::Timeout { host: "h".into(), seconds: 1 },
        TransportError::Status { host: "h".into(), status: 503 },
        TransportError::TooLarge { host: "h".into(), limit: 1 },
        TransportError::CutOff { host: "h".into(), reason: "r".into() },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{}", error.code());
        let text = messages::text(messages::Lang::En, error.code(), &error.facts());
        assert!(!text.contains('{'), "{text}");
        assert!(matches!(error.disposition(), Disposition::Retry { .. }));
    }
}
