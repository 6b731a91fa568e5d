//! A home with many documents behind it, to see how long it takes to start.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, Result};
use intake::{Template, look};
use model::{Description, DocumentId, Sha256, Stage, SystemClock, event::EventKind};
use register::{Commit, Facts, Register};
use search::{Index, IndexedDocument};
use serde_json::{Value, json};

/// Enters documents, walks each to its end with the events a real way leaves, and indexes it; what lies in inbound is
/// entered after them and stays ready.
pub(crate) fn run(home: &Path, documents: u32, with_journal: bool) -> Result<Value> {
    let register = Register::open(&home.join("register.sqlite"), Arc::new(SystemClock))?;
    let mut index = Index::open(&home.join("index"))?;
    for number in 0..documents {
        let source = format!("past/01/{:04}/{number:05}", number / 100);
        let id = DocumentId::of_content(&[Sha256::of(source.as_bytes())]);
        let no = register.enter(&source, &format!("{number:064x}"))?.context("a new document")?;
        let job = register.job(no)?;
        let booking = register.book(&job)?;
        let mut events = Vec::new();
        for stage in Stage::ALL {
            events.push(Commit::of(EventKind::Started { stage: *stage }));
            if *stage == Stage::Preserve {
                for copy in ["a", "b"] {
                    events.push(Commit::of(EventKind::Stored { copy: copy.into(), version: "v1".into() }));
                }
            }
            let facts = if *stage == Stage::Intake { facts(id, booking.number) } else { Facts::new() };
            events.push(Commit::of(EventKind::Finished { stage: *stage }).with(facts));
        }
        register.commit(&register.job(no)?, &events)?;
        let number = format!("{number}-QĐ/TU");
        let description = Description::default();
        index.add(&IndexedDocument {
            id,
            title: &source,
            number: Some(&number),
            description: &description,
            pages: &[],
            source: &source,
        })?;
    }
    index.commit(register.head()?.0)?;
    if with_journal {
        journal(home, &register, register.head()?.0 / u64::from(documents.max(1)))?;
    }
    let template = Template::parse("{fonds}/{inventory}/{file}/{document}")?;
    let mut ready = 0;
    for candidate in look(&home.join("inbound"), &template)? {
        ready += u32::from(register.enter(&candidate.source, &candidate.look())?.is_some());
    }
    Ok(json!({ "documents": documents, "ready": ready, "events": register.head()?.0 }))
}

/// The events on the copies, a segment for each document, as they lie when documents end one by one.
fn journal(home: &Path, register: &Register, each: u64) -> Result<()> {
    let (mut last, count) = (0, usize::try_from(each.max(1))?);
    loop {
        let lines = register.lines_after(last, count)?;
        let (Some((first, ..)), Some((end, ..))) = (lines.first(), lines.last()) else { return Ok(()) };
        let text: String = lines.iter().flat_map(|(_, line, _)| [line.as_str(), "\n"]).collect();
        for copy in ["a", "b"] {
            std::fs::write(home.join(format!("copies/{copy}/journal/{first:012}-{end:012}.jsonl")), &text)?;
        }
        last = *end;
    }
}

fn facts(id: DocumentId, number: u32) -> Facts {
    let pairs = [("document", json!(id)), ("pages", json!(3)), ("level", json!("B-LTA")), ("number", json!(number))];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
