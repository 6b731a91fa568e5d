//! What every [`CertificationKey`] must do, run over each implementation; and certificates for such runs.

use super::*;

pub(crate) const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(crate) const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// The contract of [`CertificationKey`].
pub(crate) fn certification_key(key: &mut dyn CertificationKey) {
    let chain = key.chain().to_vec();
    let schemes = key.schemes().to_vec();
    assert!(!chain.is_empty() && !schemes.is_empty());
    let of_leaf = Scheme::of_certificate(&chain[0]);
    for scheme in &schemes {
        assert!(of_leaf.contains(scheme), "{scheme:?} is none of the certificate's");
        for length in [0, 1, 31, 32, 33, 5000] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let signature = key.sign(*scheme, &bytes).expect("a signature");
            assert!(signature_fits(&chain[0], *scheme, &bytes, &signature), "{scheme:?} over {length} bytes");
            assert!(!signature_fits(&chain[0], *scheme, b"other", &signature));
            let mut flipped = signature.clone();
            flipped[signature.len() / 2] ^= 1;
            assert!(!signature_fits(&chain[0], *scheme, &bytes, &flipped));
        }
    }
    let all = [Scheme::RsaPkcs1Sha256, Scheme::RsaPssSha256, Scheme::EcdsaP256Sha256, Scheme::EcdsaP384Sha384];
    for scheme in all.into_iter().filter(|scheme| !schemes.contains(scheme)) {
        assert_eq!(key.sign(scheme, b"x"), Err(KeyError::Scheme { scheme: scheme.name() }));
    }
    assert_eq!(key.chain(), chain, "the chain does not change");
}

pub(crate) fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=127 => out.push(length as u8),
        128..=255 => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

fn number(bytes: &[u8]) -> Vec<u8> {
    let bytes = &bytes[bytes.iter().take_while(|b| **b == 0).count()..];
    tlv(2, &[if bytes.first().is_some_and(|b| b & 0x80 != 0) { &[0][..] } else { &[] }, bytes].concat())
}

pub(crate) fn ec_spki(curve: &[u8], point: &[u8]) -> Vec<u8> {
    const ID_EC_PUBLIC_KEY: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let algorithm = tlv(0x30, &[ID_EC_PUBLIC_KEY, curve].concat());
    tlv(0x30, &[algorithm, tlv(3, &[&[0], point].concat())].concat())
}

pub(crate) fn rsa_spki(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    const RSA_WITH_NULL: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];
    let key = tlv(0x30, &[number(modulus), number(exponent)].concat());
    tlv(0x30, &[tlv(0x30, RSA_WITH_NULL), tlv(3, &[&[0], &key[..]].concat())].concat())
}

/// A certificate whose own signature means nothing: keys look at names and at the public key only.
pub(crate) fn certificate(issuer: &str, subject: &str, spki: &[u8]) -> Vec<u8> {
    let algorithm = tlv(0x30, &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);
    let common_name = [0x06, 0x03, 0x55, 0x04, 0x03];
    let name =
        |text: &str| tlv(0x30, &tlv(0x31, &tlv(0x30, &[&common_name[..], &tlv(0x0c, text.as_bytes())].concat())));
    let validity = tlv(0x30, &[tlv(0x17, b"260101000000Z"), tlv(0x17, b"460101000000Z")].concat());
    let parts =
        [tlv(0xa0, &[2, 1, 2]), number(&[7]), algorithm.clone(), name(issuer), validity, name(subject), spki.to_vec()];
    let tbs = tlv(0x30, &parts.concat());
    tlv(0x30, &[tbs, algorithm, tlv(3, &[0, 0])].concat())
}

#[test]
fn every_code_has_its_texts() {
    let (token, key, reason) = ("t".to_owned(), "k".to_owned(), "r".to_owned());
    let all = [
        KeyError::Module { module: "m".into(), reason: reason.clone() },
        KeyError::TokenAbsent { token: token.clone() },
        KeyError::KeyAbsent { token: token.clone(), key: key.clone() },
        KeyError::CertificateAbsent { token: token.clone(), key },
        KeyError::PinIncorrect { token: token.clone() },
        KeyError::PinLocked { token: token.clone() },
        KeyError::Busy { token: token.clone() },
        KeyError::SessionLost { token: token.clone(), reason: reason.clone() },
        KeyError::Scheme { scheme: "s" },
        KeyError::Mismatch { token: token.clone() },
        KeyError::Device { token, reason },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{}", error.code());
        let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
        assert!(!text.contains('{'), "{text}");
    }
}

#[test]
fn schemes_are_read_from_any_bytes() {
    assert_eq!(Scheme::of_certificate(b""), &[]);
    let leaf = certificate("ca", "leaf", &ec_spki(P256, &[4; 65]));
    assert_eq!(Scheme::of_certificate(&leaf), &[Scheme::EcdsaP256Sha256]);
    for cut in 0..leaf.len() {
        assert_eq!(Scheme::of_certificate(&leaf[..cut]), &[]);
    }
    for at in 0..leaf.len() {
        let mut flipped = leaf.clone();
        flipped[at] ^= 0x55;
        let _schemes = Scheme::of_certificate(&flipped);
        assert!(!signature_fits(&flipped, Scheme::EcdsaP256Sha256, b"x", b"y"));
    }
}
