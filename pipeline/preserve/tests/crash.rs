//! A writer killed at every named point, at its every hit: what it acknowledged is whole, the rest is not there, and the
//! same work done again ends well. The killed one is a child, this same executable.
#![expect(clippy::disallowed_methods, reason = "the test starts itself as a child and looks at what it left")]

use std::{
    collections::BTreeMap,
    path::Path,
    process::Command,
    sync::{Arc, Mutex},
};

use failpoint::fail;
use model::{DocumentId, Sha256};
use preserve::{
    Content, DirectoryCopy, Error, Object, Part, Stored, Trust, User,
    audit::{Digest, Expected, ObjectFacts, Reading, audit},
    journal::{self, JournalEntry},
    store_together, store_version,
};

const POINTS: &[&str] = &[
    "durable:create:after",
    "durable:write:after",
    "durable:chmod:after",
    "durable:fsync:after",
    "durable:dirsync:after",
    "durable:link:before",
    "durable:link:after",
    "durable:mkdir:after",
    "durable:mkdir:unsynced",
    "durable:enter:before",
    "durable:enter:after",
    "durable:replace:before",
    "durable:replace:after",
    "preserve:part:after",
    "preserve:build:after",
    "preserve:readback:after",
    "preserve:enter:after",
    "preserve:version:entered",
    "preserve:root:after",
    "preserve:journal:after",
];

const READING: Reading = Reading { trust: Trust::Medium, by: Digest::Blake3 };

fn id(content: &[u8]) -> DocumentId {
    DocumentId::of_content(&[Sha256::of(content)])
}

fn object(id: DocumentId, pdf: &str) -> Object {
    let part = |logical: &str, bytes: &str| Part {
        logical: logical.to_owned(),
        content: Content::Bytes(bytes.as_bytes().to_vec()),
    };
    Object {
        id,
        parts: vec![part("document.pdf", pdf), part("originals/1.jpg", "scan")],
        created: "2026-11-25T02:00:00Z".parse().expect("time"),
        message: "stored".to_owned(),
        user: User { name: "mocban".to_owned(), address: None },
    }
}

fn entry() -> JournalEntry {
    let line = format!(r#"{{"seq":1,"event":{{"kind":"raised"}},"prev":"{}"}}"#, Sha256([0; 32]));
    JournalEntry::from_line(&line).expect("entry")
}

/// Everything a copy is made to do, from its beginning; done already is success.
fn work(root: &Path) -> Result<Expected, Error> {
    DirectoryCopy::init(root, "a", "2026-11-25T02:00:00Z".parse().expect("time"))?;
    let copy = DirectoryCopy::open(root, "a", false)?;
    let journal_head = Some(journal::append(&copy, &[entry()])?);
    let objects = [object(id(b"x"), "one"), object(id(b"y"), "one")];
    let measures = [objects[0].measure()?, objects[1].measure()?];
    let mut both = store_together(&copy, &objects.iter().zip(&measures).collect::<Vec<_>>())?;
    both[0] = store_version(&copy, &object(objects[0].id, "two"), both[0].inventory_sha512)?;
    let facts = |stored: Stored| ObjectFacts { head: stored.version, inventory_sha512: stored.inventory_sha512 };
    let known = objects.iter().zip(both).map(|(object, stored)| (object.id, facts(stored)));
    Ok(Expected { objects: known.collect(), journal_head })
}

/// How often each point is passed by the whole work.
fn trace() -> BTreeMap<&'static str, u32> {
    let counts = Arc::new(Mutex::new(BTreeMap::new()));
    for point in POINTS {
        let counts = Arc::clone(&counts);
        let count = move || *counts.lock().expect("counts").entry(*point).or_insert(0) += 1;
        fail::cfg_callback(*point, count).expect("arm");
    }
    let room = tempfile::tempdir().expect("room");
    work(room.path()).expect("work");
    for point in POINTS {
        fail::remove(point);
    }
    std::mem::take(&mut counts.lock().expect("counts"))
}

fn die_at(point: String, hit: u32) {
    let passed = Mutex::new(0);
    fail::cfg_callback(point, move || {
        let mut passed = passed.lock().expect("count");
        *passed += 1;
        if *passed == hit {
            let me = rustix::process::getpid();
            rustix::process::kill_process(me, rustix::process::Signal::KILL).expect("kill");
        }
    })
    .expect("arm");
}

#[test]
fn a_writer_may_die_anywhere() {
    if let (Ok(point), Ok(hit), Ok(root)) = (std::env::var("DIE_AT"), std::env::var("DIE_HIT"), std::env::var("DIE_IN"))
    {
        die_at(point, hit.parse().expect("hit"));
        work(Path::new(&root)).expect("work");
        return;
    }
    let counts = trace();
    let mut trials = 0;
    for point in POINTS {
        let hits = counts.get(point).copied().unwrap_or_default();
        assert!(hits > 0, "{point} is never passed");
        // The points of durable are hit once a file: every seventh file is enough for every day.
        let all = std::env::var_os("MOCBAN_CRASH_ALL").is_some();
        for hit in (1..=hits).filter(|hit| all || hit % 7 == 1 || *hit == hits) {
            let room = tempfile::tempdir().expect("room");
            let when = format!("{point}, hit {hit}");
            let output = Command::new(std::env::current_exe().expect("own path"))
                .args(["--exact", "a_writer_may_die_anywhere"])
                .env("DIE_AT", point)
                .env("DIE_HIT", hit.to_string())
                .env("DIE_IN", room.path())
                .output()
                .expect("child");
            assert!(!output.status.success(), "{when}: the child lived");
            check(room.path(), &when);
            trials += 1;
        }
    }
    println!("{trials} deaths");
}

fn check(root: &Path, when: &str) {
    // Opened as it was left: whatever is there is whole, by its own inventories.
    if let Ok(copy) = DirectoryCopy::open(root, "a", false) {
        assert_eq!(audit(&copy, None, READING).faults, [], "{when}: found after the death");
    }
    let expected = work(root).expect(when);
    let copy = DirectoryCopy::open(root, "a", false).expect("open");
    let audit = audit(&copy, Some(&expected), READING);
    assert_eq!((audit.faults, audit.objects, audit.files), (vec![], 2, 8), "{when}");
    assert_eq!(durable::clean_temps(root).expect("clean"), 0, "{when}: a temporary file stayed");
}
