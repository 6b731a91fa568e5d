//! Raises sealed files with the demo authority in this process.

#[path = "../../certify/tests/support/mod.rs"]
mod support;

use std::{path::PathBuf, time::Duration};

use augment::{Error, RaiseRequest, Raised, ValidationCache, raise};
use model::{Cause, Disposition, HoldReason, Level, Sha256};
use pdf::{Change, FileDigest, Source, compare_in, dss_in, signatures_in};
use pki::{
    timestamp::TimestampToken,
    transport::{Transport, TransportError},
    tsa::Tsa,
};
use samples::authority::Reason;
use std::sync::Mutex;
use support::{House, stream_base, table_base};

/// Counts calls by the last part of their address.
struct Counted<'a> {
    inner: &'a dyn Transport,
    calls: Mutex<Vec<String>>,
}

impl Counted<'_> {
    fn note(&self, url: &str) {
        self.calls.lock().expect("lock").push(url.rsplit('/').next().unwrap_or_default().to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().expect("lock"))
    }
}

impl Transport for Counted<'_> {
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError> {
        self.note(url);
        self.inner.post(url, content_type, body, limit)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransportError> {
        self.note(url);
        self.inner.get(url, limit)
    }
}

struct Sealed {
    parts: Vec<PathBuf>,
    bytes: Vec<u8>,
    state: FileDigest,
}

fn sealed(house: &House, base: &[u8]) -> Sealed {
    let mut revision = Vec::new();
    let path = house.file("base.pdf", base);
    let sealed = house.seal(&path, &mut revision).expect("seals");
    let parts = vec![path, house.file("revision-1", &revision)];
    Sealed { parts, bytes: [base, &revision].concat(), state: sealed.state }
}

fn raised(
    house: &House,
    parts: &[PathBuf],
    transport: &dyn Transport,
    cache: &ValidationCache,
    out: &mut Vec<u8>,
) -> Result<Raised, Error> {
    let (anchors, tsa) = (house.anchors(), Tsa::new(&house.urls, transport));
    let request = RaiseRequest {
        parts,
        state: None,
        anchors: &anchors,
        tsa: &tsa,
        transport,
        clock: &house.clock,
        grace: Duration::from_hours(24),
        cache,
    };
    raise(request, out)
}

fn disposition(result: Result<Raised, Error>) -> (&'static str, Disposition) {
    let error = result.expect_err("must not be raised");
    assert!(messages::has(error.code()), "{}", error.code());
    let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
    assert!(!text.contains('{'), "{text}");
    (error.code(), error.disposition())
}

#[test]
fn one_revision_with_evidence_and_document_timestamp_ends_the_file() {
    let house = House::new();
    for base in [table_base(""), stream_base()] {
        let sealed = sealed(&house, &base);
        let cache = ValidationCache::new();
        let mut revision = Vec::new();
        let raised = raised(&house, &sealed.parts, &house.authority, &cache, &mut revision).expect("raises");
        let whole = [sealed.bytes.as_slice(), &revision].concat();
        assert_eq!((raised.level, raised.sha256), (Level::BLta, Sha256::of(&whole)));
        let source = Source::from_bytes("raised.pdf", whole.clone());
        let mut reader = pdf::Reader::new(source.clone()).expect("reads");
        let found = signatures_in(&mut reader).expect("signatures");
        let [seal, timestamp] = found.as_slice() else { panic!("{found:?}") };
        assert!(!seal.document_timestamp && timestamp.document_timestamp && !timestamp.visible);
        assert_eq!(timestamp.covered_end(), Some(whole.len() as u64));
        let mut digest = Sha256::context();
        source.hash_ranges(timestamp.byte_range.expect("range"), &mut digest).expect("hashes");
        let token = TimestampToken::parse(&timestamp.contents).expect("token");
        assert_eq!(token.imprint, digest.finish().as_ref());
        let store = dss_in(&mut reader).expect("store");
        // Signer, CA, root, responder, TSA, its root; OCSP for the signer, lists for CA and TSA.
        assert_eq!((store.certificates.len(), store.ocsps.len(), store.crls.len()), (6, 1, 2));
        assert_eq!(store.vri.len(), 1);
        assert!(store.vri[0].len() == 40 && store.vri[0].chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
        let changes = compare_in(&source, sealed.bytes.len() as u64, whole.len() as u64).expect("compares");
        assert!(changes.iter().all(Change::only_secures) && changes.len() == 2, "{changes:?}");
    }
}

#[test]
fn calls_are_shared_and_never_wasted() {
    let house = House::new();
    let counted = Counted { inner: &house.authority, calls: Mutex::new(Vec::new()) };
    let cache = ValidationCache::new();
    let sealed = sealed(&house, &table_base(""));
    raised(&house, &sealed.parts, &counted, &cache, &mut Vec::new()).expect("raises");
    let mut first = counted.take();
    first.sort();
    assert_eq!(first, ["ocsp", "root.crl", "tsa", "tsa-root.crl"]);
    raised(&house, &sealed.parts, &counted, &cache, &mut Vec::new()).expect("raises");
    let mut second = counted.take();
    second.sort();
    assert_eq!(second, ["ocsp", "tsa"], "authorities' data come from the cache");
}

#[test]
fn the_digest_state_of_the_seal_is_enough() {
    let house = House::new();
    let sealed = sealed(&house, &table_base(""));
    let (anchors, cache) = (house.anchors(), ValidationCache::new());
    let tsa = Tsa::new(&house.urls, &house.authority);
    let request = RaiseRequest {
        parts: &sealed.parts,
        state: Some(sealed.state),
        anchors: &anchors,
        tsa: &tsa,
        transport: &house.authority,
        clock: &house.clock,
        grace: Duration::from_mins(1),
        cache: &cache,
    };
    let mut revision = Vec::new();
    let raised = raise(request, &mut revision).expect("raises");
    assert_eq!(raised.sha256, Sha256::of(&[sealed.bytes.as_slice(), &revision].concat()));
}

#[test]
fn without_the_responder_a_fresh_list_does_and_an_old_one_waits() {
    let house = House::new();
    let sealed = sealed(&house, &table_base(""));
    let cache = ValidationCache::new();
    house.fault("ocsp=503");
    raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new()).expect("by a list");
    // Lists made before the seal: the clock of the authority goes back.
    house.clock.0.advance(-30);
    let waits = raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new());
    assert_eq!(disposition(waits), ("E-AUGMENT-03", Disposition::Wait(Cause::Revocation)));
    house.clock.0.advance(30);
    house.fault("crl=503");
    let away = raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new());
    assert_eq!(disposition(away), ("E-AUGMENT-05", Disposition::Wait(Cause::Revocation)));
    house.fault("ocsp=stale");
    let stale = raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new());
    assert_eq!(disposition(stale), ("E-AUGMENT-03", Disposition::Wait(Cause::Revocation)));
    house.clock.0.advance(25 * 3600);
    house.fault("crl=stale");
    let overdue = raised(&house, &sealed.parts, &house.authority, &ValidationCache::new(), &mut Vec::new());
    assert!(matches!(disposition(overdue), (_, Disposition::Wait(Cause::Revocation))));
    for fault in ["html", "refused", "unknown", "wrong-key", "cut-off", "huge"] {
        house.fault(&format!("ocsp={fault}"));
        let result = raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new());
        assert!(matches!(disposition(result), (_, Disposition::Wait(Cause::Revocation))), "{fault}");
    }
    house.fault("ocsp=ok");
    house.fault("crl=ok");
    raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new()).expect("rises by itself");
}

#[test]
fn a_revoked_certificate_is_not_raised_unless_it_was_revoked_later() {
    let house = House::new();
    let sealed = sealed(&house, &table_base(""));
    let cache = ValidationCache::new();
    house.clock.0.advance(10);
    let now = model::Clock::now(&house.clock);
    house.rehearsal.home.revoke("signer", now, Reason::Superseded).expect("revokes");
    raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new()).expect("the seal is older");
    let before = now.saturating_sub(jiff::SignedDuration::from_secs(3600)).expect("time");
    house.rehearsal.home.revoke("signer", before, Reason::KeyCompromise).expect("revokes");
    let result = raised(&house, &sealed.parts, &house.authority, &cache, &mut Vec::new());
    assert_eq!(disposition(result), ("E-AUGMENT-02", Disposition::Hold(HoldReason::InvalidSignature)));
    house.rehearsal.home.revoke("tsa", before, Reason::KeyCompromise).expect("revokes");
    let result = raised(&house, &sealed.parts, &house.authority, &ValidationCache::new(), &mut Vec::new());
    assert_eq!(disposition(result), ("E-AUGMENT-02", Disposition::Hold(HoldReason::InvalidSignature)));
}

#[test]
fn what_is_no_seal_and_who_gives_no_timestamp() {
    let house = House::new();
    let cache = ValidationCache::new();
    let plain = house.file("plain.pdf", &table_base(""));
    let result = raised(&house, &[plain], &house.authority, &cache, &mut Vec::new());
    assert_eq!(disposition(result), ("E-AUGMENT-01", Disposition::Bug));
    let sealed = sealed(&house, &table_base(""));
    let mut followed = sealed.parts.clone();
    followed.push(house.file("more", b"% not covered\n"));
    assert!(raised(&house, &followed, &house.authority, &cache, &mut Vec::new()).is_err());
    house.fault("tsa=503");
    let mut out = Vec::new();
    let result = raised(&house, &sealed.parts, &house.authority, &cache, &mut out);
    assert_eq!(disposition(result), ("E-AUGMENT-06", Disposition::Wait(Cause::Timestamp)));
    assert!(out.is_empty());
}

#[test]
fn a_raised_file_can_be_raised_again() {
    let house = House::new();
    let mut sealed = sealed(&house, &table_base(""));
    let cache = ValidationCache::new();
    let mut first = Vec::new();
    raised(&house, &sealed.parts, &house.authority, &cache, &mut first).expect("raises");
    sealed.parts.push(house.file("revision-2", &first));
    house.clock.0.advance(400 * 86_400);
    let mut second = Vec::new();
    let raised = raised(&house, &sealed.parts, &house.authority, &cache, &mut second).expect("renews");
    assert_eq!(raised.field, "MocbanTimestamp2");
    let whole = [sealed.bytes.as_slice(), &first, &second].concat();
    let mut reader = pdf::Reader::new(Source::from_bytes("renewed.pdf", whole.clone())).expect("reads");
    assert_eq!(signatures_in(&mut reader).expect("signatures").len(), 3);
    let store = dss_in(&mut reader).expect("store");
    assert_eq!(store.certificates.len(), 6, "nothing is stored twice");
    assert_eq!(store.ocsps.len(), 2);
}
