use ring::rand::SecureRandom as _;

use super::*;
use crate::key::conformance::{self, certificate, ec_spki, rsa_spki};

fn ec_key(algorithm: &'static EcdsaSigningAlgorithm, curve: &[u8]) -> SoftwareKey {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).expect("a key");
    let spki = ec_spki(curve, ring::signature::KeyPair::public_key(&pair).as_ref());
    SoftwareKey::from_pkcs8(pkcs8.as_ref(), vec![certificate("ca", "leaf", &spki)]).expect("a software key")
}

#[test]
fn p256_conforms() {
    conformance::certification_key(&mut ec_key(&ECDSA_P256_SHA256_ASN1_SIGNING, conformance::P256));
}

#[test]
fn p384_conforms() {
    conformance::certification_key(&mut ec_key(&ECDSA_P384_SHA384_ASN1_SIGNING, conformance::P384));
}

/// Entropy of `ring` in the form the `rsa` crate asks for.
struct Entropy;

impl rsa::rand_core::TryRng for Entropy {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        SystemRandom::new().fill(bytes).expect("entropy");
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Entropy {}

#[test]
fn rsa_conforms() {
    use rsa::pkcs8::EncodePrivateKey as _;
    use rsa::traits::PublicKeyParts as _;
    let private = rsa::RsaPrivateKey::new(&mut Entropy, 2048).expect("a key");
    let spki = rsa_spki(&private.n().to_be_bytes(), &private.e().to_be_bytes());
    let pkcs8 = private.to_pkcs8_der().expect("pkcs8");
    let leaf = certificate("ca", "leaf", &spki);
    let mut key = SoftwareKey::from_pkcs8(pkcs8.as_bytes(), vec![leaf]).expect("a software key");
    conformance::certification_key(&mut key);
}

#[test]
fn a_key_of_another_certificate_signs_nothing() {
    let mut key = ec_key(&ECDSA_P256_SHA256_ASN1_SIGNING, conformance::P256);
    key.chain = ec_key(&ECDSA_P256_SHA256_ASN1_SIGNING, conformance::P256).chain;
    let signed = key.sign(Scheme::EcdsaP256Sha256, b"x");
    assert_eq!(signed, Err(KeyError::Mismatch { token: "memory".into() }));
}
