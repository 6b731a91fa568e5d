//! Which algorithms are known, how a signature is checked, and until when an algorithm counts.
//!
//! `ring` checks what it can, being far the fastest; the `RustCrypto` crates take the rest (PSS with odd salts, curves with
//! a digest of another size).

use const_oid::ObjectIdentifier;
use jiff::Timestamp;
use ring::{digest, signature as fast};

use crate::{
    error::{About as _, Error, Subject},
    key::Scheme,
    remembered,
    wire::{self, Read, Reader},
};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const RSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ECDSA_SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.1");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

/// Last moment at which an RSA key below 3000 bits counts: 2035-12-31T23:59:59Z (NIST IR 8547, 112-bit strength).
const RSA_2048_ENDS: i64 = 2_082_758_399;

/// A digest algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Digest {
    /// SHA-1: read in identifiers only, never accepted in a signature.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// Digest of bytes in memory.
    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        digest::digest(self.ring(), bytes).as_ref().to_vec()
    }

    /// A fresh state for a stream; it clones.
    pub fn context(self) -> digest::Context {
        digest::Context::new(self.ring())
    }

    /// Length of the digest, octets.
    pub fn length(self) -> usize {
        self.ring().output_len()
    }

    /// Whether what it is over can still not be exchanged: collisions of SHA-1 are made to order.
    pub fn binds(self) -> bool {
        match self {
            Self::Sha1 => false,
            Self::Sha256 | Self::Sha384 | Self::Sha512 => true,
        }
    }

    fn ring(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    pub(crate) fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha1 => SHA1,
            Self::Sha256 => SHA256,
            Self::Sha384 => SHA384,
            Self::Sha512 => SHA512,
        }
    }

    pub(crate) fn from_oid(oid: ObjectIdentifier) -> Option<Self> {
        [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512].into_iter().find(|digest| digest.oid() == oid)
    }

    /// The `AlgorithmIdentifier`, without parameters (RFC 5754 §2).
    pub(crate) fn identifier(self) -> Vec<u8> {
        wire::wrap(wire::SEQUENCE, &[&wire::write_oid(self.oid())])
    }
}

/// A signature algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5.
    RsaPkcs1(Digest),
    /// RSA-PSS whose mask uses the same digest.
    RsaPss {
        /// Digest of message and mask.
        digest: Digest,
        /// Salt length, octets.
        salt: usize,
    },
    /// ECDSA; the curve is the key's.
    Ecdsa(Digest),
}

impl Algorithm {
    /// Its digest.
    pub fn digest(self) -> Digest {
        match self {
            Self::RsaPkcs1(digest) | Self::RsaPss { digest, .. } | Self::Ecdsa(digest) => digest,
        }
    }

    /// Reads an `AlgorithmIdentifier` (contents of its sequence). `beside` is the digest named next to it in a
    /// `SignerInfo`, for identifiers that name only the key.
    pub(crate) fn read(content: &[u8], beside: Option<Digest>, subject: Subject) -> Result<Self, Error> {
        let mut reader = Reader::new(content);
        let oid = reader.oid("a signature algorithm").about(subject)?;
        let unknown = || Error::Algorithm { subject, algorithm: oid.to_string() };
        Ok(match oid {
            RSA => Self::RsaPkcs1(beside.ok_or_else(unknown)?),
            RSA_SHA1 => Self::RsaPkcs1(Digest::Sha1),
            RSA_SHA256 => Self::RsaPkcs1(Digest::Sha256),
            RSA_SHA384 => Self::RsaPkcs1(Digest::Sha384),
            RSA_SHA512 => Self::RsaPkcs1(Digest::Sha512),
            EC_KEY => Self::Ecdsa(beside.ok_or_else(unknown)?),
            ECDSA_SHA1 => Self::Ecdsa(Digest::Sha1),
            ECDSA_SHA256 => Self::Ecdsa(Digest::Sha256),
            ECDSA_SHA384 => Self::Ecdsa(Digest::Sha384),
            ECDSA_SHA512 => Self::Ecdsa(Digest::Sha512),
            RSA_PSS => {
                let mut parameters = reader.enter(wire::SEQUENCE, "parameters of PSS").about(subject)?;
                pss(&mut parameters).about(subject)?.ok_or_else(unknown)?
            }
            _ => return Err(unknown()),
        })
    }
}

/// `RSASSA-PSS-params` (RFC 4055 §3.1); none when digest and mask differ or are not known.
fn pss(parameters: &mut Reader<'_>) -> Read<Option<Algorithm>> {
    const WHAT: &str = "parameters of PSS";
    let (mut digest, mut mask, mut salt) = (Some(Digest::Sha1), Some(Digest::Sha1), 20);
    if let Some(field) = parameters.optional(wire::context(0))? {
        digest = Digest::from_oid(Reader::new(field.content).enter(wire::SEQUENCE, WHAT)?.oid(WHAT)?);
    }
    if let Some(field) = parameters.optional(wire::context(1))? {
        let mut generator = Reader::new(field.content).enter(wire::SEQUENCE, WHAT)?;
        if generator.oid(WHAT)? != MGF1 {
            return Ok(None);
        }
        mask = Digest::from_oid(generator.enter(wire::SEQUENCE, WHAT)?.oid(WHAT)?);
    }
    if let Some(field) = parameters.optional(wire::context(2))? {
        salt = Reader::new(field.content).small(wire::INTEGER, WHAT)?;
    }
    Ok(match (digest, mask) {
        (Some(digest), Some(mask)) if digest == mask => {
            Some(Algorithm::RsaPss { digest, salt: usize::try_from(salt).unwrap_or(usize::MAX) })
        }
        _ => None,
    })
}

impl Scheme {
    /// The digest that is signed, of the attributes and of the content.
    pub fn digest(self) -> Digest {
        match self {
            Self::RsaPkcs1Sha256 | Self::RsaPssSha256 | Self::EcdsaP256Sha256 => Digest::Sha256,
            Self::EcdsaP384Sha384 => Digest::Sha384,
        }
    }

    /// The algorithm a verifier sees.
    pub fn algorithm(self) -> Algorithm {
        match self {
            Self::RsaPkcs1Sha256 => Algorithm::RsaPkcs1(Digest::Sha256),
            Self::RsaPssSha256 => Algorithm::RsaPss { digest: Digest::Sha256, salt: 32 },
            Self::EcdsaP256Sha256 => Algorithm::Ecdsa(Digest::Sha256),
            Self::EcdsaP384Sha384 => Algorithm::Ecdsa(Digest::Sha384),
        }
    }

    /// The `AlgorithmIdentifier` to be written.
    pub(crate) fn identifier(self) -> Vec<u8> {
        let null = wire::wrap(wire::NULL, &[]);
        match self {
            Self::RsaPkcs1Sha256 => wire::wrap(wire::SEQUENCE, &[&wire::write_oid(RSA_SHA256), &null]),
            Self::EcdsaP256Sha256 => wire::wrap(wire::SEQUENCE, &[&wire::write_oid(ECDSA_SHA256)]),
            Self::EcdsaP384Sha384 => wire::wrap(wire::SEQUENCE, &[&wire::write_oid(ECDSA_SHA384)]),
            Self::RsaPssSha256 => {
                let sha256 = wire::wrap(wire::SEQUENCE, &[&wire::write_oid(SHA256), &null]);
                let mask = wire::wrap(wire::SEQUENCE, &[&wire::write_oid(MGF1), &sha256]);
                let parameters = wire::wrap(
                    wire::SEQUENCE,
                    &[
                        &wire::wrap(wire::context(0), &[&sha256]),
                        &wire::wrap(wire::context(1), &[&mask]),
                        &wire::wrap(wire::context(2), &[&wire::write_unsigned(&[32])]),
                    ],
                );
                wire::wrap(wire::SEQUENCE, &[&wire::write_oid(RSA_PSS), &parameters])
            }
        }
    }
}

/// A public key, as far as it decides what a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA; `pss_only` when the key says so (RFC 4055 §1.2).
    Rsa {
        /// Length of the modulus.
        bits: usize,
        /// Whether PKCS#1 v1.5 is forbidden.
        pss_only: bool,
    },
    /// P-256.
    P256,
    /// P-384.
    P384,
}

/// Reads a `SubjectPublicKeyInfo` (whole element): its kind and the key's own bytes.
fn public_key(spki: &[u8], subject: Subject) -> Result<(KeyKind, &[u8]), Error> {
    let mut reader = Reader::new(spki).enter(wire::SEQUENCE, "a public key").about(subject)?;
    let mut identifier = reader.enter(wire::SEQUENCE, "a key algorithm").about(subject)?;
    let oid = identifier.oid("a key algorithm").about(subject)?;
    let key = reader.bits("a public key").about(subject)?;
    let unknown = |oid: ObjectIdentifier| Error::Algorithm { subject, algorithm: oid.to_string() };
    let kind = match oid {
        RSA | RSA_PSS => {
            let mut numbers = Reader::new(key).enter(wire::SEQUENCE, "an RSA key").about(subject)?;
            let modulus = numbers.take(wire::INTEGER, "an RSA modulus").about(subject)?.content;
            let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
            let first = modulus.iter().find(|byte| **byte != 0).map_or(8, |byte| byte.leading_zeros());
            let bits = ((modulus.len() - zeros) * 8).saturating_sub(usize::try_from(first).unwrap_or(8));
            KeyKind::Rsa { bits, pss_only: oid == RSA_PSS }
        }
        EC_KEY => match identifier.oid("a named curve").about(subject)? {
            P256 => KeyKind::P256,
            P384 => KeyKind::P384,
            curve => return Err(unknown(curve)),
        },
        _ => return Err(unknown(oid)),
    };
    Ok((kind, key))
}

/// The kind of a public key (whole `SubjectPublicKeyInfo`).
pub fn key_kind(spki: &[u8]) -> Result<KeyKind, Error> {
    public_key(spki, Subject::Certificate).map(|(kind, _)| kind)
}

/// Checks a signature over a message. `signer` is who should have made it, for the error.
pub fn verify(
    algorithm: Algorithm,
    spki: &[u8],
    message: &[u8],
    signature: &[u8],
    subject: Subject,
    signer: &str,
) -> Result<(), Error> {
    let (kind, key) = public_key(spki, subject)?;
    accept(algorithm, kind, None).map_err(|algorithm| Error::Algorithm { subject, algorithm })?;
    let name = format!("{algorithm:?}");
    let parts = [name.as_bytes(), spki, message, signature];
    if remembered::once(parts, || fits(algorithm, kind, spki, key, message, signature)) {
        Ok(())
    } else {
        Err(Error::Forged { subject, signer: signer.to_owned() })
    }
}

fn fits(algorithm: Algorithm, kind: KeyKind, spki: &[u8], key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let ring = |by: &'static dyn fast::VerificationAlgorithm| {
        fast::UnparsedPublicKey::new(by, key).verify(message, signature).is_ok()
    };
    match (algorithm, kind) {
        (Algorithm::RsaPkcs1(digest), KeyKind::Rsa { pss_only: false, .. }) => match digest {
            Digest::Sha1 => false,
            Digest::Sha256 => ring(&fast::RSA_PKCS1_2048_8192_SHA256),
            Digest::Sha384 => ring(&fast::RSA_PKCS1_2048_8192_SHA384),
            Digest::Sha512 => ring(&fast::RSA_PKCS1_2048_8192_SHA512),
        },
        (Algorithm::RsaPss { digest, salt }, KeyKind::Rsa { .. }) => match digest {
            Digest::Sha256 if salt == 32 => ring(&fast::RSA_PSS_2048_8192_SHA256),
            Digest::Sha384 if salt == 48 => ring(&fast::RSA_PSS_2048_8192_SHA384),
            Digest::Sha512 if salt == 64 => ring(&fast::RSA_PSS_2048_8192_SHA512),
            _ => slow::pss(digest, salt, key, message, signature),
        },
        (Algorithm::Ecdsa(digest), KeyKind::P256) => match digest {
            Digest::Sha256 => ring(&fast::ECDSA_P256_SHA256_ASN1),
            Digest::Sha384 => ring(&fast::ECDSA_P256_SHA384_ASN1),
            Digest::Sha1 | Digest::Sha512 => slow::p256(&digest.of(message), spki, signature),
        },
        (Algorithm::Ecdsa(digest), KeyKind::P384) => match digest {
            Digest::Sha256 => ring(&fast::ECDSA_P384_SHA256_ASN1),
            Digest::Sha384 => ring(&fast::ECDSA_P384_SHA384_ASN1),
            Digest::Sha1 | Digest::Sha512 => slow::p384(&digest.of(message), spki, signature),
        },
        _ => false,
    }
}

/// Whether an algorithm with a key counts, and counted at a moment; the error names what does not.
///
/// SHA-1 counts never (a legacy CA certificate is trusted by being pinned, not by its signature), RSA from 2048 bits.
pub fn accept(algorithm: Algorithm, kind: KeyKind, at: Option<Timestamp>) -> Result<(), String> {
    if !algorithm.digest().binds() {
        return Err("SHA-1".to_owned());
    }
    match kind {
        KeyKind::Rsa { bits, .. } if bits < 2048 => Err(format!("RSA-{bits}")),
        KeyKind::Rsa { bits, .. } if bits < 3000 && at.is_some_and(|at| at.as_second() > RSA_2048_ENDS) => {
            Err(format!("RSA-{bits} after 2035"))
        }
        KeyKind::Rsa { .. } | KeyKind::P256 | KeyKind::P384 => Ok(()),
    }
}

/// Forms `ring` does not check.
mod slow {
    use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
    use rsa::{pkcs1::DecodeRsaPublicKey as _, signature::Verifier as _};
    use spki::DecodePublicKey as _;

    use super::Digest;

    pub(super) fn pss(digest: Digest, salt: usize, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
        // A salt longer than any modulus we accept is refused before it costs memory.
        let Ok(key) = rsa::RsaPublicKey::from_pkcs1_der(key) else { return false };
        let Ok(signature) = rsa::pss::Signature::try_from(signature) else { return false };
        if salt > 1024 {
            return false;
        }
        match digest {
            Digest::Sha1 => false,
            Digest::Sha256 => {
                rsa::pss::VerifyingKey::<sha2::Sha256>::new_with_salt_len(key, salt).verify(message, &signature).is_ok()
            }
            Digest::Sha384 => {
                rsa::pss::VerifyingKey::<sha2::Sha384>::new_with_salt_len(key, salt).verify(message, &signature).is_ok()
            }
            Digest::Sha512 => {
                rsa::pss::VerifyingKey::<sha2::Sha512>::new_with_salt_len(key, salt).verify(message, &signature).is_ok()
            }
        }
    }

    pub(super) fn p256(digest: &[u8], spki: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) =
            (p256::ecdsa::VerifyingKey::from_public_key_der(spki), p256::ecdsa::Signature::from_der(signature))
        else {
            return false;
        };
        key.verify_prehash(digest, &signature).is_ok()
    }

    pub(super) fn p384(digest: &[u8], spki: &[u8], signature: &[u8]) -> bool {
        let (Ok(key), Ok(signature)) =
            (p384::ecdsa::VerifyingKey::from_public_key_der(spki), p384::ecdsa::Signature::from_der(signature))
        else {
            return false;
        };
        key.verify_prehash(digest, &signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_algorithms_never_count_and_short_keys_until_they_end() {
        let rsa = |bits| KeyKind::Rsa { bits, pss_only: false };
        let at = |text: &str| Some(text.parse().expect("time"));
        let sha256 = Algorithm::RsaPkcs1(Digest::Sha256);
        assert!(accept(Algorithm::Ecdsa(Digest::Sha1), KeyKind::P256, None).is_err());
        assert!(accept(sha256, rsa(2047), None).is_err());
        assert!(accept(sha256, rsa(2048), at("2035-12-31T23:59:59Z")).is_ok());
        assert!(accept(sha256, rsa(2048), at("2036-01-01T00:00:00Z")).is_err());
        assert!(accept(sha256, rsa(3072), at("2060-01-01T00:00:00Z")).is_ok());
        assert!(accept(Algorithm::Ecdsa(Digest::Sha384), KeyKind::P384, at("2060-01-01T00:00:00Z")).is_ok());
    }
}
