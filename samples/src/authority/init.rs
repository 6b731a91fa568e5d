//! How an authority comes to be: keys, certificates, the token, and the address that stands in the certificates.

use std::{fs, net::TcpListener, path::Path, process::Command};

use anyhow::{Context as _, Result, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{Timestamp, ToSpan as _};
use model::{Clock as _, SystemClock};

use super::{
    certificates::{AGENCY_MAIL, Issuer, Role, SIGNER_MAIL, Wanted, issue, subject, years},
    home::Home,
    keys::{Key, fresh_p256, fresh_p384, random},
    token::Writable,
};

pub use super::token::Token;

/// Makes the authority of a home, whole or not at all. Needs `SoftHSM2` and, because it takes its folder from the
/// environment of the process, runs `itself stage FOLDER` with that set, which must call [`fill`].
pub fn init(home: &Path, token: Token, itself: &Path) -> Result<Home> {
    let done = Home::of(home);
    ensure!(!done.root().try_exists()?, "{} is there already", done.root().display());
    let staged = Home::at(home.join(format!("authority.{}.new", std::process::id())));
    staged.folder("token")?;
    write_token_settings(&staged, staged.root())?;
    let mut filling = Command::new(itself);
    filling
        .arg("stage")
        .arg(staged.root())
        .env("SOFTHSM2_CONF", fs::canonicalize(staged.root())?.join("softhsm2.conf"));
    if token == Token::Ec {
        filling.arg("--ec");
    }
    let ended = filling.status().with_context(|| format!("{} cannot be run", itself.display()))?;
    ensure!(ended.success(), "the authority could not be made");
    write_token_settings(&staged, &fs::canonicalize(home)?.join("authority"))?;
    fs::rename(staged.root(), done.root()).with_context(|| format!("{}", done.root().display()))?;
    Ok(done)
}

/// `SoftHSM2` wants an absolute path; who moves a home has it written again by the next start of the sandbox.
fn write_token_settings(home: &Home, at: &Path) -> Result<()> {
    let at = if at.is_absolute() { at.to_owned() } else { std::path::absolute(at)? };
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n",
        at.join("token").display()
    );
    home.write("softhsm2.conf", text.as_bytes())
}

/// Fills a staged folder: token, keys, certificates. Runs with `SOFTHSM2_CONF` set.
pub fn fill(folder: &Path, kind: Token) -> Result<()> {
    let home = Home::at(folder.to_owned());
    let (pin, officer_pin) = (digits()?, digits()?);
    home.write("pin", pin.as_bytes())?;
    home.write("officer-pin", officer_pin.as_bytes())?;
    let token = Writable::make(&officer_pin, &pin)?;
    home.folder("keys")?;
    for stem in ["root", "ca"] {
        home.write(&format!("keys/{stem}.key"), &token.exported_rsa()?)?;
    }
    certify(&home, &token.signing_key(kind)?)?;
    token.store("archive", &home.certificate("signer")?, true)?;
    token.store("ca", &home.certificate("ca")?, false)
}

/// A signer without a token, for tests that want no `SoftHSM2`.
#[derive(Debug)]
pub struct Rehearsal {
    /// The authority.
    pub home: Home,
    /// The signer's private key (P-256, PKCS#8).
    pub pkcs8: Vec<u8>,
    /// The signer's certificate and its issuer's.
    pub chain: Vec<Vec<u8>>,
}

/// Makes an authority in `folder/authority` with P-256 keys throughout and the signer's key in memory.
pub fn rehearse(folder: &Path) -> Result<Rehearsal> {
    let home = Home::of(folder);
    home.folder("keys")?;
    for stem in ["root", "ca"] {
        home.write(&format!("keys/{stem}.key"), &fresh_p256()?)?;
    }
    let pkcs8 = fresh_p256()?;
    certify(&home, &Key::load(&pkcs8)?.spki)?;
    let chain = vec![home.certificate("signer")?, home.certificate("ca")?];
    Ok(Rehearsal { home, pkcs8, chain })
}

/// Makes the other keys and every certificate, and the file of anchors.
fn certify(home: &Home, signer_spki: &[u8]) -> Result<()> {
    let address = draw_address()?;
    home.write("address", address.as_bytes())?;
    home.folder("keys")?;
    home.folder("certificates")?;
    home.write("keys/tsa-root.key", &fresh_p384()?)?;
    home.write("keys/tsa.key", &fresh_p256()?)?;
    home.write("keys/ocsp.key", &fresh_p256()?)?;
    home.write("keys/agency.key", &fresh_p256()?)?;
    // A little in the past: clocks of two machines differ.
    let now = SystemClock.now().checked_sub(1.hour())?;
    let key = |stem: &str| Key::load(&home.key(stem)?);
    let make = |issuer: &str, stem: &str, spki: &[u8], role: Role, term: (Timestamp, Timestamp)| -> Result<()> {
        let (issuer_name, subject, issuer_key) = (subject(issuer), subject(stem), key(issuer)?);
        let issuer = Issuer { name: &issuer_name, key: &issuer_key, stem: issuer, address: &address };
        let wanted = Wanted { subject: &subject, spki, role, from: term.0, to: term.1 };
        home.write(&format!("certificates/{stem}.crt"), &issue(&issuer, &wanted)?)
    };
    let term = |length| -> Result<_> { Ok((now, years(now, length)?)) };
    make("root", "root", &key("root")?.spki, Role::Authority(1), term(30)?)?;
    make("root", "ca", &key("ca")?.spki, Role::Authority(0), term(25)?)?;
    make("ca", "signer", signer_spki, Role::Signer(SIGNER_MAIL), term(16)?)?;
    make("ca", "agency", &key("agency")?.spki, Role::Signer(AGENCY_MAIL), term(16)?)?;
    make("ca", "ocsp", &key("ocsp")?.spki, Role::Ocsp, term(20)?)?;
    make("tsa-root", "tsa-root", &key("tsa-root")?.spki, Role::Authority(0), term(30)?)?;
    make("tsa-root", "tsa", &key("tsa")?.spki, Role::Timestamps, term(20)?)?;
    let over = (now.checked_sub((2 * 365 * 24).hours())?, now.checked_sub(24.hours())?);
    make("tsa-root", "tsa-expired", &key("tsa")?.spki, Role::Timestamps, over)?;
    let anchors = [pem(&home.certificate("root")?), pem(&home.certificate("tsa-root")?)];
    home.write("root.pem", anchors.concat().as_bytes())
}

/// A loopback address of its own, below the ports that callers are given: homes side by side do not meet.
fn draw_address() -> Result<String> {
    for _ in 0..64 {
        let [a, b, c, high, low] = random::<5>()?;
        let port = 20_000 + u16::from_be_bytes([high, low]) % 12_000;
        let address = format!("127.{}.{}.{}:{port}", a % 200 + 1, b, c % 250 + 2);
        if TcpListener::bind(&address).is_ok() {
            return Ok(address);
        }
    }
    bail!("no loopback address can be listened at")
}

fn digits() -> Result<String> {
    Ok(random::<8>()?.iter().map(|byte| char::from(b'0' + byte % 10)).collect())
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(64) {
        out.extend(line.iter().map(|byte| char::from(*byte)));
        out.push('\n');
    }
    out.push_str("-----END CERTIFICATE-----\n");
    out
}
