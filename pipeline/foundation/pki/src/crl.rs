//! Certificate revocation lists (RFC 5280 §5), read as received. Forms that would have to be half understood (delta,
//! indirect, partitioned by reason) are refused.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    algorithm::{self, Algorithm},
    certificate::{self, Certificate},
    error::{About as _, Error, Subject},
    ocsp::Status,
    wire::{self, Read, Reader},
};

/// More bytes are no list we read.
pub const LIMIT: usize = 32 * 1024 * 1024;

const SUBJECT: Subject = Subject::Crl;
const REASON: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.21");
const INVALIDITY_DATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.24");
const DELTA: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.27");
const ISSUING_POINT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.28");
/// `expiredCertsOnCRL` (X.509 §9.5.2.8).
const KEPT_SINCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.60");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");

/// A list as received.
#[derive(Debug, Clone)]
pub struct Crl {
    /// The list's bytes.
    pub der: Vec<u8>,
    /// When this was known to be right.
    pub this_update: Timestamp,
    /// When newer will be available.
    pub next_update: Option<Timestamp>,
    issuer: Vec<u8>,
    said: Said,
    algorithm: Result<Algorithm, Error>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    /// Contents of the sequence of revoked certificates.
    entries: Vec<u8>,
}

/// Which certificates the list is about (`IssuingDistributionPoint`).
#[derive(Debug, Clone, Default)]
struct Scope {
    only_users: bool,
    only_issuers: bool,
    urls: Option<Vec<String>>,
}

/// What the extensions say.
#[derive(Debug, Clone, Default)]
struct Said {
    scope: Scope,
    authority_key: Option<Vec<u8>>,
    kept_since: Option<Timestamp>,
}

/// A list that has been checked for one certificate.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The status; never [`Status::Unknown`].
    pub status: Status,
    /// When this was known to be right.
    pub this_update: Timestamp,
    /// When newer will be available.
    pub next_update: Option<Timestamp>,
    /// Whether the list still speaks of the certificate: [`Status::Good`] means nothing where it does not.
    pub conclusive: bool,
}

impl Crl {
    /// Reads a list.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > LIMIT {
            return Err(Error::TooLarge { subject: SUBJECT, bytes: der.len(), limit: LIMIT });
        }
        let mut outer = Reader::new(der);
        let mut list = outer.enter(wire::SEQUENCE, "a revocation list").about(SUBJECT)?;
        let signed = list.take(wire::SEQUENCE, "a list's body").about(SUBJECT)?;
        let algorithm = list.take(wire::SEQUENCE, "a signature algorithm").about(SUBJECT)?;
        let signature = list.bits("a list's signature").about(SUBJECT)?.to_vec();
        let body = body(signed.content).about(SUBJECT)?;
        let said = body.extensions.as_deref().map(extensions).transpose()?.unwrap_or_default();
        Ok(Self {
            der: der.to_vec(),
            this_update: body.this_update,
            next_update: body.next_update,
            issuer: body.issuer,
            said,
            algorithm: Algorithm::read(algorithm.content, None, SUBJECT),
            signed: signed.whole.to_vec(),
            signature,
            entries: body.entries,
        })
    }

    /// Whether the list, by its names, is of this issuer.
    pub fn is_of(&self, issuer: &Certificate) -> bool {
        let keys = match (&self.said.authority_key, issuer.subject_key_id()) {
            (Some(wanted), Some(had)) => wanted == had,
            _ => true,
        };
        keys && self.issuer == issuer.subject().der
    }

    /// Checks the list for a certificate: it is about it, and signed by its issuer, which may sign lists. Returns its
    /// status. Whether the list is fresh enough is for the caller.
    pub fn verify(&self, certificate: &Certificate, issuer: &Certificate) -> Result<Verified, Error> {
        if !self.is_of(issuer) || certificate.issuer().der != issuer.subject().der {
            return Err(Error::Mismatch { subject: SUBJECT, part: "issuer" });
        }
        if issuer.key_usage().is_some_and(|usage| !usage.crls()) {
            return Err(Error::Mismatch { subject: SUBJECT, part: "key usage" });
        }
        let scope = &self.said.scope;
        let outside = (scope.only_users && certificate.is_ca())
            || (scope.only_issuers && !certificate.is_ca())
            || scope.urls.as_ref().is_some_and(|urls| !urls.iter().any(|url| certificate.crl_urls().contains(url)));
        if outside {
            return Err(Error::Mismatch { subject: SUBJECT, part: "scope" });
        }
        let signer = issuer.subject().to_string();
        algorithm::verify(self.algorithm.clone()?, issuer.spki(), &self.signed, &self.signature, SUBJECT, &signer)?;
        Ok(Verified {
            status: self.status(certificate.serial())?,
            this_update: self.this_update,
            next_update: self.next_update,
            conclusive: certificate.is_kept_in(self.this_update, self.said.kept_since),
        })
    }

    fn status(&self, serial: &[u8]) -> Result<Status, Error> {
        let mut entries = Reader::new(&self.entries);
        while !entries.is_empty() {
            let mut entry = entries.enter(wire::SEQUENCE, "an entry").about(SUBJECT)?;
            let number = entry.take(wire::INTEGER, "a serial number").about(SUBJECT)?;
            let at = entry.any().about(SUBJECT)?;
            let extensions = entry.optional(wire::SEQUENCE).about(SUBJECT)?;
            // Any entry may hold a critical extension that changes what the others mean (indirect lists).
            let reason = match extensions {
                Some(field) => entry_reason(field.content)?,
                None => None,
            };
            if number.content == serial {
                let at =
                    wire::time(at).ok_or(Error::Malformed { subject: SUBJECT, expected: "a time of revocation" })?;
                return Ok(Status::Revoked { at, reason });
            }
        }
        Ok(Status::Good)
    }
}

struct Body {
    issuer: Vec<u8>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: Vec<u8>,
    extensions: Option<Vec<u8>>,
}

/// `TBSCertList`.
fn body(content: &[u8]) -> Read<Body> {
    let mut body = Reader::new(content);
    body.optional(wire::INTEGER)?;
    body.take(wire::SEQUENCE, "a signature algorithm")?;
    let issuer = body.take(wire::SEQUENCE, "an issuer")?.whole.to_vec();
    let this_update = body.time("a time of update")?;
    let next_update = match body.peek() {
        Some(wire::UTC_TIME | wire::GENERALIZED_TIME) => Some(body.time("a time of update")?),
        _ => None,
    };
    let entries = body.optional(wire::SEQUENCE)?.map(|field| field.content.to_vec()).unwrap_or_default();
    let extensions = match body.optional(wire::context(0))? {
        Some(field) => Some(Reader::new(field.content).take(wire::SEQUENCE, "extensions")?.content.to_vec()),
        None => None,
    };
    Ok(Body { issuer, this_update, next_update, entries, extensions })
}

/// Calls back for each extension: identifier, critical, value.
fn each_extension(
    content: &[u8],
    mut with: impl FnMut(ObjectIdentifier, bool, &[u8]) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut list = Reader::new(content);
    while !list.is_empty() {
        let mut extension = list.enter(wire::SEQUENCE, "an extension").about(SUBJECT)?;
        let oid = extension.oid("an extension").about(SUBJECT)?;
        let flag = extension.optional(wire::BOOLEAN).about(SUBJECT)?;
        let critical = flag.is_some_and(|flag| flag.content.first().is_some_and(|byte| *byte != 0));
        with(oid, critical, &extension.octets("an extension's value").about(SUBJECT)?)?;
    }
    Ok(())
}

fn extensions(content: &[u8]) -> Result<Said, Error> {
    let mut said = Said::default();
    each_extension(content, |oid, critical, value| {
        match oid {
            DELTA => return Err(Error::Unsupported { subject: SUBJECT, form: "a delta list" }),
            ISSUING_POINT => said.scope = issuing_point(value)?,
            AUTHORITY_KEY => {
                let mut id = Reader::new(value).enter(wire::SEQUENCE, "a key identifier").about(SUBJECT)?;
                said.authority_key =
                    id.optional(wire::context_primitive(0)).about(SUBJECT)?.map(|field| field.content.to_vec());
            }
            KEPT_SINCE => said.kept_since = Reader::new(value).time("a time of keeping").ok(),
            _ if critical => return Err(Error::Unsupported { subject: SUBJECT, form: "a critical extension" }),
            _ => {}
        }
        Ok(())
    })?;
    Ok(said)
}

fn issuing_point(value: &[u8]) -> Result<Scope, Error> {
    let mut point = Reader::new(value).enter(wire::SEQUENCE, "a distribution point").about(SUBJECT)?;
    let mut scope = Scope::default();
    while !point.is_empty() {
        let field = point.any().about(SUBJECT)?;
        let set = field.content.first().is_some_and(|byte| *byte != 0);
        match field.tag {
            tag if tag == wire::context(0) => {
                scope.urls = Some(certificate::full_names(field).about(SUBJECT)?);
            }
            tag if tag == wire::context_primitive(1) => scope.only_users = set,
            tag if tag == wire::context_primitive(2) => scope.only_issuers = set,
            tag if tag == wire::context_primitive(4) && !set => {}
            tag if tag == wire::context_primitive(4) => {
                return Err(Error::Unsupported { subject: SUBJECT, form: "an indirect list" });
            }
            _ => return Err(Error::Unsupported { subject: SUBJECT, form: "a list for some reasons only" }),
        }
    }
    Ok(scope)
}

fn entry_reason(content: &[u8]) -> Result<Option<u32>, Error> {
    let mut reason = None;
    each_extension(content, |oid, critical, value| {
        match oid {
            REASON => reason = Some(Reader::new(value).small(wire::ENUMERATED, "a reason").about(SUBJECT)?),
            INVALIDITY_DATE => {}
            _ if critical => return Err(Error::Unsupported { subject: SUBJECT, form: "a critical entry extension" }),
            _ => {}
        }
        Ok(())
    })?;
    Ok(reason)
}
