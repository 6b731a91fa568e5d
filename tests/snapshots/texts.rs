//! Every text of the catalogue in both languages, with sample facts.

use messages::Lang;
use mocban_tests::snapshot;

/// A fact for every name that a text may ask for.
const FACTS: &[(&str, &str)] = &[
    ("act", "accept"),
    ("action", "fsync"),
    ("actual", "210 × 297 mm"),
    ("address", "127.0.0.1:8754"),
    ("algorithm", "SHA-1"),
    ("allowed", "retry, reject"),
    ("at", "2026-05-19T08:30:00Z"),
    ("attempts", "http://tsa.example/: 503"),
    ("by", "Nguyễn Thị An"),
    ("bytes", "1048576"),
    ("certificate", "Lưu trữ lịch sử tỉnh"),
    ("character", "ẵ"),
    ("clearance", "2"),
    ("copy", "a"),
    ("count", "3"),
    ("dark", "1.2"),
    ("day", "19/05/2026"),
    ("days", "21"),
    ("decision", "retry"),
    ("declared", "pages = 4"),
    ("detail", "1.jpg: the JPEG end marker is missing"),
    ("documents", "12"),
    ("done", "10"),
    ("dpi", "150"),
    ("duplicate", "1"),
    ("ends", "2026-12-31"),
    ("error", "No space left on device (os error 28)"),
    ("events", "412"),
    ("expected", "YYYY-MM-DD"),
    ("faults", "2"),
    ("field", "number"),
    ("fields", "number, date"),
    ("file", "2 GiB"),
    ("files", "84"),
    ("first", "98"),
    ("form", "premis.xml"),
    ("found", "9"),
    ("free", "1.2 GiB"),
    ("had", "2026-05-18T00:00:00Z"),
    ("have", "1"),
    ("height", "25"),
    ("held", "1"),
    ("host", "ocsp.example"),
    ("hours", "24"),
    ("id", "6aeb4acf"),
    ("ink", "3.4"),
    ("item", "O"),
    ("job", "7"),
    ("key", "archive"),
    ("known", "full, compact, narrow, small"),
    ("language", "vie"),
    ("last", "96"),
    ("left", "200"),
    ("letters", "ẵ, ỹ"),
    ("level", "MẬT"),
    ("limit", "300"),
    ("lost", "1"),
    ("medium", "m-7f3a"),
    ("megapixels", "300"),
    ("memory", "1.0 GiB"),
    ("minutes", "15"),
    ("module", "/usr/lib/softhsm/libsofthsm2.so"),
    ("n", "3"),
    ("name", "b"),
    ("named", "1"),
    ("needed", "17000"),
    ("no", "5"),
    ("number", "754"),
    ("object", "6aeb4acf"),
    ("objects", "12"),
    ("offset", "13300"),
    ("other", "a"),
    ("owner", "998"),
    ("page", "1"),
    ("pages", "3"),
    ("part", "imprint"),
    ("password", "k7m2-x9qd-4hzt"),
    ("path", "A29.110/01/0001/001"),
    ("percent", "40"),
    ("profile", "party-754"),
    ("query", "đảng bộ"),
    ("reachable", "1"),
    ("reason", "Permission denied (os error 13)"),
    ("reasons", "content_changed added_later"),
    ("rejected", "1"),
    ("required", "2"),
    ("reserved", "16384"),
    ("role", "reader"),
    ("scheme", "RSA-PSS-SHA256"),
    ("schemes", "RSA-PSS-SHA256, RSA-SHA256"),
    ("sealed", "10"),
    ("seconds", "20"),
    ("seq", "97"),
    ("sheets", "2"),
    ("shortest", "12"),
    ("signer", "CN=TSA"),
    ("since", "2026-05-01T00:00:00Z"),
    ("size", "full"),
    ("status", "503"),
    ("subject", "OCSP"),
    ("suggestion", "đảng bộ"),
    ("template", "{fonds}/{file}"),
    ("term", "bản sao"),
    ("text", "busy"),
    ("time", "19/05/2026 15:30"),
    ("title", "Quyết định về việc thành lập"),
    ("token", "mocban"),
    ("total", "5"),
    ("until", "2027-05-19"),
    ("url", "http://tsa.example/"),
    ("user", "0"),
    ("verdict", "hợp lệ"),
    ("version", "5.3.0"),
    ("void", "1"),
    ("waiting", "1"),
    ("want", "4"),
    ("wanted", "2026-05-19T08:30:00Z"),
    ("warnings", "1"),
    ("what", "40000 × 40000 px"),
    ("width", "70"),
    ("workers", "2"),
    ("year", "2026"),
];

/// Facts of texts that mean something else by the name than most.
const OWN_FACTS: &[(&str, &str, &str)] = &[
    ("E-CERTIFY-01", "wanted", "archive"),
    ("E-CERTIFY-05", "expected", "297 × 210 mm"),
    ("E-CERTIFY-06", "field", "Signature1"),
    ("E-CONDUCT-02", "path", "/usr/bin/mocban"),
    ("E-CONFIG-01", "path", "/srv/mocban/mocban.toml"),
    ("E-CONFIG-02", "path", "/srv/mocban/mocban.toml"),
    ("E-CONFIG-02", "faults", "line 12: copy.path: missing"),
    ("E-HTTP-01", "url", "ldap://ca.example/"),
    ("E-INTAKE-01", "document", "{document}"),
    ("E-INTAKE-01", "file", "{file}"),
    ("E-INTAKE-01", "fonds", "{fonds}"),
    ("E-INTAKE-01", "inventory", "{inventory}"),
    ("E-PDF-07", "object", "12"),
    ("E-PDF-14", "faults", "Metadata"),
    ("E-PKI-01", "expected", "thisUpdate"),
    ("E-PORTAL-02", "name", "Nguyễn An"),
    ("E-PRESERVE-02", "found", "m-01aa"),
    ("E-PRESERVE-02", "wanted", "m-7f3a"),
    ("E-REGISTER-04", "known", "3"),
    ("E-REGISTER-04", "found", "4"),
    ("bad-value", "field", "issued_date"),
    ("doctor-anchors", "path", "/srv/mocban/anchors.pem"),
    ("doctor-space-low-fix", "wanted", "2.0 GiB"),
    ("doctor-space-out", "wanted", "2.0 GiB"),
    ("no-such-field", "field", "colour"),
    ("no-such-field", "known", "number, issued_date"),
    ("portal-badge-level", "level", "B-LTA"),
];

#[test]
fn every_text_in_both_languages() {
    let texts: Vec<String> = messages::codes()
        .map(|code| format!("{code}\n  vi  {}\n  en  {}\n", told(Lang::Vi, code), told(Lang::En, code)))
        .collect();
    snapshot::compare("texts.txt", &texts.concat());
}

fn told(lang: Lang, code: &str) -> String {
    // Without facts a text shows the names of those it asks for; only those are given.
    let template = messages::text(lang, code, &[]);
    let names = template.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
    let facts: Vec<(&str, String)> = names.map(|name| (name, fact(code, name).to_owned())).collect();
    messages::text(lang, code, &facts)
}

#[expect(clippy::panic, reason = "a test that cannot go on says why and ends")]
fn fact(code: &str, name: &str) -> &'static str {
    let own = OWN_FACTS.iter().find(|(of, known, _)| (*of, *known) == (code, name)).map(|(_, _, value)| *value);
    let any = || FACTS.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    own.or_else(any).unwrap_or_else(|| {
        panic!("{code} asks for {{{name}}}; give it a sample among the FACTS of tests/snapshots/texts.rs")
    })
}
