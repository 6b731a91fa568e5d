//! The real key: a PKCS#11 token (Điều 3.10–3.13). One session, one login; a refused PIN is never sent again.

mod look;

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error as Fault, RvError},
    mechanism::{
        Mechanism, MechanismType,
        rsa::{PkcsMgfType, PkcsPssParams},
    },
    object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use der::{Decode as _, Encode as _};
use ring::digest::{SHA256, SHA384, digest};
use x509_cert::Certificate;
use zeroize::Zeroizing;

pub use look::{PinState, Seen, look};

use crate::key::{CertificationKey, KeyError, Scheme, signature_fits};

/// More certificates than any token holds for a reason; the rest is not read.
const MAX_CERTIFICATES: usize = 64;

/// A private key on a token, with an open session that is logged in.
///
/// The PIN stays in memory that is wiped on drop: tokens lose their session after idle time or a reset, and a lost
/// session is opened again once per call. A PIN that was ever refused is not sent again by this value.
pub struct Pkcs11Key {
    library: Library,
    pin: Zeroizing<String>,
    open: Option<Open>,
    refused: Option<KeyError>,
    chain: Vec<Vec<u8>>,
    schemes: Vec<Scheme>,
}

/// What names the key: a label on a token behind a library.
struct Library {
    pkcs11: Pkcs11,
    token: String,
    key: String,
}

/// A session that is logged in, and the handles that die with it.
struct Open {
    session: Session,
    key: ObjectHandle,
    always_authenticate: bool,
    mechanisms: Vec<MechanismType>,
}

impl std::fmt::Debug for Pkcs11Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pkcs11Key").field("token", &self.library.token).finish_non_exhaustive()
    }
}

impl Pkcs11Key {
    /// Opens a session, logs in once, finds the private key by its label and reads its certificates.
    ///
    /// # Errors
    /// [`KeyError`]; after [`KeyError::PinIncorrect`] a person must type the PIN again.
    pub fn open(module: &Path, token_label: &str, key_label: &str, pin: &Zeroizing<String>) -> Result<Self, KeyError> {
        let library = Library { pkcs11: load(module)?, token: token_label.into(), key: key_label.into() };
        let open = library.open(pin)?;
        let chain = library.chain(&open)?;
        let schemes = library.schemes(&open, &chain)?;
        Ok(Self { library, pin: pin.clone(), open: Some(open), refused: None, chain, schemes })
    }

    /// The session, opened again when it was lost.
    fn session(&mut self) -> Result<&Open, KeyError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        if self.open.is_none() {
            match self.library.open(&self.pin) {
                Ok(open) => self.open = Some(open),
                Err(error) => {
                    if matches!(error, KeyError::PinIncorrect { .. } | KeyError::PinLocked { .. }) {
                        self.refused = Some(error.clone());
                    }
                    return Err(error);
                }
            }
        }
        self.open.as_ref().ok_or_else(|| self.library.lost(&"no session"))
    }

    fn sign_once(&mut self, scheme: Scheme, to_be_signed: &[u8]) -> Result<Vec<u8>, Attempt> {
        let pin = self.pin.clone();
        let open = self.session().map_err(Attempt::Failed)?;
        let signed = open.sign(scheme, to_be_signed, &pin);
        signed.map_err(|fault| {
            if session_is_dead(&fault) {
                // The handles are gone with the session: dropping it closes what may still be open.
                self.open = None;
                Attempt::SessionDied(self.library.lost(&fault))
            } else {
                let error = self.library.failed(&fault);
                if matches!(error, KeyError::PinIncorrect { .. } | KeyError::PinLocked { .. }) {
                    self.refused = Some(error.clone());
                }
                Attempt::Failed(error)
            }
        })
    }
}

enum Attempt {
    SessionDied(KeyError),
    Failed(KeyError),
}

impl CertificationKey for Pkcs11Key {
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
        let signature = match self.sign_once(scheme, to_be_signed) {
            Ok(signature) => signature,
            Err(Attempt::Failed(error)) => return Err(error),
            Err(Attempt::SessionDied(_)) => match self.sign_once(scheme, to_be_signed) {
                Ok(signature) => signature,
                Err(Attempt::Failed(error) | Attempt::SessionDied(error)) => return Err(error),
            },
        };
        match self.chain.first() {
            Some(leaf) if signature_fits(leaf, scheme, to_be_signed, &signature) => Ok(signature),
            _ => Err(KeyError::Mismatch { token: self.library.token.clone() }),
        }
    }
}

impl Library {
    fn open(&self, pin: &Zeroizing<String>) -> Result<Open, KeyError> {
        let slot = self.slot()?;
        let info = self.pkcs11.get_token_info(slot).map_err(|fault| self.failed(&fault))?;
        if info.user_pin_locked() {
            return Err(KeyError::PinLocked { token: self.token.clone() });
        }
        let session = self.pkcs11.open_ro_session(slot).map_err(|fault| self.failed(&fault))?;
        match session.login(UserType::User, Some(&secret(pin))) {
            Ok(()) | Err(Fault::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(fault) => return Err(self.failed(&fault)),
        }
        let key = self.private_key(&session)?;
        let always = session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).unwrap_or_default();
        let always_authenticate = always.contains(&Attribute::AlwaysAuthenticate(true));
        let mechanisms = self.pkcs11.get_mechanism_list(slot).map_err(|fault| self.failed(&fault))?;
        Ok(Open { session, key, always_authenticate, mechanisms })
    }

    fn slot(&self) -> Result<Slot, KeyError> {
        let slots = self.pkcs11.get_slots_with_token().map_err(|fault| self.failed(&fault))?;
        let labelled = |slot: &Slot| {
            self.pkcs11.get_token_info(*slot).is_ok_and(|info| info.token_initialized() && info.label() == self.token)
        };
        slots.into_iter().find(labelled).ok_or_else(|| KeyError::TokenAbsent { token: self.token.clone() })
    }

    fn private_key(&self, session: &Session) -> Result<ObjectHandle, KeyError> {
        let wanted = [
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::Sign(true),
            Attribute::Label(self.key.clone().into_bytes()),
        ];
        let found = session.find_objects(&wanted).map_err(|fault| self.failed(&fault))?;
        let absent = || KeyError::KeyAbsent { token: self.token.clone(), key: self.key.clone() };
        found.into_iter().next().ok_or_else(absent)
    }

    /// The certificates on the token, the key's own first (same `CKA_ID`), each followed by its issuer.
    fn chain(&self, open: &Open) -> Result<Vec<Vec<u8>>, KeyError> {
        let id = match open.session.get_attributes(open.key, &[AttributeType::Id]) {
            Ok(found) => found.into_iter().find_map(|a| if let Attribute::Id(id) = a { Some(id) } else { None }),
            Err(fault) => return Err(self.failed(&fault)),
        };
        let absent = || KeyError::CertificateAbsent { token: self.token.clone(), key: self.key.clone() };
        self.certificates(&open.session, id.as_deref())?.ok_or_else(absent)
    }

    /// The certificates a session shows, the one of an identifier first; none when there is no such one.
    fn certificates(&self, session: &Session, id: Option<&[u8]>) -> Result<Option<Vec<Vec<u8>>>, KeyError> {
        let wanted = [Attribute::Class(ObjectClass::CERTIFICATE), Attribute::CertificateType(CertificateType::X_509)];
        let handles = session.find_objects(&wanted).map_err(|fault| self.failed(&fault))?;
        let mut held: Vec<(Option<Vec<u8>>, Vec<u8>)> = Vec::new();
        for handle in handles.into_iter().take(MAX_CERTIFICATES) {
            let read = session.get_attributes(handle, &[AttributeType::Id, AttributeType::Value]);
            let (mut of, mut value) = (None, None);
            for attribute in read.map_err(|fault| self.failed(&fault))? {
                match attribute {
                    Attribute::Id(id) => of = Some(id),
                    Attribute::Value(bytes) => value = Some(bytes),
                    _ => {}
                }
            }
            held.extend(value.map(|bytes| (of, bytes)));
        }
        let Some(own) = held.iter().position(|(of, _)| id.is_some() && of.as_deref() == id) else { return Ok(None) };
        let (_, leaf) = held.swap_remove(own);
        Ok(Some(in_order(leaf, held.into_iter().map(|(_, bytes)| bytes).collect())))
    }

    /// What the certificate's key can verify and the token can do.
    fn schemes(&self, open: &Open, chain: &[Vec<u8>]) -> Result<Vec<Scheme>, KeyError> {
        let kind = open.session.get_attributes(open.key, &[AttributeType::KeyType]).map_err(|f| self.failed(&f))?;
        let is = |kind_wanted| kind.contains(&Attribute::KeyType(kind_wanted));
        let fits = |scheme: &Scheme| match scheme {
            Scheme::RsaPkcs1Sha256 | Scheme::RsaPssSha256 => is(KeyType::RSA),
            Scheme::EcdsaP256Sha256 | Scheme::EcdsaP384Sha384 => is(KeyType::EC),
        };
        let of_leaf = chain.first().map_or(&[][..], |leaf| Scheme::of_certificate(leaf));
        if !of_leaf.iter().all(fits) || of_leaf.is_empty() {
            return Err(KeyError::Mismatch { token: self.token.clone() });
        }
        let schemes: Vec<Scheme> = of_leaf.iter().copied().filter(|scheme| open.way(*scheme).is_some()).collect();
        match of_leaf.first() {
            Some(first) if schemes.is_empty() => Err(KeyError::Scheme { scheme: first.name() }),
            _ => Ok(schemes),
        }
    }

    fn failed(&self, fault: &Fault) -> KeyError {
        let token = self.token.clone();
        match fault {
            Fault::Pkcs11(code, _) => match code {
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange | RvError::PinExpired => {
                    KeyError::PinIncorrect { token }
                }
                RvError::PinLocked => KeyError::PinLocked { token },
                RvError::TokenNotPresent | RvError::TokenNotRecognized | RvError::DeviceRemoved => {
                    KeyError::TokenAbsent { token }
                }
                RvError::SessionCount | RvError::UserAnotherAlreadyLoggedIn | RvError::OperationActive => {
                    KeyError::Busy { token }
                }
                _ if session_is_dead(fault) => KeyError::SessionLost { token, reason: fault.to_string() },
                _ => KeyError::Device { token, reason: fault.to_string() },
            },
            _ => KeyError::Device { token, reason: fault.to_string() },
        }
    }

    fn lost(&self, reason: &dyn ToString) -> KeyError {
        KeyError::SessionLost { token: self.token.clone(), reason: reason.to_string() }
    }
}

/// How a scheme is done on this token.
#[derive(Debug)]
enum Way {
    /// The token hashes.
    Whole(Mechanism<'static>),
    /// We hash; RSA PKCS#1 wants the `DigestInfo`.
    DigestInfo,
    /// We hash.
    Hashed(Mechanism<'static>),
}

impl Open {
    /// The best way the token offers: it hashes when it can. A key that wants its PIN before each signature is used in
    /// the multi-part form, because the single-part call leaves no room between start and signature.
    fn way(&self, scheme: Scheme) -> Option<Way> {
        let has = |mechanism: MechanismType| self.mechanisms.contains(&mechanism);
        let way = match scheme {
            Scheme::RsaPkcs1Sha256 if has(MechanismType::SHA256_RSA_PKCS) => Way::Whole(Mechanism::Sha256RsaPkcs),
            Scheme::RsaPkcs1Sha256 if has(MechanismType::RSA_PKCS) => Way::DigestInfo,
            Scheme::RsaPssSha256 if has(MechanismType::SHA256_RSA_PKCS_PSS) => {
                Way::Whole(Mechanism::Sha256RsaPkcsPss(pss_parameters()))
            }
            Scheme::RsaPssSha256 if has(MechanismType::RSA_PKCS_PSS) => {
                Way::Hashed(Mechanism::RsaPkcsPss(pss_parameters()))
            }
            Scheme::EcdsaP256Sha256 if has(MechanismType::ECDSA_SHA256) => Way::Whole(Mechanism::EcdsaSha256),
            Scheme::EcdsaP384Sha384 if has(MechanismType::ECDSA_SHA384) => Way::Whole(Mechanism::EcdsaSha384),
            Scheme::EcdsaP256Sha256 | Scheme::EcdsaP384Sha384 if has(MechanismType::ECDSA) => {
                Way::Hashed(Mechanism::Ecdsa)
            }
            _ => return None,
        };
        (matches!(way, Way::Whole(_)) || !self.always_authenticate).then_some(way)
    }

    fn sign(&self, scheme: Scheme, to_be_signed: &[u8], pin: &Zeroizing<String>) -> Result<Vec<u8>, Fault> {
        let hashed = || match scheme {
            Scheme::RsaPkcs1Sha256 | Scheme::RsaPssSha256 | Scheme::EcdsaP256Sha256 => digest(&SHA256, to_be_signed),
            Scheme::EcdsaP384Sha384 => digest(&SHA384, to_be_signed),
        };
        let raw = match self.way(scheme).ok_or(Fault::NotSupported)? {
            Way::Whole(mechanism) if self.always_authenticate => {
                self.session.sign_init(&mechanism, self.key)?;
                self.session.login(UserType::ContextSpecific, Some(&secret(pin)))?;
                self.session.sign_update(to_be_signed)?;
                self.session.sign_final()?
            }
            Way::Whole(mechanism) => self.session.sign(&mechanism, self.key, to_be_signed)?,
            Way::DigestInfo => {
                let info = [SHA256_DIGEST_INFO, hashed().as_ref()].concat();
                self.session.sign(&Mechanism::RsaPkcs, self.key, &info)?
            }
            Way::Hashed(mechanism) => self.session.sign(&mechanism, self.key, hashed().as_ref())?,
        };
        match scheme {
            Scheme::RsaPkcs1Sha256 | Scheme::RsaPssSha256 => Ok(raw),
            Scheme::EcdsaP256Sha256 | Scheme::EcdsaP384Sha384 => ecdsa_der(&raw).ok_or(Fault::InvalidValue),
        }
    }
}

/// `DigestInfo` of SHA-256 up to the digest (RFC 8017 §9.2, note 1).
const SHA256_DIGEST_INFO: &[u8] =
    &[0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

fn pss_parameters() -> PkcsPssParams {
    PkcsPssParams { hash_alg: MechanismType::SHA256, mgf: PkcsMgfType::MGF1_SHA256, s_len: 32_u64.into() }
}

/// A library is loaded and initialised once a process: PKCS#11 has one state for the whole process.
fn load(module: &Path) -> Result<Pkcs11, KeyError> {
    static LOADED: Mutex<Vec<(std::path::PathBuf, Pkcs11)>> = Mutex::new(Vec::new());
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, pkcs11)) = loaded.iter().find(|(path, _)| path == module) {
        return Ok(pkcs11.clone());
    }
    let failed = |fault: Fault| KeyError::Module { module: module.display().to_string(), reason: fault.to_string() };
    let pkcs11 = Pkcs11::new(module).map_err(failed)?;
    match pkcs11.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Fault::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(fault) => return Err(failed(fault)),
    }
    loaded.push((module.to_owned(), pkcs11.clone()));
    Ok(pkcs11)
}

fn secret(pin: &Zeroizing<String>) -> AuthPin {
    AuthPin::from(pin.as_str())
}

/// Handles and logins that end with the session, whatever ended it.
fn session_is_dead(fault: &Fault) -> bool {
    matches!(
        fault,
        Fault::Pkcs11(
            RvError::SessionHandleInvalid
                | RvError::SessionClosed
                | RvError::KeyHandleInvalid
                | RvError::ObjectHandleInvalid
                | RvError::UserNotLoggedIn
                | RvError::DeviceRemoved
                | RvError::TokenNotPresent
                | RvError::CryptokiNotInitialized,
            _
        )
    )
}

/// Tokens give r and s as two numbers of equal length; X.509 wants `SEQUENCE { r, s }`.
fn ecdsa_der(raw: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = raw.split_at_checked(raw.len() / 2).filter(|(r, s)| r.len() == s.len() && !r.is_empty())?;
    let number = |bytes| der::asn1::UintRef::new(bytes).ok()?.to_der().ok();
    let content = [number(r)?, number(s)?].concat();
    der::asn1::AnyRef::new(der::Tag::Sequence, &content).ok()?.to_der().ok()
}

/// The leaf and, as far as the others reach, issuer after issuer. What belongs to no one is left out.
fn in_order(leaf: Vec<u8>, mut others: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().and_then(|der| Certificate::from_der(der).ok()) {
        let tbs = last.tbs_certificate();
        if tbs.issuer() == tbs.subject() {
            break;
        }
        let issues = |der: &Vec<u8>| {
            Certificate::from_der(der).is_ok_and(|other| other.tbs_certificate().subject() == tbs.issuer())
        };
        match others.iter().position(issues) {
            Some(at) => chain.push(others.swap_remove(at)),
            None => break,
        }
    }
    chain
}

#[cfg(test)]
mod tests;
