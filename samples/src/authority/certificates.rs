//! Who certifies whom: the hierarchy of the demo authority, in the shape of the Government's.
//!
//! ```text
//! root ── ca ─┬─ signer (key in the token)          tsa-root ─┬─ tsa
//!             ├─ agency (another agency's signer)              └─ tsa-expired (same key, past its end)
//!             └─ ocsp (delegated responder)
//! ```

use anyhow::Result;
use const_oid::{ObjectIdentifier, db::rfc3280, db::rfc4519, db::rfc5280, db::rfc6960};
use der::Encode as _;
use jiff::{Timestamp, ToSpan as _};
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, KeyUsages};

use super::{
    asn1::{IA5, NULL, OCTETS, PRINTABLE, SET, UTF8, bits, explicit, extension, number, oid, sequence, time, tlv},
    keys::{Key, key_identifier, random},
};

/// A certificate to be.
pub(crate) struct Wanted<'a> {
    pub(crate) subject: &'a [u8],
    pub(crate) spki: &'a [u8],
    pub(crate) role: Role,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An authority; how many authorities may stand below.
    Authority(u8),
    /// A signer of documents, with the mail address.
    Signer(&'static str),
    Timestamps,
    Ocsp,
}

/// The issuing side: its name, its key, and where its revocation data lies.
pub(crate) struct Issuer<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) key: &'a Key,
    /// Stem of its addresses: `STEM.crt`, `STEM.crl`.
    pub(crate) stem: &'a str,
    /// `host:port`.
    pub(crate) address: &'a str,
}

/// The mail address in the demo signer's certificate.
pub const SIGNER_MAIL: &str = "luutru@tinhuy.example.vn";
/// The mail address in the other agency's certificate.
pub(crate) const AGENCY_MAIL: &str = "vanthu@sonoivu.example.vn";

/// Names, as people in Vietnam will read them.
pub(crate) fn subject(stem: &str) -> Vec<u8> {
    let named = |common: &str, more: &[Vec<u8>]| {
        let mut parts = vec![attribute(rfc4519::C, PRINTABLE, "VN")];
        parts.extend_from_slice(more);
        parts.push(attribute(rfc4519::CN, UTF8, common));
        sequence(&[&parts.concat()])
    };
    let body = |name: &str| attribute(rfc4519::O, UTF8, name);
    let demo = body("Cơ quan chứng thực thử nghiệm");
    match stem {
        "root" => named("Gốc chứng thực (thử nghiệm)", &[demo]),
        "ca" => named("Chứng thực cơ quan Đảng (thử nghiệm)", &[demo]),
        "ocsp" => named("Trạng thái chứng thư (thử nghiệm)", &[demo]),
        "tsa-root" => named("Gốc cấp dấu thời gian (thử nghiệm)", &[demo]),
        "tsa" | "tsa-expired" => named("Dấu thời gian (thử nghiệm)", &[demo]),
        "agency" => named(
            "Sở Nội vụ tỉnh Bình Thuận (thử nghiệm)",
            &[body("Ủy ban nhân dân tỉnh Bình Thuận"), attribute(rfc3280::EMAIL_ADDRESS, IA5, AGENCY_MAIL)],
        ),
        _ => named(
            "Kho Lưu trữ Tỉnh ủy (thử nghiệm)",
            &[
                body("Tỉnh ủy Bình Thuận"),
                attribute(rfc4519::OU, UTF8, "Văn phòng Tỉnh ủy"),
                attribute(rfc3280::EMAIL_ADDRESS, IA5, SIGNER_MAIL),
            ],
        ),
    }
}

fn attribute(id: ObjectIdentifier, tag: u8, text: &str) -> Vec<u8> {
    tlv(SET, &[&sequence(&[&oid(id), &tlv(tag, &[text.as_bytes()])])])
}

/// Years after a moment; certificates of the authority outlive what they are tried on.
pub(crate) fn years(from: Timestamp, years: i64) -> Result<Timestamp> {
    Ok(from.checked_add((years * 365 * 24).hours())?)
}

/// Makes and signs a certificate (RFC 5280 §4.1).
pub(crate) fn issue(issuer: &Issuer<'_>, wanted: &Wanted<'_>) -> Result<Vec<u8>> {
    let mut serial = random::<16>()?;
    serial[0] = serial[0] & 0x3f | 0x40; // positive, and always 16 bytes
    let validity = sequence(&[&time(wanted.from), &time(wanted.to)]);
    let tbs = sequence(&[
        &explicit(0, &[2, 1, 2]), // v3
        &number(&serial)?,
        &issuer.key.algorithm,
        issuer.name,
        &validity,
        wanted.subject,
        wanted.spki,
        &explicit(3, &sequence(&[&extensions(issuer, wanted)?])),
    ]);
    let signature = issuer.key.sign(&tbs)?;
    Ok(sequence(&[&tbs, &issuer.key.algorithm, &bits(&signature)]))
}

fn extensions(issuer: &Issuer<'_>, wanted: &Wanted<'_>) -> Result<Vec<u8>> {
    let own_key = key_identifier(wanted.spki)?;
    let issuer_key = key_identifier(&issuer.key.spki)?;
    let self_signed = wanted.subject == issuer.name;
    let (usages, mut parts): (_, Vec<Vec<u8>>) = match wanted.role {
        Role::Authority(below) => {
            let constraints = BasicConstraints { ca: true, path_len_constraint: Some(below) };
            let constraints = extension(rfc5280::ID_CE_BASIC_CONSTRAINTS, true, &constraints.to_der()?);
            (KeyUsages::KeyCertSign | KeyUsages::CRLSign, vec![constraints])
        }
        Role::Signer(mail) => {
            let names = sequence(&[&tlv(0x81, &[mail.as_bytes()])]);
            let names = extension(rfc5280::ID_CE_SUBJECT_ALT_NAME, false, &names);
            let purposes = ExtendedKeyUsage(vec![rfc5280::ID_KP_EMAIL_PROTECTION, DOCUMENT_SIGNING]);
            let purposes = extension(rfc5280::ID_CE_EXT_KEY_USAGE, false, &purposes.to_der()?);
            (KeyUsages::DigitalSignature | KeyUsages::NonRepudiation, vec![names, purposes])
        }
        Role::Timestamps => {
            // RFC 3161 §2.3: this purpose alone, and critical.
            let purposes = ExtendedKeyUsage(vec![rfc5280::ID_KP_TIME_STAMPING]).to_der()?;
            (KeyUsages::DigitalSignature.into(), vec![extension(rfc5280::ID_CE_EXT_KEY_USAGE, true, &purposes)])
        }
        Role::Ocsp => {
            let purposes = ExtendedKeyUsage(vec![rfc5280::ID_KP_OCSP_SIGNING]).to_der()?;
            let purposes = extension(rfc5280::ID_CE_EXT_KEY_USAGE, false, &purposes);
            let no_check = extension(rfc6960::ID_PKIX_OCSP_NOCHECK, false, NULL);
            (KeyUsages::DigitalSignature.into(), vec![purposes, no_check])
        }
    };
    parts.push(extension(rfc5280::ID_CE_KEY_USAGE, true, &KeyUsage(usages).to_der()?));
    parts.push(extension(rfc5280::ID_CE_SUBJECT_KEY_IDENTIFIER, false, &tlv(OCTETS, &[&own_key])));
    let authority_key = sequence(&[&tlv(0x80, &[&issuer_key])]);
    parts.push(extension(rfc5280::ID_CE_AUTHORITY_KEY_IDENTIFIER, false, &authority_key));
    if !self_signed {
        parts.push(extension(rfc5280::ID_PE_AUTHORITY_INFO_ACCESS, false, &access(issuer, wanted.role)));
    }
    if !self_signed && wanted.role != Role::Ocsp {
        let list = uri(&format!("http://{}/{}.crl", issuer.address, issuer.stem));
        // DistributionPoint { distributionPoint [0] { fullName [0] } }
        let points = sequence(&[&sequence(&[&explicit(0, &explicit(0, &list))])]);
        parts.push(extension(rfc5280::ID_CE_CRL_DISTRIBUTION_POINTS, false, &points));
    }
    Ok(parts.concat())
}

/// Where the issuer's certificate and its OCSP responder are. Only the issuing CA has a responder.
fn access(issuer: &Issuer<'_>, role: Role) -> Vec<u8> {
    let at = |method, path: &str| sequence(&[&oid(method), &uri(&format!("http://{}/{path}", issuer.address))]);
    let issuers = at(rfc5280::ID_AD_CA_ISSUERS, &format!("{}.crt", issuer.stem));
    let ocsp = at(rfc5280::ID_AD_OCSP, "ocsp");
    sequence(&[if matches!(role, Role::Signer(_)) { &ocsp } else { &[] }, &issuers])
}

fn uri(address: &str) -> Vec<u8> {
    tlv(0x86, &[address.as_bytes()])
}

/// id-kp-documentSigning (RFC 9336).
const DOCUMENT_SIGNING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.36");
