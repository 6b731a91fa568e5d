//! What lies on the copies and no journal tells of was stored just before the journals end: it is taken over when it proves
//! itself.

use std::collections::BTreeMap;

use model::{Certification, Description, DocumentId, Placement, Submission, event::EventKind, stage::JobState};
use preserve::{CopyStore as _, DirectoryCopy};
use register::{Commit, Facts, Job};
use serde_json::{Value, json};

use super::open_at;
use crate::{
    Error, Home, proven,
    steps::preserve::{CERTIFICATION, DECIDED, PART_LIMIT, stored_on},
};

/// Asks the objects of the copy, and of every other one that can be reached: how many are known now, and which are not and why.
pub(super) fn take_all_over(home: &Home, copy: &DirectoryCopy) -> Result<(u64, BTreeMap<DocumentId, String>), Error> {
    let mut ids: BTreeMap<DocumentId, Vec<&DirectoryCopy>> = BTreeMap::new();
    let others = home.reachable();
    let others = others.iter().filter(|other| other.name() != copy.name());
    for (at, from) in std::iter::once(copy).chain(others).enumerate() {
        match preserve::objects(from) {
            Ok(found) => found.into_iter().for_each(|id| ids.entry(id).or_default().push(from)),
            Err(error) if at == 0 => return Err(error.into()),
            Err(error) => tracing::warn!(copy = from.name(), code = error.code(), "its objects could not be asked"),
        }
    }
    let mut passed_over = BTreeMap::new();
    for (id, copies) in &ids {
        for from in copies {
            let fault = match take_over(home, from, *id, ids.len()) {
                Ok(fault) => fault.map(str::to_owned),
                Err(error @ Error::Register(_)) => return Err(error),
                Err(error) => Some(error.to_string()),
            };
            let Some(fault) = fault else {
                passed_over.remove(id);
                break;
            };
            passed_over.insert(*id, fault);
        }
    }
    Ok(((ids.len() - passed_over.len()) as u64, passed_over))
}

/// An object that the journal does not know as stored was stored just before the journal's end. The answer says why it is not
/// taken over.
fn take_over(home: &Home, copy: &DirectoryCopy, id: DocumentId, objects: usize) -> Result<Option<&'static str>, Error> {
    let known = home.register.job_of_document(id)?;
    if let Some(job) = &known
        && (job.state == JobState::Done
            || home.register.stored(job.no)?.iter().any(|stored| stored.copy == copy.name()))
    {
        return Ok(None);
    }
    let head = preserve::head(copy, id)?;
    let read =
        |part: &str| -> Result<Value, Error> { Ok(serde_json::from_slice(&head.read(copy, part, PART_LIMIT)?)?) };
    let submission: Submission = serde_json::from_value(read("submission.json")?)?;
    let certification = read("certification.json")?;
    if let Some(fault) = proven::fault(home, copy, &head, &submission, &certification)? {
        return Ok(Some(fault));
    }
    let Some(Certification { year, number, .. }) = proven::certified(&certification) else {
        return Ok(Some("it has no number"));
    };
    if let Some(fault) = fault_of_number(home, known.as_ref(), (year, number), objects)? {
        return Ok(Some(fault));
    }
    let (description, placement) = (read("description.json")?, read("placement.json")?);
    serde_json::from_value::<Option<Description>>(description.clone())?;
    serde_json::from_value::<Option<Placement>>(placement.clone())?;
    // Entered, and not read yet where the journal ends: it may be this one.
    let unread = home.register.job_of_source(&submission.source)?;
    let unread = unread.filter(|job| job.document.is_none() && open_at(job).is_some());
    let job = match known.or(unread) {
        Some(job) => job,
        None => home.register.job(home.register.enter_stored(&submission.source)?)?,
    };
    if home.register.booking_of(job.no)?.is_none() {
        home.register.book_proven(&job, year, number)?;
    }
    let mut card = Facts::new();
    card.insert("document".into(), json!(id));
    card.insert("form".into(), json!(submission.form));
    card.insert("pages".into(), json!(submission.pages.len()));
    card.insert("place".into(), json!(submission.place));
    card.insert("description".into(), description);
    card.insert("placement".into(), placement);
    for key in CERTIFICATION.iter().chain(DECIDED) {
        card.insert((*key).into(), certification.get(*key).cloned().unwrap_or(Value::Null));
    }
    let on = |copy: &str| stored_on(copy, &head.version.to_string(), head.inventory_sha512);
    let mut commits = vec![Commit::of(EventKind::Adopted).with(card), on(copy.name())];
    // Storing ended on every copy before its journal could tell.
    for (name, other) in home.copies().into_iter().filter(|(name, _)| name != copy.name()) {
        if other.is_ok_and(|other| preserve::known_head(&other, id, head.inventory_sha512).is_ok()) {
            commits.push(on(&name));
        }
    }
    let job = home.register.job(job.no)?;
    home.register.commit(&job, &commits)?;
    Ok(None)
}

fn fault_of_number(
    home: &Home,
    job: Option<&Job>,
    (year, number): (i16, u32),
    objects: usize,
) -> Result<Option<&'static str>, Error> {
    let own = job.map(|job| home.register.booking_of(job.no)).transpose()?.flatten();
    if own.is_some_and(|booking| (booking.year, booking.number) != (year, number)) {
        return Ok(Some("its number is not the one that was booked for it"));
    }
    let book = home.register.book_of(Some(year))?;
    let highest = book.iter().map(|booking| booking.number).max().unwrap_or(0);
    if number as usize > highest as usize + objects {
        return Ok(Some("its number is far behind every other one"));
    }
    let booked = book.into_iter().find(|booking| booking.number == number);
    let taken = booked.is_some_and(|booking| job.is_none_or(|job| booking.job != Some(job.no)));
    Ok(taken.then_some("its number is another document's"))
}
