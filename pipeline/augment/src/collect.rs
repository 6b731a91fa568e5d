//! Collects what proves a chain: certificates up to a pinned anchor, and revocation data for each but the anchor.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, Unit};
use pki::{
    certificate::{self, Certificate},
    crl::{self, Crl},
    ocsp::{self, Response, Status},
    path::{self, Anchors},
    transport::Transport,
};

use crate::{
    Error,
    cache::{Piece, Proof, ValidationCache},
};

/// Certificates fetched by their issuers' addresses for one chain.
const FETCHES: usize = 6;

/// What revocation data must be to count.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// Known to be right after the signature existed: `thisUpdate` not before this second. `used` is when the
    /// certificate was used; a later revocation does not touch that.
    After { used: Timestamp },
    /// Valid at this time, which is now: for authorities.
    ValidAt(Timestamp),
}

impl Wanted {
    pub(crate) fn accepts(self, this_update: Timestamp, next_update: Option<Timestamp>) -> bool {
        match self {
            Self::After { used } => this_update >= second(used),
            Self::ValidAt(at) => match next_update {
                Some(next) => next >= at,
                None => this_update >= second(at).saturating_sub(SignedDuration::from_hours(1)).unwrap_or(at),
            },
        }
    }

    /// Whether a revocation at this time speaks against the certificate.
    fn is_hit_by(self, revoked: Timestamp) -> bool {
        match self {
            Self::After { used } => revoked <= used,
            Self::ValidAt(at) => revoked <= at,
        }
    }
}

/// Revocation data has whole seconds, timestamps need not: compared with the timestamp cut to its second.
fn second(at: Timestamp) -> Timestamp {
    at.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Trunc)).unwrap_or(at)
}

/// Collects evidence for the chains of one document.
pub(crate) struct Collector<'a> {
    pub(crate) anchors: &'a Anchors,
    pub(crate) transport: &'a dyn Transport,
    pub(crate) cache: &'a ValidationCache,
    pub(crate) now: Timestamp,
    pub(crate) grace: SignedDuration,
    pub(crate) pieces: BTreeSet<Piece>,
    pub(crate) covered: Vec<Certificate>,
}

/// Revocation data from one source, checked.
pub(crate) struct Answer {
    pieces: Vec<Piece>,
    pub(crate) status: Status,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
}

impl Collector<'_> {
    /// Covers the chain of a leaf: its certificates, and revocation data for each below the anchor.
    pub(crate) fn cover(
        &mut self,
        leaf: &Certificate,
        pool: &[Certificate],
        used: Timestamp,
        wanted: Wanted,
    ) -> Result<(), Error> {
        let chain = self.chain(leaf, pool, used)?;
        for certificate in &chain {
            self.pieces.insert(Piece::Certificate(certificate.der().to_vec()));
        }
        for pair in chain.windows(2) {
            let [certificate, issuer] = pair else { continue };
            let wanted = if certificate == leaf { wanted } else { Wanted::ValidAt(self.now) };
            self.prove(certificate, issuer, wanted)?;
        }
        self.covered.push(leaf.clone());
        Ok(())
    }

    /// The chain to a pinned anchor; missing issuers are fetched where the certificates say.
    pub(crate) fn chain(
        &self,
        leaf: &Certificate,
        pool: &[Certificate],
        at: Timestamp,
    ) -> Result<Vec<Certificate>, Error> {
        let mut pool = pool.to_vec();
        let mut asked = BTreeSet::new();
        loop {
            let error = match path::build(leaf, &pool, self.anchors, at) {
                Ok(chain) => return Ok(chain),
                Err(error) => error,
            };
            let mut urls = std::iter::once(leaf).chain(&pool).flat_map(Certificate::issuer_urls);
            let Some(url) = urls.find(|url| asked.len() < FETCHES && !asked.contains(*url)).cloned() else {
                return Err(error.into());
            };
            let fetched = self.transport.get(&url, certificate::LIMIT as u64);
            pool.extend(fetched.ok().and_then(|der| Certificate::parse(&der).ok()));
            asked.insert(url);
        }
    }

    /// Proves a certificate's status, out of the cache when an authority's data still serves.
    fn prove(&mut self, certificate: &Certificate, issuer: &Certificate, wanted: Wanted) -> Result<(), Error> {
        if let Wanted::ValidAt(at) = wanted
            && let Some(proof) = self.cache.get(certificate, at)
        {
            self.pieces.extend(proof.pieces);
            return Ok(());
        }
        let mut attempts = Attempts { wanted, stale: None, words: Vec::new() };
        let answer = self
            .by_ocsp(certificate, issuer, &mut attempts)
            .or_else(|| self.by_crl(certificate, issuer, &mut attempts));
        let Some(answer) = answer else { return Err(self.unproven(certificate, &attempts)) };
        if let Status::Revoked { at, .. } = answer.status
            && wanted.is_hit_by(at)
        {
            let certificate = certificate.subject().to_string();
            return Err(Error::Revoked { certificate, at: model::clock::rfc3339_local(at) });
        }
        if let (Wanted::ValidAt(_), Some(next_update), Status::Good) = (wanted, answer.next_update, answer.status) {
            self.cache.put(certificate, Proof { pieces: answer.pieces.clone(), next_update });
        }
        self.pieces.extend(answer.pieces);
        Ok(())
    }

    fn unproven(&self, certificate: &Certificate, attempts: &Attempts) -> Error {
        let name = certificate.subject().to_string();
        let (Some(had), Wanted::After { used }) = (attempts.stale, attempts.wanted) else {
            let attempts = if attempts.words.is_empty() {
                "the certificate names no source".to_owned()
            } else {
                attempts.words.join("; ")
            };
            return Error::Unavailable { certificate: name, attempts };
        };
        let (wanted, had) = (model::clock::rfc3339_local(used), model::clock::rfc3339_local(had));
        if self.now.duration_since(used) <= self.grace {
            Error::NotFreshYet { certificate: name, wanted, had }
        } else {
            Error::Overdue { certificate: name, wanted, had, hours: self.grace.as_hours().unsigned_abs() }
        }
    }

    fn by_ocsp(&self, certificate: &Certificate, issuer: &Certificate, attempts: &mut Attempts) -> Option<Answer> {
        let request = ocsp::request(certificate, issuer);
        certificate.ocsp_urls().iter().find_map(|url| {
            let asked = self.transport.post(url, ocsp::REQUEST_TYPE, &request, ocsp::LIMIT as u64);
            let answer = match asked {
                Ok(der) => self.read_ocsp(&der, certificate, issuer),
                Err(error) => Err(error.to_string()),
            };
            attempts.take(url, answer)
        })
    }

    pub(crate) fn read_ocsp(
        &self,
        der: &[u8],
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<Answer, String> {
        let response = Response::parse(der).map_err(|error| error.to_string())?;
        let verified = response.verify(certificate, issuer).map_err(|error| error.to_string())?;
        if verified.status == Status::Unknown {
            return Err("the responder does not know the certificate".to_owned());
        }
        says_something(verified.status, verified.conclusive)?;
        let mut pieces = vec![Piece::Ocsp(response.der.clone())];
        if verified.responder != *issuer {
            pieces.push(Piece::Certificate(verified.responder.der().to_vec()));
            if !verified.responder.has_no_check() {
                pieces.extend(self.responder(&verified.responder, issuer)?);
            }
        }
        let (this_update, next_update) = (verified.this_update, verified.next_update);
        Ok(Answer { pieces, status: verified.status, this_update, next_update })
    }

    /// A delegated responder without `ocsp-nocheck` needs revocation data of its own: a list, never its own word.
    fn responder(&self, responder: &Certificate, issuer: &Certificate) -> Result<Vec<Piece>, String> {
        let mut attempts = Attempts { wanted: Wanted::ValidAt(self.now), stale: None, words: Vec::new() };
        let answer = self.by_crl(responder, issuer, &mut attempts);
        match answer.map(|answer| (answer.status, answer.pieces)) {
            Some((Status::Good, pieces)) => Ok(pieces),
            Some((Status::Revoked { .. } | Status::Unknown, _)) => Err("the responder is revoked".to_owned()),
            None => Err(format!("the responder itself has no revocation data: {}", attempts.words.join("; "))),
        }
    }

    fn by_crl(&self, certificate: &Certificate, issuer: &Certificate, attempts: &mut Attempts) -> Option<Answer> {
        certificate.crl_urls().iter().find_map(|url| {
            let answer = self
                .transport
                .get(url, crl::LIMIT as u64)
                .map_err(|error| error.to_string())
                .and_then(|der| read_crl(&der, certificate, issuer));
            attempts.take(url, answer)
        })
    }
}

pub(crate) fn read_crl(der: &[u8], certificate: &Certificate, issuer: &Certificate) -> Result<Answer, String> {
    let list = Crl::parse(der).map_err(|error| error.to_string())?;
    let verified = list.verify(certificate, issuer).map_err(|error| error.to_string())?;
    says_something(verified.status, verified.conclusive)?;
    Ok(Answer {
        pieces: vec![Piece::Crl(list.der)],
        status: verified.status,
        this_update: verified.this_update,
        next_update: verified.next_update,
    })
}

/// Authorities drop expired certificates: that one is not on a list says nothing then, and no verifier would believe it.
fn says_something(status: Status, conclusive: bool) -> Result<(), String> {
    if status == Status::Good && !conclusive {
        return Err("it no longer speaks of the certificate, which has expired".to_owned());
    }
    Ok(())
}

/// What the sources of one certificate answered.
struct Attempts {
    wanted: Wanted,
    /// The newest answer that is right but too old.
    stale: Option<Timestamp>,
    words: Vec<String>,
}

impl Attempts {
    /// Passes an answer on that counts; remembers why another does not.
    fn take(&mut self, url: &str, answer: Result<Answer, String>) -> Option<Answer> {
        match answer {
            Ok(answer) => {
                // A revocation is final, whatever its age.
                let hit = matches!(answer.status, Status::Revoked { at, .. } if self.wanted.is_hit_by(at));
                if hit || self.wanted.accepts(answer.this_update, answer.next_update) {
                    return Some(answer);
                }
                self.stale = self.stale.max(Some(answer.this_update));
                let of = model::clock::rfc3339_local(answer.this_update);
                self.words.push(format!("{url}: its data is of {of}"));
            }
            Err(reason) => {
                tracing::warn!(%url, %reason, "no revocation data");
                self.words.push(format!("{url}: {reason}"));
            }
        }
        None
    }
}
