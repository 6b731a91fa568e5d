//! Certificate status by OCSP (RFC 6960): asked, read as received, and judged.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    algorithm::{self, Algorithm, Digest},
    certificate::Certificate,
    error::{About as _, Error, Subject},
    wire::{self, Read, Reader},
};

/// Content type of a request.
pub const REQUEST_TYPE: &str = "application/ocsp-request";
/// Content type of an answer.
pub const RESPONSE_TYPE: &str = "application/ocsp-response";
/// More bytes are no answer we read.
pub const LIMIT: usize = 256 * 1024;

const SUBJECT: Subject = Subject::Ocsp;
const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");
/// `id-pkix-ocsp-archive-cutoff` (RFC 6960 §4.4.4).
const ARCHIVE_CUTOFF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.6");
/// Statuses in one answer.
const COUNT: usize = 1000;

/// What is known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not revoked.
    Good,
    /// Revoked, or suspended (`certificateHold`), which counts the same (Điều 3.4).
    Revoked {
        /// Since when.
        at: Timestamp,
        /// `CRLReason`, when given.
        reason: Option<u32>,
    },
    /// The responder does not know the certificate.
    Unknown,
}

/// One status out of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    digest: Digest,
    issuer_name: Vec<u8>,
    issuer_key: Vec<u8>,
    serial: Vec<u8>,
    /// The status.
    pub status: Status,
    /// When this was known to be right.
    pub this_update: Timestamp,
    /// When newer will be available.
    pub next_update: Option<Timestamp>,
    /// Since when the responder keeps expired certificates.
    kept_since: Option<Timestamp>,
}

/// An answer that has been checked for one certificate.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The status.
    pub status: Status,
    /// When this was known to be right.
    pub this_update: Timestamp,
    /// When newer will be available.
    pub next_update: Option<Timestamp>,
    /// Whether the responder still knows of the certificate: [`Status::Good`] means nothing where it does not.
    pub conclusive: bool,
    /// When the answer was signed.
    pub produced_at: Timestamp,
    /// Who signed: the issuer, or a responder it delegated.
    pub responder: Certificate,
}

/// A successful answer as received.
#[derive(Debug, Clone)]
pub struct Response {
    /// The answer's bytes.
    pub der: Vec<u8>,
    /// When it was signed.
    pub produced_at: Timestamp,
    /// The statuses in it.
    pub singles: Vec<Single>,
    /// Certificates that came with it.
    pub certificates: Vec<Certificate>,
    responder: ResponderId,
    algorithm: Result<Algorithm, Error>,
    signed: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Debug, Clone)]
enum ResponderId {
    Name(Vec<u8>),
    Key(Vec<u8>),
}

/// Asks for the status of a certificate. Without a nonce: what counts is `thisUpdate`, and answers may be shared.
pub fn request(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    // RFC 5019 §2.1.1: SHA-1 in the identifier, which every responder knows; nothing is proven by it.
    let null = wire::wrap(wire::NULL, &[]);
    let algorithm = wire::wrap(wire::SEQUENCE, &[&wire::write_oid(Digest::Sha1.oid()), &null]);
    let octets = |bytes: &[u8]| wire::wrap(wire::OCTET_STRING, &[&Digest::Sha1.of(bytes)]);
    let id = wire::wrap(
        wire::SEQUENCE,
        &[
            &algorithm,
            &octets(&issuer.subject().der),
            &octets(issuer.key_bits().unwrap_or_default()),
            &wire::wrap(wire::INTEGER, &[certificate.serial()]),
        ],
    );
    let list = wire::wrap(wire::SEQUENCE, &[&wire::wrap(wire::SEQUENCE, &[&id])]);
    wire::wrap(wire::SEQUENCE, &[&wire::wrap(wire::SEQUENCE, &[&list])])
}

impl Response {
    /// Reads an answer. An answer that is no status is [`Error::OcspRefused`].
    /// A bare `BasicOCSPResponse`, as some embed it, is read too.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > LIMIT {
            return Err(Error::TooLarge { subject: SUBJECT, bytes: der.len(), limit: LIMIT });
        }
        let mut outer = Reader::new(der);
        let whole = outer.take(wire::SEQUENCE, "an OCSP answer").about(SUBJECT)?;
        let mut answer = Reader::new(whole.content);
        if answer.peek() == Some(wire::SEQUENCE) {
            return basic(&mut answer, der).about(SUBJECT);
        }
        let status = answer.small(wire::ENUMERATED, "an OCSP status").about(SUBJECT)?;
        if status != 0 {
            return Err(Error::OcspRefused { status });
        }
        let mut field = answer.enter(wire::context(0), "an answer").about(SUBJECT)?;
        let mut bytes = field.enter(wire::SEQUENCE, "an answer").about(SUBJECT)?;
        if bytes.oid("an answer's type").about(SUBJECT)? != BASIC {
            return Err(Error::Malformed { subject: SUBJECT, expected: "a basic answer" });
        }
        let inside = bytes.octets("an answer").about(SUBJECT)?;
        let mut inside = Reader::new(&inside);
        let mut content = inside.enter(wire::SEQUENCE, "a basic answer").about(SUBJECT)?;
        basic(&mut content, der).about(SUBJECT)
    }

    /// The status of one certificate in this answer, unchecked.
    pub fn single(&self, certificate: &Certificate, issuer: &Certificate) -> Option<&Single> {
        let key = issuer.key_bits()?;
        self.singles.iter().find(|single| {
            single.serial == certificate.serial()
                && single.issuer_name == single.digest.of(&issuer.subject().der)
                && single.issuer_key == single.digest.of(key)
        })
    }

    /// Checks the answer for a certificate: it is about it, and signed by its issuer or by a responder the issuer
    /// delegated (RFC 6960 §4.2.2.2), whose certificate was in force when it signed.
    ///
    /// Whether the answer is fresh enough, and whether a delegated responder without `ocsp-nocheck` was revoked, is for
    /// the caller, who knows what time it is about.
    pub fn verify(&self, certificate: &Certificate, issuer: &Certificate) -> Result<Verified, Error> {
        let single =
            self.single(certificate, issuer).ok_or(Error::Mismatch { subject: SUBJECT, part: "certificate" })?;
        let responder = self.responder(issuer)?;
        let signer = responder.subject().to_string();
        algorithm::verify(self.algorithm.clone()?, responder.spki(), &self.signed, &self.signature, SUBJECT, &signer)?;
        Ok(Verified {
            status: single.status,
            this_update: single.this_update,
            next_update: single.next_update,
            conclusive: certificate.is_kept_in(single.this_update, single.kept_since),
            produced_at: self.produced_at,
            responder,
        })
    }

    fn responder(&self, issuer: &Certificate) -> Result<Certificate, Error> {
        let named = |certificate: &Certificate| match &self.responder {
            ResponderId::Name(name) => certificate.subject().der == *name,
            ResponderId::Key(hash) => certificate.key_bits().is_some_and(|key| Digest::Sha1.of(key) == *hash),
        };
        if named(issuer) {
            return Ok(issuer.clone());
        }
        let mismatch = Error::Mismatch { subject: SUBJECT, part: "responder" };
        for delegate in self.certificates.iter().filter(|certificate| named(certificate)) {
            if delegate.is_for_ocsp()
                && delegate.is_valid_at(self.produced_at)
                && delegate.names_issuer(issuer)
                && delegate.verify_issued_by(issuer).is_ok()
            {
                return Ok(delegate.clone());
            }
        }
        Err(mismatch)
    }
}

/// `BasicOCSPResponse`, inside its sequence.
fn basic(content: &mut Reader<'_>, der: &[u8]) -> Read<Response> {
    let signed = content.take(wire::SEQUENCE, "an answer's body")?;
    let algorithm = content.take(wire::SEQUENCE, "a signature algorithm")?;
    let signature = content.bits("an answer's signature")?.to_vec();
    let mut certificates = Vec::new();
    if let Some(field) = content.optional(wire::context(0))? {
        let mut list = Reader::new(field.content).enter(wire::SEQUENCE, "certificates")?;
        while !list.is_empty() && certificates.len() < 16 {
            certificates.extend(Certificate::parse(list.any()?.whole).ok());
        }
    }
    let mut body = Reader::new(signed.content);
    body.optional(wire::context(0))?;
    let responder = body.any()?;
    let responder = if responder.tag == wire::context(1) {
        ResponderId::Name(Reader::new(responder.content).take(wire::SEQUENCE, "a responder")?.whole.to_vec())
    } else if responder.tag == wire::context(2) {
        ResponderId::Key(Reader::new(responder.content).octets("a responder")?.into_owned())
    } else {
        return Err(wire::Broken("a responder"));
    };
    let produced_at = body.time("a time of answer")?;
    let mut list = body.enter(wire::SEQUENCE, "statuses")?;
    let mut singles = Vec::new();
    while !list.is_empty() {
        if singles.len() >= COUNT {
            return Err(wire::Broken("fewer statuses"));
        }
        // A status under a digest we do not know is about nobody we ask for.
        singles.extend(single(&mut list.enter(wire::SEQUENCE, "a status")?)?);
    }
    Ok(Response {
        der: der.to_vec(),
        produced_at,
        singles,
        certificates,
        responder,
        algorithm: Algorithm::read(algorithm.content, None, SUBJECT),
        signed: signed.whole.to_vec(),
        signature,
    })
}

fn single(single: &mut Reader<'_>) -> Read<Option<Single>> {
    let mut id = single.enter(wire::SEQUENCE, "a certificate identifier")?;
    let digest = Digest::from_oid(id.enter(wire::SEQUENCE, "a digest algorithm")?.oid("a digest algorithm")?);
    let issuer_name = id.octets("an issuer's name")?.into_owned();
    let issuer_key = id.octets("an issuer's key")?.into_owned();
    let serial = id.take(wire::INTEGER, "a serial number")?.content.to_vec();
    let status = single.any()?;
    let status = if status.tag == wire::context_primitive(0) {
        Status::Good
    } else if status.tag == wire::context(1) {
        let mut revoked = Reader::new(status.content);
        let at = revoked.time("a time of revocation")?;
        let reason = match revoked.optional(wire::context(0))? {
            Some(field) => Some(Reader::new(field.content).small(wire::ENUMERATED, "a reason")?),
            None => None,
        };
        Status::Revoked { at, reason }
    } else if status.tag & !0x20 == wire::context_primitive(2) {
        Status::Unknown
    } else {
        return Err(wire::Broken("a status"));
    };
    let this_update = single.time("a time of update")?;
    let next_update = match single.optional(wire::context(0))? {
        Some(field) => Some(Reader::new(field.content).time("a time of update")?),
        None => None,
    };
    let kept_since = match single.optional(wire::context(1))? {
        Some(field) => archive_cutoff(field.content)?,
        None => None,
    };
    Ok(digest.map(|digest| Single {
        digest,
        issuer_name,
        issuer_key,
        serial,
        status,
        this_update,
        next_update,
        kept_since,
    }))
}

fn archive_cutoff(extensions: &[u8]) -> Read<Option<Timestamp>> {
    let mut list = Reader::new(extensions).enter(wire::SEQUENCE, "extensions")?;
    while !list.is_empty() {
        let mut extension = list.enter(wire::SEQUENCE, "an extension")?;
        let oid = extension.oid("an extension")?;
        extension.optional(wire::BOOLEAN)?;
        let value = extension.octets("an extension's value")?;
        if oid == ARCHIVE_CUTOFF {
            return Ok(Reader::new(&value).time("a time of keeping").ok());
        }
    }
    Ok(None)
}
