//! A reviewer corrects what was read of a document, before anything is made of it.

use std::collections::BTreeMap;

use model::{Cause, Description, DocumentId, Extracted, Field, event::EventKind, stage::JobState};
use register::{Commit, Facts, Job};
use serde::{Deserialize, Serialize};
use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use crate::{Error, Home, decide, refused::Refused};

/// Longest value.
const LONGEST: usize = 4000;
/// Fields that the house itself counts, books or guards.
const OWN: &[Field] = &[Field::Pages, Field::Secrecy, Field::CertNo, Field::CertKind, Field::CopyKind];

/// Corrections as they stay on the card: another reading of the same pages keeps them.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Corrections {
    document: Option<DocumentId>,
    fields: BTreeMap<Field, Correction>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Correction {
    /// Empty: the field is not known.
    value: String,
    by: String,
}

/// The fields a person may set.
pub fn fields() -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(|field| !OWN.contains(field))
}

/// Sets fields of a document under review; an empty value says that the field is not known. Nothing is set when one is
/// refused. `seen` is as for [`decide::decide`].
///
/// # Errors
/// The register's own. What is not allowed is an answer.
pub fn correct(
    home: &Home,
    name: &str,
    seen: Option<i64>,
    values: &BTreeMap<String, String>,
    by: &str,
) -> Result<Result<(), Refused>, Error> {
    let job = match decide::waiting(home, name, seen)? {
        Ok(job) => job,
        Err(refused) => return Ok(Err(refused)),
    };
    let review = matches!(&job.state, JobState::Waiting(_, cause) if cause == Cause::Review.code());
    let Some(document) = job.document.filter(|_| review) else { return Ok(Err(Refused::NotUnderReview)) };
    let mut corrections = stored(&job, document);
    for (field, value) in values {
        match parse(field, value) {
            Ok((field, value)) => {
                corrections.fields.insert(field, Correction { value, by: by.to_owned() });
            }
            Err(refused) => return Ok(Err(refused)),
        }
    }
    let mut description: Description = match job.card.get("description") {
        Some(value) => serde_json::from_value(value.clone())?,
        None => Description::default(),
    };
    apply(&corrections, &mut description);
    let mut facts = Facts::new();
    facts.insert("corrections".into(), serde_json::to_value(&corrections)?);
    facts.insert("description".into(), json!(description));
    let event = EventKind::Corrected { fields: values.keys().cloned().collect(), actor: by.to_owned() };
    decide::commit(home, &job, &[Commit::of(event).with(facts).by(by)])
}

/// Puts a person's corrections over what was read of the same pages.
pub(crate) fn keep(job: &Job, document: DocumentId, description: &mut Description) {
    apply(&stored(job, document), description);
}

fn stored(job: &Job, document: DocumentId) -> Corrections {
    let stored = job.card.get("corrections").and_then(|value| serde_json::from_value(value.clone()).ok());
    let stored = stored.filter(|stored: &Corrections| stored.document == Some(document));
    stored.unwrap_or_else(|| Corrections { document: Some(document), fields: BTreeMap::new() })
}

fn apply(corrections: &Corrections, description: &mut Description) {
    for (field, correction) in &corrections.fields {
        if correction.value.is_empty() {
            description.0.remove(field);
            continue;
        }
        // Where it was read stays with it; that it was read so does not.
        let read = description.0.get(field);
        let (page, rect) = (read.and_then(|read| read.page), read.and_then(|read| read.rect));
        let by = Some(correction.by.clone());
        let value = Extracted { value: correction.value.clone(), confidence: 1.0, page, rect, confirmed_by: by };
        description.0.insert(*field, value);
    }
}

fn parse(name: &str, value: &str) -> Result<(Field, String), Refused> {
    let known = || fields().map(|field| field.name().to_owned()).collect();
    let field = Field::from_name(name).filter(|field| !OWN.contains(field));
    let field = field.ok_or_else(|| Refused::NoSuchField { field: name.to_owned(), known: known() })?;
    let value: String = value.trim().nfc().collect();
    let bad = |expected: &str| Refused::BadValue { field: name.to_owned(), expected: expected.to_owned() };
    if value.chars().count() > LONGEST || value.chars().any(char::is_control) {
        return Err(bad(&format!("≤ {LONGEST}")));
    }
    if value.is_empty() {
        return Ok((field, value));
    }
    if field == Field::IssuedDate && value.parse::<jiff::civil::Date>().is_err() {
        return Err(bad("YYYY-MM-DD"));
    }
    if field == Field::Sheets && value.parse::<u32>().is_err() {
        return Err(bad("1, 2, 3 …"));
    }
    Ok((field, value))
}
