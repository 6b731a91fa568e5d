//! Whether a certificate was revoked, as far as the file's own evidence tells.

use jiff::Timestamp;
use pki::{
    certificate::Certificate,
    crl,
    ocsp::{self, Status},
    path,
};

use crate::{Anchors, evidence::Evidence};

/// What the evidence says of one certificate at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    /// Not revoked.
    Good,
    /// Revoked or suspended, since when.
    Revoked(Timestamp),
    /// Only data is there that is too old, or of a time at which the expired certificate was no longer looked after.
    TooOld,
    /// No data is there.
    Missing,
}

/// How fresh data must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Issued at or after the time in question: the signer's own certificate.
    After,
    /// Or in force at that time: issuing certificates and timestamp authorities.
    InForce,
}

/// Asks the evidence about a certificate at `at`; `now` vouches for data that no timestamp covers.
///
/// A revocation in any list or answer counts, whatever newer data says: a certificate that was suspended at the time in
/// question was not in force then (Điều 3.4).
pub(crate) fn ask(
    certificate: &Certificate,
    issuer: &Certificate,
    at: Timestamp,
    freshness: Freshness,
    evidence: &Evidence,
    anchors: &Anchors,
    now: Timestamp,
) -> Known {
    let inquiry = Inquiry { certificate, issuer, evidence, anchors, now };
    let mut known = Known::Missing;
    for Answer { status, this_update, next_update, conclusive } in inquiry.answers(true) {
        // Times of revocation data are compared with the timestamp cut to the second.
        let fresh = this_update.as_second() >= at.as_second()
            || (freshness == Freshness::InForce && in_force(this_update, next_update, at));
        known = match (known, status) {
            (Known::Revoked(before), Status::Revoked { at, .. }) => Known::Revoked(before.min(at)),
            (Known::Revoked(before), Status::Good | Status::Unknown) => Known::Revoked(before),
            (_, Status::Revoked { at, .. }) => Known::Revoked(at),
            (Known::Good, Status::Good | Status::Unknown) => Known::Good,
            (_, Status::Good) if fresh && conclusive => Known::Good,
            (_, Status::Good) => Known::TooOld,
            (before, Status::Unknown) => before,
        };
    }
    known
}

/// Data without an end serves for an hour.
fn in_force(this_update: Timestamp, next_update: Option<Timestamp>, at: Timestamp) -> bool {
    let until = next_update.map_or_else(|| this_update.as_second().saturating_add(3600), Timestamp::as_second);
    at.as_second() <= until
}

struct Inquiry<'a> {
    certificate: &'a Certificate,
    issuer: &'a Certificate,
    evidence: &'a Evidence,
    anchors: &'a Anchors,
    now: Timestamp,
}

/// What one list or answer says.
struct Answer {
    status: Status,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// It still speaks of the certificate.
    conclusive: bool,
}

impl Inquiry<'_> {
    /// Every checked answer about the certificate. `delegates`: whether answers of delegated responders that must be
    /// asked for themselves count; they do not while one of them is being asked for.
    fn answers(&self, delegates: bool) -> Vec<Answer> {
        let mut found = Vec::new();
        for held in &self.evidence.ocsps {
            let Ok(checked) = held.data.verify(self.certificate, self.issuer) else { continue };
            let existed = held.existed.unwrap_or(self.now);
            let responder = &checked.responder;
            let delegated = responder != self.issuer;
            if !self.trusted(responder, existed) {
                continue;
            }
            if delegated && !responder.has_no_check() && !(delegates && self.is_good(responder, checked.produced_at)) {
                continue;
            }
            let ocsp::Verified { status, this_update, next_update, conclusive, .. } = checked;
            found.push(Answer { status, this_update, next_update, conclusive });
        }
        for held in &self.evidence.crls {
            let Ok(checked) = held.data.verify(self.certificate, self.issuer) else { continue };
            if self.trusted(self.issuer, held.existed.unwrap_or(self.now)) {
                let crl::Verified { status, this_update, next_update, conclusive } = checked;
                found.push(Answer { status, this_update, next_update, conclusive });
            }
        }
        found
    }

    /// The signer of the data leads to an anchor at the time by which the data existed.
    fn trusted(&self, signer: &Certificate, at: Timestamp) -> bool {
        path::build(signer, &self.evidence.pool, self.anchors, at).is_ok()
    }

    fn is_good(&self, responder: &Certificate, at: Timestamp) -> bool {
        let about = Inquiry { certificate: responder, ..*self };
        let mut good = false;
        for answer in about.answers(false) {
            match answer.status {
                Status::Good => {
                    good |= answer.conclusive && in_force(answer.this_update, answer.next_update, at);
                }
                Status::Revoked { .. } => return false,
                Status::Unknown => {}
            }
        }
        good
    }
}
