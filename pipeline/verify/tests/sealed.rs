//! What `certify` and `augment` make, before the judge.
#![expect(clippy::disallowed_methods, reason = "tests write the files they judge")]

#[path = "../../foundation/pki/tests/mint/mod.rs"]
mod mint;
#[expect(dead_code, reason = "only the plain page is needed here")]
mod paper;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use augment::{RaiseRequest, ValidationCache, raise};
use certify::{SealRequest, seal};
use jiff::Timestamp;
use mint::{Party, Use, at};
use model::{Certification, Clock as _, CopyKind, FixedClock, Level, Placement, RectMm, Sha256};
use pki::{
    key::{CertificationKey, KeyError, Scheme},
    path::Anchors,
    transport::{Transport, TransportError},
    tsa::Tsa,
};
use verify::{Reason, Verdict, judge};

const FROM: &str = "2026-01-01T00:00:00Z";
const TO: &str = "2042-01-01T00:00:00Z";
const FONT: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf";

struct House {
    root: Party,
    ca: Party,
    person: Party,
    tsa: Party,
    status: Party,
    clock: FixedClock,
}

/// The authorities as hosts.
struct Hosts(Arc<House>);

impl Transport for Hosts {
    fn post(&self, url: &str, _: &str, body: &[u8], _: u64) -> Result<Vec<u8>, TransportError> {
        let house = &self.0;
        let now = house.clock.now();
        if url.ends_with("/tsa") {
            let digest = body.windows(2).position(|pair| pair == [4, 32]).expect("imprint") + 2;
            let nonce = digest + 34 + usize::from(body[digest + 32] != 2);
            let nonce = &body[nonce..nonce + usize::from(body[nonce - 1])];
            let when = now.strftime("%Y%m%d%H%M%SZ").to_string();
            let token = house.tsa.token(&body[digest..digest + 32], &when, Some(nonce));
            return Ok(mint::seq(&[&mint::seq(&[&mint::tlv(2, &[&[0]])]), &token]));
        }
        let about = match body.last() {
            Some(10) => &house.person,
            // What the root issued has its status in the root's list only.
            _ => return Ok(b"<html>".to_vec()),
        };
        Ok(house.status.ocsp(&house.ca, about, &now.to_string(), &later(now), None))
    }

    fn get(&self, url: &str, _: u64) -> Result<Vec<u8>, TransportError> {
        let now = self.0.clock.now();
        let issuer = if url.ends_with("/1.crl") { &self.0.root } else { &self.0.ca };
        Ok(issuer.crl(&now.to_string(), &later(now), &[]))
    }
}

fn later(now: Timestamp) -> String {
    (now + Duration::from_hours(24)).to_string()
}

struct Key {
    house: Arc<House>,
    chain: Vec<Vec<u8>>,
}

impl CertificationKey for Key {
    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        &[Scheme::EcdsaP256Sha256]
    }

    fn sign(&mut self, _: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
        Ok(self.house.person.sign(to_be_signed))
    }
}

fn placement() -> Placement {
    Placement {
        page: 1,
        page_w_mm: 595.0 / 72.0 * 25.4,
        page_h_mm: 842.0 / 72.0 * 25.4,
        rect: RectMm { x: 10.0, y: 10.0, width: 70.0, height: 25.0 },
        clearance_mm: 2.0,
        size: "full".into(),
        step: "corner".into(),
        decided_by: None,
        dark_share: 0.0,
        largest_ink_mm: 0.0,
        ink_sha256: Sha256::of(b""),
    }
}

#[test]
fn what_we_seal_and_raise_is_valid_and_stays_so() {
    let root = Party::root("Gốc thử", FROM, "2046-01-01T00:00:00Z");
    let ca = root.issue("CA thử", 2, Use::Authority, FROM, TO);
    let person = ca.issue("Kho Lưu trữ thử", 10, Use::Person, FROM, "2029-01-01T00:00:00Z");
    let tsa = root.issue("TSA thử", 11, Use::Timestamps, FROM, TO);
    let status = ca.issue("OCSP thử", 12, Use::Status, FROM, TO);
    let clock = FixedClock::new(at("2026-11-25T00:00:00Z"));
    let house = Arc::new(House { root, ca, person, tsa, status, clock });
    let hosts = Hosts(Arc::clone(&house));
    let anchors = Anchors::new(&[&house.root.der]).expect("anchors");
    let urls = ["http://thu.vn/tsa".to_owned()];
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sealed");
    std::fs::create_dir_all(&folder).expect("folder");
    let write = |name: &str, parts: &[&[u8]]| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, parts.concat()).expect("file");
        path
    };
    let base_bytes = paper::Paper::new().bytes;
    let base = write("base.pdf", &[&base_bytes]);

    let mut key = Key { house: Arc::clone(&house), chain: vec![house.person.der.clone(), house.ca.der.clone()] };
    let certification = Certification { number: 7, year: 2026, role: "archive".into(), kind: CopyKind::Full };
    let request = SealRequest {
        base: &base,
        base_state: None,
        placement: &placement(),
        certification: &certification,
        font: &pdf::Font::load(Path::new(FONT)).expect("a font"),
        key_role: "archive",
        key: &mut key,
        anchors: &anchors,
        tsa: &Tsa::new(&urls, &hosts),
        clock: &house.clock,
    };
    let mut first = Vec::new();
    seal(request, &mut first).expect("sealed");
    let sealed = write("sealed.pdf", &[&base_bytes, &first]);
    let report = judge(&sealed, &anchors, house.clock.now());
    assert_eq!(report.overall, Verdict::Indeterminate, "{report:#?}");
    assert_eq!(report.reasons, [Reason::NoRevocationData, Reason::TimestampStatusUnknown]);
    assert_eq!(report.signatures[0].level, Some(Level::BT));

    house.clock.advance(60);
    let revision = write("first.rev", &[&first]);
    let request = RaiseRequest {
        parts: &[base, revision],
        state: None,
        anchors: &anchors,
        tsa: &Tsa::new(&urls, &hosts),
        transport: &hosts,
        clock: &house.clock,
        grace: Duration::from_hours(24),
        cache: &ValidationCache::new(),
    };
    let mut second = Vec::new();
    raise(request, &mut second).expect("raised");
    let raised = write("raised.pdf", &[&base_bytes, &first, &second]);
    write("root.der", &[&house.root.der]);
    for now in [house.clock.now(), at("2036-11-25T00:00:00Z")] {
        let report = judge(&raised, &anchors, now);
        assert_eq!((report.overall, report.reasons.as_slice()), (Verdict::Valid, &[][..]), "{report:#?}");
        let [signature] = report.signatures.as_slice() else { panic!("{report:?}") };
        assert_eq!((signature.role.as_deref(), signature.level), (Some("archive"), Some(Level::BLta)));
    }
}
