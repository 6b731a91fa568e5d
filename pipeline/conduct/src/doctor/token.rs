//! The token with key and certificate (Điều 3.3, 3.10–3.13).

use certify::{Mark, gate};
use config::Settings;
use jiff::Timestamp;
use model::{Certification, CopyKind};
use pki::{
    certificate::Certificate,
    key::{CertificationKey as _, Scheme},
    path::Anchors,
    token::{PinState, Pkcs11Key, Seen, look},
};
use zeroize::Zeroizing;

use super::{Health, Notes, RENEW_DAYS, days};
use crate::Error;

/// Looks at the token; with a PIN it logs in once and finds the key. Gives the key's certificates where they are seen.
pub(super) fn token(notes: &mut Notes, settings: &Settings, pin: Option<Zeroizing<String>>) -> Option<Vec<Vec<u8>>> {
    let (module, label, key) = (&settings.token.module, &settings.token.token_label, &settings.token.key_label);
    let seen = match look(module, label, key) {
        Ok(seen) => seen,
        Err(error) => {
            notes.error("token", label, &error.into());
            return None;
        }
    };
    let named = [("token", label.clone()), ("key", key.clone())];
    match seen.pin {
        PinState::Good => notes.ok("token", label, "doctor-token", &named),
        PinState::Low => notes.warning("token", label, "doctor-pin-low", &named),
        PinState::LastTry => notes.fault("token", label, "doctor-pin-last", &named),
        PinState::Locked => {
            notes.error("token", label, &pki::key::KeyError::PinLocked { token: label.clone() }.into());
        }
    }
    // The last try is a person's, at the token, not a program's.
    let Some(pin) = pin.filter(|_| matches!(seen.pin, PinState::Good | PinState::Low)) else {
        return unopened(notes, key, &named, seen);
    };
    match Pkcs11Key::open(module, label, key, &pin) {
        Ok(opened) => {
            let schemes: Vec<&str> = opened.schemes().iter().copied().map(Scheme::name).collect();
            notes.ok("key", key, "doctor-key", &[("key", key.clone()), ("schemes", schemes.join(", "))]);
            Some(opened.chain().to_vec())
        }
        Err(error) => {
            notes.error("key", key, &error.into());
            seen.chain
        }
    }
}

/// Without a PIN a key is believed in by the public half that bears its name.
fn unopened(notes: &mut Notes, key: &str, named: &[(&str, String)], seen: Seen) -> Option<Vec<Vec<u8>>> {
    let code = if seen.chain.is_some() { "doctor-key-closed" } else { "doctor-key-unseen" };
    notes.note(Health::Unchecked, "key", key, code, named);
    seen.chain
}

/// Whether the certificate may sign now and has what the mark must show; gives it with those above it.
pub(super) fn certificate(
    notes: &mut Notes,
    role: &str,
    chain: Option<&[Vec<u8>]>,
    anchors: Option<&Anchors>,
    now: Timestamp,
) -> Option<(Certificate, Vec<Certificate>)> {
    let (Some(chain), Some(anchors)) = (chain, anchors) else {
        notes.note(Health::Unchecked, "certificate", "", "doctor-certificate-unseen", &[]);
        return None;
    };
    let mut parsed = chain.iter().filter_map(|der| Certificate::parse(der).ok());
    let known = parsed.next().map(|leaf| (leaf, parsed.collect()));
    // Any booking serves: only the certificate's items are asked for.
    let certification = Certification {
        number: 1,
        year: model::clock::register_year(now),
        role: role.to_owned(),
        kind: CopyKind::Full,
    };
    let checked = gate::check(role, role, chain, anchors, now).and_then(|leaf| {
        Mark::of(&leaf, &certification, now)?;
        Ok(leaf)
    });
    match checked {
        Ok(leaf) => in_force(notes, "certificate", "", &leaf, now),
        Err(error) => notes.error("certificate", "", &Error::from(error)),
    }
    known
}

/// A certificate in force, and for how long.
pub(super) fn in_force(notes: &mut Notes, check: &'static str, subject: &str, leaf: &Certificate, now: Timestamp) {
    let left = days(now, leaf.not_after());
    let facts = [
        ("name", leaf.subject().to_string()),
        ("until", model::clock::rfc3339_local(leaf.not_after())),
        ("days", left.to_string()),
    ];
    if left < RENEW_DAYS {
        notes.warning(check, subject, "doctor-certificate-ends", &facts);
    } else {
        notes.ok(check, subject, "doctor-certificate", &facts);
    }
}
