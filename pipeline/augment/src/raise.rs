//! Raises a seal: validation data and a document timestamp in one revision that ends the file (EN 319 142-1 §5.5, 6).

use std::{collections::BTreeSet, io::Write, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use model::{Clock, Level, Sha256};
use pdf::{Dictionary, FileDigest, Finished, Object, Reader, Reference, Revision, SignatureField, Source};
use pki::{
    Subject,
    certificate::Certificate,
    cms::{self, SignedData},
    path::Anchors,
    timestamp::TimestampToken,
    transport::Transport,
    tsa::Tsa,
};

use crate::{
    Error,
    cache::{Piece, ValidationCache},
    collect::{Collector, Wanted},
    store,
};

/// Widget flags: print and locked.
const PRINT_LOCKED: i64 = 132;

/// What is to be raised.
pub struct RaiseRequest<'a> {
    /// The base and its revision files, in order, read as one file.
    pub parts: &'a [PathBuf],
    /// SHA-256 state over all parts, when whoever wrote them kept it; else they are read once more.
    pub state: Option<FileDigest>,
    /// Pinned anchors.
    pub anchors: &'a Anchors,
    /// Timestamp authorities.
    pub tsa: &'a Tsa<'a>,
    /// Hosts for OCSP, CRL and issuers' certificates.
    pub transport: &'a dyn Transport,
    /// Time.
    pub clock: &'a dyn Clock,
    /// How long fresh revocation data may be awaited before people hear of it.
    pub grace: std::time::Duration,
    /// Authorities' revocation data, shared between documents.
    pub cache: &'a ValidationCache,
}

impl std::fmt::Debug for RaiseRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RaiseRequest").field("parts", &self.parts).finish_non_exhaustive()
    }
}

/// A seal that was raised.
#[derive(Debug, Clone)]
pub struct Raised {
    /// The level reached.
    pub level: Level,
    /// Bytes appended.
    pub revision_bytes: u64,
    /// SHA-256 of all parts and the revision together.
    pub sha256: Sha256,
    /// The digest state behind it.
    pub state: FileDigest,
    /// Time of the document timestamp.
    pub gen_time: Timestamp,
    /// End of the validity of the document timestamp's certificate: renew before.
    pub renew_before: Timestamp,
    /// Name of the document timestamp's field.
    pub field: String,
}

/// Raises: writes the revision to append, and nothing unless everything holds.
///
/// # Errors
/// [`Error`]; nothing was written to `out` then, except for [`Error::Write`].
pub fn raise(request: RaiseRequest<'_>, out: &mut dyn Write) -> Result<Raised, Error> {
    let RaiseRequest { parts, state, anchors, tsa, transport, clock, grace, cache } = request;
    let mut reader = Reader::new(Source::joined(parts)?)?;
    let signatures = pdf::signatures_in(&mut reader)?;
    let seal = Seal::find(&reader, signatures)?;
    let now = clock.now();
    let grace = SignedDuration::try_from(grace).unwrap_or(SignedDuration::MAX);
    let (pieces, covered) = (BTreeSet::new(), Vec::new());
    let mut collector = Collector { anchors, transport, cache, now, grace, pieces, covered };
    seal.collect(&mut collector)?;
    let state = match state.filter(|state| state.bytes() == reader.source().len()) {
        Some(state) => state,
        None => FileDigest::of(reader.source())?,
    };
    let field = pdf::free_field_name(&mut reader, "MocbanTimestamp")?;
    let (finished, token, authority) = stamp(&mut reader, &seal, &field, &mut collector, tsa, clock, &state)?;
    out.write_all(finished.bytes()).map_err(|source| Error::Write { source })?;
    let state = finished.whole(&state);
    Ok(Raised {
        level: Level::BLta,
        revision_bytes: finished.bytes().len() as u64,
        sha256: state.sha256(),
        state,
        gen_time: token.gen_time,
        renew_before: authority.not_after(),
        field,
    })
}

/// Writes the revision and has it timestamped. Once more when the token is larger than any before it, or comes from an
/// authority whose chain was not covered: both are learnt from the first try.
fn stamp(
    reader: &mut Reader,
    seal: &Seal,
    field: &str,
    collector: &mut Collector<'_>,
    tsa: &Tsa<'_>,
    clock: &dyn Clock,
    state: &FileDigest,
) -> Result<(Finished, TimestampToken, Certificate), Error> {
    let mut failure = None;
    for _ in 0..3 {
        let reserved = tsa.reserve();
        let mut finished = write(reader, seal, field, &collector.pieces, reserved)?;
        let digest = Sha256::from_ring(&finished.signed(state.context()).finish());
        let token = tsa.stamp(digest, clock.now()).map_err(|attempts| Error::NoTimestamp { attempts })?;
        let authority = token.verify(&[])?;
        if !collector.covered.contains(&authority) {
            let pool = token.signed.parsed_certificates();
            collector.cover(&authority, &pool, token.gen_time, Wanted::ValidAt(collector.now))?;
            failure = Some(Error::NoTimestamp { attempts: "the authorities change from call to call".to_owned() });
            continue;
        }
        match finished.fill(&token.der) {
            Ok(()) => return Ok((finished, token, authority)),
            Err(error) => failure = Some(error.into()),
        }
    }
    Err(failure.unwrap_or_else(|| Error::NoTimestamp { attempts: String::new() }))
}

fn write(
    reader: &mut Reader,
    seal: &Seal,
    field: &str,
    pieces: &BTreeSet<Piece>,
    reserved: usize,
) -> Result<Finished, Error> {
    let mut revision = Revision::after(reader)?;
    let (root, mut catalog) = reader.catalog()?;
    store::write(reader, &mut revision, &mut catalog, pieces, &seal.contents)?;
    let page = pdf::page(reader, 1)?;
    let value = revision.allocate();
    let widget = revision.add(&widget(field, page.reference, value).into());
    pdf::add_annotation(reader, &mut revision, &page, widget)?;
    pdf::add_field(reader, &mut revision, &mut catalog, widget)?;
    revision.replace(root, &catalog.into());
    let timestamp = Dictionary::new()
        .with("Type", Object::name("DocTimeStamp"))
        .with("Filter", Object::name("Adobe.PPKLite"))
        .with("SubFilter", Object::name("ETSI.RFC3161"));
    revision.put_signature(value, &timestamp, reserved);
    Ok(revision.finish()?)
}

/// An invisible field: an empty box needs no appearance (ISO 19005-2 §6.3.3).
fn widget(field: &str, page: Reference, value: Reference) -> Dictionary {
    Dictionary::new()
        .with("Type", Object::name("Annot"))
        .with("Subtype", Object::name("Widget"))
        .with("FT", Object::name("Sig"))
        .with("T", Object::text(field))
        .with("F", PRINT_LOCKED)
        .with("Rect", Object::numbers(&[0.0, 0.0, 0.0, 0.0]))
        .with("P", page)
        .with("V", value)
}

/// The signature to be raised, with what it carries.
struct Seal {
    contents: Vec<u8>,
    signer: Certificate,
    pool: Vec<Certificate>,
    token: TimestampToken,
}

impl Seal {
    /// The last signature of the file that is not a document timestamp: it must cover the file to its end, or to the
    /// document timestamp of an earlier raise, and carry a timestamp that is over it.
    fn find(reader: &Reader, signatures: Vec<SignatureField>) -> Result<Self, Error> {
        let nothing = || Error::NothingToRaise { path: reader.source().path().display().to_string() };
        let whole = signatures.last().and_then(SignatureField::covered_end) == Some(reader.source().len());
        let seal = signatures.into_iter().rfind(|signature| !signature.document_timestamp);
        let seal = seal.filter(|seal| whole && seal.hole_is_contents).ok_or_else(nothing)?;
        let signed = SignedData::parse(&seal.contents)?;
        let info = signed.signer().ok_or_else(nothing)?;
        let pool = signed.parsed_certificates();
        let signer = info.certificate(&pool).cloned().ok_or_else(nothing)?;
        // The digest of the file is the verifier's business; here: the attributes are signed by that certificate.
        let stated = info.message_digest().ok_or_else(nothing)?;
        info.verify(cms::DATA, &stated, &signer, Subject::Signature)?;
        let token = info.timestamp_tokens().into_iter().next().ok_or_else(nothing)?;
        let token = TimestampToken::parse(&token)?;
        if !token.covers(info.signature()) {
            return Err(nothing());
        }
        Ok(Self { contents: seal.contents, signer, pool, token })
    }

    fn collect(&self, collector: &mut Collector<'_>) -> Result<(), Error> {
        let used = self.token.gen_time;
        let mut pool = self.pool.clone();
        pool.extend(self.token.signed.parsed_certificates());
        let authority = self.token.verify(&pool)?;
        collector.cover(&authority, &pool, used, Wanted::ValidAt(collector.now))?;
        collector.cover(&self.signer, &pool, used, Wanted::After { used })
    }
}
