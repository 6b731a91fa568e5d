//! A small house for tests: the demo authority in this process, a clock that is moved by hand, a key in memory, and
//! base files of several forms.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use model::{Certification, Clock, CopyKind, FixedClock, Placement, RectMm, Sha256, SystemClock};
use pki::{
    key::{CertificationKey, KeyError, Scheme},
    path::Anchors,
};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair},
};
use samples::authority::{Authority, Rehearsal, rehearse};
use tempfile::TempDir;

/// Debian's Liberation Serif, which has every Vietnamese letter.
pub(crate) fn font() -> &'static pdf::Font {
    static FONT: std::sync::OnceLock<pdf::Font> = std::sync::OnceLock::new();
    let path = Path::new("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf");
    FONT.get_or_init(|| pdf::Font::load(path).expect("a font"))
}

/// One clock for the authority and for us.
#[derive(Clone)]
pub(crate) struct HandClock(pub(crate) Arc<FixedClock>);

impl Clock for HandClock {
    fn now(&self) -> jiff::Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

/// The signer's key in memory; `wrong` signs something else, as a token with a foreign certificate would.
pub(crate) struct MemoryKey {
    pair: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    pub(crate) wrong: bool,
    pub(crate) signatures: u32,
}

impl CertificationKey for MemoryKey {
    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        &[Scheme::EcdsaP256Sha256]
    }

    fn sign(&mut self, _: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.signatures += 1;
        let bytes = if self.wrong { b"something else" } else { to_be_signed };
        let signature = self.pair.sign(&SystemRandom::new(), bytes).expect("signs");
        Ok(signature.as_ref().to_vec())
    }
}

pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) rehearsal: Rehearsal,
    pub(crate) authority: Authority,
    pub(crate) clock: HandClock,
    pub(crate) urls: Vec<String>,
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("folder");
        let rehearsal = rehearse(folder.path()).expect("authority");
        let clock = HandClock(Arc::new(FixedClock::new(SystemClock.now())));
        let authority = Authority::open(&rehearsal.home).expect("opens").with_clock(Box::new(clock.clone()));
        let urls = vec![format!("http://{}/tsa", rehearsal.home.address().expect("address"))];
        Self { folder, rehearsal, authority, clock, urls }
    }

    pub(crate) fn anchors(&self) -> Anchors {
        let ders = ["root", "tsa-root"].map(|stem| self.rehearsal.home.certificate(stem).expect("anchor"));
        Anchors::new(&ders).expect("anchors")
    }

    pub(crate) fn key(&self) -> MemoryKey {
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.rehearsal.pkcs8, &SystemRandom::new());
        MemoryKey { pair: pair.expect("key"), chain: self.rehearsal.chain.clone(), wrong: false, signatures: 0 }
    }

    pub(crate) fn fault(&self, setting: &str) {
        self.rehearsal.home.fault(&[setting.to_owned()]).expect("fault");
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own folder")]
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("writes");
        path
    }

    /// Seals with everything as it should be.
    pub(crate) fn seal(&self, base: &Path, out: &mut Vec<u8>) -> Result<certify::Sealed, certify::Error> {
        let anchors = self.anchors();
        let tsa = pki::tsa::Tsa::new(&self.urls, &self.authority);
        let mut key = self.key();
        let (placement, certification) = (placement(base), certification());
        let request = request(base, &placement, &certification, &mut key, &anchors, &tsa, &self.clock);
        certify::seal(request, out)
    }
}

pub(crate) fn request<'a>(
    base: &'a Path,
    placement: &'a Placement,
    certification: &'a Certification,
    key: &'a mut MemoryKey,
    anchors: &'a Anchors,
    tsa: &'a pki::tsa::Tsa<'a>,
    clock: &'a HandClock,
) -> certify::SealRequest<'a> {
    certify::SealRequest {
        base,
        base_state: None,
        placement,
        certification,
        font: font(),
        key_role: "archive",
        key,
        anchors,
        tsa,
        clock,
    }
}

pub(crate) fn certification() -> Certification {
    Certification { number: 12, year: 2026, role: "archive".to_owned(), kind: CopyKind::Full }
}

/// The compact mark at the corner of the first page.
pub(crate) fn placement(base: &Path) -> Placement {
    let mut reader = pdf::Reader::open(base).expect("opens");
    let size = pdf::page(&mut reader, 1).expect("page").size();
    Placement {
        page: 1,
        page_w_mm: size.width,
        page_h_mm: size.height,
        rect: RectMm { x: 8.0, y: 6.0, width: 50.0, height: 18.0 },
        clearance_mm: 2.0,
        size: "compact".to_owned(),
        step: "corner".to_owned(),
        decided_by: None,
        dark_share: 0.0,
        largest_ink_mm: 0.0,
        ink_sha256: Sha256([0; 32]),
    }
}

/// A one-page file with a cross-reference table; `extra` goes into the page's dictionary.
pub(crate) fn table_base(extra: &str) -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595.28 841.89]>>".to_owned(),
        format!("<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>{extra}>>"),
        "<</Length 12>>\nstream\n0 0 9 9 re f\nendstream".to_owned(),
    ];
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (i, object) in objects.iter().enumerate() {
        table = format!("{table}{:010} 00000 n \n", out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", i + 1).as_bytes());
    }
    let xref = out.len();
    let end = format!("xref\n0 5\n{table}trailer\n<</Size 5/Root 1 0 R/ID[<01><02>]>>\nstartxref\n{xref}\n%%EOF\n");
    out.extend_from_slice(end.as_bytes());
    out
}

/// The same page in an object stream, found by a cross-reference stream, without a line end at the end.
pub(crate) fn stream_base() -> Vec<u8> {
    let mut out = b"%PDF-1.7\n4 0 obj\n<</Length 12>>\nstream\n0 0 9 9 re f\nendstream\nendobj\n".to_vec();
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595.28 841.89]>>",
        "<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<<>>>>",
    ];
    let (mut index, mut body) = (String::new(), String::new());
    for (i, object) in objects.iter().enumerate() {
        index = format!("{index}{} {} ", i + 1, body.len());
        body = format!("{body}{object} ");
    }
    let data = format!("{index}{body}");
    let container = out.len();
    let head = format!("5 0 obj\n<</Type/ObjStm/N 3/First {}/Length {}>>\nstream\n", index.len(), data.len());
    out.extend_from_slice(format!("{head}{data}\nendstream\nendobj\n").as_bytes());
    let xref = out.len();
    let rows: [[usize; 3]; 7] =
        [[0, 0, 0], [2, 5, 0], [2, 5, 1], [2, 5, 2], [1, 9, 0], [1, container, 0], [1, xref, 0]];
    let head = "6 0 obj\n<</Type/XRef/Size 7/W[1 2 1]/Root 1 0 R/Length 28>>\nstream\n";
    out.extend_from_slice(head.as_bytes());
    for [kind, second, third] in rows {
        out.extend_from_slice(&[kind as u8, (second >> 8) as u8, second as u8, third as u8]);
    }
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{xref}\n%%EOF").as_bytes());
    out
}
