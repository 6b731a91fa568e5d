//! The demo authority: root and issuing CA, timestamps, OCSP and CRLs, with revocation and failures on command.
//!
//! *Purpose:* everything a signature needs from outside, on one loopback address, so that demo, tests and newcomers work
//! without a network. *Knows:* RFC 5280, 6960, 3161 from the authority's side. *Doesn't know:* PDF, documents, mocban.
//! It stands outside the production binary and protects nothing: its keys lie in files.

mod agency;
mod asn1;
mod certificates;
mod fault;
mod home;
mod http;
mod init;
mod keys;
mod status;
mod timestamps;
mod token;

#[cfg(test)]
mod tests;

use std::{net::SocketAddr, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use der::{Decode as _, Encode as _};
use jiff::Timestamp;
use model::{Clock, SystemClock};
use pki::transport::{Transport, TransportError};
use x509_cert::Certificate;

pub use agency::{Agency, Evidence};
pub use certificates::SIGNER_MAIL;
pub use home::{Home, Reason};
pub use init::{Rehearsal, Token, fill, init, rehearse};

use fault::Fault;
use keys::Key;

/// The authority with its keys in memory.
pub struct Authority {
    home: Home,
    clock: Box<dyn Clock>,
    root: Named,
    ca: Named,
    tsa_root: Named,
    tsa: Named,
    tsa_expired: Vec<u8>,
    ocsp: Named,
    issued: Vec<String>,
}

/// A key with its certificate.
struct Named {
    key: Key,
    certificate: Vec<u8>,
    /// Subject in DER.
    name: Vec<u8>,
}

/// What goes back to a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Content type.
    pub content_type: &'static str,
    /// Body.
    pub body: Vec<u8>,
    /// How long the caller waits for it.
    pub after: Duration,
    /// Whether it arrives.
    pub ending: Ending,
}

/// How an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Whole.
    Whole,
    /// In the middle.
    CutOff,
    /// Before it began.
    Dropped,
}

impl Authority {
    /// Loads the authority of a home.
    pub fn open(home: &Home) -> Result<Self> {
        let named = |stem: &str| -> Result<Named> {
            let certificate = home.certificate(stem)?;
            let name = Certificate::from_der(&certificate)?.tbs_certificate().subject().to_der()?;
            Ok(Named { key: Key::load(&home.key(stem)?)?, certificate, name })
        };
        let issued =
            ["signer", "ocsp", "agency"].map(|stem| home.certificate(stem).and_then(|bytes| serial_of(&bytes)));
        Ok(Self {
            home: home.clone(),
            clock: Box::new(SystemClock),
            root: named("root")?,
            ca: named("ca")?,
            tsa_root: named("tsa-root")?,
            tsa: named("tsa")?,
            tsa_expired: home.certificate("tsa-expired")?,
            ocsp: named("ocsp")?,
            issued: issued.into_iter().collect::<Result<_>>()?,
        })
    }

    /// Lives by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Box<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Listens at the home's address and answers for ever. Several authorities of one home may listen side by side; a
    /// new one starts while an old one is still dying.
    ///
    /// # Errors
    /// When the address belongs to somebody else, or the network fails.
    pub fn serve(self) -> Result<()> {
        let address: SocketAddr = self.home.address()?.parse().context("the home's address")?;
        let listener = listen(address).with_context(|| format!("{address} cannot be listened at"))?;
        http::serve(self, &listener)
    }

    /// Answers one request.
    pub fn answer(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        let service = match path {
            "/tsa" => "tsa",
            "/ocsp" => "ocsp",
            _ if has_extension(path, "crl") => "crl",
            _ => "",
        };
        let answered = self.home.faults().and_then(|faults| {
            let fault = faults.of(service);
            Ok(spoiled(self.sound(method, path, body, fault)?, fault))
        });
        answered.unwrap_or_else(|error| plain(500, &format!("{error:#}")))
    }

    fn sound(&self, method: &str, path: &str, body: &[u8], fault: Option<Fault>) -> Result<Answer> {
        let now = self.clock.now();
        let posted = method == "POST";
        let answer = |content_type, body| Answer {
            status: 200,
            content_type,
            body,
            after: Duration::ZERO,
            ending: Ending::Whole,
        };
        match path {
            "/tsa" | "/ocsp" if !posted => Ok(plain(405, "POST only")),
            "/tsa" => Ok(answer("application/timestamp-reply", self.timestamp(body, now, fault)?)),
            "/ocsp" => Ok(answer("application/ocsp-response", self.status(body, now, fault)?)),
            _ => {
                let name = path.trim_start_matches('/');
                let Some((named, extension)) = self.authorities().into_iter().find_map(|(stem, named)| {
                    name.strip_prefix(stem).filter(|rest| rest.starts_with('.')).map(|rest| (named, rest))
                }) else {
                    return Ok(plain(404, "no such thing here"));
                };
                match extension {
                    ".crt" => Ok(answer("application/pkix-cert", named.certificate.clone())),
                    ".crl" => Ok(answer("application/pkix-crl", self.list(named, now, fault)?)),
                    _ => Ok(plain(404, "no such thing here")),
                }
            }
        }
    }

    fn authorities(&self) -> [(&'static str, &Named); 3] {
        [("root", &self.root), ("ca", &self.ca), ("tsa-root", &self.tsa_root)]
    }

    fn timestamp(&self, request: &[u8], now: Timestamp, fault: Option<Fault>) -> Result<Vec<u8>> {
        let certificate = if fault == Some(Fault::Expired) { &self.tsa_expired } else { &self.tsa.certificate };
        // A key that is none of the certificate's: the signature is broken.
        let key = if fault == Some(Fault::WrongKey) { &self.ocsp.key } else { &self.tsa.key };
        timestamps::answer(&timestamps::Unit { key, certificate, above: &[] }, request, now, fault)
    }

    fn status(&self, request: &[u8], now: Timestamp, fault: Option<Fault>) -> Result<Vec<u8>> {
        // A responder nobody delegated: the answer is whole and worth nothing.
        let responder = if fault == Some(Fault::WrongKey) { &self.tsa } else { &self.ocsp };
        let responder = status::Responder {
            key: &responder.key,
            certificate: &responder.certificate,
            issuer_name: &self.ca.name,
            issuer_spki: &self.ca.key.spki,
            issued: &self.issued,
        };
        status::ocsp(&responder, request, &self.home.revoked()?, now, fault)
    }

    fn list(&self, named: &Named, now: Timestamp, fault: Option<Fault>) -> Result<Vec<u8>> {
        let mut of_others = Vec::new();
        for stem in ["ca", "tsa", "tsa-expired"] {
            of_others.push((serial_of(&self.home.certificate(stem)?)?, if stem == "ca" { "root" } else { "tsa-root" }));
        }
        let listed = |serial: &String| {
            let issuer = of_others.iter().find(|(other, _)| other == serial).map_or("ca", |(_, issuer)| *issuer);
            self.authorities().iter().any(|(stem, other)| *stem == issuer && other.name == named.name)
        };
        let revoked: Vec<_> = self.home.revoked()?.into_iter().filter(|(serial, _)| listed(serial)).collect();
        let key = if fault == Some(Fault::WrongKey) { &self.tsa.key } else { &named.key };
        status::crl(&named.name, key, &revoked, now, fault)
    }
}

/// The authority without a network: calls at its address are answered in the same process, faults included.
impl Transport for Authority {
    fn post(&self, url: &str, _content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError> {
        self.directly("POST", url, body, limit)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransportError> {
        self.directly("GET", url, &[], limit)
    }
}

impl Authority {
    fn directly(&self, method: &str, url: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError> {
        const PATIENCE: Duration = Duration::from_secs(20);
        let host = self.home.address().unwrap_or_default();
        let Some(path) = url.strip_prefix("http://").and_then(|rest| rest.strip_prefix(host.as_str())) else {
            return Err(TransportError::Unreachable { host: url.to_owned(), reason: "there is only one host".into() });
        };
        let answer = self.answer(method, path, body);
        if answer.after > PATIENCE {
            return Err(TransportError::Timeout { host, seconds: PATIENCE.as_secs() });
        }
        match answer.ending {
            Ending::Dropped => Err(TransportError::Unreachable { host, reason: "the connection was closed".into() }),
            Ending::CutOff => Err(TransportError::CutOff { host, reason: "half the body came".into() }),
            Ending::Whole if answer.status != 200 => Err(TransportError::Status { host, status: answer.status }),
            Ending::Whole if answer.body.len() as u64 > limit => Err(TransportError::TooLarge { host, limit }),
            Ending::Whole => Ok(answer.body),
        }
    }
}

/// Faults of the line, as against those of the answer itself.
fn spoiled(answer: Answer, fault: Option<Fault>) -> Answer {
    const HUGE: usize = 50_000_000;
    match fault {
        Some(Fault::Slow(after)) => Answer { after, ..answer },
        Some(Fault::Unavailable) => plain(503, "come back later"),
        Some(Fault::Html) => Answer {
            content_type: "text/html",
            body: b"<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>".to_vec(),
            ..answer
        },
        Some(Fault::Off) => Answer { ending: Ending::Dropped, ..answer },
        Some(Fault::CutOff) => Answer { ending: Ending::CutOff, ..answer },
        Some(Fault::Huge) => Answer { body: vec![0x30; HUGE], ..answer },
        _ => answer,
    }
}

fn plain(status: u16, text: &str) -> Answer {
    Answer {
        status,
        content_type: "text/plain",
        body: text.as_bytes().to_vec(),
        after: Duration::ZERO,
        ending: Ending::Whole,
    }
}

fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|found| found == extension)
}

/// A listener whose address several processes of one home may share (`SO_REUSEPORT`).
fn listen(address: SocketAddr) -> Result<std::net::TcpListener> {
    use rustix::net::{AddressFamily, SocketType, bind, listen, socket, sockopt};
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    rustix::io::ioctl_fioclex(&socket)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    sockopt::set_socket_reuseport(&socket, true)?;
    bind(&socket, &address)?;
    listen(&socket, 128)?;
    Ok(std::net::TcpListener::from(socket))
}

/// Serial number as in `CertID` and lists: the bytes of the INTEGER in lower-case hexadecimal.
pub(crate) fn serial_of(certificate: &[u8]) -> Result<String> {
    let certificate = Certificate::from_der(certificate)?;
    Ok(hex::encode(certificate.tbs_certificate().serial_number().as_bytes()))
}
