//! (d) Timestamps: of a signature, and of the whole document.

use jiff::Timestamp;
use pdf::Source;
use pki::{Error, PathFault, algorithm, certificate::Certificate, path, timestamp::TimestampToken};

use crate::{
    Anchors, Covered,
    content::Coverage,
    evidence::Evidence,
    report::{Judged, Reason, TimestampReport, Verdict},
    status::{self, Freshness, Known},
};

/// How far clocks may disagree.
const TOLERANCE: i64 = 300;

/// The document timestamps of a file, judged.
#[derive(Debug)]
pub(crate) struct Stamps {
    /// All, in the order in which they were made.
    pub(crate) all: Vec<TimestampReport>,
    /// Those that hold: where the covered bytes end, and the time. Latest first, times never rising.
    holding: Vec<(u64, Timestamp)>,
    /// The moment of judging.
    pub(crate) now: Timestamp,
}

impl Stamps {
    /// Judges from the last to the first; each that holds dates the evidence it covers and is the moment at which the one
    /// before is judged (EN 319 102-1 §5.6.2).
    pub(crate) fn judge(
        fields: &Covered<'_>,
        source: &Source,
        evidence: &mut Evidence,
        anchors: &Anchors,
        now: Timestamp,
    ) -> Result<Self, pdf::Error> {
        let mut stamps = Self { all: Vec::with_capacity(fields.len()), holding: Vec::new(), now };
        for (field, coverage) in fields.iter().rev() {
            let mut judged = coverage.judged.clone();
            let (mut time, mut ends) = (None, None);
            match TimestampToken::parse(&field.contents) {
                Err(_) => judged.note(Verdict::Invalid, Reason::TimestampUnreadable),
                Ok(token) => {
                    time = Some(token.gen_time);
                    ends = token.verify(&evidence.pool).ok().map(|authority| authority.not_after());
                    if coverage.digest(token.imprint_digest)? != token.imprint {
                        judged.note(Verdict::Invalid, Reason::TimestampMismatch);
                    }
                    let at = stamps.control(coverage.end);
                    judge_token(&token, at, evidence, anchors, now, &mut judged);
                    if judged.verdict == Verdict::Valid {
                        evidence.date(source, coverage.end, token.gen_time)?;
                        stamps.holding.push((coverage.end, token.gen_time));
                    }
                }
            }
            let Judged { verdict, reasons } = judged;
            stamps.all.push(TimestampReport { field: field.name.clone(), time, ends, verdict, reasons });
        }
        stamps.all.reverse();
        Ok(stamps)
    }

    /// The time by which bytes that end there are proven to have existed: of the earliest timestamp that covers them and
    /// holds, else now.
    pub(crate) fn control(&self, end: u64) -> Timestamp {
        self.holding.iter().rev().find(|(covered, _)| *covered > end).map_or(self.now, |(_, time)| *time)
    }

    /// Whether a timestamp that holds covers these bytes.
    pub(crate) fn cover(&self, end: u64) -> bool {
        self.holding.iter().any(|(covered, _)| *covered > end)
    }

    /// Whether a document timestamp of this field is there and not broken.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all.iter().any(|stamp| stamp.field == name && stamp.verdict != Verdict::Invalid)
    }
}

/// A signature's timestamp, judged.
#[derive(Debug)]
pub(crate) struct SignatureTime {
    pub(crate) judged: Judged,
    /// The time, when the timestamp is of this signature and truly its authority's.
    pub(crate) time: Option<Timestamp>,
    /// The time, when the timestamp holds in every way.
    pub(crate) proven: Option<Timestamp>,
}

/// Judges the timestamps over a signature; the best one speaks for it.
pub(crate) fn of_signature(
    tokens: &[Vec<u8>],
    signature: &[u8],
    coverage: &Coverage,
    evidence: &Evidence,
    stamps: &Stamps,
    anchors: &Anchors,
) -> SignatureTime {
    let mut best: Option<SignatureTime> = None;
    for der in tokens {
        let judged = one(der, signature, coverage, evidence, stamps, anchors);
        let better = best.as_ref().is_none_or(|before| {
            (judged.judged.verdict, judged.time.is_none(), judged.time)
                < (before.judged.verdict, before.time.is_none(), before.time)
        });
        if better {
            best = Some(judged);
        }
    }
    best.unwrap_or_else(|| SignatureTime {
        judged: Judged::valid().with(Verdict::Invalid, Reason::NoTimestamp),
        time: None,
        proven: None,
    })
}

fn one(
    der: &[u8],
    signature: &[u8],
    coverage: &Coverage,
    evidence: &Evidence,
    stamps: &Stamps,
    anchors: &Anchors,
) -> SignatureTime {
    let mut judged = Judged::valid();
    let Ok(token) = TimestampToken::parse(der) else {
        return SignatureTime {
            judged: judged.with(Verdict::Invalid, Reason::TimestampUnreadable),
            time: None,
            proven: None,
        };
    };
    if !token.covers(signature) {
        judged.note(Verdict::Invalid, Reason::TimestampMismatch);
    }
    judge_token(&token, stamps.control(coverage.end), evidence, anchors, stamps.now, &mut judged);
    let real = judged.verdict != Verdict::Invalid;
    let holds = judged.verdict == Verdict::Valid;
    SignatureTime { judged, time: real.then_some(token.gen_time), proven: holds.then_some(token.gen_time) }
}

/// Judges a token at `at`, the moment by which it is proven to exist: its authority's certificate must still hold then,
/// or somebody could have made the token with a key that ran out or was stolen.
fn judge_token(
    token: &TimestampToken,
    at: Timestamp,
    evidence: &Evidence,
    anchors: &Anchors,
    now: Timestamp,
    judged: &mut Judged,
) {
    if token.gen_time.as_second() > at.as_second().saturating_add(TOLERANCE) {
        judged.note(Verdict::Indeterminate, Reason::TimestampInFuture);
    }
    let authority = match token.verify(&evidence.pool) {
        Ok(authority) => authority,
        Err(Error::Algorithm { .. }) => return judged.note(Verdict::Indeterminate, Reason::WeakAlgorithm),
        Err(_) => return judged.note(Verdict::Invalid, Reason::TimestampForged),
    };
    let algorithm = token.signed.signer().and_then(|signer| signer.algorithm().ok());
    let accepted = algorithm
        .zip(authority.key_kind().ok())
        .is_some_and(|(algorithm, kind)| algorithm::accept(algorithm, kind, Some(at)).is_ok());
    if !accepted {
        judged.note(Verdict::Indeterminate, Reason::WeakAlgorithm);
    }
    let moment = at.max(token.gen_time);
    let chain = match path::build(&authority, &evidence.pool, anchors, moment) {
        Ok(chain) => chain,
        Err(Error::PathRefused { reason: PathFault::Expired, .. }) => {
            return judged.note(Verdict::Indeterminate, Reason::TimestampExpired);
        }
        Err(Error::PathRefused { .. }) => return judged.note(Verdict::Invalid, Reason::TimestampForged),
        Err(_) => return judged.note(Verdict::Indeterminate, Reason::TimestampUntrusted),
    };
    for pair in chain.windows(2) {
        let [certificate, issuer] = pair else { continue };
        judge_link(certificate, issuer, token.gen_time, at, evidence, anchors, now, judged);
    }
}

#[expect(clippy::too_many_arguments, reason = "one step of judge_token, which has all of them")]
fn judge_link(
    certificate: &Certificate,
    issuer: &Certificate,
    made: Timestamp,
    at: Timestamp,
    evidence: &Evidence,
    anchors: &Anchors,
    now: Timestamp,
    judged: &mut Judged,
) {
    match status::ask(certificate, issuer, made, Freshness::InForce, evidence, anchors, now) {
        Known::Good => {}
        Known::Revoked(since) if since <= made => judged.note(Verdict::Invalid, Reason::TimestampRevoked),
        // Revoked between the token's making and the proof that it existed: it may be a forgery with a stolen key.
        Known::Revoked(since) if since <= at => judged.note(Verdict::Indeterminate, Reason::TimestampRevoked),
        Known::Revoked(_) => {}
        Known::TooOld | Known::Missing => judged.note(Verdict::Indeterminate, Reason::TimestampStatusUnknown),
    }
}
