//! (a) The signature's information and (c) its certificate; brings the four verdicts of one signature together.

use jiff::Timestamp;
use model::Level;
use pdf::SignatureField;
use pki::{
    Error, PathFault, Subject, algorithm,
    certificate::Certificate,
    cms::{self, SignedData, SignerInfo},
    path,
};

use crate::{
    Anchors,
    content::Coverage,
    evidence::Evidence,
    report::{Judged, Reason, SignatureReport, Verdict},
    status::{self, Freshness, Known},
    timestamp::{self, SignatureTime, Stamps},
};

/// How far the signer's own clock may be ahead of the timestamp without a remark.
const TOLERANCE: i64 = 300;

pub(crate) fn judge(
    field: &SignatureField,
    coverage: &Coverage,
    evidence: &Evidence,
    stamps: &Stamps,
    anchors: &Anchors,
) -> Result<SignatureReport, pdf::Error> {
    let mut report = SignatureReport {
        field: field.name.clone(),
        role: role(field),
        signer: None,
        time: None,
        level: None,
        signature: Judged::valid(),
        content: coverage.judged.clone(),
        certificate: Judged::valid(),
        timestamp: Judged::valid(),
    };
    let signed = SignedData::parse(&field.contents);
    let Some(signer) = signed.as_ref().ok().and_then(SignedData::signer) else {
        report.signature.note(Verdict::Invalid, Reason::SignatureUnreadable);
        report.content.note(Verdict::Indeterminate, Reason::ContentUnknown);
        report.certificate.note(Verdict::Indeterminate, Reason::NoCertificate);
        report.timestamp.note(Verdict::Invalid, Reason::NoTimestamp);
        return Ok(report);
    };
    let time =
        timestamp::of_signature(&signer.timestamp_tokens(), signer.signature(), coverage, evidence, stamps, anchors);
    // Điều 14: the timestamp is the time basis; without one, the earliest proof that the signature existed.
    let at = time.proven.unwrap_or_else(|| stamps.control(coverage.end));

    let digest = coverage.digest(signer.digest)?;
    if signer.message_digest().is_some_and(|stated| stated != digest) {
        report.content.note(Verdict::Invalid, Reason::ContentChanged);
    }
    if !matches!(field.sub_filter.as_str(), "ETSI.CAdES.detached" | "adbe.pkcs7.detached") {
        report.signature.note(Verdict::Indeterminate, Reason::UnsupportedForm);
    }
    match signer.certificate(&evidence.pool) {
        None => {
            report.signature.note(Verdict::Indeterminate, Reason::NoCertificate);
            report.certificate.note(Verdict::Indeterminate, Reason::NoCertificate);
        }
        Some(certificate) => {
            report.signer = Some(certificate.subject().to_string());
            judge_information(field, signer, &digest, certificate, &time, at, &mut report);
            let mut judged = Judged::valid();
            judge_certificate(certificate, at, evidence, stamps, anchors, &mut judged);
            let undated = [Reason::CertificateExpired, Reason::Revoked, Reason::IssuerRevoked];
            if time.proven.is_none() && judged.reasons.iter().all(|reason| undated.contains(reason)) {
                // The signature may be older than what happened to its certificate (EN 319 102-1 §5.6.2: NO_POE).
                judged.verdict = judged.verdict.min(Verdict::Indeterminate);
            }
            report.certificate = judged;
        }
    }
    report.level = level(&report, &time, coverage, stamps);
    report.time = time.time;
    report.timestamp = time.judged;
    Ok(report)
}

/// The role of our own signatures: of the archive, the only one that mocban gives so far. Field name and reason stand
/// among the signed bytes; whoever else writes them is judged more strictly for it.
fn role(field: &SignatureField) -> Option<String> {
    let number = field.name.strip_prefix("Mocban")?;
    let ours = number.bytes().all(|byte| byte.is_ascii_digit())
        && field.reason.as_deref().is_some_and(|reason| reason.contains("Số chứng thực: "));
    ours.then(|| "archive".to_owned())
}

fn judge_information(
    field: &SignatureField,
    signer: &SignerInfo,
    digest: &[u8],
    certificate: &Certificate,
    time: &SignatureTime,
    at: Timestamp,
    report: &mut SignatureReport,
) {
    let judged = &mut report.signature;
    match signer.verify(cms::DATA, digest, certificate, Subject::Signature) {
        // The signed digest is of other content: said under (b); the information itself is the signer's.
        Ok(()) | Err(Error::Mismatch { part: "content", .. }) => {}
        Err(Error::Algorithm { .. }) => judged.note(Verdict::Indeterminate, Reason::WeakAlgorithm),
        Err(Error::Unsupported { .. }) => {
            judged.note(Verdict::Indeterminate, Reason::UnsupportedForm);
            report.content.note(Verdict::Indeterminate, Reason::ContentUnknown);
        }
        Err(_) => {
            judged.note(Verdict::Invalid, Reason::SignatureForged);
            report.content.note(Verdict::Indeterminate, Reason::ContentUnknown);
        }
    }
    // EN 319 142-1 §6.3: a PAdES signature names its certificate.
    if field.sub_filter == "ETSI.CAdES.detached" && signer.names_certificate(certificate).is_none() {
        judged.note(Verdict::Indeterminate, Reason::SignerNotNamed);
    }
    let accepted = signer
        .algorithm()
        .ok()
        .zip(certificate.key_kind().ok())
        .is_some_and(|(algorithm, kind)| algorithm::accept(algorithm, kind, Some(at)).is_ok());
    if !accepted {
        judged.note(Verdict::Indeterminate, Reason::WeakAlgorithm);
    }
    let ahead = signer
        .claimed_time()
        .zip(time.time)
        .is_some_and(|(claimed, time)| claimed.as_second() > time.as_second().saturating_add(TOLERANCE));
    if ahead {
        judged.note(Verdict::Valid, Reason::ClaimedTimeAhead);
    }
}

fn judge_certificate(
    certificate: &Certificate,
    at: Timestamp,
    evidence: &Evidence,
    stamps: &Stamps,
    anchors: &Anchors,
    judged: &mut Judged,
) {
    if !certificate.is_for_documents() {
        judged.note(Verdict::Invalid, Reason::KeyUsage);
    }
    let chain = match path::build(certificate, &evidence.pool, anchors, at) {
        Ok(chain) => chain,
        Err(Error::PathRefused { reason: PathFault::Expired, .. }) => {
            return judged.note(Verdict::Invalid, Reason::CertificateExpired);
        }
        Err(Error::PathRefused { reason: PathFault::NotYetValid, .. }) => {
            return judged.note(Verdict::Invalid, Reason::CertificateNotYetValid);
        }
        Err(Error::PathRefused { .. }) => return judged.note(Verdict::Invalid, Reason::ChainBroken),
        Err(_) => return judged.note(Verdict::Indeterminate, Reason::UntrustedAnchor),
    };
    for (i, pair) in chain.windows(2).enumerate() {
        let [certificate, issuer] = pair else { continue };
        let (freshness, revoked) =
            if i == 0 { (Freshness::After, Reason::Revoked) } else { (Freshness::InForce, Reason::IssuerRevoked) };
        match status::ask(certificate, issuer, at, freshness, evidence, anchors, stamps.now) {
            Known::Good => {}
            Known::Revoked(since) if since <= at => judged.note(Verdict::Invalid, revoked),
            Known::Revoked(_) => {}
            Known::TooOld => judged.note(Verdict::Indeterminate, Reason::RevocationDataTooOld),
            Known::Missing => judged.note(Verdict::Indeterminate, Reason::NoRevocationData),
        }
    }
}

/// How far the signature is secured: with a timestamp that is its own, with the data to judge all certificates, and with
/// a document timestamp over both.
fn level(report: &SignatureReport, time: &SignatureTime, coverage: &Coverage, stamps: &Stamps) -> Option<Level> {
    time.time?;
    let lacks = |judged: &Judged, reasons: &[Reason]| judged.reasons.iter().any(|reason| reasons.contains(reason));
    let without_data =
        [Reason::NoCertificate, Reason::UntrustedAnchor, Reason::NoRevocationData, Reason::RevocationDataTooOld];
    let stamp_without_data = [Reason::TimestampStatusUnknown, Reason::TimestampUntrusted];
    if lacks(&report.certificate, &without_data) || lacks(&time.judged, &stamp_without_data) {
        return Some(Level::BT);
    }
    Some(if stamps.cover(coverage.end) { Level::BLta } else { Level::BLt })
}
