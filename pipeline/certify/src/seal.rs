//! Seals a PDF: mark, signature field, `PAdES` signature with timestamp (B-T), as one appended revision.

use std::{io::Write, path::Path};

use failpoint::failpoint;
use jiff::Timestamp;
use model::{Certification, Clock, Placement, Sha256};
use pdf::{Dictionary, FileDigest, Finished, Font, Object, Page, Reader, Reference, Revision, signatures_in};
use pki::{
    algorithm::Digest,
    certificate::Certificate,
    cms::{self, SignedAttributes},
    key::{CertificationKey, Scheme, signature_fits},
    path::{self, Anchors},
    tsa::Tsa,
};

use crate::{
    Error,
    appearance::{self, Layout},
    gate,
    mark::{self, Mark},
};

/// Widget flags: print and locked (ISO 32000-1 table 165).
const PRINT_LOCKED: i64 = 132;
/// `DocMDP`: filling forms and signing stay allowed; verification allows only validation data and timestamps of it.
const DOC_MDP: i64 = 2;
/// Page sizes that agree up to this are the same page, mm.
const SAME_PAGE_MM: f64 = 1.0;
/// Largest difference of encoded lengths from signature to signature (leading zeros of ECDSA numbers).
const SIGNATURE_SLACK: usize = 16;

/// What is to be sealed, and by whom.
pub struct SealRequest<'a> {
    /// The file to seal; it stays as it is.
    pub base: &'a Path,
    /// SHA-256 state over the whole base, when whoever wrote it kept it; else the base is read once more.
    pub base_state: Option<FileDigest>,
    /// Where the mark stands.
    pub placement: &'a Placement,
    /// The certification it carries.
    pub certification: &'a Certification,
    /// The font of the mark.
    pub font: &'a Font,
    /// The role that the key belongs to.
    pub key_role: &'a str,
    /// The key.
    pub key: &'a mut dyn CertificationKey,
    /// Pinned anchors, for the key's certificate and the timestamp authority's.
    pub anchors: &'a Anchors,
    /// Timestamp authorities.
    pub tsa: &'a Tsa<'a>,
    /// Time.
    pub clock: &'a dyn Clock,
}

impl std::fmt::Debug for SealRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealRequest").field("base", &self.base).finish_non_exhaustive()
    }
}

/// A seal that was written.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// Bytes appended.
    pub revision_bytes: u64,
    /// SHA-256 of base and revision together.
    pub sha256: Sha256,
    /// The digest state behind it, for the next revision.
    pub state: FileDigest,
    /// The signing time in mark and signature dictionary.
    pub signing_time: Timestamp,
    /// The timestamp's time: what counts.
    pub gen_time: Timestamp,
    /// Signer's name.
    pub signer: String,
    /// Serial number of the signer's certificate, hexadecimal.
    pub certificate_serial: String,
    /// SHA-256 of the signer's certificate.
    pub certificate_sha256: Sha256,
    /// Signature scheme.
    pub scheme: &'static str,
    /// Name of the signature field.
    pub field: String,
    /// Whether the signature certifies (`DocMDP`), or is one among others on a file that came signed.
    pub certifies: bool,
    /// What the mark says.
    pub mark: Mark,
    /// SHA-256 of the font file.
    pub font_sha256: Sha256,
}

/// Seals: writes the revision to append, and nothing unless everything holds.
///
/// # Errors
/// [`Error`]; nothing was written to `out` then, except for [`Error::Write`].
pub fn seal(request: SealRequest<'_>, out: &mut dyn Write) -> Result<Sealed, Error> {
    let SealRequest { base, base_state, placement, certification, font, key_role, key, anchors, tsa, clock } = request;
    let signing_time = clock.now();
    let certificate = gate::check(key_role, &certification.role, key.chain(), anchors, signing_time)?;
    let mark = Mark::of(&certificate, certification, signing_time)?;
    let layout = appearance::lay_out(&mark, &placement.rect, font)?;
    let mut reader = Reader::open(base)?;
    let state = match base_state.filter(|state| state.bytes() == reader.source().len()) {
        Some(state) => state,
        None => FileDigest::of(reader.source())?,
    };
    let reason = mark::reason(certification);
    let mut draft =
        Draft { mark: &mark, reason, layout: &layout, font, placement, field: String::new(), certifies: true };
    draft.examine(&mut reader)?;
    let mut signing = Signing { key, tsa, anchors, clock };
    let mut reserve = tsa.reserve();
    let mut last = None;
    // A token larger than its reserve is learnt from: the second hole fits.
    for _ in 0..2 {
        let mut finished = draft.write(&mut reader, signing.contents_size(reserve)?)?;
        let (contents, signed) = signing.sign(&finished, &reader, &state)?;
        match finished.fill(&contents) {
            Ok(()) => {
                last = Some((finished, signed));
                break;
            }
            Err(error) if reserve >= tsa.reserve() => return Err(error.into()),
            Err(_) => reserve = tsa.reserve(),
        }
    }
    let Some((finished, signed)) = last else {
        return Err(pdf::Error::HoleTooSmall { needed: tsa.reserve(), reserved: reserve }.into());
    };
    out.write_all(finished.bytes()).map_err(|source| Error::Write { source })?;
    let state = finished.whole(&state);
    let (field, certifies) = (draft.field, draft.certifies);
    Ok(Sealed {
        revision_bytes: finished.bytes().len() as u64,
        sha256: state.sha256(),
        state,
        signing_time,
        gen_time: signed.gen_time,
        signer: mark.signed_by.clone(),
        certificate_serial: certificate.serial_hex(),
        certificate_sha256: Sha256::of(certificate.der()),
        scheme: signed.scheme.name(),
        field,
        certifies,
        font_sha256: font.sha256(),
        mark,
    })
}

/// The revision that is written, but for its signature.
struct Draft<'a> {
    mark: &'a Mark,
    reason: String,
    layout: &'a Layout,
    font: &'a Font,
    placement: &'a Placement,
    field: String,
    certifies: bool,
}

impl Draft<'_> {
    /// What is in the file already decides the field's name and whether ours may certify.
    fn examine(&mut self, reader: &mut Reader) -> Result<(), Error> {
        let existing = signatures_in(reader)?;
        let (_, catalog) = reader.catalog()?;
        let permissions = reader.dictionary(&catalog, "Perms")?;
        let locked =
            |field: &str| Error::Locked { path: reader.source().path().display().to_string(), field: field.to_owned() };
        if let Some(other) = existing.iter().find(|other| other.doc_mdp.is_some() || other.locks_fields) {
            return Err(locked(&other.name));
        }
        if permissions.is_some() {
            return Err(locked("Perms"));
        }
        self.certifies = existing.is_empty();
        self.field = pdf::free_field_name(reader, "Mocban")?;
        Ok(())
    }

    fn write(&self, reader: &mut Reader, reserved: usize) -> Result<Finished, Error> {
        let page = pdf::page(reader, self.placement.page)?;
        self.same_page(&page)?;
        let mut revision = Revision::after(reader)?;
        let value = revision.allocate();
        let form = appearance::write(self.layout, self.font, &page.upright(), &mut revision)?;
        let widget = self.widget(&page, value, form);
        let field = revision.add(&widget.into());
        pdf::add_annotation(reader, &mut revision, &page, field)?;
        let (root, mut catalog) = reader.catalog()?;
        pdf::add_field(reader, &mut revision, &mut catalog, field)?;
        if self.certifies {
            catalog.set("Perms", Dictionary::new().with("DocMDP", value));
        }
        revision.replace(root, &catalog.into());
        revision.put_signature(value, &self.signature_dictionary(), reserved);
        Ok(revision.finish()?)
    }

    fn same_page(&self, page: &Page) -> Result<(), Error> {
        let (size, place) = (page.size(), self.placement);
        let near = |a: f64, b: f64| (a - b).abs() <= SAME_PAGE_MM;
        if near(size.width, place.page_w_mm) && near(size.height, place.page_h_mm) {
            return Ok(());
        }
        Err(Error::OtherPage {
            actual: format!("{:.1} × {:.1} mm", size.width, size.height),
            expected: format!("{:.1} × {:.1} mm", place.page_w_mm, place.page_h_mm),
        })
    }

    fn widget(&self, page: &Page, value: Reference, form: Reference) -> Dictionary {
        let mut widget = Dictionary::new()
            .with("Type", Object::name("Annot"))
            .with("Subtype", Object::name("Widget"))
            .with("FT", Object::name("Sig"))
            .with("T", Object::text(&self.field))
            .with("F", PRINT_LOCKED)
            .with("Rect", Object::numbers(&page.to_user_space(&self.placement.rect)))
            .with("P", page.reference)
            .with("V", value)
            .with("AP", Dictionary::new().with("N", form));
        if page.rotate != 0 {
            widget.set("MK", Dictionary::new().with("R", i64::from(page.rotate)));
        }
        widget
    }

    fn signature_dictionary(&self) -> Dictionary {
        let mut dictionary = Dictionary::new()
            .with("Type", Object::name("Sig"))
            .with("Filter", Object::name("Adobe.PPKLite"))
            .with("SubFilter", Object::name("ETSI.CAdES.detached"))
            .with("Name", Object::text(&self.mark.signed_by))
            .with("Reason", Object::text(&self.reason))
            .with("M", Object::text(&pdf_date(self.mark.time)));
        if self.certifies {
            let parameters = Dictionary::new()
                .with("Type", Object::name("TransformParams"))
                .with("P", DOC_MDP)
                .with("V", Object::name("1.2"));
            let reference = Dictionary::new()
                .with("Type", Object::name("SigRef"))
                .with("TransformMethod", Object::name("DocMDP"))
                .with("TransformParams", parameters);
            dictionary.set("Reference", vec![Object::Dictionary(reference)]);
        }
        dictionary
    }
}

/// `D:YYYYMMDDHHMMSS+07'00'`.
fn pdf_date(at: Timestamp) -> String {
    model::clock::local(at).strftime("D:%Y%m%d%H%M%S+07'00'").to_string()
}

struct Signing<'a> {
    key: &'a mut dyn CertificationKey,
    tsa: &'a Tsa<'a>,
    anchors: &'a Anchors,
    clock: &'a dyn Clock,
}

struct Signed {
    scheme: Scheme,
    gen_time: Timestamp,
}

impl Signing<'_> {
    fn scheme(&self) -> Result<Scheme, Error> {
        let first = self.key.schemes().first().copied();
        first.ok_or_else(|| pki::key::KeyError::Scheme { scheme: "none" }.into())
    }

    fn leaf(&self) -> &[u8] {
        self.key.chain().first().map_or(&[], Vec::as_slice)
    }

    /// Size of `/Contents`: built once with the real certificates, and zeros for signature and token.
    fn contents_size(&self, token: usize) -> Result<usize, Error> {
        let scheme = self.scheme()?;
        let attributes = SignedAttributes::new(scheme.digest(), &vec![0; scheme.digest().length()], self.leaf())?;
        let signature = match Certificate::parse(self.leaf())?.key_kind()? {
            pki::algorithm::KeyKind::Rsa { bits, .. } => bits.div_ceil(8),
            pki::algorithm::KeyKind::P256 => 72,
            pki::algorithm::KeyKind::P384 => 104,
        };
        let (signature, token) = (vec![0; signature], vec![0; token]);
        Ok(cms::signed_data(&attributes, scheme, &signature, self.key.chain(), Some(&token)).len() + SIGNATURE_SLACK)
    }

    /// Signs the revision and has the signature timestamped; gives the bytes for `/Contents`.
    fn sign(&mut self, finished: &Finished, reader: &Reader, state: &FileDigest) -> Result<(Vec<u8>, Signed), Error> {
        let scheme = self.scheme()?;
        let digest = match scheme.digest() {
            Digest::Sha256 => finished.signed(state.context()).finish(),
            // The state that came along is SHA-256: a P-384 key costs one more reading of the base.
            other => {
                let mut context = other.context();
                reader.source().hash_into(&mut context)?;
                finished.signed(&context).finish()
            }
        };
        let leaf = self.leaf().to_vec();
        let attributes = SignedAttributes::new(scheme.digest(), digest.as_ref(), &leaf)?;
        let to_be_signed = attributes.to_der();
        failpoint!("certify:sign:before");
        let signature = self.key.sign(scheme, &to_be_signed)?;
        failpoint!("certify:sign:after");
        if !signature_fits(&leaf, scheme, &to_be_signed, &signature) {
            return Err(pki::key::KeyError::Mismatch { token: String::new() }.into());
        }
        let now = self.clock.now();
        let token = self.tsa.stamp(Sha256::of(&signature), now).map_err(|attempts| Error::NoTimestamp { attempts })?;
        failpoint!("certify:stamp:after");
        self.trust(&token)?;
        let contents = cms::signed_data(&attributes, scheme, &signature, self.key.chain(), Some(&token.der));
        Ok((contents, Signed { scheme, gen_time: token.gen_time }))
    }

    /// The timestamp authority must lead to a pinned anchor (Điều 3.9), or the seal could never be raised.
    fn trust(&self, token: &pki::timestamp::TimestampToken) -> Result<(), Error> {
        let authority = token.verify(&[])?;
        let pool = token.signed.parsed_certificates();
        path::build(&authority, &pool, self.anchors, token.gen_time)
            .map_err(|error| Error::NoTimestamp { attempts: error.to_string() })?;
        Ok(())
    }
}
