//! Certify: find the blank place, book the number, seal (Điều 13.3, 16).
//!
//! Signing is not repeatable. Order: placement → number booked → booking in a copy's journal → signature made → its facts
//! published → its bytes published. After a crash, published bytes that match their facts are adopted; facts alone mean that
//! the signature never left this process, and a new one is made under the same number.

use std::{io::Write, path::PathBuf};

use ::certify::{
    SealRequest, gate,
    placement::{self, InkMap, Ladder, MarkSize, NoRoom, NotBlank},
};
use failpoint::failpoint;
use jiff::Timestamp;
use model::{
    Certification, CopyKind, Form, HoldReason, Level, Placement, RectMm, Sha256, SizeMm, Stage, Submission,
    event::EventKind,
};
use pki::tsa::Tsa;
use preserve::journal;
use register::{Artifact, Commit, Job};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    Error, Home, decide,
    refused::Refused,
    steps::{self, facts, finished, state_of, submission},
};

/// What is known of a made signature; stored beside its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SealFacts {
    /// The register entry.
    pub certification: Certification,
    /// Where the mark stands.
    pub placement: Placement,
    /// Time of the signature timestamp.
    pub gen_time: Timestamp,
    /// Who signed, from the certificate.
    pub signed_by: String,
    /// The signer's mail address, from the certificate.
    pub signed_mail: String,
    /// Digest of the unsealed PDF.
    pub base_sha256: Sha256,
    /// Digest of the appended bytes.
    pub revision_sha256: Sha256,
    /// Length of the appended bytes.
    pub revision_bytes: u64,
    /// Digest of the whole sealed file.
    pub sealed_sha256: Sha256,
}

/// Seals the document, or adopts the seal a crash left behind.
pub(crate) fn seal(home: &Home, tsa: &Tsa<'_>, job: &Job) -> Result<Vec<Commit>, Error> {
    let submission = submission(home, job)?;
    let base = home.artifact(job.no, "pdf")?;
    let paths = Paths::of(home, job);
    let made = match adoptable(home, &paths, &base)? {
        Some(made) => booked(home, job, made, &paths)?,
        None => sign(home, tsa, job, &submission, &base, &paths)?,
    };
    let card = facts([
        ("level", json!(Level::BT)),
        ("sealed_sha256", json!(made.sealed_sha256)),
        ("certification", json!(made.certification)),
        ("placement", json!(made.placement)),
        ("sealed_at", json!(made.gen_time)),
        ("signed_by", json!(made.signed_by)),
        ("signed_mail", json!(made.signed_mail)),
        ("detail", json!(null)),
    ]);
    let artifact = Artifact {
        name: "seal".into(),
        sha256: made.revision_sha256,
        bytes: made.revision_bytes,
        path: paths.relative_revision.clone(),
    };
    Ok(vec![finished(Stage::Certify, card).publishing(vec![artifact])])
}

struct Paths {
    folder: PathBuf,
    facts: PathBuf,
    revision: PathBuf,
    relative_revision: String,
}

impl Paths {
    fn of(home: &Home, job: &Job) -> Self {
        let folder = crate::home::signed_folder(home, job);
        let revision = revision_name();
        Self {
            facts: folder.join("certify.json"),
            revision: folder.join(&revision),
            relative_revision: format!("work/{}/{revision}", job.no),
            folder,
        }
    }
}

/// The name of the signature's bytes in the document's folder.
pub(crate) const REVISION: &str = "certify.rev";

/// Fixed by the stage, so that what a crash left is found; the switch is the mistake of a name that nobody finds again.
fn revision_name() -> String {
    failpoint!("certify:name:random", |_| format!("certify-{}.rev", std::process::id()));
    REVISION.to_owned()
}

fn adoptable(home: &Home, paths: &Paths, base: &Artifact) -> Result<Option<SealFacts>, Error> {
    let present = paths.revision.is_file();
    if !present {
        if paths.facts.is_file() {
            durable::remove(&paths.facts)?;
        }
        return Ok(None);
    }
    let noted = durable::read_limited(&paths.facts, 1 << 20).map_err(|error| home.lost(paths.facts.clone(), error))?;
    let made: SealFacts = serde_json::from_slice(&noted).map_err(|_| Error::WorkFile { path: paths.facts.clone() })?;
    let whole = made.base_sha256 == base.sha256 && durable::sha256_file(&paths.revision)?.0 == made.revision_sha256;
    if whole { Ok(Some(made)) } else { Err(Error::WorkFile { path: paths.revision.clone() }) }
}

/// A signature that was adopted has the number that was booked for it, or gets it booked when a rebuild lost that.
fn booked(home: &Home, job: &Job, made: SealFacts, paths: &Paths) -> Result<SealFacts, Error> {
    let Certification { year, number, .. } = made.certification;
    match home.register.booking_of(job.no)? {
        Some(booking) if (booking.year, booking.number) == (year, number) => Ok(made),
        None if home.register.book_of(Some(year))?.iter().all(|booking| booking.number != number) => {
            home.register.book_proven(job, year, number)?;
            Ok(made)
        }
        Some(_) | None => Err(Error::WorkFile { path: paths.revision.clone() }),
    }
}

/// What the copies must not tell before a number is used: other numbers than the register's, or that the document is stored
/// already, which the register may not know. A copy that is away is asked when it is back.
fn copies_agree(home: &Home, job: &Job) -> Result<(), Error> {
    for (name, copy) in home.copies() {
        let copy = match copy {
            Ok(copy) => copy,
            Err(error @ Error::OtherRegister { .. }) => return Err(error),
            Err(_) => continue,
        };
        if !home.is_ours(&copy)? {
            // It may know more, and says why it cannot be read.
            journal::last(&copy)?;
        }
        if job.document.is_some_and(|id| steps::holds(&copy, id)) {
            return Err(Error::StoredAlready { copy: name });
        }
    }
    Ok(())
}

fn sign(
    home: &Home,
    tsa: &Tsa<'_>,
    job: &Job,
    submission: &Submission,
    base: &Artifact,
    paths: &Paths,
) -> Result<SealFacts, Error> {
    let base_path = home.root.join(&base.path);
    let base_state = state_of(home, std::slice::from_ref(&base_path), &base.sha256.to_hex())?;
    let placement = place(home, job, submission)?;
    // Session, certificate and font are looked at before a number is booked: a queue that cannot sign books nothing.
    let (role, anchors) = (&home.policy.role.value, crate::home::anchors(home)?);
    gate::check(role, role, &home.signing.chain()?, &anchors, home.clock.now())?;
    let font = home.font()?;
    copies_agree(home, job)?;
    let booking = home.register.book(job)?;
    failpoint!("certify:book:after");
    if home.flush_journal()? == 0 {
        return Err(Error::TooFewCopies { required: 1, reachable: 0 });
    }
    failpoint!("certify:journal:after");
    let certification = Certification {
        number: booking.number,
        year: booking.year,
        role: role.clone(),
        kind: submission.declared.copy_kind.clone().unwrap_or(CopyKind::Full),
    };
    durable::create_dir(&paths.folder)?;
    let mut out = Hashing { staged: durable::Staged::create(&paths.folder)?, digest: Sha256::context(), bytes: 0 };
    let sealed = home.signing.use_key(|key| {
        let request = SealRequest {
            base: &base_path,
            base_state: Some(base_state),
            placement: &placement,
            certification: &certification,
            font,
            key_role: role,
            key,
            anchors: &anchors,
            tsa,
            clock: home.clock.as_ref(),
        };
        Ok(::certify::seal(request, &mut out)?)
    })?;
    let made = SealFacts {
        certification,
        placement,
        gen_time: sealed.gen_time,
        signed_mail: sealed.mark.email.clone(),
        signed_by: sealed.signer,
        base_sha256: base.sha256,
        revision_sha256: Sha256::from_ring(&out.digest.finish()),
        revision_bytes: out.bytes,
        sealed_sha256: sealed.sha256,
    };
    failpoint!("certify:facts:before");
    durable::publish(&paths.facts, &serde_json::to_vec(&made)?)?;
    failpoint!("certify:facts:after");
    out.staged.publish(&paths.revision)?;
    failpoint!("certify:bytes:after");
    Ok(made)
}

/// Page one as the mark's place is looked for on it.
pub(crate) struct Site {
    ink: InkMap,
    page: SizeMm,
    obstacles: Vec<RectMm>,
    /// Sizes and zones.
    pub ladder: Ladder,
}

impl Site {
    pub(crate) fn of(home: &Home, job: &Job, submission: &Submission) -> Result<Self, Error> {
        let artifact = home.artifact(job.no, "ink")?;
        let ink = InkMap::from_bytes(&home.fetch(job.no, "ink")?)
            .map_err(|_| Error::WorkFile { path: home.root.join(&artifact.path) })?;
        let base = home.root.join(&home.artifact(job.no, "pdf")?.path);
        let obstacles = match submission.form {
            Form::Assembled => Vec::new(),
            Form::Original => pdf::annotation_boxes(&base, 1).map_err(::certify::Error::from)?,
        };
        let page = submission.pages.first().ok_or(Error::WorkFile { path: base })?.size;
        Ok(Self { ink, page, obstacles, ladder: ladder(home) })
    }

    pub(crate) fn find(&self) -> Result<Placement, NoRoom> {
        placement::find(&self.ink, self.page, &self.obstacles, &self.ladder)
    }

    pub(crate) fn at(&self, rect: RectMm, name: &str) -> Result<Placement, NotBlank> {
        placement::at(&self.ink, self.page, &self.obstacles, &self.ladder, rect, name)
    }

    pub(crate) fn refused(&self, why: NotBlank) -> Refused {
        Refused::NotBlank { why, page: self.page_text(), clearance_mm: self.ladder.clearance_mm }
    }

    fn page_text(&self) -> String {
        format!("{:.0} × {:.0} mm", self.page.width, self.page.height)
    }
}

/// The place a person chose, proven again, or the first one of the ladder.
fn place(home: &Home, job: &Job, submission: &Submission) -> Result<Placement, Error> {
    let site = Site::of(home, job, submission)?;
    let no_room = || Error::Held {
        reason: HoldReason::NoRoom,
        facts: vec![("path", job.source.clone()), ("detail", site.page_text())],
    };
    let chosen = decide::recorded(job, HoldReason::NoRoom.code(), submission.id).and_then(|said| said.placement);
    match chosen {
        Some(chosen) => {
            let proven = site.at(chosen.rect, &chosen.size).map_err(|_| no_room())?;
            Ok(Placement { step: chosen.step, decided_by: chosen.decided_by, ..proven })
        }
        None => site.find().map_err(|_| no_room()),
    }
}

fn ladder(home: &Home) -> Ladder {
    let policy = &home.policy;
    Ladder {
        sizes: policy
            .sizes
            .value
            .iter()
            .map(|size| MarkSize { name: size.name.clone(), width_mm: size.width_mm, height_mm: size.height_mm })
            .collect(),
        clearance_mm: policy.clearance_mm.value,
        corner_mm: policy.corner_mm.value,
        zone_width: policy.zone_width.value,
        zone_height: policy.zone_height.value,
        strip_mm: policy.strip_mm.value,
        margin_width: policy.margin_width.value,
        ink_mm: policy.ink_mm.value,
        dark_share: policy.dark_share.value,
    }
}

/// A staged file that knows its digest.
pub(crate) struct Hashing {
    pub staged: durable::Staged,
    pub digest: ring::digest::Context,
    pub bytes: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.staged.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.staged.flush()
    }
}

/// A booking becomes void only when its document is rejected after it.
pub(crate) fn void_on_rejection(home: &Home, job: &Job) -> Result<Option<Commit>, Error> {
    Ok(home.register.booking_of(job.no)?.map(|booking| {
        Commit::of(EventKind::Voided { year: booking.year, number: booking.number, why: "rejected".into() })
    }))
}
