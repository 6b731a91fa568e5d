//! The seam to the key that certifies: one trait, its errors, and the check every implementation makes on itself.

use std::time::Duration;

use const_oid::db::{rfc5912, rfc5912::RSA_ENCRYPTION};
use der::{Decode as _, asn1::ObjectIdentifier};
use model::{Cause, Disposition};
use ring::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::Certificate;

/// How a signature is made. Nothing weaker than SHA-256 can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2).
    RsaPkcs1Sha256,
    /// RSASSA-PSS with SHA-256, MGF1-SHA-256, salt of 32 bytes (RFC 8017 §8.1).
    RsaPssSha256,
    /// ECDSA on P-256 with SHA-256.
    EcdsaP256Sha256,
    /// ECDSA on P-384 with SHA-384.
    EcdsaP384Sha384,
}

impl Scheme {
    /// The scheme's name in logs and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::RsaPkcs1Sha256 => "RSA-PKCS1-SHA256",
            Self::RsaPssSha256 => "RSA-PSS-SHA256",
            Self::EcdsaP256Sha256 => "ECDSA-P256-SHA256",
            Self::EcdsaP384Sha384 => "ECDSA-P384-SHA384",
        }
    }

    /// The schemes a certificate's public key can verify, the default first; none for other algorithms, for RSA below
    /// 2048 bits and for unnamed curves.
    pub fn of_certificate(certificate: &[u8]) -> &'static [Self] {
        let Ok(certificate) = Certificate::from_der(certificate) else { return &[] };
        let spki = certificate.tbs_certificate().subject_public_key_info();
        match spki.algorithm.oid {
            RSA_ENCRYPTION => &[Self::RsaPkcs1Sha256, Self::RsaPssSha256],
            rfc5912::ID_EC_PUBLIC_KEY => {
                let curve = spki.algorithm.parameters.as_ref();
                match curve.and_then(|any| any.decode_as::<ObjectIdentifier>().ok()) {
                    Some(rfc5912::SECP_256_R_1) => &[Self::EcdsaP256Sha256],
                    Some(rfc5912::SECP_384_R_1) => &[Self::EcdsaP384Sha384],
                    _ => &[],
                }
            }
            _ => &[],
        }
    }
}

/// A key that certifies, with its certificates. The private part never leaves it.
///
/// One thread owns a key. `sign` may block as long as the device does, never retries a refused PIN, and returns only
/// signatures that verify with `chain()[0]`.
pub trait CertificationKey: Send {
    /// Certificates in DER, the signer's first, each followed by its issuer; the root may be missing.
    fn chain(&self) -> &[Vec<u8>];

    /// The schemes this key can sign with, the preferred one first; never empty.
    fn schemes(&self) -> &[Scheme];

    /// Signs bytes (hashing them as the scheme says). RSA gives the raw signature, ECDSA a DER `ECDSA-Sig-Value`.
    ///
    /// # Errors
    /// [`KeyError`]; nothing was signed then.
    fn sign(&mut self, scheme: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError>;
}

/// Why a key cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The PKCS#11 library cannot be used.
    #[error("PKCS#11 library {module} cannot be used: {reason}")]
    Module {
        /// Its path.
        module: String,
        /// What the loader or the library said.
        reason: String,
    },
    /// No token of that label is plugged in.
    #[error("token {token} is not there")]
    TokenAbsent {
        /// Wanted label.
        token: String,
    },
    /// The token has no private key of that label.
    #[error("token {token} has no key {key}")]
    KeyAbsent {
        /// Token label.
        token: String,
        /// Wanted key label.
        key: String,
    },
    /// The token has no certificate for the key.
    #[error("token {token} has no certificate for key {key}")]
    CertificateAbsent {
        /// Token label.
        token: String,
        /// Key label.
        key: String,
    },
    /// The PIN was refused. It is not sent again.
    #[error("token {token} refused the PIN")]
    PinIncorrect {
        /// Token label.
        token: String,
    },
    /// Too many wrong PINs.
    #[error("token {token} is locked")]
    PinLocked {
        /// Token label.
        token: String,
    },
    /// Another program uses the token.
    #[error("token {token} is busy")]
    Busy {
        /// Token label.
        token: String,
    },
    /// The session died and could not be opened again.
    #[error("session with token {token} was lost: {reason}")]
    SessionLost {
        /// Token label.
        token: String,
        /// The return code.
        reason: String,
    },
    /// The key cannot do that scheme.
    #[error("the key cannot sign with {scheme}")]
    Scheme {
        /// Wanted scheme.
        scheme: &'static str,
    },
    /// The signature does not verify with the certificate: key and certificate do not belong together.
    #[error("a signature of token {token} does not verify with its certificate")]
    Mismatch {
        /// Token label.
        token: String,
    },
    /// The device failed.
    #[error("token {token} failed: {reason}")]
    Device {
        /// Token label.
        token: String,
        /// The return code.
        reason: String,
    },
}

impl KeyError {
    /// What to do about it.
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Busy { .. } => Disposition::Retry { after: Duration::from_secs(2) },
            Self::Device { .. } => Disposition::Retry { after: Duration::from_secs(10) },
            Self::Module { .. }
            | Self::TokenAbsent { .. }
            | Self::KeyAbsent { .. }
            | Self::CertificateAbsent { .. }
            | Self::PinIncorrect { .. }
            | Self::PinLocked { .. }
            | Self::SessionLost { .. }
            | Self::Mismatch { .. } => Disposition::Wait(Cause::Key),
            Self::Scheme { .. } => Disposition::Bug,
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Module { .. } => "E-KEY-01",
            Self::TokenAbsent { .. } => "E-KEY-02",
            Self::KeyAbsent { .. } => "E-KEY-03",
            Self::CertificateAbsent { .. } => "E-KEY-04",
            Self::PinIncorrect { .. } => "E-KEY-05",
            Self::PinLocked { .. } => "E-KEY-06",
            Self::Busy { .. } => "E-KEY-07",
            Self::SessionLost { .. } => "E-KEY-08",
            Self::Scheme { .. } => "E-KEY-09",
            Self::Mismatch { .. } => "E-KEY-10",
            Self::Device { .. } => "E-KEY-11",
        }
    }

    /// The facts the texts name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Module { module, reason } => vec![("module", module.clone()), ("reason", reason.clone())],
            Self::TokenAbsent { token }
            | Self::PinIncorrect { token }
            | Self::PinLocked { token }
            | Self::Busy { token }
            | Self::Mismatch { token } => vec![("token", token.clone())],
            Self::KeyAbsent { token, key } | Self::CertificateAbsent { token, key } => {
                vec![("token", token.clone()), ("key", key.clone())]
            }
            Self::SessionLost { token, reason } | Self::Device { token, reason } => {
                vec![("token", token.clone()), ("reason", reason.clone())]
            }
            Self::Scheme { scheme } => vec![("scheme", (*scheme).to_owned())],
        }
    }
}

/// Whether a fresh signature verifies with a certificate's public key. Every key asks this about its own work before it
/// hands it out: a token whose certificate belongs to another key must not seal anything.
pub fn signature_fits(certificate: &[u8], scheme: Scheme, to_be_signed: &[u8], signature: &[u8]) -> bool {
    if !Scheme::of_certificate(certificate).contains(&scheme) {
        return false;
    }
    let Ok(certificate) = Certificate::from_der(certificate) else { return false };
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let algorithm: &'static dyn VerificationAlgorithm = match scheme {
        Scheme::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Scheme::RsaPssSha256 => &signature::RSA_PSS_2048_8192_SHA256,
        Scheme::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_ASN1,
        Scheme::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_ASN1,
    };
    UnparsedPublicKey::new(algorithm, spki.subject_public_key.raw_bytes()).verify(to_be_signed, signature).is_ok()
}

#[cfg(test)]
pub(crate) mod conformance;
