//! What clients that hang up, or hang on, can take of the house.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::*;

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn work_that_nobody_waits_for_any_more_still_counts() {
    let house = House::new();
    let mut going_on = Vec::new();
    for _ in 0..app::HEAVY {
        let (end, ended) = std::sync::mpsc::channel::<()>();
        going_on.push(end);
        let hung_up = timeout(SHORT, house.app.heavy_work(move |_| ended.recv().is_ok())).await;
        assert!(hung_up.is_err(), "it goes on");
    }
    let another = timeout(SHORT, house.app.heavy_work(|_| ())).await;
    assert!(another.is_err(), "more work at the same time than there are permits");
    drop(going_on);
    assert_eq!(timeout(Duration::from_mins(1), house.app.heavy_work(|_| ())).await, Ok(Some(())));
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long an answer really took")]
async fn a_connection_that_says_nothing_gives_its_place_back() {
    let house = House::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let bounds = server::Bounds { connections: 1, head: Duration::from_millis(300), write: Duration::from_mins(1) };
    tokio::spawn(server::accept(listener, house.routes.clone(), bounds));
    let began = Instant::now();
    let mut silent = TcpStream::connect(address).await.expect("a connection");
    silent.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").await.expect("half a head");
    let mut other = TcpStream::connect(address).await.expect("a connection");
    other.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("a request");
    let mut said = String::new();
    let answered = timeout(Duration::from_secs(30), other.read_to_string(&mut said)).await;
    assert!(answered.is_ok() && said.starts_with("HTTP/1.1 200"), "{said}");
    assert!(began.elapsed() >= bounds.head, "one connection at a time");
    let end = timeout(Duration::from_secs(30), silent.read_to_end(&mut Vec::new())).await;
    assert!(end.is_ok(), "it was ended");
}

#[tokio::test]
async fn a_connection_that_reads_no_answers_gives_its_place_back() {
    let house = House::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let bounds = server::Bounds { connections: 1, head: Duration::from_mins(1), write: Duration::from_millis(300) };
    tokio::spawn(server::accept(listener, house.routes.clone(), bounds));
    let mut deaf = TcpStream::connect(address).await.expect("a connection");
    // More answers than the system keeps for a client: in the end no more requests are taken either.
    let asks = "GET /assets/mocban.css HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    while let Ok(Ok(())) = timeout(Duration::from_secs(1), deaf.write_all(asks.as_bytes())).await {}
    let mut other = TcpStream::connect(address).await.expect("a connection");
    other.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("a request");
    let mut said = String::new();
    let answered = timeout(Duration::from_secs(20), other.read_to_string(&mut said)).await;
    assert!(answered.is_ok() && said.starts_with("HTTP/1.1 200"), "{said}");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how long the reading really took")]
async fn who_reads_slowly_is_answered_to_the_end() {
    const PIECE: usize = 8 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("an address");
    let address = listener.local_addr().expect("an address");
    let routes = Router::new().route("/", axum::routing::get(async || vec![7_u8; 5 * PIECE]));
    let bounds = server::Bounds { connections: 1, head: Duration::from_mins(1), write: Duration::from_secs(2) };
    tokio::spawn(server::accept(listener, routes, bounds));
    let began = Instant::now();
    let mut slow = TcpStream::connect(address).await.expect("a connection");
    slow.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("a request");
    let mut piece = vec![0; PIECE];
    for _ in 0..5 {
        // Longer than the bound in all, and never at once.
        tokio::time::sleep(Duration::from_millis(500)).await;
        slow.read_exact(&mut piece).await.expect("a piece");
    }
    assert!(began.elapsed() > bounds.write);
    slow.read_to_end(&mut Vec::new()).await.expect("the rest");
}
