//! Sealing to B-LTA: signature with timestamp, then validation data and document timestamp.

use std::{
    fs::File,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result};
use augment::{RaiseRequest, ValidationCache, raise};
use certify::{SealRequest, seal};
use model::{Certification, CopyKind, Placement, RectMm, Sha256, SystemClock};
use pki::{
    key::CertificationKey as _,
    path::Anchors,
    token::Pkcs11Key,
    transport::{HttpTransport, Transport},
    tsa::Tsa,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::meter::{Meter, peak_kib};

/// What to seal.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Home of the sandbox.
    #[arg(long)]
    home: PathBuf,
    /// The PDF.
    #[arg(long)]
    pdf: PathBuf,
    /// Where the sealed files go.
    #[arg(long)]
    to: PathBuf,
    /// How many times, measured.
    #[arg(long, default_value_t = 20)]
    documents: u32,
    /// How many times before measuring.
    #[arg(long, default_value_t = 3)]
    warm_up: u32,
    /// Writes the appended revisions only, as the pipeline does; else also a whole file, as the peer does.
    #[arg(long)]
    revisions_only: bool,
    /// The token's library.
    #[arg(long, default_value = "/usr/lib/softhsm/libsofthsm2.so")]
    module: PathBuf,
}

struct Bench<'a> {
    arguments: &'a Arguments,
    key: Pkcs11Key,
    anchors: Anchors,
    transport: &'a dyn Transport,
    cache: ValidationCache,
    font: pdf::Font,
}

/// Seals; the answer says what one document costs.
pub(crate) fn run(arguments: &Arguments) -> Result<Value> {
    let authority = arguments.home.join("authority");
    let read = |name: &str| {
        let path = authority.join(name);
        std::fs::read_to_string(&path).with_context(|| path.display().to_string())
    };
    let pin = Zeroizing::new(read("pin")?.trim().to_owned());
    let urls = vec![format!("http://{}/tsa", read("address")?.trim())];
    let transport = HttpTransport::new(Duration::from_secs(20));
    let tsa = Tsa::new(&urls, &transport);
    let mut bench = Bench {
        key: Pkcs11Key::open(&arguments.module, "mocban", "archive", &pin)?,
        anchors: Anchors::from_pem(read("root.pem")?.as_bytes())?,
        transport: &transport,
        cache: ValidationCache::new(),
        font: pdf::Font::load(Path::new("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"))?,
        arguments,
    };
    std::fs::create_dir_all(&arguments.to)?;
    for number in 0..arguments.warm_up {
        bench.one(number, &tsa)?;
    }
    let meter = Meter::start();
    for number in 0..arguments.documents {
        bench.one(number, &tsa)?;
    }
    let each = f64::from(arguments.documents.max(1));
    let (cpu_s, wall_s) = (meter.cpu_s(), meter.wall_s());
    Ok(json!({
        "documents": arguments.documents, "cpu_ms_each": cpu_s * 1e3 / each, "wall_ms_each": wall_s * 1e3 / each,
        "token_cpu_ms_each": bench.signatures(arguments.documents)? * 1e3 / each, "peak_kib": peak_kib(),
    }))
}

impl Bench<'_> {
    /// CPU seconds of nothing but the token's signatures, which cost everybody the same.
    fn signatures(&mut self, count: u32) -> Result<f64> {
        let scheme = *self.key.schemes().first().context("the key can sign")?;
        let meter = Meter::start();
        for number in 0..count {
            self.key.sign(scheme, &number.to_be_bytes())?;
        }
        Ok(meter.cpu_s())
    }

    fn one(&mut self, number: u32, tsa: &Tsa<'_>) -> Result<()> {
        let at = |name: &str| self.arguments.to.join(format!("{number:04}.{name}"));
        let (seal_path, raise_path) = (at("seal"), at("raise"));
        let base = self.arguments.pdf.as_path();
        let (placement, certification) = (placement(), certification(number + 1));
        let request = SealRequest {
            base,
            base_state: None,
            placement: &placement,
            certification: &certification,
            font: &self.font,
            key_role: "archive",
            key: &mut self.key,
            anchors: &self.anchors,
            tsa,
            clock: &SystemClock,
        };
        let mut out = BufWriter::new(File::create(&seal_path)?);
        let sealed = seal(request, &mut out)?;
        out.flush()?;
        let parts = [base.to_owned(), seal_path.clone()];
        let request = RaiseRequest {
            parts: &parts,
            state: Some(sealed.state),
            anchors: &self.anchors,
            tsa,
            transport: self.transport,
            clock: &SystemClock,
            grace: Duration::from_hours(24),
            cache: &self.cache,
        };
        let mut out = BufWriter::new(File::create(&raise_path)?);
        raise(request, &mut out)?;
        out.flush()?;
        if !self.arguments.revisions_only {
            join(&[base, &seal_path, &raise_path], &at("pdf"))?;
        }
        Ok(())
    }
}

fn join(parts: &[&Path], to: &Path) -> Result<()> {
    let mut out = File::create(to)?;
    for part in parts {
        std::io::copy(&mut File::open(part)?, &mut out)?;
    }
    Ok(())
}

/// The same box for every document: where it stands costs nothing here.
fn placement() -> Placement {
    Placement {
        page: 1,
        page_w_mm: 210.0,
        page_h_mm: 297.0,
        rect: RectMm { x: 5.0, y: 5.0, width: 45.0, height: 15.0 },
        clearance_mm: 2.0,
        size: "narrow".into(),
        step: "corner".into(),
        decided_by: None,
        dark_share: 0.0,
        largest_ink_mm: 0.0,
        ink_sha256: Sha256([0; 32]),
    }
}

fn certification(number: u32) -> Certification {
    Certification { number, year: 2026, role: "archive".into(), kind: CopyKind::Full }
}
