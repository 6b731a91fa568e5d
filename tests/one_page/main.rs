//! One page, sealed and raised by hand with the sandbox's token and authority, before every judge: RSA, RSA-PSS and P-256.
//!
//! What is wrong here is wrong in every document; the chain around it is tried elsewhere.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use augment::{RaiseRequest, ValidationCache};
use certify::SealRequest;
use mocban_tests::{judges, sandbox};
use model::{
    Certification, Clock as _, CopyKind, Declared, DocumentId, Form, Origin, PageImage, Placement, RectMm, Sha256,
    SizeMm, SourceFile, SourceKind, Submission, SystemClock,
};
use pki::{
    key::{CertificationKey, KeyError, Scheme},
    path::Anchors,
    token::Pkcs11Key,
    transport::HttpTransport,
};
use zeroize::Zeroizing;

const FONT: &str = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf";
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

#[test]
fn every_judge_accepts_a_page_sealed_by_hand() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut wrong = Vec::new();
    for kind in ["rsa", "ec"] {
        let home = folder.path().join(kind);
        let files = folder.path().join(format!("{kind}-files"));
        fs::create_dir(&files).expect("a folder");
        let mut command = Command::new(sandbox::root().join("ops/sandbox"));
        if kind == "ec" {
            command.arg("--ec");
        }
        let inner = ["--ignored", "--exact", "seals_in_the_sandbox", "--nocapture"];
        command.arg(&home).arg("--").arg(std::env::current_exe().expect("this test")).args(inner);
        command.env("MOCBAN_BIN_DIR", sandbox::binaries()).env("ONE_PAGE_FILES", &files);
        let output = command.output().expect("ops/sandbox");
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{kind}: {}", String::from_utf8_lossy(&said));
        let anchors = home.join("authority/root.pem");
        wrong.extend(judged(&anchors, &files));
        if kind == "ec" {
            wrong.extend(unseen(&anchors, &files));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn judged(anchors: &Path, folder: &Path) -> Vec<String> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).expect("files").map(|entry| entry.expect("a file").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "pdf"));
    files.sort();
    assert!(!files.is_empty());
    let mut wrong = Vec::new();
    // Now, and when today's certificates have grown old.
    let later: jiff::Timestamp = "2036-01-01T00:00:00Z".parse().expect("a time");
    for at in [None, Some(later)] {
        for answer in judges::vera_and_dss(Some(anchors), at, &files) {
            wrong.extend(answer.complaints(true).into_iter().map(|what| format!("{at:?} {what}")));
        }
    }
    for answer in judges::pyhanko(anchors, &files) {
        wrong.extend(answer.complaints());
    }
    let ours = Anchors::from_pem(&fs::read(anchors).expect("anchors")).expect("anchors");
    for file in &files {
        wrong.extend(judges::qpdf(file));
        let report = verify::judge(file, &ours, SystemClock.now());
        let report = serde_json::to_value(&report).expect("JSON");
        if report["overall"] != "valid" {
            wrong.push(format!("{}: our own verdict: {report}", file.display()));
        }
    }
    wrong
}

/// A judge that never says no proves nothing: what every judge of signatures lets pass although the file was changed.
fn unseen(anchors: &Path, folder: &Path) -> Vec<String> {
    let sealed = fs::read(folder.join("ECDSA-P256-SHA256.pdf")).expect("a sealed file");
    let flipped: Vec<u8> =
        sealed.iter().enumerate().map(|(at, byte)| if at == 1000 { byte ^ 1 } else { *byte }).collect();
    let longer = [&sealed[..], b"% one line more\n"].concat();
    let mut files = Vec::new();
    for (name, bytes) in [("flipped", flipped), ("longer", longer)] {
        let path = folder.join(format!("{name}.changed"));
        fs::write(&path, bytes).expect("written");
        files.push(path);
    }
    let java = judges::vera_and_dss(Some(anchors), None, &files);
    let python = judges::pyhanko(anchors, &files);
    let silent = |file: &Path, complaints: Vec<String>| {
        complaints.is_empty().then(|| format!("{}: a judge does not see the change", file.display()))
    };
    let java = java.iter().filter_map(|one| silent(&one.file, one.complaints(false)));
    let python = python.iter().filter_map(|one| silent(&one.file, one.complaints()));
    java.chain(python).collect()
}

/// A key that prefers another of its schemes.
struct Preferring {
    key: Pkcs11Key,
    schemes: [Scheme; 1],
}

impl CertificationKey for Preferring {
    fn chain(&self) -> &[Vec<u8>] {
        self.key.chain()
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&mut self, scheme: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.key.sign(scheme, to_be_signed)
    }
}

#[test]
#[ignore = "runs inside ops/sandbox"]
fn seals_in_the_sandbox() {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let home = PathBuf::from(variable("MOCBAN_HOME"));
    let folder = PathBuf::from(variable("ONE_PAGE_FILES"));
    let pin = fs::read_to_string(format!("/proc/self/fd/{}", variable("MOCBAN_PIN_FD"))).expect("the PIN");
    let pin = Zeroizing::new(pin);
    let authority = home.join("authority");
    let address = fs::read_to_string(authority.join("address")).expect("the address");
    let anchors = Anchors::from_pem(&fs::read(authority.join("root.pem")).expect("anchors")).expect("anchors");
    let schemes = Pkcs11Key::open(Path::new(MODULE), "mocban", "archive", &pin).expect("the key").schemes().to_vec();
    for scheme in schemes {
        let key = Pkcs11Key::open(Path::new(MODULE), "mocban", "archive", &pin).expect("the key");
        let mut key = Preferring { key, schemes: [scheme] };
        let base = folder.join(format!("{}.base", scheme.name()));
        page(&base);
        seal_and_raise(&base, &mut key, &anchors, &format!("http://{}/tsa", address.trim()));
    }
}

fn seal_and_raise(base: &Path, key: &mut dyn CertificationKey, anchors: &Anchors, tsa: &str) {
    let transport = HttpTransport::new(Duration::from_secs(20));
    let urls = [tsa.to_owned()];
    let certification = Certification { number: 12, year: 2026, role: "archive".into(), kind: CopyKind::Full };
    let placement = Placement {
        page: 1,
        page_w_mm: 210.0,
        page_h_mm: 297.0,
        rect: RectMm { x: 10.0, y: 10.0, width: 70.0, height: 25.0 },
        clearance_mm: 2.0,
        size: "full".into(),
        step: "corner".into(),
        decided_by: None,
        dark_share: 0.0,
        largest_ink_mm: 0.0,
        ink_sha256: Sha256::of(b"blank"),
    };
    let seal = base.with_extension("seal");
    let request = SealRequest {
        base,
        base_state: None,
        placement: &placement,
        certification: &certification,
        font: &pdf::Font::load(Path::new(FONT)).expect("a font"),
        key_role: "archive",
        key,
        anchors,
        tsa: &pki::tsa::Tsa::new(&urls, &transport),
        clock: &SystemClock,
    };
    let sealed = certify::seal(request, &mut File::create(&seal).expect("a file")).expect("sealed");
    let rise = base.with_extension("rise");
    let request = RaiseRequest {
        parts: &[base.to_owned(), seal.clone()],
        state: Some(sealed.state),
        anchors,
        tsa: &pki::tsa::Tsa::new(&urls, &transport),
        transport: &transport,
        clock: &SystemClock,
        grace: Duration::from_hours(24),
        cache: &ValidationCache::new(),
    };
    augment::raise(request, &mut File::create(&rise).expect("a file")).expect("raised");
    let whole: Vec<u8> = [base, &seal, &rise].into_iter().flat_map(|part| fs::read(part).expect("a part")).collect();
    fs::write(base.with_extension("pdf"), whole).expect("written");
}

/// A grey A4 page with one grey bar, assembled.
fn page(to: &Path) {
    const WIDTH: u32 = 620;
    const HEIGHT: u32 = 877;
    let scan = to.with_extension("tif");
    fs::write(&scan, grey_tiff(WIDTH, HEIGHT)).expect("a scan");
    let bytes = fs::read(&scan).expect("a scan");
    let sha256 = Sha256::of(&bytes);
    let file = SourceFile {
        name: "1.tif".into(),
        path: "1.tif".into(),
        bytes: bytes.len() as u64,
        sha256,
        kind: SourceKind::Tiff,
    };
    let page = PageImage {
        page: 1,
        file: 0,
        frame: 0,
        width_px: WIDTH,
        height_px: HEIGHT,
        dpi_x: 75.0,
        dpi_y: 75.0,
        dpi_origin: Origin::Tag,
        size: SizeMm { width: 210.0, height: 297.0 },
        orientation: 1,
    };
    let submission = Submission {
        version: 1,
        id: DocumentId::of_content(&[sha256]),
        supersedes: None,
        source: "one".into(),
        place: BTreeMap::new(),
        files: vec![file],
        pages: vec![page],
        form: Form::Assembled,
        declared: Declared::default(),
        findings: Vec::new(),
    };
    let mut out = File::create(to).expect("a file");
    assemble::assemble(&[scan], &submission, &[], "Một trang", &mut out).expect("assembled");
}

fn grey_tiff(width: u32, height: u32) -> Vec<u8> {
    let mut pixels = vec![0xf0_u8; (width * height) as usize];
    for row in 400..420 {
        pixels[row * width as usize + 100..row * width as usize + 500].fill(0x30);
    }
    let data = 8_u32;
    let resolution = data + width * height;
    let directory = resolution + 8;
    let entry = |tag: u16, kind: u16, value: u32| {
        let mut out = Vec::from(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1_u32.to_le_bytes());
        out.extend(value.to_le_bytes());
        out
    };
    let (short, long, rational) = (3, 4, 5);
    let entries = [
        entry(256, long, width),
        entry(257, long, height),
        entry(258, short, 8),
        entry(259, short, 1),
        entry(262, short, 1),
        entry(273, long, data),
        entry(277, short, 1),
        entry(278, long, height),
        entry(279, long, width * height),
        entry(282, rational, resolution),
        entry(283, rational, resolution),
        entry(296, short, 2),
    ];
    let mut out = b"II*\0".to_vec();
    out.extend(directory.to_le_bytes());
    out.extend(pixels);
    out.extend(75_u32.to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend((entries.len() as u16).to_le_bytes());
    out.extend(entries.concat());
    out.extend(0_u32.to_le_bytes());
    out
}
