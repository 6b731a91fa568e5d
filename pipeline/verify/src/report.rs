//! The form of the answer, `mocban.verify/1`.

use std::path::Path;

use jiff::Timestamp;
use model::Level;
use serde::{Serialize, Serializer};

/// How a check came out (EN 319 102-1 §5.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Valid,
    /// What is at hand does not decide it.
    Indeterminate,
    /// It does not hold.
    Invalid,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// Why a check came out as it did. Each has its text in both languages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Reason { $($(#[$doc])* $variant,)* }

        impl Reason {
            /// Every reason.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable code.
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

reasons! {
    /// The file is no PDF we can read, or it is damaged or encrypted.
    Unreadable = "unreadable",
    /// There is no signature in the file.
    NoSignature = "no_signature",
    /// More signatures than are judged.
    TooManySignatures = "too_many_signatures",
    /// Bytes follow the end of the file.
    BytesAfterEnd = "bytes_after_end",
    /// A document timestamp does not hold.
    DocumentTimestamp = "document_timestamp",

    /// The signature cannot be read.
    SignatureUnreadable = "signature_unreadable",
    /// The signature was not made by its certificate's key.
    SignatureForged = "signature_forged",
    /// The signer's certificate is not there.
    NoCertificate = "no_certificate",
    /// The algorithm did not count when it was used.
    WeakAlgorithm = "weak_algorithm",
    /// A form of signature we do not judge.
    UnsupportedForm = "unsupported_form",
    /// The signature does not say which certificate it is of.
    SignerNotNamed = "signer_not_named",
    /// The signer's own clock was ahead of the timestamp. Only a remark.
    ClaimedTimeAhead = "claimed_time_ahead",

    /// The signed bytes were changed.
    ContentChanged = "content_changed",
    /// The signature does not cover everything but itself.
    NotAllCovered = "not_all_covered",
    /// What the signature covers is not a whole file.
    NotAWholeRevision = "not_a_whole_revision",
    /// Something was added or changed after the signature that may not be.
    ChangedLater = "changed_later",
    /// Something was added after a signature that does not forbid it.
    AddedLater = "added_later",
    /// What came after the signature cannot be compared.
    NotComparable = "not_comparable",
    /// Without a readable signature nothing is known about the content.
    ContentUnknown = "content_unknown",

    /// No chain leads to a pinned anchor.
    UntrustedAnchor = "untrusted_anchor",
    /// The certificate had expired when it was used.
    CertificateExpired = "certificate_expired",
    /// The certificate was not yet in force when it was used.
    CertificateNotYetValid = "certificate_not_yet_valid",
    /// The certificate's chain does not hold.
    ChainBroken = "chain_broken",
    /// The certificate is not for signatures.
    KeyUsage = "key_usage",
    /// The certificate was revoked or suspended before the signature was proven to exist.
    Revoked = "revoked",
    /// An issuing certificate was revoked.
    IssuerRevoked = "issuer_revoked",
    /// There is no data that says whether the certificate was revoked.
    NoRevocationData = "no_revocation_data",
    /// The revocation data is older than the signature.
    RevocationDataTooOld = "revocation_data_too_old",

    /// The signature has no timestamp.
    NoTimestamp = "no_timestamp",
    /// The timestamp cannot be read.
    TimestampUnreadable = "timestamp_unreadable",
    /// The timestamp is of something else.
    TimestampMismatch = "timestamp_mismatch",
    /// The timestamp was not made by its authority.
    TimestampForged = "timestamp_forged",
    /// The timestamp authority does not lead to a pinned anchor.
    TimestampUntrusted = "timestamp_untrusted",
    /// The authority's certificate ran out and no later timestamp took over.
    TimestampExpired = "timestamp_expired",
    /// The authority's certificate was revoked.
    TimestampRevoked = "timestamp_revoked",
    /// There is no data that says whether the authority's certificate was revoked.
    TimestampStatusUnknown = "timestamp_status_unknown",
    /// The timestamp is later than what vouches for it.
    TimestampInFuture = "timestamp_in_future",
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A verdict with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Judged {
    /// The verdict: the worst of what was noted.
    pub verdict: Verdict,
    /// Why, in the order found. A remark may stand beside `valid`.
    pub reasons: Vec<Reason>,
}

impl Default for Judged {
    fn default() -> Self {
        Self { verdict: Verdict::Valid, reasons: Vec::new() }
    }
}

impl Judged {
    /// Valid until something is noted.
    pub fn valid() -> Self {
        Self::default()
    }

    /// Notes a reason; the verdict can only get worse.
    pub fn note(&mut self, verdict: Verdict, reason: Reason) {
        self.verdict = self.verdict.max(verdict);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// The same, as a value.
    #[must_use]
    pub fn with(mut self, verdict: Verdict, reason: Reason) -> Self {
        self.note(verdict, reason);
        self
    }
}

#[expect(clippy::ref_option, reason = "serde passes the field by reference")]
fn local<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(model::clock::rfc3339_local).serialize(serializer)
}

/// One signature with the four verdicts of Điều 14.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignatureReport {
    /// Field name.
    pub field: String,
    /// Role of the key, when the signature is one of ours.
    pub role: Option<String>,
    /// The signer, as the certificate names them.
    pub signer: Option<String>,
    /// The time of its timestamp, +07:00.
    #[serde(serialize_with = "local")]
    pub time: Option<Timestamp>,
    /// How far it is secured.
    pub level: Option<Level>,
    /// (a) The signature information holds.
    pub signature: Judged,
    /// (b) The content is unchanged.
    pub content: Judged,
    /// (c) The certificate was in force.
    pub certificate: Judged,
    /// (d) The timestamp holds.
    pub timestamp: Judged,
}

impl SignatureReport {
    pub(crate) fn parts(&self) -> [&Judged; 4] {
        [&self.signature, &self.content, &self.certificate, &self.timestamp]
    }
}

/// One document timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimestampReport {
    /// Field name.
    pub field: String,
    /// Its time, +07:00.
    #[serde(serialize_with = "local")]
    pub time: Option<Timestamp>,
    /// When its authority's certificate ends: until then the file must be given its next timestamp, +07:00.
    #[serde(serialize_with = "local")]
    pub ends: Option<Timestamp>,
    /// Whether it holds.
    pub verdict: Verdict,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// What is said of a file (`mocban.verify/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// `mocban.verify/1`.
    pub schema: &'static str,
    /// The file as it was named.
    pub file: String,
    /// The signatures in the order in which they were made.
    pub signatures: Vec<SignatureReport>,
    /// The document timestamps in the order in which they were made.
    pub document_timestamps: Vec<TimestampReport>,
    /// The worst verdict of all.
    pub overall: Verdict,
    /// Why the whole is not valid.
    pub reasons: Vec<Reason>,
    /// What exactly could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Report {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            schema: "mocban.verify/1",
            file: path.display().to_string(),
            signatures: Vec::new(),
            document_timestamps: Vec::new(),
            overall: Verdict::Valid,
            reasons: Vec::new(),
            detail: None,
        }
    }

    pub(crate) fn note(&mut self, verdict: Verdict, reason: Reason) {
        self.overall = self.overall.max(verdict);
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    pub(crate) fn note_timestamp(&mut self, timestamp: &TimestampReport) {
        if timestamp.verdict != Verdict::Valid {
            self.note(timestamp.verdict, Reason::DocumentTimestamp);
        }
        self.document_timestamps.push(timestamp.clone());
    }

    /// The whole is as good as its worst part.
    pub(crate) fn conclude(&mut self) {
        let mut worst = Vec::new();
        for part in self.signatures.iter().flat_map(SignatureReport::parts) {
            if part.verdict != Verdict::Valid {
                worst.extend(part.reasons.iter().map(|reason| (part.verdict, *reason)));
            }
        }
        for (verdict, reason) in worst {
            self.note(verdict, reason);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_text() {
        let mut codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        for code in &codes {
            assert!(messages::has(code), "{code} has no text");
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
    }

    #[test]
    fn the_whole_is_as_good_as_its_worst_part() {
        let mut report = Report::new(Path::new("a.pdf"));
        report.signatures.push(SignatureReport {
            field: "s".into(),
            role: None,
            signer: None,
            time: None,
            level: None,
            signature: Judged::valid().with(Verdict::Valid, Reason::ClaimedTimeAhead),
            content: Judged::valid(),
            certificate: Judged::valid().with(Verdict::Indeterminate, Reason::NoRevocationData),
            timestamp: Judged::valid().with(Verdict::Invalid, Reason::NoTimestamp),
        });
        report.conclude();
        assert_eq!(report.overall, Verdict::Invalid);
        assert_eq!(report.reasons, [Reason::NoRevocationData, Reason::NoTimestamp]);
    }
}
