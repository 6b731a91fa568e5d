//! Signatures, timestamps, status and paths against an authority made in the test.

mod mint;

use mint::{Party, Use, at, seq, tlv};
use pki::{
    Error, PathFault, Subject,
    algorithm::Digest,
    certificate::Certificate,
    cms::{self, SignedAttributes, SignedData, signed_data},
    crl::Crl,
    key::Scheme,
    ocsp::{self, Status},
    path::{self, Anchors},
    timestamp::{self, Request, TimestampToken},
};

const FROM: &str = "2026-01-01T00:00:00Z";
const TO: &str = "2036-01-01T00:00:00Z";
const NOW: &str = "2026-11-25T00:00:00Z";

struct House {
    root: Party,
    ca: Party,
    person: Party,
    tsa: Party,
    status: Party,
}

fn house() -> House {
    let root = Party::root("Gốc thử", FROM, "2046-01-01T00:00:00Z");
    let ca = root.issue("CA thử", 2, Use::Authority, FROM, TO);
    let person = ca.issue("Lưu trữ thử", 0x80_10, Use::Person, FROM, "2029-01-01T00:00:00Z");
    let tsa = ca.issue("TSA thử", 11, Use::Timestamps, FROM, TO);
    let status = ca.issue("OCSP thử", 12, Use::Status, FROM, TO);
    House { root, ca, person, tsa, status }
}

fn cert(party: &Party) -> Certificate {
    Certificate::parse(&party.der).expect("certificate")
}

fn signature(house: &House, content: &[u8], token: bool) -> Vec<u8> {
    let attributes =
        SignedAttributes::new(Digest::Sha256, &Digest::Sha256.of(content), &house.person.der).expect("leaf");
    let signature = house.person.sign(&attributes.to_der());
    let token = token.then(|| house.tsa.token(&Digest::Sha256.of(&signature), "20261125000000Z", None));
    let chain = vec![house.person.der.clone(), house.ca.der.clone()];
    signed_data(&attributes, Scheme::EcdsaP256Sha256, &signature, &chain, token.as_deref())
}

#[test]
fn a_signature_comes_back_with_its_signer_and_timestamp() {
    let house = house();
    let mut bytes = signature(&house, b"content", true);
    bytes.extend_from_slice(&[0; 100]);
    let parsed = SignedData::parse(&bytes).expect("signature");
    let signer = parsed.signer().expect("one signer");
    let pool = parsed.parsed_certificates();
    let person = signer.certificate(&pool).expect("certificate");
    assert_eq!(person.subject().common_name.as_deref(), Some("Lưu trữ thử"));
    assert_eq!(person.email(), Some("luutru@thu.vn"));
    assert_eq!(signer.names_certificate(person), Some(true));
    assert_eq!(signer.claimed_time(), None);
    signer.verify(cms::DATA, &Digest::Sha256.of(b"content"), person, Subject::Signature).expect("valid");
    let other = signer.verify(cms::DATA, &Digest::Sha256.of(b"another"), person, Subject::Signature);
    assert_eq!(other, Err(Error::Mismatch { subject: Subject::Signature, part: "content" }));
    let wrong = signer.verify(cms::DATA, &Digest::Sha256.of(b"content"), &cert(&house.ca), Subject::Signature);
    assert_eq!(wrong, Err(Error::Mismatch { subject: Subject::Signature, part: "certificate" }));
    let tokens = signer.timestamp_tokens();
    let token = TimestampToken::parse(&tokens[0]).expect("token");
    assert!(token.covers(signer.signature()));
    assert_eq!(token.verify(&[]).expect("tsa"), cert(&house.tsa));
}

#[test]
fn bytes_after_a_signature_are_refused_unless_they_are_padding() {
    let house = house();
    let mut bytes = signature(&house, b"content", false);
    bytes.extend_from_slice(&[0, 0, 1]);
    assert!(matches!(SignedData::parse(&bytes), Err(Error::Malformed { .. })));
}

#[test]
fn an_answer_must_fit_its_request() {
    let house = house();
    let imprint: [u8; 32] = Digest::Sha256.of(b"signature").try_into().expect("length");
    let granted = |token: &[u8]| seq(&[&seq(&[&tlv(2, &[&[0]])]), token]);
    let nonce = [0x00, 0xa7, 1, 2, 3, 4, 5, 6];
    let request = Request::new(&imprint, &nonce, None);
    let token = house.tsa.token(&imprint, "20261125000000.5Z", Some(&nonce));
    let accepted = timestamp::accept(&request, &granted(&token)).expect("accepted");
    assert_eq!(accepted.gen_time, at("2026-11-25T00:00:00.5Z"));
    assert_eq!(accepted.der, token);

    let refused = |token: Vec<u8>, part: &str| match timestamp::accept(&request, &granted(&token)) {
        Err(Error::Mismatch { part: found, .. }) => assert_eq!(found, part),
        other => panic!("{other:?}"),
    };
    refused(house.tsa.token(&imprint, "20261125000000Z", Some(&[1])), "nonce");
    refused(house.tsa.token(&imprint, "20261125000000Z", None), "nonce");
    refused(house.tsa.token(&[0; 32], "20261125000000Z", Some(&nonce)), "imprint");
    refused(house.tsa.token(&imprint, "20361125000000Z", Some(&nonce)), "validity");
    refused(house.person.token(&imprint, "20261125000000Z", Some(&nonce)), "key usage");

    let policy = Some("1.2.3.4.2".parse().expect("oid"));
    let elsewhere = timestamp::accept(&Request::new(&imprint, &nonce, policy), &granted(&token));
    assert_eq!(elsewhere.err(), Some(Error::Mismatch { subject: Subject::Timestamp, part: "policy" }));
    let text = seq(&[&tlv(0x0c, &[b"no"])]);
    let rejected = timestamp::accept(&request, &seq(&[&seq(&[&tlv(2, &[&[2]]), &text])]));
    assert_eq!(rejected.err(), Some(Error::TimestampRefused { status: 2, text: "no".into() }));
    assert!(timestamp::accept(&request, b"<html>").is_err());
}

#[test]
fn status_comes_from_the_issuer_or_its_delegate_only() {
    let house = house();
    let (ca, person) = (cert(&house.ca), cert(&house.person));
    let next = "2026-12-01T00:00:00Z";
    let good = house.status.ocsp(&house.ca, &house.person, NOW, next, None);
    let checked = ocsp::Response::parse(&good).expect("answer").verify(&person, &ca).expect("good");
    assert_eq!((checked.status, checked.responder), (Status::Good, cert(&house.status)));
    let own = house.ca.ocsp(&house.ca, &house.person, NOW, next, Some("2026-05-01T00:00:00Z"));
    let checked = ocsp::Response::parse(&own).expect("answer").verify(&person, &ca).expect("revoked");
    assert_eq!(checked.status, Status::Revoked { at: at("2026-05-01T00:00:00Z"), reason: None });

    // The timestamp authority may not answer for status, nor may a delegate of somebody else.
    let usurper = house.tsa.ocsp(&house.ca, &house.person, NOW, next, None);
    let refused = ocsp::Response::parse(&usurper).expect("answer").verify(&person, &ca);
    assert_eq!(refused.err(), Some(Error::Mismatch { subject: Subject::Ocsp, part: "responder" }));
    let other = ocsp::Response::parse(&good).expect("answer").verify(&cert(&house.tsa), &ca);
    assert_eq!(other.err(), Some(Error::Mismatch { subject: Subject::Ocsp, part: "certificate" }));
    assert_eq!(ocsp::Response::parse(&seq(&[&tlv(0x0a, &[&[3]])])).err(), Some(Error::OcspRefused { status: 3 }));
}

#[test]
fn extended_purposes_decide_what_a_certificate_signs() {
    let fit = |purpose| {
        let mut ca = house().ca;
        ca.purpose = purpose;
        cert(&ca.issue("Lưu trữ thử", 10, Use::Person, FROM, TO)).is_for_documents()
    };
    assert!(fit(None) && fit(Some("1.3.6.1.5.5.7.3.36")));
    assert!(!fit(Some("1.3.6.1.5.5.7.3.1")), "a web server's");
    let house = house();
    assert!([&house.ca, &house.tsa, &house.status].iter().all(|party| !cert(party).is_for_documents()));
}

#[test]
fn lists_say_who_is_revoked_and_since_when() {
    let house = house();
    let (ca, person) = (cert(&house.ca), cert(&house.person));
    let list =
        house.ca.crl(NOW, "2026-12-01T00:00:00Z", &[(5, FROM, 1), (house.person.serial, "2026-03-01T00:00:00Z", 6)]);
    let checked = Crl::parse(&list).expect("list").verify(&person, &ca).expect("checked");
    assert_eq!(checked.status, Status::Revoked { at: at("2026-03-01T00:00:00Z"), reason: Some(6) });
    let checked = Crl::parse(&list).expect("list").verify(&cert(&house.tsa), &ca).expect("checked");
    assert_eq!(checked.status, Status::Good);
    let foreign = house.root.crl(NOW, "2026-12-01T00:00:00Z", &[]);
    let refused = Crl::parse(&foreign).expect("list").verify(&person, &ca);
    assert_eq!(refused.err(), Some(Error::Mismatch { subject: Subject::Crl, part: "issuer" }));
}

#[test]
fn paths_end_in_pinned_anchors_only() {
    let house = house();
    let (root, ca, person) = (cert(&house.root), cert(&house.ca), cert(&house.person));
    let anchors = Anchors::new(&[&house.root.der]).expect("anchors");
    let found = path::build(&person, &[ca.clone(), root.clone()], &anchors, at(NOW)).expect("path");
    assert_eq!(found, [person.clone(), ca.clone(), root.clone()]);
    // A timestamp certificate's critical usage is understood.
    path::build(&cert(&house.tsa), std::slice::from_ref(&ca), &anchors, at(NOW)).expect("path");
    // A pinned issuer needs nothing above it.
    let pinned = Anchors::new(&[&house.ca.der]).expect("anchors");
    assert_eq!(path::build(&person, &[], &pinned, at(NOW)).expect("path"), [person.clone(), ca.clone()]);

    let stranger = Anchors::new(&[&Party::root("Gốc thử", FROM, TO).der]).expect("anchors");
    let pool = [ca.clone(), root];
    assert!(matches!(path::build(&person, &pool, &stranger, at(NOW)), Err(Error::NoPath { .. })));
    let fault = |when: &str| match path::build(&person, std::slice::from_ref(&ca), &anchors, at(when)) {
        Err(Error::PathRefused { reason, .. }) => Some(reason),
        _ => None,
    };
    assert_eq!(fault("2030-01-01T00:00:00Z"), Some(PathFault::Expired));
    assert_eq!(fault("2025-01-01T00:00:00Z"), Some(PathFault::NotYetValid));
    assert_eq!(fault("1970-01-01T00:00:00Z"), Some(PathFault::NotYetValid));
    // Somebody signed by the person, who is no authority.
    let sub = house.person.issue("Con", 99, Use::Person, FROM, TO);
    assert!(path::build(&cert(&sub), &[person, ca], &anchors, at(NOW)).is_err());
}

#[test]
fn a_forged_link_breaks_the_path() {
    let house = house();
    let anchors = Anchors::new(&[&house.root.der]).expect("anchors");
    let mut forged = house.ca.der.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    let forged = Certificate::parse(&forged).expect("still reads");
    let broken = path::build(&cert(&house.person), &[forged], &anchors, at(NOW));
    assert!(matches!(broken, Err(Error::PathRefused { reason: PathFault::Signature, .. })), "{broken:?}");
}

/// Reads foreign bytes, whatever comes of it.
type Parser = fn(&[u8]);

/// Any prefix, and any flipped byte, is an answer or an error, never a panic, and a flip is never believed.
#[test]
fn no_bytes_make_a_reader_panic() {
    let house = house();
    let (ca, person) = (cert(&house.ca), cert(&house.person));
    let imprint: [u8; 32] = Digest::Sha256.of(b"x").try_into().expect("length");
    let request = Request::new(&imprint, &[7; 8], None);
    let token = house.tsa.token(&imprint, "20261125000000Z", Some(&[7; 8]));
    let samples: [(Vec<u8>, Parser); 6] = [
        (house.person.der.clone(), |b| drop(Certificate::parse(b))),
        (signature(&house, b"content", true), |b| drop(SignedData::parse(b).map(|s| s.parsed_certificates()))),
        (house.status.ocsp(&house.ca, &house.person, NOW, TO, None), |b| drop(ocsp::Response::parse(b))),
        (house.ca.crl(NOW, TO, &[(5, FROM, 1)]), |b| drop(Crl::parse(b))),
        (token.clone(), |b| drop(TimestampToken::parse(b))),
        (Request::new(&imprint, &[7; 8], None).to_der(), |b| drop(TimestampToken::parse(b))),
    ];
    for (bytes, read) in &samples {
        for end in 0..bytes.len() {
            read(&bytes[..end]);
        }
        let mut flipped = bytes.clone();
        for i in 0..bytes.len() {
            for bit in [0x01, 0x20, 0x80, 0xff] {
                flipped[i] ^= bit;
                read(&flipped);
                flipped[i] ^= bit;
            }
        }
    }
    for (i, _) in token.iter().enumerate().step_by(3) {
        let mut flipped = token.clone();
        flipped[i] ^= 0x10;
        let answer = seq(&[&seq(&[&tlv(2, &[&[0]])]), &flipped]);
        if let Ok(token) = timestamp::accept(&request, &answer) {
            // What is not signed (versions, unused fields) may change; what is believed may not.
            assert_eq!((token.imprint.as_slice(), token.gen_time), (&imprint[..], at(NOW)));
        }
    }
    let list = house.ca.crl(NOW, TO, &[(house.person.serial, NOW, 1)]);
    for i in 0..list.len() {
        let mut flipped = list.clone();
        flipped[i] ^= 0x04;
        let status = Crl::parse(&flipped).and_then(|list| list.verify(&person, &ca)).map(|checked| checked.status);
        assert!(!matches!(status, Ok(Status::Good)), "byte {i}");
    }
}

/// Signatures by the openssl command line (`tests/vectors`): BER, PSS with two salts, curves with digests of other sizes.
#[test]
fn signatures_of_another_tool_are_read_and_checked() {
    let check = |file: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(file);
        let parsed = SignedData::parse(&std::fs::read(path).expect("vector")).expect(file);
        let signer = parsed.signer().expect("one signer");
        let pool = parsed.parsed_certificates();
        let certificate = signer.certificate(&pool).expect("certificate");
        let digest = signer.digest.of(parsed.content.as_deref().unwrap_or(b"content"));
        signer.verify(cms::DATA, &digest, certificate, Subject::Signature)
    };
    for file in [
        "rsa-sha256-ber-attached.cms",
        "rsa-sha512.cms",
        "rsa-pss-salt20.cms",
        "rsa-pss-sha384.cms",
        "p384-sha512-keyid.cms",
        "p384-sha384.cms",
        "p256-sha512.cms",
    ] {
        assert_eq!(check(file), Ok(()), "{file}");
    }
    let sha1 = check("rsa-sha1.cms");
    assert_eq!(sha1, Err(Error::Algorithm { subject: Subject::Signature, algorithm: "SHA-1".into() }));
    assert!(matches!(check("rsa-no-attributes.cms"), Err(Error::Unsupported { .. })));
}
