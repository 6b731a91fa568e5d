//! A key in memory, for tests and benchmarks only: the production binary is built without this module.

use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
        RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};

use crate::key::{CertificationKey, KeyError, Scheme, signature_fits};

/// A private key in memory with its certificates.
pub struct SoftwareKey {
    pair: Pair,
    schemes: Vec<Scheme>,
    chain: Vec<Vec<u8>>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

impl std::fmt::Debug for SoftwareKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SoftwareKey").field("schemes", &self.schemes).finish_non_exhaustive()
    }
}

impl SoftwareKey {
    /// Takes a private key in PKCS#8 (RSA from 2048 bits, P-256, P-384) and its certificates, leaf first.
    ///
    /// # Errors
    /// [`KeyError::CertificateAbsent`] without a usable leaf, [`KeyError::Device`] when the key is not of its kind.
    pub fn from_pkcs8(pkcs8: &[u8], chain: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        let schemes = chain.first().map_or(&[][..], |leaf| Scheme::of_certificate(leaf)).to_vec();
        let pair = match schemes.first() {
            Some(Scheme::RsaPkcs1Sha256 | Scheme::RsaPssSha256) => {
                RsaKeyPair::from_pkcs8(pkcs8).map(|pair| Pair::Rsa(Box::new(pair))).map_err(rejected)?
            }
            Some(Scheme::EcdsaP256Sha256) => ec(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8)?,
            Some(Scheme::EcdsaP384Sha384) => ec(&ECDSA_P384_SHA384_ASN1_SIGNING, pkcs8)?,
            None => return Err(KeyError::CertificateAbsent { token: TOKEN.into(), key: TOKEN.into() }),
        };
        Ok(Self { pair, schemes, chain })
    }
}

impl CertificationKey for SoftwareKey {
    fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&mut self, scheme: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, KeyError> {
        if !self.schemes.contains(&scheme) {
            return Err(KeyError::Scheme { scheme: scheme.name() });
        }
        let random = SystemRandom::new();
        let failed = |_| KeyError::Device { token: TOKEN.into(), reason: "signing failed".into() };
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn RsaEncoding =
                    if scheme == Scheme::RsaPssSha256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &random, to_be_signed, &mut signature).map_err(failed)?;
                signature
            }
            Pair::Ec(pair) => pair.sign(&random, to_be_signed).map_err(failed)?.as_ref().to_vec(),
        };
        match self.chain.first() {
            Some(leaf) if signature_fits(leaf, scheme, to_be_signed, &signature) => Ok(signature),
            _ => Err(KeyError::Mismatch { token: TOKEN.into() }),
        }
    }
}

/// What messages call a key that is no token.
const TOKEN: &str = "memory";

fn ec(algorithm: &'static EcdsaSigningAlgorithm, pkcs8: &[u8]) -> Result<Pair, KeyError> {
    EcdsaKeyPair::from_pkcs8(algorithm, pkcs8, &SystemRandom::new())
        .map(|pair| Pair::Ec(Box::new(pair)))
        .map_err(rejected)
}

fn rejected(error: ring::error::KeyRejected) -> KeyError {
    KeyError::Device { token: TOKEN.into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests;
