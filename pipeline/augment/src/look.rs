//! Asks every source of revocation data of a chain, for a person who wants to know which of them answer. The work itself
//! stops at the first that counts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use pki::{
    certificate::Certificate,
    ocsp::{self, Status},
    path::Anchors,
    transport::Transport,
};

use crate::{
    Error,
    cache::ValidationCache,
    collect::{Answer, Collector, Wanted, read_crl},
};

/// What a source says about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its status.
    pub status: Status,
    /// As of when.
    pub this_update: Timestamp,
    /// When there will be newer data.
    pub next_update: Option<Timestamp>,
}

/// One source of revocation data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Whose status.
    pub certificate: String,
    /// The address; empty for a certificate that names none.
    pub url: String,
    /// What it answered, or why that does not count.
    pub answer: Result<Known, String>,
}

/// Every source of every certificate from a leaf up to its anchor.
///
/// # Errors
/// When no path leads to an anchor.
pub fn sources(
    leaf: &Certificate,
    pool: &[Certificate],
    anchors: &Anchors,
    transport: &dyn Transport,
    now: Timestamp,
) -> Result<Vec<Source>, Error> {
    let (cache, grace) = (ValidationCache::new(), SignedDuration::ZERO);
    let (pieces, covered) = (BTreeSet::new(), Vec::new());
    let collector = Collector { anchors, transport, cache: &cache, now, grace, pieces, covered };
    let chain = collector.chain(leaf, pool, now)?;
    let mut sources = Vec::new();
    for pair in chain.windows(2) {
        let [certificate, issuer] = pair else { continue };
        let mut take = |url: &str, answer: Result<Answer, String>| {
            let answer = answer.and_then(|answer| counts(&answer, now));
            sources.push(Source { certificate: certificate.subject().to_string(), url: url.to_owned(), answer });
        };
        let request = ocsp::request(certificate, issuer);
        for url in certificate.ocsp_urls() {
            let asked = transport.post(url, ocsp::REQUEST_TYPE, &request, ocsp::LIMIT as u64);
            let asked = asked.map_err(|error| error.to_string());
            take(url, asked.and_then(|der| collector.read_ocsp(&der, certificate, issuer)));
        }
        for url in certificate.crl_urls() {
            let asked = transport.get(url, pki::crl::LIMIT as u64).map_err(|error| error.to_string());
            take(url, asked.and_then(|der| read_crl(&der, certificate, issuer)));
        }
        if certificate.ocsp_urls().is_empty() && certificate.crl_urls().is_empty() {
            take("", Err("the certificate names no source".to_owned()));
        }
    }
    Ok(sources)
}

fn counts(answer: &Answer, now: Timestamp) -> Result<Known, String> {
    let (this_update, next_update) = (answer.this_update, answer.next_update);
    if Wanted::ValidAt(now).accepts(this_update, next_update) {
        return Ok(Known { status: answer.status, this_update, next_update });
    }
    Err(format!("its data is of {}", model::clock::rfc3339_local(this_update)))
}
