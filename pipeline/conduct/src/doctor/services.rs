//! What is asked over the network: timestamp authorities, their clocks, OCSP and CRL; and the anchors all of it leans on.

use std::{collections::BTreeSet, time::Duration};

use config::Settings;
use jiff::Timestamp;
use model::Clock;
use pki::{
    certificate::Certificate,
    ocsp::Status,
    path::Anchors,
    timestamp::TimestampToken,
    transport::{HttpTransport, Transport},
    tsa,
};

use super::{Health, Notes, token::in_force};
use crate::Error;

/// More than any time service leaves; documents are dated by the authority, but events and sessions by this clock.
const CLOCK_WARNING_S: i64 = 5;
const CLOCK_FAULT_S: i64 = 60;

type Chain = (Certificate, Vec<Certificate>);

pub(super) fn anchors(notes: &mut Notes, settings: &Settings, now: Timestamp) -> Option<Anchors> {
    let path = &settings.trust.anchors;
    let read = durable::read_limited(path, 1 << 20).map_err(Error::from);
    let anchors = match read.and_then(|pem| Ok(Anchors::from_pem(&pem)?)) {
        Ok(anchors) => anchors,
        Err(error) => {
            notes.error("anchors", "", &error);
            return None;
        }
    };
    let count = anchors.certificates().count();
    let facts = [("path", path.display().to_string()), ("count", count.to_string())];
    if count == 0 {
        notes.fault("anchors", "", "doctor-anchors-none", &facts);
    } else {
        notes.ok("anchors", "", "doctor-anchors", &facts);
    }
    for over in anchors.certificates().filter(|anchor| !anchor.is_valid_at(now)) {
        let name = over.subject().to_string();
        let facts = [("name", name.clone()), ("until", model::clock::rfc3339_local(over.not_after()))];
        notes.warning("anchors", &name, "doctor-anchor-over", &facts);
    }
    Some(anchors)
}

pub(super) fn services(
    notes: &mut Notes,
    settings: &Settings,
    signer: Option<Chain>,
    anchors: Option<&Anchors>,
    clock: &dyn Clock,
) {
    let transport = HttpTransport::new(Duration::from_secs(settings.tsa.timeout_s));
    let mut chains: Vec<Chain> = signer.into_iter().collect();
    if settings.tsa.urls.is_empty() {
        notes.fault("tsa", "", "doctor-tsa-none", &[]);
    }
    let mut heard = false;
    for url in &settings.tsa.urls {
        let before = clock.now();
        match tsa::trial(url, &transport) {
            Ok(token) => {
                heard = true;
                compare_clocks(notes, url, &token, before, clock.now());
                chains.extend(authority(notes, url, &token, clock.now()));
            }
            Err(reason) => {
                notes.fault("tsa", url, "doctor-tsa-refused", &[("url", url.clone()), ("reason", reason)]);
            }
        }
    }
    if !heard {
        notes.note(Health::Unchecked, "clock", "", "doctor-clock-unseen", &[]);
    }
    match anchors {
        Some(anchors) if !chains.is_empty() => revocation(notes, &chains, anchors, &transport, clock.now()),
        _ => notes.note(Health::Unchecked, "revocation", "", "doctor-revocation-unseen", &[]),
    }
}

/// The token's own signature was checked when it was accepted; whether its certificate leads to an anchor comes with its
/// revocation data.
fn authority(notes: &mut Notes, url: &str, token: &TimestampToken, now: Timestamp) -> Option<Chain> {
    match token.verify(&[]) {
        Ok(leaf) => {
            in_force(notes, "tsa", url, &leaf, now);
            Some((leaf, token.signed.parsed_certificates()))
        }
        Err(error) => {
            let facts = [("url", url.to_owned()), ("reason", error.to_string())];
            notes.fault("tsa", url, "doctor-tsa-refused", &facts);
            None
        }
    }
}

fn compare_clocks(notes: &mut Notes, url: &str, token: &TimestampToken, before: Timestamp, after: Timestamp) {
    let off = seconds_off(before, token.gen_time, after);
    let facts = [("url", url.to_owned()), ("seconds", off.to_string()), ("limit", tsa::SKEW_SECONDS.to_string())];
    match off.abs() {
        0..=CLOCK_WARNING_S => notes.ok("clock", url, "doctor-clock", &facts),
        off if off <= CLOCK_FAULT_S => notes.warning("clock", url, "doctor-clock-off", &facts),
        _ => notes.fault("clock", url, "doctor-clock-off", &facts),
    }
}

/// Every source of revocation data of the signer and the timestamp authorities. One that is silent is told even where
/// another answers: the work goes on, but on one leg.
fn revocation(notes: &mut Notes, chains: &[Chain], anchors: &Anchors, transport: &dyn Transport, now: Timestamp) {
    let mut told = BTreeSet::new();
    for (leaf, pool) in chains {
        let sources = match augment::sources(leaf, pool, anchors, transport, now) {
            Ok(sources) => sources,
            Err(error) => {
                notes.error("revocation", &leaf.subject().to_string(), &error.into());
                continue;
            }
        };
        for source in &sources {
            if told.insert((source.certificate.clone(), source.url.clone())) {
                let others =
                    sources.iter().any(|other| other.certificate == source.certificate && other.answer.is_ok());
                tell(notes, source, others);
            }
        }
    }
}

fn tell(notes: &mut Notes, source: &augment::Source, another_answers: bool) {
    let mut facts = vec![("certificate", source.certificate.clone()), ("url", source.url.clone())];
    let health = match &source.answer {
        Ok(known) => {
            facts.push(("at", model::clock::rfc3339_local(known.this_update)));
            match known.status {
                Status::Good => return notes.ok("revocation", &source.url, "doctor-revocation", &facts),
                Status::Unknown => Health::Fault,
                Status::Revoked { at, .. } => {
                    facts.push(("since", model::clock::rfc3339_local(at)));
                    return notes.fault("revocation", &source.url, "doctor-revoked", &facts);
                }
            }
        }
        Err(_) if another_answers => Health::Warning,
        Err(_) => Health::Fault,
    };
    let reason = source.answer.as_ref().err().cloned().unwrap_or_else(|| "the certificate is not known there".into());
    facts.push(("reason", reason));
    notes.note(health, "revocation", &source.url, "doctor-revocation-silent", &facts);
}

/// How far the authority is ahead of us (behind: negative). Its time lies between question and answer when both clocks are
/// right, so the way there and back counts for nothing.
fn seconds_off(before: Timestamp, at: Timestamp, after: Timestamp) -> i64 {
    let (before, at, after) = (before.as_second(), at.as_second(), after.as_second());
    at - at.clamp(before, after.max(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_compared_regardless_of_the_way() {
        let second = |second| Timestamp::from_second(second).expect("time");
        let check = |before, at, after, off| assert_eq!(seconds_off(second(before), second(at), second(after)), off);
        check(100, 100, 100, 0);
        check(100, 110, 120, 0);
        check(100, 125, 120, 5);
        check(100, 90, 120, -10);
        // A clock that was set back while the question was under way.
        check(100, 100, 40, 0);
    }
}
