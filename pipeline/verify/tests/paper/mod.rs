//! A PDF of one page, written and extended by hand: signatures, evidence stores, document timestamps, and what a forger
//! might append.

use std::fmt::Write as _;

use pki::{
    algorithm::Digest,
    cms::{SignedAttributes, signed_data},
    key::Scheme,
};

use crate::mint::Party;

/// Bytes kept free for a signature.
const ROOM: usize = 6000;

/// A file under construction.
#[derive(Clone)]
pub(crate) struct Paper {
    pub(crate) bytes: Vec<u8>,
    /// By which document timestamps are made.
    pub(crate) digest: Digest,
    xref: usize,
    next: u32,
    fields: Vec<u32>,
    perms: Option<u32>,
    dss: Option<u32>,
}

/// What a store holds.
#[derive(Default, Clone)]
pub(crate) struct Store {
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) ocsps: Vec<Vec<u8>>,
    pub(crate) crls: Vec<Vec<u8>>,
}

/// Makes a timestamp token over bytes.
pub(crate) type Stamp<'a> = &'a dyn Fn(&[u8]) -> Vec<u8>;

/// How a signature is made.
pub(crate) struct Pen<'a> {
    pub(crate) field: &'a str,
    pub(crate) certify: bool,
    pub(crate) signer: &'a Party,
    pub(crate) chain: Vec<Vec<u8>>,
    /// Makes the token over the signature.
    pub(crate) stamp: Option<Stamp<'a>>,
}

impl Paper {
    pub(crate) fn new() -> Self {
        let mut paper = Self {
            bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(),
            digest: Digest::Sha256,
            xref: 0,
            next: 5,
            fields: Vec::new(),
            perms: None,
            dss: None,
        };
        let content = b"0 0 m 100 100 l S";
        let mut stream = format!("<< /Length {} >>\nstream\n", content.len()).into_bytes();
        stream.extend_from_slice(content);
        stream.extend_from_slice(b"\nendstream");
        let objects = [
            (1, paper.catalog()),
            (2, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec()),
            (3, paper.page()),
            (4, stream),
        ];
        paper.revise(&objects);
        paper
    }

    fn list(&self) -> String {
        self.fields.iter().map(|field| format!("{field} 0 R")).collect::<Vec<_>>().join(" ")
    }

    fn catalog(&self) -> Vec<u8> {
        let list = self.list();
        let form =
            if list.is_empty() { String::new() } else { format!("/AcroForm << /Fields [{list}] /SigFlags 3 >> ") };
        let perms = self.perms.map(|n| format!("/Perms << /DocMDP {n} 0 R >> ")).unwrap_or_default();
        let dss = self.dss.map(|n| format!("/DSS {n} 0 R ")).unwrap_or_default();
        format!("<< /Type /Catalog /Pages 2 0 R {form}{perms}{dss}>>").into_bytes()
    }

    fn page(&self) -> Vec<u8> {
        let list = self.list();
        let annotations = if list.is_empty() { String::new() } else { format!("/Annots [{list}] ") };
        format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {annotations}>>").into_bytes()
    }

    /// Appends a revision with these objects.
    pub(crate) fn revise(&mut self, objects: &[(u32, Vec<u8>)]) {
        let mut table = String::from("xref\n");
        if self.xref == 0 {
            table.push_str("0 1\n0000000000 65535 f \n");
        }
        for (number, body) in objects {
            writeln!(table, "{number} 1\n{:010} 00000 n ", self.bytes.len()).expect("text");
            self.bytes.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
            self.bytes.extend_from_slice(body);
            self.bytes.extend_from_slice(b"\nendobj\n");
            self.next = self.next.max(number + 1);
        }
        let prev = if self.xref == 0 { String::new() } else { format!("/Prev {} ", self.xref) };
        self.xref = self.bytes.len();
        let tail =
            format!("{table}trailer\n<< /Size {} /Root 1 0 R {prev}>>\nstartxref\n{}\n%%EOF\n", self.next, self.xref);
        self.bytes.extend_from_slice(tail.as_bytes());
    }

    /// Appends a revision with a new signature field; `make` gets the digest of what is covered.
    fn hole(&mut self, field: &str, kind: &str, extra: &[(u32, Vec<u8>)], make: impl FnOnce(&[u8]) -> Vec<u8>) {
        let (dictionary, widget) = (self.next, self.next + 1);
        self.next += 2;
        self.fields.push(widget);
        let zeros = "0".repeat(ROOM * 2);
        let body = format!("<< {kind} /ByteRange [0 0000000000 0000000000 0000000000] /Contents <{zeros}> >>");
        let widget_body = format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T ({field}) /V {dictionary} 0 R /Rect [0 0 0 0] /F 132 /P 3 0 R >>"
        );
        let mut objects = vec![
            (1, self.catalog()),
            (3, self.page()),
            (dictionary, body.into_bytes()),
            (widget, widget_body.into_bytes()),
        ];
        objects.extend_from_slice(extra);
        let start = self.bytes.len();
        self.revise(&objects);
        let find =
            |needle: &[u8]| start + self.bytes[start..].windows(needle.len()).position(|w| w == needle).expect("hole");
        let open = find(b"/Contents <000") + 10;
        let close = open + ROOM * 2 + 2;
        let range = find(b"/ByteRange [0 ") + 14;
        let numbers = format!("{open:010} {close:010} {:010}", self.bytes.len() - close);
        self.bytes[range..range + numbers.len()].copy_from_slice(numbers.as_bytes());
        let covered = [&self.bytes[..open], &self.bytes[close..]].concat();
        let signature = hex::encode(make(&self.digest.of(&covered)));
        self.bytes[open + 1..open + 1 + signature.len()].copy_from_slice(signature.as_bytes());
    }

    /// Signs.
    pub(crate) fn sign(&mut self, pen: &Pen<'_>) {
        let mut kind = String::from("/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached");
        if pen.certify {
            self.perms = Some(self.next);
            let text: String = "Số chứng thực: 1/2026".encode_utf16().fold(String::new(), |mut text, unit| {
                write!(text, "{unit:04X}").expect("text");
                text
            });
            write!(kind, " /Reason <FEFF{text}>").expect("text");
            kind.push_str(
                " /Reference [<< /Type /SigRef /TransformMethod /DocMDP \
                 /TransformParams << /Type /TransformParams /P 2 /V /1.2 >> >>]",
            );
        }
        self.hole(pen.field, &kind, &[], |digest| {
            let attributes = SignedAttributes::new(Digest::Sha256, digest, &pen.signer.der).expect("leaf");
            let signature = pen.signer.sign(&attributes.to_der());
            let token = pen.stamp.map(|stamp| stamp(&signature));
            signed_data(&attributes, Scheme::EcdsaP256Sha256, &signature, &pen.chain, token.as_deref())
        });
    }

    fn store(&mut self, store: &Store) -> Vec<(u32, Vec<u8>)> {
        let mut objects = Vec::new();
        let mut entry = |name: &str, ders: &[Vec<u8>]| {
            let mut list = String::new();
            for der in ders {
                let mut body = format!("<< /Length {} >>\nstream\n", der.len()).into_bytes();
                body.extend_from_slice(der);
                body.extend_from_slice(b"\nendstream");
                write!(list, "{} 0 R ", self.next).expect("text");
                objects.push((self.next, body));
                self.next += 1;
            }
            format!("/{name} [{list}] ")
        };
        let body =
            [entry("Certs", &store.certificates), entry("OCSPs", &store.ocsps), entry("CRLs", &store.crls)].concat();
        self.dss = Some(self.next);
        objects.push((self.next, format!("<< /Type /DSS {body}>>").into_bytes()));
        self.next += 1;
        objects
    }

    /// Adds a store and a document timestamp over it, in one revision.
    pub(crate) fn raise(&mut self, field: &str, store: &Store, stamp: impl FnOnce(&[u8]) -> Vec<u8>) {
        let extra = self.store(store);
        self.hole(field, "/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161", &extra, stamp);
    }

    /// Adds a store alone.
    pub(crate) fn add_store(&mut self, store: &Store) {
        let mut objects = self.store(store);
        objects.push((1, self.catalog()));
        self.revise(&objects);
    }
}
