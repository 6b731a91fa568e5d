//! A born-digital PDF signed by another agency, as its own software would: an approval signature with a timestamp, then
//! validation data and a document timestamp. Written without the pipeline's PDF code, which is what reads it.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{encode::pdf::Born, error::Error};
use crate::authority::Agency;

/// Bytes reserved for a signature or token.
const HOLE: usize = 14_000;

/// Appended revisions of a file.
struct Update {
    out: Vec<u8>,
    offsets: BTreeMap<usize, usize>,
    next: usize,
    previous: usize,
}

impl Update {
    fn allocate(&mut self) -> usize {
        self.next += 1;
        self.next
    }

    fn object(&mut self, number: usize, body: &str) {
        self.offsets.insert(number, self.out.len());
        self.out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }

    fn stream(&mut self, bytes: &[u8]) -> usize {
        let number = self.allocate();
        self.offsets.insert(number, self.out.len());
        self.out.extend(format!("{number} 0 obj\n<< /Length {} >>\nstream\n", bytes.len()).bytes());
        self.out.extend_from_slice(bytes);
        self.out.extend(b"\nendstream\nendobj\n");
        number
    }

    /// A signature dictionary with a hole; the answer is its number and where `/ByteRange` and the hole begin.
    fn holed(&mut self, entries: &str) -> Holed {
        let number = self.allocate();
        self.offsets.insert(number, self.out.len());
        self.out.extend(format!("{number} 0 obj\n<< {entries} /ByteRange ").bytes());
        let range = self.out.len();
        self.out.extend(format!("{:60}/Contents ", "").bytes());
        let hole = self.out.len();
        self.out.extend(format!("<{}> >>\nendobj\n", "0".repeat(HOLE * 2)).bytes());
        Holed { number, range, hole }
    }

    /// Table and trailer.
    fn finish(&mut self, root: usize, info: usize) {
        let start = self.out.len();
        let mut table = String::from("xref\n");
        for (number, offset) in std::mem::take(&mut self.offsets) {
            let _infallible = writeln!(table, "{number} 1\n{offset:010} 00000 n ");
        }
        let (size, previous) = (self.next + 1, self.previous);
        let _infallible = write!(
            table,
            "trailer\n<< /Size {size} /Root {root} 0 R /Info {info} 0 R /Prev {previous} >>\nstartxref\n{start}\n%%EOF\n"
        );
        self.out.extend(table.bytes());
        self.previous = start;
    }

    /// Writes the byte range, has everything around the hole signed, and fills it.
    fn fill(&mut self, at: &Holed, sign: impl Fn(&[u8; 32]) -> anyhow::Result<Vec<u8>>) -> Result<(), Error> {
        let after = at.hole + HOLE * 2 + 2;
        let range = format!("[0 {} {after} {}]", at.hole, self.out.len() - after);
        self.out[at.range..at.range + range.len()].copy_from_slice(range.as_bytes());
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        context.update(&self.out[..at.hole]);
        context.update(&self.out[after..]);
        let mut digest = [0; 32];
        digest.copy_from_slice(context.finish().as_ref());
        let signature = sign(&digest).map_err(|error| failed(&error))?;
        if signature.len() > HOLE {
            return Err(Error::Encode { form: "PDF", detail: format!("a signature of {} bytes", signature.len()) });
        }
        let text = hex::encode(signature);
        self.out[at.hole + 1..at.hole + 1 + text.len()].copy_from_slice(text.as_bytes());
        Ok(())
    }
}

/// A signature dictionary that waits for its signature.
struct Holed {
    number: usize,
    range: usize,
    hole: usize,
}

/// Signs; the answer is the whole file.
pub(crate) fn sign(born: &Born, agency: &Agency) -> Result<Vec<u8>, Error> {
    let previous = born
        .bytes
        .windows(9)
        .rposition(|window| window == b"startxref")
        .and_then(|at| std::str::from_utf8(born.bytes.get(at + 9..)?).ok()?.split_whitespace().next()?.parse().ok())
        .unwrap_or(0);
    let mut update = Update { out: born.bytes.clone(), offsets: BTreeMap::new(), next: born.objects, previous };
    let (page, root) = (&born.first_page, &born.catalog);
    let signature = update.holed(&format!(
        "/Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Reason (Ban hanh) /M (D:{}Z)",
        agency.now().strftime("%Y%m%d%H%M%S")
    ));
    let field = update.allocate();
    let widget = |name: &str, value: usize| {
        format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T ({name}) /V {value} 0 R /Rect [0 0 0 0] /F 132 /P {} 0 R >>",
            page.0
        )
    };
    update.object(field, &widget("Agency", signature.number));
    update.object(page.0, &format!("<< {} /Annots [{field} 0 R] >>", page.1));
    update.object(root.0, &format!("<< {} /AcroForm << /Fields [{field} 0 R] /SigFlags 3 >> >>", root.1));
    update.finish(root.0, born.info);
    update.fill(&signature, |digest| agency.sign(digest))?;

    let evidence = agency.evidence().map_err(|error| failed(&error))?;
    let mut list = |items: &[Vec<u8>]| -> String {
        items.iter().map(|item| format!("{} 0 R", update.stream(item))).collect::<Vec<_>>().join(" ")
    };
    let (certificates, ocsps, crls) = (list(&evidence.certificates), list(&evidence.ocsps), list(&evidence.crls));
    let store = format!("/DSS << /Certs [{certificates}] /OCSPs [{ocsps}] /CRLs [{crls}] >>");
    let stamp = update.holed("/Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161");
    let second = update.allocate();
    update.object(second, &widget("AgencyTime", stamp.number));
    let both = format!("[{field} 0 R {second} 0 R]");
    update.object(page.0, &format!("<< {} /Annots {both} >>", page.1));
    update.object(root.0, &format!("<< {} /AcroForm << /Fields {both} /SigFlags 3 >> {store} >>", root.1));
    update.finish(root.0, born.info);
    update.fill(&stamp, |digest| agency.stamp(digest))?;
    Ok(update.out)
}

/// One byte of the signed text changed: a letter of the producer's name.
pub(crate) fn change(signed: &mut [u8]) {
    let name = b"(Office word processor)";
    if let Some(at) = signed.windows(name.len()).position(|window| window == name) {
        signed[at + 1] = b'o';
    }
}

fn failed(error: &anyhow::Error) -> Error {
    Error::Encode { form: "PDF", detail: format!("{error:#}") }
}
