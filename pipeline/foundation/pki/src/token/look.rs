//! What a token shows to anybody: no PIN is sent and nothing is signed.

use std::path::Path;

use cryptoki::object::{Attribute, AttributeType, ObjectClass};

use super::{Library, load};
use crate::key::KeyError;

/// How the token's PIN stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinState {
    /// Nobody typed a wrong one.
    Good,
    /// A wrong one was typed since the last right one.
    Low,
    /// One more wrong one locks the token.
    LastTry,
    /// Locked.
    Locked,
}

/// A token as it shows itself without a PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its PIN.
    pub pin: PinState,
    /// The certificates of the key, leaf first; none when the token hides them, or has no key of that label.
    pub chain: Option<Vec<Vec<u8>>>,
}

/// Looks at a token without a PIN. The key itself is hidden then; its public key or certificate may bear its label.
///
/// # Errors
/// [`KeyError::Module`], [`KeyError::TokenAbsent`], or what the device says.
pub fn look(module: &Path, token_label: &str, key_label: &str) -> Result<Seen, KeyError> {
    let library = Library { pkcs11: load(module)?, token: token_label.into(), key: key_label.into() };
    let slot = library.slot()?;
    let failed = |fault| library.failed(&fault);
    let info = library.pkcs11.get_token_info(slot).map_err(failed)?;
    let pin = match () {
        () if info.user_pin_locked() => PinState::Locked,
        () if info.user_pin_final_try() => PinState::LastTry,
        () if info.user_pin_count_low() => PinState::Low,
        () => PinState::Good,
    };
    let session = library.pkcs11.open_ro_session(slot).map_err(failed)?;
    let mut chain = None;
    for class in [ObjectClass::PUBLIC_KEY, ObjectClass::CERTIFICATE] {
        let wanted = [Attribute::Class(class), Attribute::Label(key_label.as_bytes().to_vec())];
        for handle in session.find_objects(&wanted).map_err(failed)? {
            let found = session.get_attributes(handle, &[AttributeType::Id]).map_err(failed)?;
            for attribute in found {
                if let (None, Attribute::Id(id)) = (&chain, attribute) {
                    chain = library.certificates(&session, Some(&id))?;
                }
            }
        }
    }
    Ok(Seen { pin, chain })
}
