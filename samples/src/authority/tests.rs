//! OpenSSL judges what the authority says.

use std::{fs, path::PathBuf, process::Command};

use model::FixedClock;
use pki::transport::Transport as _;

use super::*;

/// A rehearsed authority in a scratch folder that goes with it.
struct Scratch {
    folder: PathBuf,
    home: Home,
    authority: Authority,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).expect("the scratch folder goes");
    }
}

fn scratch(name: &str) -> Scratch {
    let folder = std::env::temp_dir().join(format!("mocban-authority-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).expect("a scratch folder");
    let home = rehearse(&folder).expect("an authority").home;
    for stem in ["root", "ca", "signer", "ocsp", "tsa-root", "tsa"] {
        let der = folder.join(format!("{stem}.der"));
        fs::write(&der, home.certificate(stem).expect("a certificate")).expect("written");
        let (der, pem) = (format!("{stem}.der"), format!("{stem}.pem"));
        openssl(&folder, &["x509", "-inform", "DER", "-in", &der, "-out", &pem]);
    }
    let authority = Authority::open(&home).expect("opens");
    Scratch { folder, home, authority }
}

impl Scratch {
    fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.home.address().expect("address"))
    }

    fn fault(&self, setting: &str) {
        self.home.fault(&[setting.to_owned()]).expect("a fault");
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder.join(name), bytes).expect("written");
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.folder.join(name)).expect(name)
    }

    /// Asks for a timestamp as OpenSSL asks, and lets OpenSSL judge it.
    fn stamped(&self) -> (bool, String) {
        self.put("data", b"some bytes");
        let query = ["ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query"];
        openssl(&self.folder, &query);
        let reply = self.authority.post(&self.url("tsa"), "application/timestamp-query", &self.file("query"), 65_536);
        self.put("reply", &reply.expect("an answer"));
        let verify = ["ts", "-verify", "-queryfile", "query", "-in", "reply", "-CAfile", "tsa-root.pem"];
        judged(&self.folder, &verify)
    }

    /// Asks for the signer's status as OpenSSL asks, and lets OpenSSL judge the answer.
    fn status(&self) -> (bool, String) {
        let query = ["ocsp", "-issuer", "ca.pem", "-cert", "signer.pem", "-reqout", "request"];
        openssl(&self.folder, &query);
        let reply = self.authority.post(&self.url("ocsp"), "application/ocsp-request", &self.file("request"), 65_536);
        self.put("response", &reply.expect("an answer"));
        judged(
            &self.folder,
            &[
                // -no_nonce: OpenSSL would put a new nonce into the request it reads; the one in it is compared.
                "ocsp",
                "-issuer",
                "ca.pem",
                "-cert",
                "signer.pem",
                "-no_nonce",
                "-reqin",
                "request",
                "-respin",
                "response",
                "-CAfile",
                "root.pem",
                "-verify_other",
                "ca.pem",
            ],
        )
    }

    fn list(&self, stem: &str) -> (bool, String) {
        let list = self.authority.get(&self.url(&format!("{stem}.crl")), 65_536).expect("a list");
        self.put("list", &list);
        let issuer = format!("{stem}.pem");
        judged(&self.folder, &["crl", "-inform", "DER", "-in", "list", "-noout", "-text", "-CAfile", &issuer])
    }
}

fn judged(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let run = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl");
    let said = [run.stdout, run.stderr].concat();
    (run.status.success(), String::from_utf8_lossy(&said).into_owned())
}

fn openssl(folder: &Path, arguments: &[&str]) {
    let (done, said) = judged(folder, arguments);
    assert!(done, "{arguments:?}: {said}");
}

#[test]
fn the_chain_stands_up_for_many_years() {
    let s = scratch("chain");
    let in_fifteen_years = (SystemClock.now().as_second() + 15 * 365 * 86_400).to_string();
    let chain = ["verify", "-x509_strict", "-attime", &in_fifteen_years, "-CAfile", "root.pem", "-untrusted", "ca.pem"];
    for leaf in ["signer.pem", "ocsp.pem"] {
        openssl(&s.folder, &[&chain[..], &[leaf]].concat());
    }
    let tsa = ["verify", "-x509_strict", "-attime", &in_fifteen_years, "-purpose", "timestampsign", "-CAfile"];
    openssl(&s.folder, &[&tsa[..], &["tsa-root.pem", "tsa.pem"]].concat());
    let (_, text) =
        judged(&s.folder, &["x509", "-in", "signer.pem", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"]);
    let address = s.home.address().expect("address");
    for wanted in [
        "Kho Lưu trữ Tỉnh ủy (thử nghiệm)".to_owned(),
        format!("email:{SIGNER_MAIL}"),
        format!("OCSP - URI:http://{address}/ocsp"),
        format!("CA Issuers - URI:http://{address}/ca.crt"),
        format!("URI:http://{address}/ca.crl"),
        "Digital Signature, Non Repudiation".to_owned(),
    ] {
        assert!(text.contains(&wanted), "{wanted} is not in {text}");
    }
    let anchors = fs::read_to_string(s.home.root().join("root.pem")).expect("anchors");
    assert_eq!(anchors.matches("BEGIN CERTIFICATE").count(), 2);
    assert_eq!(s.authority.get(&s.url("ca.crt"), 65_536).expect("served"), s.home.certificate("ca").expect("stored"));
}

#[test]
fn openssl_accepts_timestamps_and_sees_the_faults() {
    let s = scratch("tsa");
    let (good, said) = s.stamped();
    assert!(good, "{said}");
    for fault in ["wrong-nonce", "wrong-imprint", "wrong-key", "refused"] {
        s.fault(&format!("tsa={fault}"));
        let (good, said) = s.stamped();
        assert!(!good, "{fault}: {said}");
    }
    s.fault("tsa=expired");
    let (_, said) = s.stamped();
    assert!(said.contains("expired"), "{said}");
    s.fault("tsa=ok");
    assert!(s.stamped().0);
}

#[test]
fn requests_that_cannot_be_granted_are_refused_in_the_protocols_words() {
    let s = scratch("refused");
    let ask = |query: &[&str]| {
        s.put("data", b"some bytes");
        openssl(&s.folder, &[&["ts", "-query", "-data", "data", "-out", "query"], query].concat());
        let reply = s.authority.post(&s.url("tsa"), "application/timestamp-query", &s.file("query"), 65_536);
        s.put("reply", &reply.expect("an answer"));
        judged(&s.folder, &["ts", "-reply", "-in", "reply", "-text"]).1
    };
    assert!(ask(&["-sha1"]).contains("unrecognized or unsupported algorithm"));
    assert!(ask(&["-sha256", "-tspolicy", "1.2.3.4"]).contains("policy is not supported"));
    assert!(ask(&["-sha512", "-no_nonce"]).contains("Granted"));
    let reply = s.authority.post(&s.url("tsa"), "application/timestamp-query", b"\x30\x03\x02\x01", 65_536);
    s.put("reply", &reply.expect("an answer"));
    assert!(
        judged(&s.folder, &["ts", "-reply", "-in", "reply", "-text"]).1.contains("data submitted has the wrong format")
    );
}

#[test]
fn openssl_accepts_status_answers_and_sees_revocation() {
    let s = scratch("ocsp");
    let (good, said) = s.status();
    assert!(good && said.contains("Response verify OK") && said.contains("signer.pem: good"), "{said}");
    s.fault("ocsp=unknown");
    assert!(s.status().1.contains("signer.pem: unknown"));
    s.fault("ocsp=stale");
    assert!(s.status().1.contains("Status times invalid"), "{}", s.status().1);
    s.fault("ocsp=wrong-key");
    assert!(s.status().1.contains("Response Verify Failure"));
    s.fault("ocsp=refused");
    assert!(s.status().1.contains("trylater"));
    s.fault("ocsp=ok");
    let at = SystemClock.now();
    s.home.revoke("signer", at, Reason::Hold).expect("revoked");
    let (_, said) = s.status();
    assert!(said.contains("signer.pem: revoked") && said.contains("certificateHold"), "{said}");
    let (_, said) = s.list("ca");
    let serial = serial_of(&s.home.certificate("signer").expect("signer")).expect("serial");
    assert!(said.contains(&serial.to_uppercase()) && said.contains("Certificate Hold"), "{said}");
}

#[test]
fn openssl_accepts_the_lists() {
    let s = scratch("crl");
    for stem in ["root", "ca", "tsa-root"] {
        let (good, said) = s.list(stem);
        assert!(good && said.contains("verify OK") && said.contains("No Revoked Certificates"), "{said}");
    }
    s.home.revoke("tsa", SystemClock.now(), Reason::KeyCompromise).expect("revoked");
    assert!(s.list("tsa-root").1.contains("Key Compromise"));
    assert!(s.list("ca").1.contains("No Revoked Certificates"));
    s.fault("crl=wrong-key");
    assert!(!s.list("ca").1.contains("verify OK"));
    assert!(s.home.revoke("nobody", SystemClock.now(), Reason::Superseded).is_err());
}

#[test]
fn faults_of_the_line_reach_the_caller() {
    let s = scratch("line");
    let ask = || s.authority.post(&s.url("tsa"), "application/timestamp-query", b"", 65_536);
    let check = |fault: &str, code: &str| {
        s.fault(fault);
        assert_eq!(ask().expect_err(fault).code(), code, "{fault}");
    };
    check("tsa=slow", "E-HTTP-03");
    check("tsa=503", "E-HTTP-04");
    check("tsa=off", "E-HTTP-02");
    check("tsa=cut-off", "E-HTTP-06");
    check("tsa=huge", "E-HTTP-05");
    s.fault("tsa=html");
    assert!(ask().expect("a page").starts_with(b"<!DOCTYPE"));
    s.fault("tsa=slow:0.01");
    assert!(ask().is_ok());
    for wrong in ["tsa", "tsa=nonsense", "dns=off", "crl=wrong-nonce", "tsa=slow:x"] {
        assert!(s.home.fault(&[wrong.to_owned()]).is_err(), "{wrong}");
    }
    assert_eq!(s.authority.answer("GET", "/tsa", b"").status, 405);
    assert_eq!(s.authority.answer("GET", "/etc/passwd", b"").status, 404);
}

#[test]
fn any_bytes_are_answered() {
    let s = scratch("bytes");
    s.put("data", b"x");
    openssl(&s.folder, &["ts", "-query", "-data", "data", "-cert", "-out", "query"]);
    openssl(&s.folder, &["ocsp", "-issuer", "ca.pem", "-cert", "signer.pem", "-reqout", "request"]);
    for (path, name) in [("/tsa", "query"), ("/ocsp", "request")] {
        let whole = s.file(name);
        for at in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0xa5;
            assert_eq!(s.authority.answer("POST", path, &whole[..at]).status, 200, "cut at {at}");
            assert!(s.authority.answer("POST", path, &flipped).status >= 200, "flipped at {at}");
        }
    }
}

#[test]
fn the_clock_is_the_authoritys_own() {
    let s = scratch("clock");
    let at: Timestamp = "2031-05-06T07:08:09Z".parse().expect("a time");
    let authority = Authority::open(&s.home).expect("opens").with_clock(Box::new(FixedClock::new(at)));
    s.put("data", b"x");
    openssl(&s.folder, &["ts", "-query", "-data", "data", "-out", "query"]);
    s.put("reply", &authority.answer("POST", "/tsa", &s.file("query")).body);
    let (_, said) = judged(&s.folder, &["ts", "-reply", "-in", "reply", "-text"]);
    assert!(said.contains("May  6 07:08:09 2031 GMT"), "{said}");
}

#[test]
fn the_network_side_keeps_connections_and_plays_the_faults() {
    use pki::transport::HttpTransport;
    let s = scratch("network");
    let served = Authority::open(&s.home).expect("opens");
    std::thread::spawn(move || served.serve());
    let patient = HttpTransport::new(Duration::from_secs(20));
    let up = || patient.get(&s.url("ca.crt"), 65_536);
    let tried = (0..200).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        up().ok()
    });
    assert_eq!(tried.expect("it listens"), s.home.certificate("ca").expect("stored"));
    s.put("data", b"some bytes");
    openssl(&s.folder, &["ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "query"]);
    let ask = |transport: &HttpTransport| {
        transport.post(&s.url("tsa"), "application/timestamp-query", &s.file("query"), 65_536)
    };
    for _ in 0..20 {
        s.put("reply", &ask(&patient).expect("an answer"));
        let verify = ["ts", "-verify", "-queryfile", "query", "-in", "reply", "-CAfile", "tsa-root.pem"];
        openssl(&s.folder, &verify);
    }
    let hasty = HttpTransport::new(Duration::from_millis(300));
    for (fault, code) in [("slow", "E-HTTP-03"), ("503", "E-HTTP-04"), ("cut-off", "E-HTTP-06"), ("huge", "E-HTTP-05")]
    {
        s.fault(&format!("tsa={fault}"));
        assert_eq!(ask(if fault == "slow" { &hasty } else { &patient }).expect_err(fault).code(), code, "{fault}");
    }
    s.fault("tsa=off");
    assert!(ask(&patient).is_err());
    assert_eq!(patient.get(&s.url("tsa"), 65_536).expect_err("off").code(), ask(&patient).expect_err("off").code());
    s.fault("tsa=ok");
    assert!(ask(&patient).is_ok());
}
