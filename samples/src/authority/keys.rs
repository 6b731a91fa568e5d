//! The authority's own keys: in files, for trying things out. A real authority keeps its keys in hardware.

use anyhow::{Result, anyhow, bail};
use const_oid::{
    ObjectIdentifier,
    db::{rfc5912, rfc5912::ID_SHA_256, rfc5912::ID_SHA_384},
};
use ring::{
    digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384},
    rand::{SecureRandom as _, SystemRandom},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};

use super::asn1::{NULL, algorithm, bits, oid, sequence};

/// A signing key with what certificates and messages say about it.
pub(crate) struct Key {
    pair: Pair,
    /// `SubjectPublicKeyInfo`.
    pub(crate) spki: Vec<u8>,
    /// `AlgorithmIdentifier` of its signatures.
    pub(crate) algorithm: Vec<u8>,
    /// The digest its signatures use.
    pub(crate) digest: (&'static digest::Algorithm, ObjectIdentifier),
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl Key {
    /// Reads a stored key: `RSAPrivateKey`, or PKCS#8 of a P-256 or P-384 key.
    pub(crate) fn load(stored: &[u8]) -> Result<Self> {
        if let Ok(pair) = RsaKeyPair::from_der(stored) {
            let spki = rsa_spki(pair.public_key().as_ref());
            let algorithm = algorithm(rfc5912::SHA_256_WITH_RSA_ENCRYPTION, NULL);
            return Ok(Self { pair: Pair::Rsa(Box::new(pair)), spki, algorithm, digest: (&SHA256, ID_SHA_256) });
        }
        let ec = |kind| EcdsaKeyPair::from_pkcs8(kind, stored, &SystemRandom::new());
        if let Ok(pair) = ec(&ECDSA_P256_SHA256_ASN1_SIGNING) {
            let spki = ec_spki(&oid(rfc5912::SECP_256_R_1), pair.public_key().as_ref());
            let algorithm = algorithm(rfc5912::ECDSA_WITH_SHA_256, &[]);
            return Ok(Self { pair: Pair::Ec(Box::new(pair)), spki, algorithm, digest: (&SHA256, ID_SHA_256) });
        }
        if let Ok(pair) = ec(&ECDSA_P384_SHA384_ASN1_SIGNING) {
            let spki = ec_spki(&oid(rfc5912::SECP_384_R_1), pair.public_key().as_ref());
            let algorithm = algorithm(rfc5912::ECDSA_WITH_SHA_384, &[]);
            return Ok(Self { pair: Pair::Ec(Box::new(pair)), spki, algorithm, digest: (&SHA384, ID_SHA_384) });
        }
        bail!("a stored key is none of RSA, P-256, P-384")
    }

    /// The digest's `AlgorithmIdentifier`.
    pub(crate) fn digest_algorithm(&self) -> Vec<u8> {
        algorithm(self.digest.1, &[])
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, bytes, &mut signature)
                    .map_err(|_| anyhow!("RSA signing failed"))?;
                Ok(signature)
            }
            Pair::Ec(pair) => {
                let signature = pair.sign(&random, bytes).map_err(|_| anyhow!("ECDSA signing failed"))?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

/// A fresh P-256 key in PKCS#8.
pub(crate) fn fresh_p256() -> Result<Vec<u8>> {
    fresh(&ECDSA_P256_SHA256_ASN1_SIGNING)
}

/// A fresh P-384 key in PKCS#8.
pub(crate) fn fresh_p384() -> Result<Vec<u8>> {
    fresh(&ECDSA_P384_SHA384_ASN1_SIGNING)
}

fn fresh(kind: &'static EcdsaSigningAlgorithm) -> Result<Vec<u8>> {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).map_err(|_| anyhow!("no entropy"))?;
    Ok(pkcs8.as_ref().to_vec())
}

pub(crate) fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| anyhow!("no entropy"))?;
    Ok(bytes)
}

/// `SubjectPublicKeyInfo` around an `RSAPublicKey`.
pub(crate) fn rsa_spki(public_key: &[u8]) -> Vec<u8> {
    sequence(&[&algorithm(rfc5912::RSA_ENCRYPTION, NULL), &bits(public_key)])
}

/// `SubjectPublicKeyInfo` around a point on a named curve.
pub(crate) fn ec_spki(curve: &[u8], point: &[u8]) -> Vec<u8> {
    sequence(&[&algorithm(rfc5912::ID_EC_PUBLIC_KEY, curve), &bits(point)])
}

/// Method 1 of RFC 5280 §4.2.1.2: SHA-1 of the key's bits, a name and no protection.
pub(crate) fn key_identifier(spki: &[u8]) -> Result<Vec<u8>> {
    let parts = super::asn1::elements(spki)?;
    let bits = super::asn1::expect(parts.get(1), der::Tag::BitString)?;
    let (_unused, bits) = bits.split_first().ok_or_else(|| anyhow!("an empty key"))?;
    Ok(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec())
}
