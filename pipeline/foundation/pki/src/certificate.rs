//! A certificate as we look at it: the facts of RFC 5280 that signatures, marks and checks need, beside its bytes.

use std::{fmt, sync::Arc};

use const_oid::ObjectIdentifier;
use jiff::Timestamp;

use crate::{
    algorithm::{self, Algorithm, KeyKind},
    error::{About as _, Error, Subject},
    wire::{self, Element, Read, Reader},
};

/// More bytes are no certificate we read.
pub const LIMIT: usize = 64 * 1024;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
const ORGANIZATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");
const UNIT: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.11");
const EMAIL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.1");
const SUBJECT_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const CRL_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const AUTHORITY_ACCESS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.1.1");
const ACCESS_OCSP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1");
const ACCESS_ISSUERS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.2");
const OCSP_NO_CHECK: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.5");
/// `id-kp-timeStamping`.
pub const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
/// `id-kp-OCSPSigning`.
pub const OCSP_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.9");

/// Extended purposes that a signature on a document fits. Before RFC 9336 there was none of its own, so that authorities
/// wrote, and Acrobat takes, the others. What else a certificate is restricted to is about machines and services.
const DOCUMENTS: [ObjectIdentifier; 6] = [
    ObjectIdentifier::new_unwrap("2.5.29.37.0"),        // anyExtendedKeyUsage
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36"), // id-kp-documentSigning
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.4"),  // id-kp-emailProtection
    ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3"),  // id-kp-codeSigning
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.3.12"), // Microsoft document signing
    ObjectIdentifier::new_unwrap("1.2.840.113583.1.1.5"), // Adobe authentic documents
];

/// The parts of a distinguished name that people read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// CN, the last one when there are several.
    pub common_name: Option<String>,
    /// O.
    pub organization: Option<String>,
    /// OU, in the order of the certificate.
    pub units: Vec<String>,
    /// emailAddress.
    pub email: Option<String>,
    /// The name as encoded, the whole element.
    pub der: Vec<u8>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.common_name.as_ref().or(self.units.last()).or(self.organization.as_ref());
        f.write_str(shown.map_or("(no name)", String::as_str))
    }
}

/// Key usages (RFC 5280 §4.2.1.3): the first octet of the bit string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyUsage(u8);

impl KeyUsage {
    /// `digitalSignature`.
    pub fn digital_signature(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// `contentCommitment`, formerly `nonRepudiation`.
    pub fn content_commitment(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// `keyCertSign`.
    pub fn certificates(self) -> bool {
        self.0 & 0x04 != 0
    }

    /// `cRLSign`.
    pub fn crls(self) -> bool {
        self.0 & 0x02 != 0
    }
}

#[derive(Debug)]
struct Facts {
    der: Vec<u8>,
    signed: Vec<u8>,
    signature: Vec<u8>,
    algorithm: Result<Algorithm, Error>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    spki: Vec<u8>,
    extensions: Extensions,
}

#[derive(Debug, Default)]
struct Extensions {
    is_ca: bool,
    key_usage: Option<KeyUsage>,
    extended: Option<Vec<ObjectIdentifier>>,
    extended_critical: bool,
    subject_key: Option<Vec<u8>>,
    authority_key: Option<Vec<u8>>,
    ocsp: Vec<String>,
    issuers: Vec<String>,
    crls: Vec<String>,
    no_check: bool,
    emails: Vec<String>,
}

/// A certificate. Cheap to clone; equal when its bytes are.
#[derive(Debug, Clone)]
pub struct Certificate(Arc<Facts>);

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl Certificate {
    /// Reads one certificate; bytes after it are refused.
    pub fn parse(der: &[u8]) -> Result<Self, Error> {
        if der.len() > LIMIT {
            return Err(Error::TooLarge { subject: Subject::Certificate, bytes: der.len(), limit: LIMIT });
        }
        read(der).about(Subject::Certificate).map(|facts| Self(Arc::new(facts)))
    }

    /// The certificate's bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The subject.
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// The issuer.
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// The serial number, big-endian as encoded.
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// The serial number in hexadecimal.
    pub fn serial_hex(&self) -> String {
        hex::encode(&self.0.serial)
    }

    /// Start of validity.
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// End of validity.
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// Whether a moment lies within the validity, ends included, cut to the second.
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        (self.0.not_before.as_second()..=self.0.not_after.as_second()).contains(&at.as_second())
    }

    /// Whether revocation data of this moment are still about the certificate: authorities drop what has expired from
    /// their lists and archives, unless they say since when they keep it (X.509 §9.5.2.8, RFC 6960 §4.4.4).
    pub(crate) fn is_kept_in(&self, this_update: Timestamp, kept_since: Option<Timestamp>) -> bool {
        let end = self.0.not_after.as_second();
        this_update.as_second() <= end || kept_since.is_some_and(|since| since.as_second() <= end)
    }

    /// The `SubjectPublicKeyInfo`, the whole element.
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// The kind of its key.
    pub fn key_kind(&self) -> Result<KeyKind, Error> {
        algorithm::key_kind(&self.0.spki)
    }

    /// The key's own bytes: what `ResponderID.byKey` and `CertID.issuerKeyHash` digest.
    pub(crate) fn key_bits(&self) -> Option<&[u8]> {
        let mut spki = Reader::new(&self.0.spki).enter(wire::SEQUENCE, "a public key").ok()?;
        spki.any().ok()?;
        spki.bits("a public key").ok()
    }

    /// Whether it may issue certificates.
    pub fn is_ca(&self) -> bool {
        self.0.extensions.is_ca
    }

    /// Key usages; none when the certificate does not restrict them.
    pub fn key_usage(&self) -> Option<KeyUsage> {
        self.0.extensions.key_usage
    }

    /// Extended key usages; none when the certificate does not restrict them.
    pub fn extended_usages(&self) -> Option<&[ObjectIdentifier]> {
        self.0.extensions.extended.as_deref()
    }

    /// Whether its usages let it sign documents. RFC 5280 §4.2.1.12: extended usages restrict, critical or not.
    pub fn is_for_documents(&self) -> bool {
        let signs = self.key_usage().is_none_or(|usage| usage.digital_signature() || usage.content_commitment());
        signs && self.extended_usages().is_none_or(|usages| usages.iter().any(|usage| DOCUMENTS.contains(usage)))
    }

    /// Whether it is made for timestamps and nothing else (RFC 3161 §2.3: one critical usage).
    pub fn is_for_timestamps(&self) -> bool {
        self.0.extensions.extended_critical && self.extended_usages() == Some(&[TIME_STAMPING])
    }

    /// Whether its issuer lets it answer for certificate status (RFC 6960 §4.2.2.2).
    pub fn is_for_ocsp(&self) -> bool {
        self.extended_usages().is_some_and(|usages| usages.contains(&OCSP_SIGNING))
    }

    /// Whether its own status need not be asked (RFC 6960 §4.2.2.2.1).
    pub fn has_no_check(&self) -> bool {
        self.0.extensions.no_check
    }

    /// Subject key identifier.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.subject_key.as_deref()
    }

    /// Key identifier of the issuer.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.0.extensions.authority_key.as_deref()
    }

    /// OCSP addresses.
    pub fn ocsp_urls(&self) -> &[String] {
        &self.0.extensions.ocsp
    }

    /// Addresses of the issuer's certificate.
    pub fn issuer_urls(&self) -> &[String] {
        &self.0.extensions.issuers
    }

    /// Addresses of revocation lists.
    pub fn crl_urls(&self) -> &[String] {
        &self.0.extensions.crls
    }

    /// Mail address: of the alternative name (RFC 5280 §4.1.2.6), else of the subject.
    pub fn email(&self) -> Option<&str> {
        self.0.extensions.emails.first().or(self.0.subject.email.as_ref()).map(String::as_str)
    }

    /// Whether subject and issuer are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.0.subject.der == self.0.issuer.der
    }

    /// Whether `issuer` by its names and key identifiers may have issued this; the signature is not looked at.
    pub fn names_issuer(&self, issuer: &Self) -> bool {
        let keys = match (self.authority_key_id(), issuer.subject_key_id()) {
            (Some(wanted), Some(had)) => wanted == had,
            _ => true,
        };
        keys && self.0.issuer.der == issuer.0.subject.der
    }

    /// Checks that `issuer`'s key signed this certificate.
    pub fn verify_issued_by(&self, issuer: &Self) -> Result<(), Error> {
        let algorithm = self.0.algorithm.clone()?;
        let signer = issuer.subject().to_string();
        algorithm::verify(algorithm, issuer.spki(), &self.0.signed, &self.0.signature, Subject::Certificate, &signer)
    }
}

fn read(der: &[u8]) -> Read<Facts> {
    let mut outer = Reader::new(der);
    let mut certificate = outer.enter(wire::SEQUENCE, "a certificate")?;
    if !outer.is_empty() {
        return Err(wire::Broken("nothing after the certificate"));
    }
    let signed = certificate.take(wire::SEQUENCE, "a certificate's body")?;
    let algorithm = certificate.take(wire::SEQUENCE, "a signature algorithm")?;
    let signature = certificate.bits("a certificate's signature")?.to_vec();

    let mut body = Reader::new(signed.content);
    body.optional(wire::context(0))?;
    let serial = body.take(wire::INTEGER, "a serial number")?.content.to_vec();
    body.take(wire::SEQUENCE, "a signature algorithm")?;
    let issuer = name(body.take(wire::SEQUENCE, "an issuer")?)?;
    let mut validity = body.enter(wire::SEQUENCE, "a validity")?;
    let not_before = validity.time("a start of validity")?;
    let not_after = validity.time("an end of validity")?;
    let subject = name(body.take(wire::SEQUENCE, "a subject")?)?;
    let spki = body.take(wire::SEQUENCE, "a public key")?.whole.to_vec();
    body.optional(wire::context_primitive(1))?;
    body.optional(wire::context_primitive(2))?;
    let extensions = match body.optional(wire::context(3))? {
        Some(field) => extensions(&mut Reader::new(field.content).enter(wire::SEQUENCE, "extensions")?)?,
        None => Extensions::default(),
    };
    Ok(Facts {
        algorithm: Algorithm::read(algorithm.content, None, Subject::Certificate),
        der: der.to_vec(),
        signed: signed.whole.to_vec(),
        signature,
        serial,
        issuer,
        subject,
        not_before,
        not_after,
        spki,
        extensions,
    })
}

pub(crate) fn name(element: Element<'_>) -> Read<Name> {
    let mut found = Name { der: element.whole.to_vec(), ..Name::default() };
    let mut relative = Reader::new(element.content);
    while !relative.is_empty() {
        let mut attributes = relative.enter(wire::SET, "a relative name")?;
        while !attributes.is_empty() {
            let mut attribute = attributes.enter(wire::SEQUENCE, "an attribute of a name")?;
            let oid = attribute.oid("an attribute of a name")?;
            let value = text(attribute.any()?);
            match oid {
                COMMON_NAME => found.common_name = value.or(found.common_name),
                ORGANIZATION => found.organization = value.or(found.organization),
                UNIT => found.units.extend(value),
                EMAIL => found.email = value.or(found.email),
                _ => {}
            }
        }
    }
    Ok(found)
}

/// The strings of X.520 `DirectoryString` and `IA5String`.
fn text(element: Element<'_>) -> Option<String> {
    let bytes = element.content;
    let text = match element.tag {
        0x0c | 0x13 | 0x16 => String::from_utf8(bytes.to_vec()).ok()?,
        // TeletexString: in practice Latin-1.
        0x14 => bytes.iter().copied().map(char::from).collect(),
        0x1e => {
            let units: Vec<u16> =
                bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok().map(u16::from_be_bytes)).collect();
            String::from_utf16(&units).ok()?
        }
        _ => return None,
    };
    Some(text)
}

fn extensions(list: &mut Reader<'_>) -> Read<Extensions> {
    let mut found = Extensions::default();
    while !list.is_empty() {
        let mut extension = list.enter(wire::SEQUENCE, "an extension")?;
        let oid = extension.oid("an extension")?;
        let critical =
            extension.optional(wire::BOOLEAN)?.is_some_and(|flag| flag.content.first().is_some_and(|byte| *byte != 0));
        let value = extension.octets("an extension's value")?;
        let mut value = Reader::new(&value);
        match oid {
            BASIC_CONSTRAINTS => {
                let mut constraints = value.enter(wire::SEQUENCE, "basic constraints")?;
                found.is_ca =
                    constraints.optional(wire::BOOLEAN)?.is_some_and(|flag| flag.content.first() == Some(&0xff));
            }
            KEY_USAGE => found.key_usage = Some(key_usage(&mut value)?),
            EXTENDED_USAGE => {
                let mut usages = value.enter(wire::SEQUENCE, "extended key usages")?;
                let mut all = Vec::new();
                while !usages.is_empty() {
                    all.push(usages.oid("an extended key usage")?);
                }
                found.extended = Some(all);
                found.extended_critical = critical;
            }
            SUBJECT_KEY => found.subject_key = Some(value.octets("a key identifier")?.into_owned()),
            AUTHORITY_KEY => {
                let mut authority = value.enter(wire::SEQUENCE, "an authority key identifier")?;
                found.authority_key =
                    authority.optional(wire::context_primitive(0))?.map(|field| field.content.to_vec());
            }
            AUTHORITY_ACCESS => access(&mut value, &mut found)?,
            CRL_POINTS => found.crls = crl_points(&mut value)?,
            ALTERNATIVE_NAME => {
                let mut names = value.enter(wire::SEQUENCE, "alternative names")?;
                while !names.is_empty() {
                    let name = names.any()?;
                    if name.tag == wire::context_primitive(1) {
                        found.emails.extend(String::from_utf8(name.content.to_vec()).ok());
                    }
                }
            }
            OCSP_NO_CHECK => found.no_check = true,
            _ => {}
        }
    }
    Ok(found)
}

fn key_usage(value: &mut Reader<'_>) -> Read<KeyUsage> {
    let bits = value.take(wire::BIT_STRING, "key usages")?.content;
    Ok(KeyUsage(bits.get(1).copied().unwrap_or_default()))
}

fn access(value: &mut Reader<'_>, found: &mut Extensions) -> Read<()> {
    let mut list = value.enter(wire::SEQUENCE, "access descriptions")?;
    while !list.is_empty() {
        let mut description = list.enter(wire::SEQUENCE, "an access description")?;
        let method = description.oid("an access method")?;
        let location = description.any()?;
        let Some(url) = url(location) else { continue };
        match method {
            ACCESS_OCSP => found.ocsp.push(url),
            ACCESS_ISSUERS => found.issuers.push(url),
            _ => {}
        }
    }
    Ok(())
}

/// A `GeneralName` that is an address.
fn url(name: Element<'_>) -> Option<String> {
    (name.tag == wire::context_primitive(6)).then(|| String::from_utf8(name.content.to_vec()).ok()).flatten()
}

fn crl_points(value: &mut Reader<'_>) -> Read<Vec<String>> {
    let mut urls = Vec::new();
    let mut points = value.enter(wire::SEQUENCE, "distribution points")?;
    while !points.is_empty() {
        let mut point = points.enter(wire::SEQUENCE, "a distribution point")?;
        if let Some(field) = point.optional(wire::context(0))? {
            urls.extend(full_names(field)?);
        }
    }
    Ok(urls)
}

/// The addresses in the `fullName` of a `DistributionPointName`.
pub(crate) fn full_names(field: Element<'_>) -> Read<Vec<String>> {
    let mut urls = Vec::new();
    if let Some(names) = Reader::new(field.content).optional(wire::context(0))? {
        let mut names = Reader::new(names.content);
        while !names.is_empty() {
            urls.extend(url(names.any()?));
        }
    }
    Ok(urls)
}
