//! Reads a signature as received and checks it.

use std::borrow::Cow;

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    algorithm::{self, Algorithm, Digest},
    certificate::Certificate,
    cms::{
        CONTENT_TYPE, MESSAGE_DIGEST, SIGNATURE_TIMESTAMP, SIGNED_DATA, SIGNING_CERTIFICATE, SIGNING_CERTIFICATE_V2,
        SIGNING_TIME,
    },
    error::{About as _, Error, Subject},
    wire::{self, Broken, Read, Reader},
};

/// More bytes are no signature we read. Foreign signatures may embed revocation lists.
pub const LIMIT: usize = 16 * 1024 * 1024;
/// More signers, certificates or attributes are refused.
const COUNT: usize = 256;

/// A `SignedData` as received.
#[derive(Debug, Clone)]
pub struct SignedData {
    /// Type of the signed content.
    pub content_type: ObjectIdentifier,
    /// The content, when it travels inside.
    pub content: Option<Vec<u8>>,
    /// Certificates, as received; other choices of `CertificateSet` are left out.
    pub certificates: Vec<Vec<u8>>,
    /// Certificate revocation lists of `RevocationInfoChoices`, as received.
    pub crls: Vec<Vec<u8>>,
    /// OCSP answers that travel inside (RFC 5940 `id-ri-ocsp-response`, or Adobe's revocation attribute).
    pub ocsps: Vec<Vec<u8>>,
    /// The signers.
    pub signers: Vec<SignerInfo>,
    /// Length of the signature without the zeros that pad it.
    pub length: usize,
}

/// One signer.
#[derive(Debug, Clone)]
pub struct SignerInfo {
    id: SignerId,
    /// Digest of the content.
    pub digest: Digest,
    algorithm: Result<Algorithm, Error>,
    signature: Vec<u8>,
    signed: Option<Vec<u8>>,
    signed_attributes: Vec<Attribute>,
    unsigned_attributes: Vec<Attribute>,
}

#[derive(Debug, Clone)]
enum SignerId {
    IssuerAndSerial { issuer: Vec<u8>, serial: Vec<u8> },
    SubjectKey(Vec<u8>),
}

#[derive(Debug, Clone)]
struct Attribute {
    oid: ObjectIdentifier,
    /// Contents of the set of values.
    values: Vec<u8>,
}

const OCSP_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.16.2");
const ADOBE_REVOCATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.8");

impl SignedData {
    /// Reads a `ContentInfo` with a `SignedData`. What follows it must be zeros: the padding of `/Contents`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse_about(bytes, Subject::Signature)
    }

    pub(crate) fn parse_about(bytes: &[u8], subject: Subject) -> Result<Self, Error> {
        if bytes.len() > LIMIT {
            return Err(Error::TooLarge { subject, bytes: bytes.len(), limit: LIMIT });
        }
        let mut outer = Reader::new(bytes);
        let info = outer.take(wire::SEQUENCE, "a signature").about(subject)?;
        let length = info.whole.len();
        if bytes.iter().skip(length).any(|byte| *byte != 0) {
            return Err(Error::Malformed { subject, expected: "nothing but zeros after the signature" });
        }
        let mut info = Reader::new(info.content);
        if info.oid("signed data").about(subject)? != SIGNED_DATA {
            return Err(Error::Malformed { subject, expected: "signed data" });
        }
        let mut explicit = info.enter(wire::context(0), "signed data").about(subject)?;
        let mut body = explicit.enter(wire::SEQUENCE, "signed data").about(subject)?;
        body.take(wire::INTEGER, "a version").about(subject)?;
        body.take(wire::SET, "digest algorithms").about(subject)?;
        let (content_type, content) = encapsulated(&mut body).about(subject)?;
        let certificates = certificates(&mut body).about(subject)?;
        let (crls, mut ocsps) = revocation(&mut body).about(subject)?;
        let mut infos = body.enter(wire::SET, "signers").about(subject)?;
        let mut signers = Vec::new();
        while !infos.is_empty() && signers.len() < COUNT {
            let mut info = infos.enter(wire::SEQUENCE, "a signer").about(subject)?;
            signers.push(signer(&mut info, subject)?);
        }
        let mut all_crls = crls;
        for signer in &signers {
            signer.adobe_revocation(&mut all_crls, &mut ocsps);
        }
        Ok(Self { content_type, content, certificates, crls: all_crls, ocsps, signers, length })
    }

    /// The only signer. `PAdES` (and RFC 3161) allow no second one.
    pub fn signer(&self) -> Option<&SignerInfo> {
        match self.signers.as_slice() {
            [signer] => Some(signer),
            _ => None,
        }
    }

    /// The certificates that can be read.
    pub fn parsed_certificates(&self) -> Vec<Certificate> {
        self.certificates.iter().filter_map(|der| Certificate::parse(der).ok()).collect()
    }
}

impl SignerInfo {
    /// The signer's certificate among `pool`: named by the identifier, and by the signing-certificate attribute when
    /// there is one.
    pub fn certificate<'a>(&self, pool: &'a [Certificate]) -> Option<&'a Certificate> {
        pool.iter()
            .filter(|certificate| match &self.id {
                SignerId::IssuerAndSerial { issuer, serial } => {
                    certificate.issuer().der == *issuer && certificate.serial() == serial.as_slice()
                }
                SignerId::SubjectKey(id) => certificate.subject_key_id() == Some(id.as_slice()),
            })
            .find(|certificate| self.names_certificate(certificate) != Some(false))
            // Some writers encode the issuer's name otherwise than the certificate does; the signed hash decides then.
            .or_else(|| pool.iter().find(|certificate| self.names_certificate(certificate) == Some(true)))
    }

    /// Whether the signing-certificate attribute (RFC 5035, RFC 2634) names this certificate; none without one.
    pub fn names_certificate(&self, certificate: &Certificate) -> Option<bool> {
        let (digest, hash) = self.certificate_hash()?;
        Some(digest.is_some_and(|digest| digest.of(certificate.der()) == hash))
    }

    /// Digest and hash of the first certificate of the signing-certificate attribute.
    fn certificate_hash(&self) -> Option<(Option<Digest>, Vec<u8>)> {
        const WHAT: &str = "a signing certificate";
        let first = |oid| {
            let value = self.signed_value(oid)?;
            let mut list = Reader::new(value.as_ref()).enter(wire::SEQUENCE, WHAT).ok()?;
            let mut ids = list.enter(wire::SEQUENCE, WHAT).ok()?;
            Some(ids.take(wire::SEQUENCE, WHAT).ok()?.content.to_vec())
        };
        if let Some(id) = first(SIGNING_CERTIFICATE_V2) {
            let mut id = Reader::new(&id);
            let digest = match id.optional(wire::SEQUENCE).ok()? {
                Some(algorithm) => Digest::from_oid(Reader::new(algorithm.content).oid(WHAT).ok()?),
                None => Some(Digest::Sha256),
            };
            return Some((digest, id.octets(WHAT).ok()?.into_owned()));
        }
        let id = first(SIGNING_CERTIFICATE)?;
        let hash = Reader::new(&id).octets(WHAT).ok()?.into_owned();
        Some((Some(Digest::Sha1), hash))
    }

    /// Checks that `certificate`'s key signed content of this type whose digest by [`Self::digest`] is
    /// `content_digest`. A digest that differs is [`Error::Mismatch`] with part `content`; everything else that fails
    /// says that the signature is not this signer's.
    pub fn verify(
        &self,
        content_type: ObjectIdentifier,
        content_digest: &[u8],
        certificate: &Certificate,
        subject: Subject,
    ) -> Result<(), Error> {
        let algorithm = self.algorithm.clone()?;
        let Some(signed) = &self.signed else {
            return Err(Error::Unsupported { subject, form: "a signature without signed attributes" });
        };
        let typed = self.signed_value(CONTENT_TYPE).and_then(|value| Reader::new(&value).oid("a content type").ok());
        if typed != Some(content_type) {
            return Err(Error::Mismatch { subject, part: "content type" });
        }
        let stated = self.message_digest();
        if self.names_certificate(certificate) == Some(false) {
            return Err(Error::Mismatch { subject, part: "certificate" });
        }
        let signer = certificate.subject().to_string();
        algorithm::verify(algorithm, certificate.spki(), signed, &self.signature, subject, &signer)?;
        if self.digest == Digest::Sha1 {
            return Err(Error::Algorithm { subject, algorithm: "SHA-1".to_owned() });
        }
        if stated.as_deref() != Some(content_digest) {
            return Err(Error::Mismatch { subject, part: "content" });
        }
        Ok(())
    }

    /// The digest of the content that was signed.
    pub fn message_digest(&self) -> Option<Vec<u8>> {
        let value = self.signed_value(MESSAGE_DIGEST)?;
        Reader::new(&value).octets("a message digest").ok().map(Cow::into_owned)
    }

    /// The signature algorithm.
    pub fn algorithm(&self) -> Result<Algorithm, Error> {
        self.algorithm.clone()
    }

    /// The signature's own bytes: what its timestamp covers.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The time the signer claims, when it does. It proves nothing; some tools write it hours ahead.
    pub fn claimed_time(&self) -> Option<Timestamp> {
        let value = self.signed_value(SIGNING_TIME)?;
        Reader::new(&value).time("a signing time").ok()
    }

    /// Timestamp tokens over the signature, as received.
    pub fn timestamp_tokens(&self) -> Vec<Vec<u8>> {
        let mut tokens = Vec::new();
        for attribute in self.unsigned_attributes.iter().filter(|attribute| attribute.oid == SIGNATURE_TIMESTAMP) {
            let mut values = Reader::new(&attribute.values);
            while let Ok(value) = values.any() {
                tokens.push(value.whole.to_vec());
            }
        }
        tokens
    }

    /// The value of a signed attribute that must stand once with one value (RFC 5652 §11).
    fn signed_value(&self, oid: ObjectIdentifier) -> Option<Cow<'_, [u8]>> {
        let mut found = self.signed_attributes.iter().filter(|attribute| attribute.oid == oid);
        let attribute = found.next()?;
        let mut values = Reader::new(&attribute.values);
        let value = values.any().ok()?;
        (values.is_empty() && found.next().is_none()).then_some(Cow::Borrowed(value.whole))
    }

    /// Adobe's `RevocationInfoArchival`: evidence among the signed attributes (ISO 32000-2 §12.8.3.3.2).
    fn adobe_revocation(&self, crls: &mut Vec<Vec<u8>>, ocsps: &mut Vec<Vec<u8>>) {
        let Some(value) = self.signed_value(ADOBE_REVOCATION) else { return };
        let Ok(mut archive) = Reader::new(&value).enter(wire::SEQUENCE, "revocation data") else { return };
        for (tag, into) in [(wire::context(0), crls), (wire::context(1), ocsps)] {
            let Ok(Some(field)) = archive.optional(tag) else { continue };
            let Ok(mut list) = Reader::new(field.content).enter(wire::SEQUENCE, "revocation data") else { continue };
            while let Ok(item) = list.any() {
                into.push(item.whole.to_vec());
            }
        }
    }
}

fn encapsulated(body: &mut Reader<'_>) -> Read<(ObjectIdentifier, Option<Vec<u8>>)> {
    let mut content = body.enter(wire::SEQUENCE, "a content")?;
    let content_type = content.oid("a content type")?;
    let inside = match content.optional(wire::context(0))? {
        Some(field) => Some(Reader::new(field.content).octets("a content")?.into_owned()),
        None => None,
    };
    Ok((content_type, inside))
}

fn certificates(body: &mut Reader<'_>) -> Read<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    if let Some(set) = body.optional(wire::context(0))? {
        let mut choices = Reader::new(set.content);
        while !choices.is_empty() {
            let choice = choices.any()?;
            if choice.tag == wire::SEQUENCE && found.len() < COUNT {
                found.push(choice.whole.to_vec());
            }
        }
    }
    Ok(found)
}

type Revocation = (Vec<Vec<u8>>, Vec<Vec<u8>>);

fn revocation(body: &mut Reader<'_>) -> Read<Revocation> {
    let (mut crls, mut ocsps) = (Vec::new(), Vec::new());
    if let Some(set) = body.optional(wire::context(1))? {
        let mut choices = Reader::new(set.content);
        while !choices.is_empty() {
            let choice = choices.any()?;
            if choice.tag == wire::SEQUENCE {
                crls.push(choice.whole.to_vec());
            } else if choice.tag == wire::context(1) {
                let mut other = Reader::new(choice.content);
                if other.oid("revocation data")? == OCSP_INFO {
                    ocsps.push(other.any()?.whole.to_vec());
                }
            }
        }
    }
    Ok((crls, ocsps))
}

fn signer(info: &mut Reader<'_>, subject: Subject) -> Result<SignerInfo, Error> {
    info.take(wire::INTEGER, "a version").about(subject)?;
    let id = signer_id(info).about(subject)?;
    let mut named = info.enter(wire::SEQUENCE, "a digest algorithm").about(subject)?;
    let oid = named.oid("a digest algorithm").about(subject)?;
    let digest = Digest::from_oid(oid).ok_or_else(|| Error::Algorithm { subject, algorithm: oid.to_string() })?;
    let (signed, signed_attributes) = match info.optional(wire::context(0)).about(subject)? {
        Some(field) => {
            // RFC 5652 §5.4: signed under the tag of SET OF; the contents stay as received, sorted or not.
            (Some(wire::wrap(wire::SET, &[field.content])), attributes(field.content).about(subject)?)
        }
        None => (None, Vec::new()),
    };
    let algorithm = info.take(wire::SEQUENCE, "a signature algorithm").about(subject)?;
    let signature = info.octets("a signature").about(subject)?.into_owned();
    let unsigned_attributes = match info.optional(wire::context(1)).about(subject)? {
        Some(field) => attributes(field.content).about(subject)?,
        None => Vec::new(),
    };
    Ok(SignerInfo {
        id,
        digest,
        algorithm: Algorithm::read(algorithm.content, Some(digest), subject),
        signature,
        signed,
        signed_attributes,
        unsigned_attributes,
    })
}

fn signer_id(info: &mut Reader<'_>) -> Read<SignerId> {
    const WHAT: &str = "a signer identifier";
    let element = info.any()?;
    if element.tag == wire::SEQUENCE {
        let mut inside = Reader::new(element.content);
        let issuer = inside.take(wire::SEQUENCE, WHAT)?.whole.to_vec();
        let serial = inside.take(wire::INTEGER, WHAT)?.content.to_vec();
        return Ok(SignerId::IssuerAndSerial { issuer, serial });
    }
    if element.tag & !0x20 == wire::context_primitive(0) {
        return Ok(SignerId::SubjectKey(wire::octets(element, wire::context_primitive(0), WHAT, 0)?.into_owned()));
    }
    Err(Broken(WHAT))
}

fn attributes(content: &[u8]) -> Read<Vec<Attribute>> {
    let mut found = Vec::new();
    let mut list = Reader::new(content);
    while !list.is_empty() {
        let mut attribute = list.enter(wire::SEQUENCE, "an attribute")?;
        let oid = attribute.oid("an attribute")?;
        let values = attribute.take(wire::SET, "values of an attribute")?.content.to_vec();
        if found.len() >= COUNT {
            return Err(Broken("fewer attributes"));
        }
        found.push(Attribute { oid, values });
    }
    Ok(found)
}
