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
    let bounds = server::Bounds { connections: 1, head: Duration::from_millis(300) };
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
