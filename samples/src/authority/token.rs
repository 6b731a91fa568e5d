//! The demo token: a `SoftHSM2` token whose signing key is made inside and never leaves it.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use const_oid::db::rfc5912;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass},
    session::{Session, UserType},
    types::AuthPin,
};
use der::{Decode as _, Encode as _};
use x509_cert::Certificate;

use super::{
    asn1::{number, oid, sequence, small},
    keys::{ec_spki, rsa_spki},
};

/// The PKCS#11 library.
const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// Label of the token, as in mocban's settings.
const TOKEN: &str = "mocban";
/// Label of the key, as in mocban's settings.
const KEY: &str = "archive";
const KEY_ID: u8 = 1;

/// What kind of key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// RSA-3072.
    Rsa,
    /// P-256.
    Ec,
}

/// An open token that may be written.
pub(crate) struct Writable {
    session: Session,
}

impl Writable {
    /// Makes the token. `SoftHSM2` finds its folder by `SOFTHSM2_CONF`, which must be set when the process starts.
    pub(crate) fn make(officer_pin: &str, pin: &str) -> Result<Self> {
        let pkcs11 = Pkcs11::new(Path::new(MODULE)).with_context(|| format!("{MODULE} (Debian: softhsm2)"))?;
        pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
        let free = pkcs11.get_all_slots()?.into_iter().next().context("SoftHSM2 shows no slot")?;
        pkcs11.init_token(free, &AuthPin::from(officer_pin), TOKEN)?;
        let ours = |slot: &_| pkcs11.get_token_info(*slot).is_ok_and(|info| info.label() == TOKEN);
        let slot =
            pkcs11.get_slots_with_initialized_token()?.into_iter().find(ours).context("the new token is gone")?;
        let session = pkcs11.open_rw_session(slot)?;
        session.login(UserType::So, Some(&AuthPin::from(officer_pin)))?;
        session.init_pin(&AuthPin::from(pin))?;
        session.logout()?;
        session.login(UserType::User, Some(&AuthPin::from(pin)))?;
        Ok(Self { session })
    }

    /// Makes the signing key; gives its `SubjectPublicKeyInfo`.
    pub(crate) fn signing_key(&self, kind: Token) -> Result<Vec<u8>> {
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Id(vec![KEY_ID]),
            Attribute::Label(KEY.into()),
        ];
        let public = [
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Verify(true),
            Attribute::Id(vec![KEY_ID]),
            Attribute::Label(KEY.into()),
        ];
        match kind {
            Token::Rsa => {
                let public = [&public[..], &rsa_3072()].concat();
                let (public, _) = self.session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
                let parts = self.numbers(public, &[AttributeType::Modulus, AttributeType::PublicExponent])?;
                Ok(rsa_spki(&sequence(&[&parts.concat()])))
            }
            Token::Ec => {
                let curve = oid(rfc5912::SECP_256_R_1);
                let public = [&public[..], &[Attribute::EcParams(curve.clone())]].concat();
                let (public, _) = self.session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)?;
                let found = self.session.get_attributes(public, &[AttributeType::EcPoint])?;
                let Some(Attribute::EcPoint(point)) = found.into_iter().next() else { bail!("the key has no point") };
                // CKA_EC_POINT is an OCTET STRING around the point.
                Ok(ec_spki(&curve, <&der::asn1::OctetStringRef>::from_der(&point)?.as_bytes()))
            }
        }
    }

    /// Makes an RSA key for a file, as `RSAPrivateKey` (RFC 8017 A.1.2): the token's generator is the fastest at hand.
    pub(crate) fn exported_rsa(&self) -> Result<Vec<u8>> {
        let session_key = [Attribute::Token(false), Attribute::Private(true)];
        let open = [Attribute::Sensitive(false), Attribute::Extractable(true), Attribute::Sign(true)];
        let private = [&session_key[..], &open].concat();
        let public = [&[Attribute::Token(false)][..], &rsa_3072()].concat();
        let (_, private) = self.session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
        let parts = self.numbers(
            private,
            &[
                AttributeType::Modulus,
                AttributeType::PublicExponent,
                AttributeType::PrivateExponent,
                AttributeType::Prime1,
                AttributeType::Prime2,
                AttributeType::Exponent1,
                AttributeType::Exponent2,
                AttributeType::Coefficient,
            ],
        )?;
        Ok(sequence(&[&small(0)?, &parts.concat()]))
    }

    /// Big numbers of an object as INTEGERs, in the order asked for.
    fn numbers(&self, object: cryptoki::object::ObjectHandle, wanted: &[AttributeType]) -> Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for kind in wanted {
            let bytes = match self.session.get_attributes(object, &[*kind])?.into_iter().next() {
                Some(
                    Attribute::Modulus(bytes)
                    | Attribute::PublicExponent(bytes)
                    | Attribute::PrivateExponent(bytes)
                    | Attribute::Prime1(bytes)
                    | Attribute::Prime2(bytes)
                    | Attribute::Exponent1(bytes)
                    | Attribute::Exponent2(bytes)
                    | Attribute::Coefficient(bytes),
                ) => bytes,
                other => bail!("the token gives {other:?} for {kind}"),
            };
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            found.push(number(bytes.get(zeros..).unwrap_or_default())?);
        }
        Ok(found)
    }

    /// Stores a certificate; the signer's stands under the key's id.
    pub(crate) fn store(&self, label: &str, certificate: &[u8], of_key: bool) -> Result<()> {
        let parsed = Certificate::from_der(certificate)?;
        let tbs = parsed.tbs_certificate();
        let id = if of_key { vec![KEY_ID] } else { label.as_bytes().to_vec() };
        self.session.create_object(&[
            Attribute::Token(true),
            Attribute::Private(false),
            Attribute::Class(ObjectClass::CERTIFICATE),
            Attribute::CertificateType(CertificateType::X_509),
            Attribute::Id(id),
            Attribute::Label(label.into()),
            Attribute::Subject(tbs.subject().to_der()?),
            Attribute::Issuer(tbs.issuer().to_der()?),
            Attribute::SerialNumber(tbs.serial_number().to_der()?),
            Attribute::Value(certificate.to_vec()),
        ])?;
        Ok(())
    }
}

fn rsa_3072() -> [Attribute; 3] {
    [
        Attribute::KeyType(KeyType::RSA),
        Attribute::ModulusBits(3072_u64.into()),
        Attribute::PublicExponent(vec![1, 0, 1]),
    ]
}
