//! Against `SoftHSM2`. Its folder comes from the environment, and one process has one token library: each case runs in a
//! process of its own, which is this test binary again.

use std::{path::PathBuf, process::Command};

use cryptoki::mechanism::MechanismType;

use super::*;
use crate::key::conformance::{self, P256, P384, certificate, ec_spki, rsa_spki};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "648219";
const KEY: &str = "archive";

/// Runs an ignored test of this file in a fresh process with a fresh, empty token folder.
#[expect(clippy::disallowed_methods, reason = "the token library's settings are not ours and lie in a scratch folder")]
fn in_own_process(case: &str) {
    let scratch = std::env::temp_dir().join(format!("mocban-token-{}-{case}", std::process::id()));
    std::fs::create_dir_all(scratch.join("tokens")).expect("scratch");
    let settings = format!("directories.tokendir = {}\nlog.level = ERROR\n", scratch.join("tokens").display());
    std::fs::write(scratch.join("softhsm2.conf"), settings).expect("settings");
    let run = Command::new(std::env::current_exe().expect("this test binary"))
        .args(["--ignored", "--exact", &format!("token::tests::{case}"), "--nocapture", "--test-threads=1"])
        .env("SOFTHSM2_CONF", scratch.join("softhsm2.conf"))
        .env("MOCBAN_TEST_SCRATCH", &scratch)
        .output()
        .expect("a process");
    std::fs::remove_dir_all(&scratch).expect("scratch goes");
    let output = [run.stdout, run.stderr].concat();
    let output = String::from_utf8_lossy(&output);
    assert!(run.status.success() && output.contains("1 passed"), "{output}");
}

macro_rules! cases {
    ($($case:ident => $inner:ident,)*) => { $(#[test] fn $case() { in_own_process(stringify!($inner)); })* };
}

cases! {
    rsa_conforms => rsa,
    p256_conforms => p256,
    p384_conforms => p384,
    a_refused_pin_is_not_sent_again => refused_pin,
    a_lost_session_is_opened_again => lost_session,
    a_key_may_want_its_pin_each_time => always_authenticate,
    what_is_missing_is_named => missing,
    another_keys_certificate_signs_nothing => mismatch,
    a_token_is_seen_without_a_pin => seen,
}

fn pin() -> Zeroizing<String> {
    Zeroizing::new(PIN.to_owned())
}

fn open(pin: &str) -> Result<Pkcs11Key, KeyError> {
    Pkcs11Key::open(&PathBuf::from(MODULE), "mocban", KEY, &Zeroizing::new(pin.to_owned()))
}

/// Makes a token with its user PIN and hands out a session that may write.
fn token() -> Session {
    let pkcs11 = load(&PathBuf::from(MODULE)).expect("SoftHSM2");
    let slot = pkcs11.get_all_slots().expect("slots")[0];
    pkcs11.init_token(slot, &AuthPin::from("11223344"), "mocban").expect("a token");
    let slot = pkcs11.get_slots_with_initialized_token().expect("slots")[0];
    let session = pkcs11.open_rw_session(slot).expect("a session");
    session.login(UserType::So, Some(&AuthPin::from("11223344"))).expect("officer");
    session.init_pin(&secret(&pin())).expect("a PIN");
    session.logout().expect("logout");
    session.login(UserType::User, Some(&secret(&pin()))).expect("user");
    session
}

fn generate(session: &Session, kind: KeyType, more: Vec<Attribute>) -> Vec<u8> {
    let common = |sign: Attribute| vec![Attribute::Token(true), Attribute::Id(vec![1]), sign];
    let mut private = common(Attribute::Sign(true));
    private.extend([
        Attribute::Label(KEY.into()),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
    ]);
    private.extend(more.clone().into_iter().filter(|a| matches!(a, Attribute::AlwaysAuthenticate(_))));
    let mut public = common(Attribute::Verify(true));
    public.extend(more.into_iter().filter(|a| !matches!(a, Attribute::AlwaysAuthenticate(_))));
    if kind == KeyType::EC {
        let (public, _) = session.generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private).expect("a key");
        let found = session.get_attributes(public, &[AttributeType::EcPoint, AttributeType::EcParams]).expect("point");
        let (mut point, mut curve) = (Vec::new(), Vec::new());
        for attribute in found {
            match attribute {
                Attribute::EcPoint(bytes) => point = bytes,
                Attribute::EcParams(bytes) => curve = bytes,
                _ => {}
            }
        }
        // CKA_EC_POINT is an OCTET STRING around the point.
        return ec_spki(&curve, &point[2..]);
    }
    public.extend([Attribute::ModulusBits(2048_u64.into()), Attribute::PublicExponent(vec![1, 0, 1])]);
    let (public, _) = session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private).expect("a key");
    let found = session.get_attributes(public, &[AttributeType::Modulus]).expect("modulus");
    let Some(Attribute::Modulus(modulus)) = found.into_iter().next() else { panic!("no modulus") };
    rsa_spki(&modulus, &[1, 0, 1])
}

fn put(session: &Session, id: u8, issuer: &str, subject: &str, spki: &[u8]) {
    let object = [
        Attribute::Token(true),
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Id(vec![id]),
        Attribute::Subject(subject.into()),
        Attribute::Value(certificate(issuer, subject, spki)),
    ];
    session.create_object(&object).expect("a certificate object");
}

/// A token with a key and three certificates in the wrong order, and one that belongs to nobody.
fn filled(kind: KeyType, more: Vec<Attribute>) {
    let session = token();
    let spki = generate(&session, kind, more);
    put(&session, 9, "root", "root", &spki);
    put(&session, 8, "somebody", "stranger", &spki);
    put(&session, 1, "ca", "leaf", &spki);
    put(&session, 7, "root", "ca", &spki);
}

fn conforms(kind: KeyType, more: Vec<Attribute>) -> Pkcs11Key {
    filled(kind, more);
    let mut key = open(PIN).expect("a key");
    let spki = Certificate::from_der(&key.chain[0]).expect("leaf");
    let spki = spki.tbs_certificate().subject_public_key_info().to_der().expect("spki");
    let expected = [("ca", "leaf"), ("root", "ca"), ("root", "root")].map(|(i, s)| certificate(i, s, &spki));
    assert_eq!(key.chain(), expected);
    conformance::certification_key(&mut key);
    key
}

#[test]
#[ignore = "runs in a process of its own"]
fn rsa() {
    let mut key = conforms(KeyType::RSA, Vec::new());
    assert_eq!(key.schemes(), &[Scheme::RsaPkcs1Sha256, Scheme::RsaPssSha256]);
    // A token that does not hash: raw DigestInfo and raw PSS give the same signatures.
    let open = key.open.as_mut().expect("open");
    open.mechanisms = vec![MechanismType::RSA_PKCS, MechanismType::RSA_PKCS_PSS];
    conformance::certification_key(&mut key);
}

#[test]
#[ignore = "runs in a process of its own"]
fn p256() {
    conforms(KeyType::EC, vec![Attribute::EcParams(P256.to_vec())]);
}

#[test]
#[ignore = "runs in a process of its own"]
fn p384() {
    conforms(KeyType::EC, vec![Attribute::EcParams(P384.to_vec())]);
}

#[test]
#[ignore = "runs in a process of its own"]
fn refused_pin() {
    filled(KeyType::EC, vec![Attribute::EcParams(P256.to_vec())]);
    assert_eq!(open("000000").expect_err("wrong"), KeyError::PinIncorrect { token: "mocban".into() });
    let mut key = open(PIN).expect("a key");
    // The PIN was changed while the session was lost: it is sent once, and then no more.
    key.open = None;
    key.pin = Zeroizing::new("000000".to_owned());
    let refused = Err(KeyError::PinIncorrect { token: "mocban".into() });
    assert_eq!(key.sign(Scheme::EcdsaP256Sha256, b"x"), refused);
    key.pin = pin();
    assert_eq!(key.sign(Scheme::EcdsaP256Sha256, b"x"), refused, "remembered, not asked");
}

#[test]
#[ignore = "runs in a process of its own"]
fn lost_session() {
    filled(KeyType::RSA, Vec::new());
    let mut key = open(PIN).expect("a key");
    let mut second = open(PIN).expect("already logged in is success");
    for round in 0..3 {
        // Another program part logs out: handles of private objects and the login die with it.
        let session = &second.open.as_ref().expect("open").session;
        session.logout().expect("logout");
        key.sign(Scheme::RsaPkcs1Sha256, b"x").unwrap_or_else(|e| panic!("round {round}: {e}"));
        second.sign(Scheme::RsaPkcs1Sha256, b"x").expect("the other one too");
    }
}

#[test]
#[ignore = "runs in a process of its own"]
fn always_authenticate() {
    filled(KeyType::RSA, vec![Attribute::AlwaysAuthenticate(true)]);
    let mut key = open(PIN).expect("a key");
    assert!(key.open.as_ref().expect("open").always_authenticate);
    conformance::certification_key(&mut key);
}

#[test]
#[ignore = "runs in a process of its own"]
fn missing() {
    assert_eq!(open(PIN).expect_err("empty"), KeyError::TokenAbsent { token: "mocban".into() });
    let session = token();
    let absent = |error| (open(PIN).expect_err("absent"), error);
    let (found, expected) = absent(KeyError::KeyAbsent { token: "mocban".into(), key: KEY.into() });
    assert_eq!(found, expected);
    let _spki = generate(&session, KeyType::EC, vec![Attribute::EcParams(P256.to_vec())]);
    let (found, expected) = absent(KeyError::CertificateAbsent { token: "mocban".into(), key: KEY.into() });
    assert_eq!(found, expected);
    let found = Pkcs11Key::open(&PathBuf::from("/nowhere.so"), "mocban", KEY, &pin()).expect_err("no library");
    assert_eq!(found.code(), "E-KEY-01");
}

#[test]
#[ignore = "runs in a process of its own"]
fn mismatch() {
    let session = token();
    let _own = generate(&session, KeyType::RSA, Vec::new());
    put(&session, 1, "ca", "leaf", &rsa_spki(&[0xc5; 256], &[1, 0, 1]));
    let mut key = open(PIN).expect("opens: the certificate is an RSA one");
    let signed = key.sign(Scheme::RsaPkcs1Sha256, b"x");
    assert_eq!(signed, Err(KeyError::Mismatch { token: "mocban".into() }));
}

#[test]
#[ignore = "runs in a process of its own"]
fn seen() {
    filled(KeyType::EC, vec![Attribute::EcParams(P256.to_vec()), Attribute::Label(KEY.into())]);
    let seen = |key: &str| look(&PathBuf::from(MODULE), "mocban", key).expect("a token");
    let found = seen(KEY);
    assert_eq!((found.pin, found.chain.as_ref().map(Vec::len)), (PinState::Good, Some(3)));
    assert_eq!(found.chain, Some(open(PIN).expect("a key").chain), "what a login finds");
    assert_eq!(seen("another").chain, None);
    open("000000").expect_err("wrong");
    assert_eq!(seen(KEY).pin, PinState::Low);
    open(PIN).expect("right");
    assert_eq!(seen(KEY).pin, PinState::Good);
    let absent = look(&PathBuf::from(MODULE), "elsewhere", KEY).expect_err("absent");
    assert_eq!(absent, KeyError::TokenAbsent { token: "elsewhere".into() });
}

#[test]
fn raw_ecdsa_becomes_der() {
    let check = |raw: &[u8], expect: Option<&[u8]>| assert_eq!(ecdsa_der(raw).as_deref(), expect);
    check(&[0, 1, 0x80, 0], Some(&[0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]));
    check(&[], None);
    check(&[1, 2, 3], None);
}
