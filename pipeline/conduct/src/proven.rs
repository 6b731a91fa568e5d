//! Whether an object that no journal tells of is a document of this archive: anyone who can write on a copy can lay one there.

use model::{Certification, DocumentId, Submission};
use preserve::{DirectoryCopy, Head};
use serde_json::Value;

use crate::{Error, Home, steps::limits, worker};

/// Its identity follows from its originals, these and the sealed file are what was noted, and the seal is not judged invalid
/// against the archive's anchors. The text says what does not hold.
///
/// # Errors
/// The copy's own, when a part cannot be read.
pub(crate) fn fault(
    home: &Home,
    copy: &DirectoryCopy,
    head: &Head,
    submission: &Submission,
    certification: &Value,
) -> Result<Option<&'static str>, Error> {
    let digests: Vec<_> = submission.files.iter().map(|file| file.sha256).collect();
    if submission.id != head.id || DocumentId::of_content(&digests) != head.id {
        return Ok(Some("its identity is not that of its originals"));
    }
    if !intake::stays_below(submission) {
        return Ok(Some("a path of it leads out of inbound"));
    }
    for file in &submission.files {
        let (path, _) = copy.sound_part(head, &format!("originals/{}", file.name))?;
        if durable::sha256_file(&path)?.0 != file.sha256 {
            return Ok(Some("an original is not the one that was claimed"));
        }
    }
    let (sealed, _) = copy.sound_part(head, crate::desk::SEALED)?;
    if certification.get("sealed_sha256").and_then(Value::as_str) != Some(&durable::sha256_file(&sealed)?.0.to_hex()) {
        return Ok(Some("the sealed file is not the one that was noted"));
    }
    let reason = certified(certification).map(|said| certify::reason(&said));
    let signed = pdf::signatures(&sealed).map_err(certify::Error::from)?;
    if reason.is_none() || signed.iter().all(|signature| signature.reason != reason) {
        return Ok(Some("its number is not the one in the seal"));
    }
    let anchors = &home.settings.trust.anchors;
    let report = worker::judge(&home.worker, &[sealed], anchors, home.clock.now(), limits(home, 1));
    Ok((!is_trusted(&report)).then_some("its seal is not judged valid"))
}

/// What a `certification.json` says was certified, and under which number.
pub(crate) fn certified(certification: &Value) -> Option<Certification> {
    serde_json::from_value(certification.get("certification")?.clone()).ok()
}

/// What a seal may lack that did not rise yet, or whose authorities are away: nothing that another's seal would lack, too.
const MAY_LACK: [&str; 3] = ["no_revocation_data", "revocation_data_too_old", "timestamp_status_unknown"];

fn is_trusted(report: &Value) -> bool {
    let reasons = report.get("reasons").and_then(Value::as_array).into_iter().flatten();
    match report.get("overall").and_then(Value::as_str) {
        Some("valid") => true,
        Some("indeterminate") => {
            let reasons: Vec<&str> = reasons.filter_map(Value::as_str).collect();
            !reasons.is_empty() && reasons.iter().all(|reason| MAY_LACK.contains(reason))
        }
        _ => false,
    }
}
