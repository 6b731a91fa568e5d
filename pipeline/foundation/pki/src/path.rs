//! Paths from a certificate to a pinned anchor.
//!
//! Candidates are found here, by names and key identifiers, within bounds; each is judged by `certval` (RFC 5280 §6) with
//! its revocation checks off: whether revocation data counts depends on when things were proven to exist, which is not a
//! path's question.

use std::fmt;

use certval::{
    CertificationPath, CertificationPathResults, CertificationPathSettings, PDVCertificate, PDVTrustAnchorChoice,
    PathValidationStatus, PkiEnvironment, TimeOfInterest,
};
use jiff::Timestamp;

use crate::{
    algorithm::{self, Algorithm},
    certificate::Certificate,
    error::{Error, PathFault, Subject},
    wire::{self, Reader},
};

/// Certificates in one path, anchor included.
const LENGTH: usize = 8;
/// Steps of one search, and candidates judged in it; a pool made to be confusing ends here.
const STEPS: usize = 20_000;
const CANDIDATES: usize = 32;
/// Pool entries that are looked at.
const POOL: usize = 256;

/// The pinned anchors: the only certificates trusted without being signed by another.
pub struct Anchors {
    certificates: Vec<(Certificate, PDVTrustAnchorChoice)>,
    environment: PkiEnvironment,
}

impl fmt::Debug for Anchors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.certificates.iter().map(|(anchor, _)| anchor.subject().to_string())).finish()
    }
}

impl Anchors {
    /// Pins certificates (DER).
    pub fn new<B: AsRef<[u8]>>(ders: &[B]) -> Result<Self, Error> {
        let mut certificates = Vec::with_capacity(ders.len());
        for der in ders {
            let certificate = Certificate::parse(der.as_ref())?;
            let choice = PDVTrustAnchorChoice::try_from(certificate.der())
                .map_err(|_| Error::Malformed { subject: Subject::Certificate, expected: "an anchor" })?;
            certificates.push((certificate, choice));
        }
        let mut environment = PkiEnvironment::new();
        environment.add_verify_signature_message_callback(verify_message);
        Ok(Self { certificates, environment })
    }

    /// Pins every certificate of a PEM text.
    pub fn from_pem(text: &[u8]) -> Result<Self, Error> {
        Self::new(&certificates_of_pem(text)?)
    }

    /// The anchors.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        self.certificates.iter().map(|(certificate, _)| certificate)
    }

    /// Whether this very certificate is pinned.
    pub fn contains(&self, certificate: &Certificate) -> bool {
        self.certificates().any(|anchor| anchor == certificate)
    }
}

/// The certificates (DER) of a PEM text, in order; anything else in it is passed over.
pub fn certificates_of_pem(text: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let broken = || Error::Malformed { subject: Subject::Certificate, expected: "a certificate in PEM" };
    let text = std::str::from_utf8(text).map_err(|_| broken())?;
    let mut ders = Vec::new();
    for block in text.split(BEGIN).skip(1) {
        let (body, _) = block.split_once(END).ok_or_else(broken)?;
        let pem = format!("{BEGIN}\n{}\n{END}\n", body.trim());
        let (label, der) = der::pem::decode_vec(pem.as_bytes()).map_err(|_| broken())?;
        debug_assert_eq!(label, "CERTIFICATE");
        ders.push(der);
    }
    Ok(ders)
}

/// Finds a path that holds at `at`: leaf first, anchor last. A leaf that is pinned itself is its own path.
///
/// The error of the best candidate is returned when none holds; [`Error::NoPath`] when there is no candidate.
pub fn build(
    leaf: &Certificate,
    pool: &[Certificate],
    anchors: &Anchors,
    at: Timestamp,
) -> Result<Vec<Certificate>, Error> {
    if anchors.contains(leaf) {
        return if leaf.is_valid_at(at) {
            Ok(vec![leaf.clone()])
        } else {
            let reason = if at < leaf.not_before() { PathFault::NotYetValid } else { PathFault::Expired };
            Err(Error::PathRefused { certificate: leaf.subject().to_string(), reason })
        };
    }
    let mut search = Search { pool, anchors, at, steps: 0, judged: 0, best: None };
    let mut chain = vec![leaf.clone()];
    if search.extend(&mut chain) {
        return Ok(chain);
    }
    Err(search.best.unwrap_or_else(|| Error::NoPath { certificate: leaf.subject().to_string() }))
}

struct Search<'a> {
    pool: &'a [Certificate],
    anchors: &'a Anchors,
    at: Timestamp,
    steps: usize,
    judged: usize,
    best: Option<Error>,
}

impl Search<'_> {
    /// Extends the chain to an anchor; true when the chain is whole and holds.
    fn extend(&mut self, chain: &mut Vec<Certificate>) -> bool {
        let Some(last) = chain.last().cloned() else { return false };
        for (anchor, choice) in &self.anchors.certificates {
            if last.names_issuer(anchor) && self.judged < CANDIDATES {
                self.judged += 1;
                match judge(chain, choice, &self.anchors.environment, self.at) {
                    Ok(()) => {
                        chain.push(anchor.clone());
                        return true;
                    }
                    Err(error) => self.best = Some(error),
                }
            }
        }
        if chain.len() + 1 >= LENGTH {
            return false;
        }
        for issuer in self.pool.iter().take(POOL) {
            self.steps += 1;
            if self.steps > STEPS || self.judged >= CANDIDATES {
                return false;
            }
            if issuer.is_ca() && last.names_issuer(issuer) && !chain.contains(issuer) {
                chain.push(issuer.clone());
                if self.extend(chain) {
                    return true;
                }
                chain.pop();
            }
        }
        false
    }
}

/// Judges one candidate: leaf first, without its anchor.
fn judge(
    chain: &[Certificate],
    anchor: &PDVTrustAnchorChoice,
    environment: &PkiEnvironment,
    at: Timestamp,
) -> Result<(), Error> {
    let Some((leaf, issuers)) = chain.split_first() else {
        return Err(Error::NoPath { certificate: String::new() });
    };
    let refused = |reason| Error::PathRefused { certificate: leaf.subject().to_string(), reason };
    let broken = |_| Error::Malformed { subject: Subject::Certificate, expected: "a certificate in DER" };
    // certval reads the moment zero as "do not check times".
    let moment = u64::try_from(at.as_second()).ok().filter(|second| *second > 0);
    let moment = moment.ok_or_else(|| refused(PathFault::NotYetValid))?;
    let moment = TimeOfInterest::from_unix_secs(moment).map_err(|_| refused(PathFault::Expired))?;

    let target = PDVCertificate::try_from(leaf.der()).map_err(broken)?;
    let mut intermediates = Vec::with_capacity(issuers.len());
    for issuer in issuers.iter().rev() {
        intermediates.push(PDVCertificate::try_from(issuer.der()).map_err(broken)?);
    }
    let path = CertificationPath::new(anchor.clone(), intermediates, target);
    let mut settings = CertificationPathSettings::new();
    settings.set_time_of_interest(moment);
    settings.set_check_revocation_status(false);
    settings.set_require_ta_store(false);
    let mut results = CertificationPathResults::new();
    certval::validate_path_rfc5280(environment, &settings, &path, &mut results).map_err(|error| match error {
        certval::Error::PathValidation(status) => refused(fault(status)),
        _ => refused(PathFault::Constraint),
    })
}

fn fault(status: PathValidationStatus) -> PathFault {
    match status {
        PathValidationStatus::InvalidNotBeforeDate => PathFault::NotYetValid,
        PathValidationStatus::InvalidNotAfterDate => PathFault::Expired,
        PathValidationStatus::SignatureVerificationFailure => PathFault::Signature,
        PathValidationStatus::MissingBasicConstraints
        | PathValidationStatus::InvalidBasicConstraints
        | PathValidationStatus::InvalidKeyUsage => PathFault::NotAnIssuer,
        PathValidationStatus::InsufficientKeySize => PathFault::WeakKey,
        _ => PathFault::Constraint,
    }
}

/// Checks a certificate's signature with our own algorithms and policy instead of certval's.
fn verify_message(
    _environment: &PkiEnvironment,
    message: &[u8],
    signature: &der::asn1::BitString,
    algorithm: &spki::AlgorithmIdentifierOwned,
    spki: &spki::SubjectPublicKeyInfoOwned,
) -> certval::Result<()> {
    use der::Encode as _;
    let failed = certval::Error::PathValidation(PathValidationStatus::SignatureVerificationFailure);
    let identifier = algorithm.to_der().map_err(|_| failed)?;
    let spki = spki.to_der().map_err(|_| failed)?;
    let signature = signature.as_bytes().ok_or(failed)?;
    let inside = Reader::new(&identifier).take(wire::SEQUENCE, "an algorithm").map_err(|_| failed)?;
    let algorithm = Algorithm::read(inside.content, None, Subject::Certificate).map_err(|_| failed)?;
    algorithm::verify(algorithm, &spki, message, signature, Subject::Certificate, "").map_err(|_| failed)
}
