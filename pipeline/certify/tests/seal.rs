//! Seals small files with the demo authority in this process and looks at what was appended.

mod support;

use certify::{Error, seal};
use model::{Cause, Clock as _, CopyKind, Disposition, HoldReason, Sha256};
use pdf::{Change, FileDigest, Source, compare_in, signatures_in};
use pki::{
    cms::{self, SignedData},
    timestamp::TimestampToken,
    tsa::Tsa,
};
use support::{House, certification, placement, request, stream_base, table_base};

fn disposition(result: Result<certify::Sealed, Error>) -> (&'static str, Disposition) {
    let error = result.expect_err("must not seal");
    assert!(messages::has(error.code()), "{}", error.code());
    (error.code(), error.disposition())
}

#[test]
fn a_seal_is_one_revision_that_verifies() {
    let house = House::new();
    for bytes in [table_base(""), stream_base(), table_base("/Rotate 90/CropBox[10 10 500 800]/UserUnit 1.5")] {
        let base = house.file("base.pdf", &bytes);
        let mut revision = Vec::new();
        let sealed = house.seal(&base, &mut revision).expect("seals");
        let whole = [bytes.as_slice(), &revision].concat();
        assert_eq!((sealed.revision_bytes, sealed.sha256), (revision.len() as u64, Sha256::of(&whole)));
        assert_eq!(sealed.state.sha256(), sealed.sha256);
        assert!(sealed.certifies);

        let source = Source::from_bytes("sealed.pdf", whole.clone());
        let mut reader = pdf::Reader::new(source.clone()).expect("reads");
        let found = signatures_in(&mut reader).expect("signatures");
        let [signature] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(signature.covered_end(), Some(whole.len() as u64));
        assert!(signature.hole_is_contents && signature.visible);
        assert_eq!((signature.sub_filter.as_str(), signature.doc_mdp), ("ETSI.CAdES.detached", Some(2)));
        assert_eq!(signature.signer_name.as_deref(), Some("Kho Lưu trữ Tỉnh ủy (thử nghiệm)"));
        let mut digest = Sha256::context();
        source.hash_ranges(signature.byte_range.expect("range"), &mut digest).expect("hashes");
        let signed = SignedData::parse(&signature.contents).expect("CMS");
        let info = signed.signer().expect("signer");
        let signer = info.certificate(&signed.parsed_certificates()).cloned().expect("certificate");
        info.verify(cms::DATA, digest.finish().as_ref(), &signer, pki::Subject::Signature).expect("verifies");
        assert_eq!(info.claimed_time(), None, "PAdES: the time stands in /M");
        let token = TimestampToken::parse(&info.timestamp_tokens()[0]).expect("token");
        assert!(token.covers(info.signature()) && token.gen_time == sealed.gen_time);
        let expected = [Change::Other("Perms".to_owned()), Change::Signature("Mocban".to_owned())];
        let mut changes = compare_in(&source, bytes.len() as u64, whole.len() as u64).expect("compares");
        changes.sort();
        assert_eq!(changes, [expected[1].clone(), expected[0].clone()]);
    }
}

#[test]
fn the_state_of_the_base_is_taken_over() {
    let house = House::new();
    let bytes = table_base("");
    let base = house.file("base.pdf", &bytes);
    let (anchors, tsa) = (house.anchors(), Tsa::new(&house.urls, &house.authority));
    let (place, certification) = (placement(&base), certification());
    let mut key = house.key();
    let mut state = FileDigest::new();
    state.update(&bytes);
    let mut sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    sealing.base_state = Some(state);
    let mut revision = Vec::new();
    let sealed = seal(sealing, &mut revision).expect("seals");
    assert_eq!(sealed.sha256, Sha256::of(&[bytes.as_slice(), &revision].concat()));
    // A state over something else is not believed.
    let mut sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    sealing.base_state = Some(FileDigest::new());
    let mut revision = Vec::new();
    let sealed = seal(sealing, &mut revision).expect("seals");
    assert_eq!(sealed.sha256, Sha256::of(&[bytes.as_slice(), &revision].concat()));
}

#[test]
fn a_second_seal_is_refused_and_a_foreign_signature_joined() {
    let house = House::new();
    let bytes = table_base("");
    let mut revision = Vec::new();
    house.seal(&house.file("base.pdf", &bytes), &mut revision).expect("seals");
    let certified = [bytes.as_slice(), &revision].concat();
    let again = house.seal(&house.file("certified.pdf", &certified), &mut Vec::new());
    assert_eq!(disposition(again), ("E-CERTIFY-06", Disposition::Hold(HoldReason::Locked)));

    // The same file without its certification: an approval signature of somebody.
    let approved = String::from_utf8_lossy(&certified).replace("/Perms<</DocMDP", "/Other<</DocMDP");
    assert_ne!(approved.as_bytes(), certified.as_slice());
    let mut approved = certified.clone();
    for (from, to) in [("/Perms<<", "/Prems<<"), ("/TransformMethod/DocMDP", "/TransformMethod/Nothin")] {
        let at = approved.windows(from.len()).position(|window| window == from.as_bytes()).expect("stands there");
        approved[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    let mut revision = Vec::new();
    let base = house.file("approved.pdf", &approved);
    let sealed = house.seal(&base, &mut revision).expect("joins");
    assert!(!sealed.certifies);
    assert_eq!(sealed.field, "Mocban2");
    let whole = [approved.as_slice(), &revision].concat();
    let source = Source::from_bytes("joined.pdf", whole.clone());
    let changes = compare_in(&source, approved.len() as u64, whole.len() as u64).expect("compares");
    assert_eq!(changes, [Change::Signature("Mocban2".to_owned())]);
}

#[test]
fn without_a_timestamp_nothing_is_written() {
    let house = House::new();
    let base = house.file("base.pdf", &table_base(""));
    let faults = ["503", "html", "off", "cut-off", "wrong-nonce", "wrong-imprint", "expired", "ahead", "refused"];
    for fault in faults.into_iter().chain(["wrong-key", "huge", "slow"]) {
        house.fault(&format!("tsa={fault}"));
        let mut revision = Vec::new();
        let result = house.seal(&base, &mut revision);
        assert_eq!(disposition(result), ("E-CERTIFY-07", Disposition::Wait(Cause::Timestamp)), "{fault}");
        assert!(revision.is_empty());
    }
    house.fault("tsa=ok");
    assert!(house.seal(&base, &mut Vec::new()).is_ok());
}

#[test]
fn a_second_authority_takes_over() {
    let house = House::new();
    let base = house.file("base.pdf", &table_base(""));
    let urls = ["http://127.0.0.1:1/nobody".to_owned(), house.urls[0].clone()];
    let (anchors, tsa) = (house.anchors(), Tsa::new(&urls, &house.authority));
    let (place, certification) = (placement(&base), certification());
    let mut key = house.key();
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert!(seal(sealing, &mut Vec::new()).is_ok());
    assert_eq!(key.signatures, 1);
}

#[test]
fn keys_and_certificates_that_may_not_sign_are_refused() {
    let house = House::new();
    let base = house.file("base.pdf", &table_base(""));
    let (anchors, tsa) = (house.anchors(), Tsa::new(&house.urls, &house.authority));
    let place = placement(&base);
    let certification = certification();
    let mut key = house.key();
    key.wrong = true;
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-KEY-10", Disposition::Wait(Cause::Key)));

    let mut key = house.key();
    let mut sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    sealing.key_role = "hanging-seal";
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-CERTIFY-01", Disposition::Wait(Cause::Key)));

    let strangers = House::new().anchors();
    let sealing = request(&base, &place, &certification, &mut key, &strangers, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-CERTIFY-02", Disposition::Wait(Cause::Certificate)));

    house.clock.0.advance(17 * 365 * 86_400);
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-CERTIFY-02", Disposition::Wait(Cause::Certificate)));
    assert_eq!(key.signatures, 0, "the token is not touched for a certificate that is not in force");
    assert!(house.clock.now() > "2040-01-01T00:00:00Z".parse().expect("time"));
}

#[test]
fn a_mark_for_another_page_or_without_room_is_refused() {
    let house = House::new();
    let base = house.file("base.pdf", &table_base(""));
    let (anchors, tsa) = (house.anchors(), Tsa::new(&house.urls, &house.authority));
    let mut key = house.key();
    let mut place = placement(&base);
    let mut certification = certification();
    place.page_w_mm += 5.0;
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-CERTIFY-05", Disposition::Bug));
    let mut place = placement(&base);
    certification.kind = CopyKind::Partial { pages: "1, 3, 5, 7, 9, 11, ".repeat(20) };
    (place.rect.width, place.rect.height) = (35.0, 10.0);
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-CERTIFY-04", Disposition::Hold(HoldReason::NoRoom)));
    certification.kind = CopyKind::Partial { pages: "☃".to_owned() };
    let sealing = request(&base, &place, &certification, &mut key, &anchors, &tsa, &house.clock);
    assert_eq!(disposition(seal(sealing, &mut Vec::new())), ("E-PDF-12", Disposition::Wait(Cause::Font)));
}
