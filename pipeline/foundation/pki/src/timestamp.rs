//! Timestamps (RFC 3161): the request, the answer, and the token judged later.

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    algorithm::Digest,
    certificate::Certificate,
    cms::{self, SignedData, SignerInfo},
    error::{About as _, Error, Subject},
    wire::{self, Read, Reader},
};

/// Content type of a request.
pub const REQUEST_TYPE: &str = "application/timestamp-query";
/// Content type of an answer.
pub const RESPONSE_TYPE: &str = "application/timestamp-reply";
/// More bytes are no answer we read; real ones have about 4 to 8 KB.
pub const LIMIT: usize = 256 * 1024;

const SUBJECT: Subject = Subject::Timestamp;

/// A request for a timestamp over a SHA-256 digest, with a nonce, asking for the authority's certificate.
#[derive(Debug, Clone)]
pub struct Request {
    imprint: [u8; 32],
    nonce: Vec<u8>,
    policy: Option<ObjectIdentifier>,
}

impl Request {
    /// For a digest. The nonce is the caller's fresh randomness (8 bytes or more).
    pub fn new(imprint: &[u8; 32], nonce: &[u8], policy: Option<ObjectIdentifier>) -> Self {
        Self { imprint: *imprint, nonce: nonce.to_vec(), policy }
    }

    /// The request's bytes.
    pub fn to_der(&self) -> Vec<u8> {
        let null = wire::wrap(wire::NULL, &[]);
        let algorithm = wire::wrap(wire::SEQUENCE, &[&wire::write_oid(Digest::Sha256.oid()), &null]);
        let imprint = wire::wrap(wire::SEQUENCE, &[&algorithm, &wire::wrap(wire::OCTET_STRING, &[&self.imprint])]);
        wire::wrap(
            wire::SEQUENCE,
            &[
                &wire::write_unsigned(&[1]),
                &imprint,
                &self.policy.map(wire::write_oid).unwrap_or_default(),
                &wire::write_unsigned(&self.nonce),
                &wire::wrap(wire::BOOLEAN, &[&[0xff]]),
            ],
        )
    }
}

/// A timestamp token: who says that a digest existed when.
#[derive(Debug, Clone)]
pub struct TimestampToken {
    /// The token's bytes as received.
    pub der: Vec<u8>,
    /// The time, fractions of a second kept.
    pub gen_time: Timestamp,
    /// Algorithm of the imprint.
    pub imprint_digest: Digest,
    /// The digest that existed.
    pub imprint: Vec<u8>,
    /// The authority's policy.
    pub policy: ObjectIdentifier,
    /// The nonce, as encoded.
    pub nonce: Option<Vec<u8>>,
    /// The token's serial number, as encoded.
    pub serial: Vec<u8>,
    /// The signature around it, with the certificates it brought.
    pub signed: SignedData,
    content: Vec<u8>,
}

/// Takes an authority's answer: status, token, that it answers this request, and its signature by the certificate in it.
///
/// Whether that certificate leads to an anchor is for [`crate::path::build`].
pub fn accept(request: &Request, response: &[u8]) -> Result<TimestampToken, Error> {
    if response.len() > LIMIT {
        return Err(Error::TooLarge { subject: SUBJECT, bytes: response.len(), limit: LIMIT });
    }
    let mut outer = Reader::new(response);
    let mut answer = outer.enter(wire::SEQUENCE, "a timestamp answer").about(SUBJECT)?;
    let mut info = answer.enter(wire::SEQUENCE, "a status").about(SUBJECT)?;
    let status = info.small(wire::INTEGER, "a status").about(SUBJECT)?;
    if status > 1 {
        return Err(Error::TimestampRefused { status, text: status_text(&mut info) });
    }
    let token = answer.take(wire::SEQUENCE, "a timestamp token").about(SUBJECT)?;
    let token = TimestampToken::parse(token.whole)?;
    if token.imprint_digest != Digest::Sha256 || token.imprint != request.imprint {
        return Err(Error::Mismatch { subject: SUBJECT, part: "imprint" });
    }
    let significant = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    if token.nonce.as_deref().map(significant) != Some(significant(&request.nonce)) {
        return Err(Error::Mismatch { subject: SUBJECT, part: "nonce" });
    }
    if request.policy.is_some_and(|policy| policy != token.policy) {
        return Err(Error::Mismatch { subject: SUBJECT, part: "policy" });
    }
    token.verify(&[])?;
    Ok(token)
}

/// The authority's words, for a person; at most 200 characters.
fn status_text(info: &mut Reader<'_>) -> String {
    let mut text = String::new();
    if let Ok(Some(list)) = info.optional(wire::SEQUENCE) {
        let mut lines = Reader::new(list.content);
        while let Ok(line) = lines.any() {
            text.push_str(&String::from_utf8_lossy(line.content));
            text.push(' ');
        }
    }
    text.trim().chars().filter(|c| !c.is_control()).take(200).collect()
}

impl TimestampToken {
    /// Reads a token. Zeros after it are passed over (`/Contents` of a document timestamp).
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        let signed = SignedData::parse_about(der, SUBJECT)?;
        if signed.content_type != cms::TST_INFO {
            return Err(Error::Malformed { subject: SUBJECT, expected: "a timestamp" });
        }
        let content = signed
            .content
            .clone()
            .ok_or(Error::Malformed { subject: SUBJECT, expected: "a timestamp inside the signature" })?;
        let facts = info(&content).about(SUBJECT)?;
        let imprint_digest = Digest::from_oid(facts.digest)
            .ok_or_else(|| Error::Algorithm { subject: SUBJECT, algorithm: facts.digest.to_string() })?;
        Ok(Self {
            der: der.iter().copied().take(signed.length).collect(),
            gen_time: facts.gen_time,
            imprint_digest,
            imprint: facts.imprint,
            policy: facts.policy,
            nonce: facts.nonce,
            serial: facts.serial,
            signed,
            content,
        })
    }

    /// Checks the authority's signature with its certificate (out of the token, else out of `pool`), that the token names
    /// that certificate, that the certificate is for timestamps alone, and that the imprint binds what it is over
    /// ([`Error::Algorithm`] otherwise). Returns the certificate.
    pub fn verify(&self, pool: &[Certificate]) -> Result<Certificate, Error> {
        let signer = self.only_signer()?;
        let mut known = self.signed.parsed_certificates();
        known.extend_from_slice(pool);
        let certificate =
            signer.certificate(&known).cloned().ok_or(Error::Mismatch { subject: SUBJECT, part: "certificate" })?;
        // RFC 3161 §2.4.2 with RFC 5816: the signing-certificate attribute must be there.
        if signer.names_certificate(&certificate) != Some(true) {
            return Err(Error::Mismatch { subject: SUBJECT, part: "certificate" });
        }
        if !certificate.is_for_timestamps() {
            return Err(Error::Mismatch { subject: SUBJECT, part: "key usage" });
        }
        signer.verify(cms::TST_INFO, &signer.digest.of(&self.content), &certificate, SUBJECT)?;
        if !certificate.is_valid_at(self.gen_time) {
            return Err(Error::Mismatch { subject: SUBJECT, part: "validity" });
        }
        // ETSI TS 119 312 §7: whoever can make collisions has the time of another document.
        if !self.imprint_digest.binds() {
            return Err(Error::Algorithm { subject: SUBJECT, algorithm: format!("{:?}", self.imprint_digest) });
        }
        Ok(certificate)
    }

    /// Whether the token is over these bytes.
    pub fn covers(&self, bytes: &[u8]) -> bool {
        self.imprint_digest.of(bytes) == self.imprint
    }

    fn only_signer(&self) -> Result<&SignerInfo, Error> {
        self.signed.signer().ok_or(Error::Malformed { subject: SUBJECT, expected: "one signer" })
    }
}

struct Info {
    policy: ObjectIdentifier,
    digest: ObjectIdentifier,
    imprint: Vec<u8>,
    serial: Vec<u8>,
    gen_time: Timestamp,
    nonce: Option<Vec<u8>>,
}

/// `TSTInfo` (RFC 3161 §2.4.2).
fn info(content: &[u8]) -> Read<Info> {
    let mut info = Reader::new(content).enter(wire::SEQUENCE, "a timestamp")?;
    info.take(wire::INTEGER, "a version")?;
    let policy = info.oid("a policy")?;
    let mut imprint = info.enter(wire::SEQUENCE, "an imprint")?;
    let digest = imprint.enter(wire::SEQUENCE, "a digest algorithm")?.oid("a digest algorithm")?;
    let imprint = imprint.octets("an imprint")?.into_owned();
    let serial = info.take(wire::INTEGER, "a serial number")?.content.to_vec();
    let gen_time = info.time("a time")?;
    info.optional(wire::SEQUENCE)?; // accuracy
    info.optional(wire::BOOLEAN)?; // ordering
    let nonce = info.optional(wire::INTEGER)?.map(|nonce| nonce.content.to_vec());
    Ok(Info { policy, digest, imprint, serial, gen_time, nonce })
}
