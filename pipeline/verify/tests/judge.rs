//! Whole files, good and forged, before the judge.
#![expect(clippy::disallowed_methods, reason = "tests write the files they judge")]

#[path = "../../foundation/pki/tests/mint/mod.rs"]
mod mint;
mod paper;

use mint::{Party, Use, at};
use model::Level;
use paper::{Paper, Pen, Stamp, Store};
use pki::algorithm::Digest;
use verify::{Anchors, Reason, Report, Verdict, judge};

const FROM: &str = "2026-01-01T00:00:00Z";
const TO: &str = "2042-01-01T00:00:00Z";
const SIGNED: &str = "20261125000000.7Z";
const RAISED: &str = "20261125000100Z";
const NOW: &str = "2026-11-25T00:10:00Z";
const SOON: &str = "2026-11-26T00:00:00Z";

struct House {
    root: Party,
    ca: Party,
    person: Party,
    tsa: Party,
    status: Party,
    anchors: Anchors,
}

impl House {
    fn new() -> Self {
        let root = Party::root("Gốc thử", FROM, "2046-01-01T00:00:00Z");
        let ca = root.issue("CA thử", 2, Use::Authority, FROM, TO);
        let person = ca.issue("Lưu trữ thử", 10, Use::Person, FROM, "2029-01-01T00:00:00Z");
        let tsa = ca.issue("TSA thử", 11, Use::Timestamps, FROM, TO);
        let status = ca.issue("OCSP thử", 12, Use::Status, FROM, TO);
        let anchors = Anchors::new(&[&root.der]).expect("anchors");
        Self { root, ca, person, tsa, status, anchors }
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        vec![self.person.der.clone(), self.ca.der.clone()]
    }

    /// Fresh data for the signer (OCSP), the authority (list of the CA) and the CA (list of the root).
    fn store(&self, this: &str) -> Store {
        Store {
            certificates: vec![self.ca.der.clone(), self.tsa.der.clone()],
            ocsps: vec![self.status.ocsp(&self.ca, &self.person, this, SOON, None)],
            crls: vec![self.root.crl(this, SOON, &[]), self.ca.crl(this, SOON, &[])],
        }
    }

    fn stamp<'a>(&'a self, when: &'a str) -> impl Fn(&[u8]) -> Vec<u8> + 'a {
        move |signature| self.tsa.token(&Digest::Sha256.of(signature), when, None)
    }

    fn sealed(&self, field: &str, certify: bool) -> Paper {
        let mut paper = Paper::new();
        let stamp = self.stamp(SIGNED);
        paper.sign(&Pen { field, certify, signer: &self.person, chain: self.chain(), stamp: Some(&stamp) });
        paper
    }

    fn raised(&self) -> Paper {
        let mut paper = self.sealed("Mocban", true);
        paper.raise("ts1", &self.store("2026-11-25T00:00:30Z"), |digest| self.tsa.token(digest, RAISED, None));
        paper
    }

    fn judge(&self, paper: &Paper, now: &str) -> Report {
        judge_bytes(&paper.bytes, &self.anchors, now)
    }
}

fn judge_bytes(bytes: &[u8], anchors: &Anchors, now: &str) -> Report {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{:?}.pdf", std::thread::current().id()));
    std::fs::write(&path, bytes).expect("file");
    judge(&path, anchors, at(now))
}

#[track_caller]
fn expect(report: &Report, overall: Verdict, reasons: &[Reason]) {
    assert_eq!((report.overall, report.reasons.as_slice()), (overall, reasons), "{report:#?}");
}

#[test]
fn a_raised_file_is_valid_now_and_after_the_signer_expired() {
    let house = House::new();
    let paper = house.raised();
    for now in [NOW, "2033-01-01T00:00:00Z", "2041-12-01T00:00:00Z"] {
        let report = house.judge(&paper, now);
        expect(&report, Verdict::Valid, &[]);
        let [signature] = report.signatures.as_slice() else { panic!("{report:?}") };
        assert_eq!(signature.level, Some(Level::BLta));
        assert_eq!(signature.role.as_deref(), Some("archive"));
        assert_eq!(signature.signer.as_deref(), Some("Lưu trữ thử"));
        assert_eq!(signature.time, Some(at("2026-11-25T00:00:00.7Z")));
        assert_eq!(report.document_timestamps.len(), 1);
    }
    let late = house.judge(&paper, "2043-01-01T00:00:00Z");
    assert_eq!(late.overall, Verdict::Indeterminate);
    assert!(late.reasons.contains(&Reason::TimestampExpired), "{late:#?}");
}

#[test]
fn a_renewed_file_outlives_its_first_timestamp_authority() {
    let house = House::new();
    let mut paper = house.raised();
    let ca = house.root.issue("CA mới", 3, Use::Authority, "2040-01-01T00:00:00Z", "2045-12-01T00:00:00Z");
    let tsa = ca.issue("TSA mới", 4, Use::Timestamps, "2040-01-01T00:00:00Z", "2045-12-01T00:00:00Z");
    let mut store = house.store("2041-11-01T00:00:00Z");
    store.ocsps.clear();
    store.certificates.extend([ca.der.clone(), tsa.der.clone()]);
    store.crls = vec![
        house.root.crl("2041-11-01T00:00:00Z", "2041-12-01T00:00:00Z", &[]),
        house.ca.crl("2041-11-01T00:00:00Z", "2041-12-01T00:00:00Z", &[]),
        ca.crl("2041-11-01T00:00:00Z", "2041-12-01T00:00:00Z", &[]),
    ];
    // What was in the store stays in it.
    let first = house.store("2026-11-25T00:00:30Z");
    store.ocsps = first.ocsps;
    store.crls.extend(first.crls);
    paper.raise("ts2", &store, |digest| tsa.token(digest, "20411110000000Z", None));
    expect(&house.judge(&paper, "2043-01-01T00:00:00Z"), Verdict::Valid, &[]);
}

#[test]
fn a_sealed_file_waits_for_its_revocation_data() {
    let house = House::new();
    let report = house.judge(&house.sealed("Mocban", true), NOW);
    expect(&report, Verdict::Indeterminate, &[Reason::NoRevocationData, Reason::TimestampStatusUnknown]);
    assert_eq!(report.signatures[0].level, Some(Level::BT));
    assert_eq!(report.signatures[0].signature.verdict, Verdict::Valid);
    assert_eq!(report.signatures[0].content.verdict, Verdict::Valid);
}

#[test]
fn a_store_alone_gives_lt() {
    let house = House::new();
    let mut paper = house.sealed("Mocban", true);
    paper.add_store(&house.store("2026-11-25T00:00:30Z"));
    let report = house.judge(&paper, NOW);
    expect(&report, Verdict::Valid, &[]);
    assert_eq!(report.signatures[0].level, Some(Level::BLt));
}

#[test]
fn revocation_counts_from_the_timestamp() {
    let house = House::new();
    let with = |revoked: &str| {
        let mut paper = house.sealed("Mocban", true);
        let mut store = house.store("2026-11-25T00:00:30Z");
        store.ocsps = vec![house.ca.ocsp(&house.ca, &house.person, "2026-11-25T00:00:30Z", SOON, Some(revoked))];
        paper.raise("ts1", &store, |digest| house.tsa.token(digest, RAISED, None));
        house.judge(&paper, NOW)
    };
    expect(&with("2026-11-24T00:00:00Z"), Verdict::Invalid, &[Reason::Revoked]);
    expect(&with("2026-11-25T00:00:20Z"), Verdict::Valid, &[]);

    // Suspended (certificateHold) in the list, while an answer says good.
    let mut paper = house.sealed("Mocban", true);
    let mut store = house.store("2026-11-25T00:00:30Z");
    store.crls[1] = house.ca.crl("2026-11-25T00:00:30Z", SOON, &[(10, "2026-11-01T00:00:00Z", 6)]);
    paper.raise("ts1", &store, |digest| house.tsa.token(digest, RAISED, None));
    expect(&house.judge(&paper, NOW), Verdict::Invalid, &[Reason::Revoked]);
}

#[test]
fn data_older_than_the_signature_does_not_speak_for_it() {
    let house = House::new();
    let mut paper = house.sealed("Mocban", true);
    paper.raise("ts1", &house.store("2026-11-24T23:59:00Z"), |digest| house.tsa.token(digest, RAISED, None));
    let report = house.judge(&paper, NOW);
    expect(&report, Verdict::Indeterminate, &[Reason::RevocationDataTooOld]);
    // A revoked authority speaks for nothing.
    let mut paper = house.sealed("Mocban", true);
    let mut store = house.store("2026-11-25T00:00:30Z");
    store.crls[1] = house.ca.crl("2026-11-25T00:00:30Z", SOON, &[(11, "2026-11-01T00:00:00Z", 1)]);
    paper.raise("ts1", &store, |digest| house.tsa.token(digest, RAISED, None));
    let report = house.judge(&paper, NOW);
    assert_eq!(report.overall, Verdict::Invalid);
    assert_eq!(report.signatures[0].timestamp.reasons, [Reason::TimestampRevoked]);
}

#[test]
fn a_list_that_dropped_the_expired_certificate_does_not_speak_for_it() {
    const LATE: &str = "2030-01-01T00:00:00Z";
    const LATER: &str = "2030-01-02T00:00:00Z";
    let check = |keeps: [Option<&'static str>; 2], by_list: bool, expect: Option<Reason>| {
        let mut house = House::new();
        [house.ca.keeps, house.status.keeps] = keeps;
        let mut paper = house.sealed("Mocban", true);
        let mut store = house.store("2026-11-25T00:00:30Z");
        store.ocsps.clear();
        // Nobody asked before the signer's certificate ran out.
        store.crls = vec![house.root.crl(LATE, LATER, &[])];
        if by_list {
            store.crls.push(house.ca.crl(LATE, LATER, &[]));
        } else {
            store.ocsps.push(house.status.ocsp(&house.ca, &house.person, LATE, LATER, None));
            store.ocsps.push(house.status.ocsp(&house.ca, &house.tsa, LATE, LATER, None));
        }
        paper.raise("ts1", &store, |digest| house.tsa.token(digest, "20300101000100Z", None));
        let report = house.judge(&paper, "2030-01-01T01:00:00Z");
        assert_eq!(report.signatures[0].certificate.reasons, Vec::from_iter(expect), "{keeps:?}: {report:#?}");
        assert_eq!(report.overall == Verdict::Valid, expect.is_none());
    };
    for by_list in [true, false] {
        check([None, None], by_list, Some(Reason::RevocationDataTooOld));
        // Kept since a year before it expired, or since a day after.
        check([Some("2028-01-01T00:00:00Z"); 2], by_list, None);
        check([Some("2029-01-02T00:00:00Z"); 2], by_list, Some(Reason::RevocationDataTooOld));
    }
}

#[test]
fn timestamps_missing_wrong_or_strange_are_never_valid() {
    let house = House::new();
    let signed = |stamp: Option<Stamp<'_>>| {
        let mut paper = Paper::new();
        let chain = house.chain();
        paper.sign(&Pen { field: "Mocban", certify: true, signer: &house.person, chain, stamp });
        paper.raise("ts1", &house.store("2026-11-25T00:00:30Z"), |digest| house.tsa.token(digest, RAISED, None));
        house.judge(&paper, NOW)
    };
    let of = |report: Report| (report.overall, report.signatures[0].timestamp.reasons.clone());
    assert_eq!(of(signed(None)), (Verdict::Invalid, vec![Reason::NoTimestamp]));
    let wrong = |_: &[u8]| house.tsa.token(&Digest::Sha256.of(b"another"), SIGNED, None);
    assert_eq!(of(signed(Some(&wrong))), (Verdict::Invalid, vec![Reason::TimestampMismatch]));
    let by_person = |s: &[u8]| house.person.token(&Digest::Sha256.of(s), SIGNED, None);
    assert_eq!(of(signed(Some(&by_person))), (Verdict::Invalid, vec![Reason::TimestampForged]));
    let foreign = Party::root("Gốc lạ", FROM, TO);
    let strange = foreign.issue("TSA lạ", 5, Use::Timestamps, FROM, TO);
    let strangely = |s: &[u8]| strange.token(&Digest::Sha256.of(s), SIGNED, None);
    assert_eq!(of(signed(Some(&strangely))), (Verdict::Indeterminate, vec![Reason::TimestampUntrusted]));
    let weakly = |s: &[u8]| house.tsa.token(&Digest::Sha1.of(s), SIGNED, None);
    assert_eq!(of(signed(Some(&weakly))), (Verdict::Indeterminate, vec![Reason::WeakAlgorithm]));
    let future = |s: &[u8]| house.tsa.token(&Digest::Sha256.of(s), "20270101000000Z", None);
    let report = signed(Some(&future));
    assert!(report.overall != Verdict::Valid && report.reasons.contains(&Reason::TimestampInFuture), "{report:#?}");
}

#[test]
fn a_certificate_for_other_purposes_signs_no_documents() {
    let check = |purpose: &'static str, expect: &[Reason]| {
        let mut house = House::new();
        house.ca.purpose = Some(purpose);
        house.person = house.ca.issue("Lưu trữ thử", 10, Use::Person, FROM, "2029-01-01T00:00:00Z");
        assert_eq!(house.judge(&house.raised(), NOW).signatures[0].certificate.reasons, expect, "{purpose}");
    };
    for fit in ["2.5.29.37.0", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.311.10.3.12"] {
        check(fit, &[]);
    }
    for unfit in ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9"] {
        check(unfit, &[Reason::KeyUsage]);
    }
}

#[test]
fn only_pinned_anchors_are_trusted() {
    let house = House::new();
    let others = Anchors::new(&[&Party::root("Gốc thử", FROM, TO).der]).expect("anchors");
    let report = judge_bytes(&house.raised().bytes, &others, NOW);
    assert_eq!(report.overall, Verdict::Indeterminate);
    assert!(report.reasons.contains(&Reason::UntrustedAnchor), "{report:#?}");
    let none = Anchors::new::<Vec<u8>>(&[]).expect("anchors");
    assert_ne!(judge_bytes(&house.raised().bytes, &none, NOW).overall, Verdict::Valid);
}

#[test]
fn a_document_timestamp_over_sha_1_dates_nothing() {
    let house = House::new();
    let mut paper = house.sealed("Mocban", true);
    paper.digest = Digest::Sha1;
    paper.raise("ts1", &house.store("2026-11-25T00:00:30Z"), |digest| house.tsa.token(digest, RAISED, None));
    let report = house.judge(&paper, NOW);
    assert_eq!(report.document_timestamps[0].reasons, [Reason::WeakAlgorithm], "{report:#?}");
    expect(&report, Verdict::Indeterminate, &[Reason::DocumentTimestamp]);
}

#[test]
fn a_page_changed_later_is_seen() {
    let house = House::new();
    let page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R >>".to_vec();
    let content = b"<< /Length 8 >>\nstream\n0 0 m S \nendstream".to_vec();
    for object in [(3, page), (4, content)] {
        for mut paper in [house.raised(), house.sealed("Mocban", true)] {
            paper.revise(std::slice::from_ref(&object));
            let report = house.judge(&paper, NOW);
            assert_eq!(report.signatures[0].content.verdict, Verdict::Invalid, "{report:#?}");
            assert_eq!(report.overall, Verdict::Invalid);
        }
        let mut foreign = house.sealed("Signature1", false);
        foreign.revise(&[object]);
        let report = house.judge(&foreign, NOW);
        assert_eq!(report.signatures[0].content.reasons, [Reason::AddedLater], "{report:#?}");
    }
}

#[test]
fn bytes_and_empty_revisions_behind_our_seal_are_not_valid() {
    let house = House::new();
    let mut paper = house.raised();
    paper.bytes.extend_from_slice(b"% a remark\n");
    assert_eq!(house.judge(&paper, NOW).overall, Verdict::Invalid);
    let mut paper = house.raised();
    paper.bytes.extend_from_slice(b"\n\n\n\n");
    expect(&house.judge(&paper, NOW), Verdict::Invalid, &[Reason::BytesAfterEnd]);
    let mut paper = house.raised();
    paper.revise(&[(90, b"(hidden)".to_vec())]);
    expect(&house.judge(&paper, NOW), Verdict::Invalid, &[Reason::ChangedLater]);
}

#[test]
fn an_object_that_only_other_readers_find_is_not_valid() {
    let house = House::new();
    let extended = |hidden: &[u8]| {
        let mut paper = house.raised();
        paper.bytes.extend_from_slice(hidden);
        paper.add_store(&house.store("2026-11-25T00:00:30Z"));
        house.judge(&paper, NOW)
    };
    expect(&extended(b""), Verdict::Valid, &[]);
    let content = b"4 0 obj\n<< /Length 8 >>\nstream\n0 0 m S \nendstream\nendobj\n";
    expect(&extended(content), Verdict::Invalid, &[Reason::ChangedLater]);
}

#[test]
fn a_page_among_the_evidence_is_not_valid() {
    let house = House::new();
    let stored = |more: &[u8]| {
        let mut paper = house.raised();
        let mut store = house.store("2026-11-25T00:00:30Z");
        store.certificates.push([&house.root.der, more].concat());
        paper.add_store(&store);
        house.judge(&paper, NOW).signatures[0].content.clone()
    };
    assert_eq!(stored(b"").verdict, Verdict::Valid);
    assert_eq!(stored(b"4 0 of it").verdict, Verdict::Valid);
    // A reader that rebuilds the table of objects would draw it.
    for hidden in ["4 0 obj\n<< /Length 8 >>\nstream\n0 0 m S \n", "\ntrailer\n<< /Root 90 0 R >>\n", "endobj\n"] {
        assert_eq!(stored(hidden.as_bytes()).reasons, [Reason::ChangedLater], "{hidden}");
    }
}

#[test]
fn a_revision_that_leaves_the_last_one_out_is_not_valid() {
    let house = House::new();
    let mut paper = house.raised();
    let last = paper.bytes.len();
    paper.add_store(&house.store("2026-11-25T00:00:30Z"));
    expect(&house.judge(&paper, NOW), Verdict::Valid, &[]);
    let text = String::from_utf8_lossy(&paper.bytes[last..]).into_owned();
    let prev = last + paper.bytes[last..].windows(6).position(|window| window == b"/Prev ").expect("leads back");
    let digits = text.split("/Prev ").nth(1).and_then(|rest| rest.split(' ').next()).expect("digits");
    let sections: Vec<usize> = (0..last).filter(|at| paper.bytes[*at..].starts_with(b"\nxref\n")).collect();
    let older = format!("{:0>1$}", sections[sections.len() - 2] + 1, digits.len());
    paper.bytes[prev + 6..prev + 6 + older.len()].copy_from_slice(older.as_bytes());
    let report = house.judge(&paper, NOW);
    assert_ne!(report.overall, Verdict::Valid, "{report:#?}");
}

#[test]
fn later_signatures_are_for_others_not_behind_our_seal() {
    let house = House::new();
    let sign_again = |paper: &mut Paper| {
        let stamp = house.stamp("20261125000005Z");
        let chain = house.chain();
        paper.sign(&Pen { field: "Signature2", certify: false, signer: &house.person, chain, stamp: Some(&stamp) });
        paper.raise("ts9", &house.store("2026-11-25T00:00:30Z"), |digest| house.tsa.token(digest, RAISED, None));
    };
    let mut ours = house.sealed("Mocban", true);
    sign_again(&mut ours);
    let report = house.judge(&ours, NOW);
    assert_eq!(report.signatures[0].content.reasons, [Reason::ChangedLater], "{report:#?}");
    assert_eq!(report.overall, Verdict::Invalid);

    // Điều 9: several parties sign one after another.
    let mut theirs = house.sealed("Signature1", false);
    sign_again(&mut theirs);
    let report = house.judge(&theirs, NOW);
    expect(&report, Verdict::Valid, &[]);
    assert_eq!(report.signatures.len(), 2);

    // A stranger's signature behind theirs is no proof of anything.
    let stranger = Party::root("Gốc lạ", FROM, TO).issue("Người lạ", 7, Use::Person, FROM, TO);
    let mut theirs = house.sealed("Signature1", false);
    let stamp = house.stamp("20261125000005Z");
    let chain = vec![stranger.der.clone()];
    theirs.sign(&Pen { field: "Signature2", certify: false, signer: &stranger, chain, stamp: Some(&stamp) });
    theirs.raise("ts9", &house.store("2026-11-25T00:00:30Z"), |digest| house.tsa.token(digest, RAISED, None));
    let report = house.judge(&theirs, NOW);
    assert_eq!(report.signatures[0].content.reasons, [Reason::AddedLater], "{report:#?}");
}

#[test]
fn a_signature_that_was_cut_off_is_missed() {
    let house = House::new();
    expect(&house.judge(&Paper::new(), NOW), Verdict::Invalid, &[Reason::NoSignature]);
    let base = Paper::new().bytes.len();
    let sealed = house.raised().bytes;
    assert_eq!(judge_bytes(&sealed[..base], &house.anchors, NOW).reasons, [Reason::NoSignature]);
    // Hidden by a later revision that drops the form.
    let mut paper = house.raised();
    paper.revise(&[(1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec())]);
    expect(&house.judge(&paper, NOW), Verdict::Invalid, &[Reason::NoSignature]);
    expect(&judge_bytes(b"not a pdf", &house.anchors, NOW), Verdict::Invalid, &[Reason::Unreadable]);
    let missing = judge(std::path::Path::new("/nowhere/a.pdf"), &house.anchors, at(NOW));
    assert_eq!((missing.overall, missing.reasons.as_slice()), (Verdict::Invalid, &[Reason::Unreadable][..]));
}

/// Every flipped byte and every cut is seen. Inside the last timestamp's own bytes some are not covered by any signature
/// (version numbers, hexadecimal case); there nothing that is said may change.
#[test]
fn no_flipped_byte_and_no_cut_is_valid() {
    let house = House::new();
    let good = house.raised();
    let told = |bytes: &[u8]| {
        let report = judge_bytes(bytes, &house.anchors, NOW);
        (report.overall == Verdict::Valid, report)
    };
    let said = told(&good.bytes).1;
    let open = good.bytes.windows(11).rposition(|w| w == b"/Contents <").expect("contents") + 10;
    let close = open + 2 + good.bytes[open + 1..].iter().position(|b| *b == b'>').expect("end");
    for i in (0..good.bytes.len()).step_by(31) {
        // Of the zeros that pad the signatures a few will do.
        let around = &good.bytes[i.saturating_sub(40)..(i + 40).min(good.bytes.len())];
        if around.iter().all(|byte| *byte == b'0') && i % 40 != 0 {
            continue;
        }
        let mut bytes = good.bytes.clone();
        bytes[i] ^= 0x01;
        let (valid, report) = told(&bytes);
        if valid {
            assert!((open..close).contains(&i), "byte {i}");
            assert_eq!(report, said, "byte {i}");
        }
    }
    for end in (0..good.bytes.len()).step_by(397) {
        assert!(!told(&good.bytes[..end]).0, "cut at {end}");
    }
}

#[test]
fn the_json_is_the_one_that_others_read() {
    let house = House::new();
    let report = house.judge(&house.raised(), NOW);
    let json = serde_json::to_value(&report).expect("json");
    assert_eq!(json["schema"], "mocban.verify/1");
    assert_eq!(json["overall"], "valid");
    let signature = &json["signatures"][0];
    assert_eq!(signature["time"], "2026-11-25T07:00:00+07:00");
    assert_eq!(signature["level"], "B-LTA");
    for part in ["signature", "content", "certificate", "timestamp"] {
        assert_eq!(signature[part]["verdict"], "valid");
        assert_eq!(signature[part]["reasons"], serde_json::json!([]));
    }
}
