//! The signing session of this process: a person types the PIN, and the archive's key may be used for a while (Điều 3.10–3.13).

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use certify::session::{Limits, Session};
use config::Settings;
use model::{Cause, Clock, Disposition};
use pki::{
    key::{CertificationKey, KeyError},
    token::Pkcs11Key,
};
use zeroize::Zeroizing;

use crate::Error;

/// How the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// Nobody opened one, or it ended.
    Closed,
    /// Open; how many signatures it may still make.
    Open {
        /// Signatures left.
        left: u32,
    },
    /// A PIN was refused. It is never sent again by itself: tokens lock at the third wrong one.
    Refused,
}

/// Opens and ends signing sessions.
pub struct Signing {
    module: PathBuf,
    token_label: String,
    key_label: String,
    limits: Limits,
    clock: Arc<dyn Clock>,
    held: Mutex<Held>,
}

enum Held {
    Closed,
    Open(Session),
    Refused,
}

impl Signing {
    /// A closed session with the limits of the settings.
    pub fn new(settings: &Settings, clock: Arc<dyn Clock>) -> Self {
        let session = &settings.session;
        Self {
            module: settings.token.module.clone(),
            token_label: settings.token.token_label.clone(),
            key_label: settings.token.key_label.clone(),
            limits: Limits {
                duration: Duration::from_secs(session.minutes * 60),
                idle: Duration::from_secs(session.idle_minutes * 60),
                signatures: u32::try_from(session.signatures).unwrap_or(u32::MAX),
            },
            clock,
            held: Mutex::new(Held::Closed),
        }
    }

    /// Opens a session: logs in once.
    ///
    /// # Errors
    /// The token's own; after a refused PIN the session stays refused until a person opens it again.
    pub fn open(&self, pin: Zeroizing<String>) -> Result<(), Error> {
        let mut held = self.lock();
        *held = Held::Closed;
        let opened = Session::open(self.limits, self.clock.as_ref(), pin, |pin| {
            let key = Pkcs11Key::open(&self.module, &self.token_label, &self.key_label, pin)?;
            Ok(Box::new(key))
        });
        match opened {
            Ok(session) => *held = Held::Open(session),
            Err(error) => {
                if matches!(error, KeyError::PinIncorrect { .. } | KeyError::PinLocked { .. }) {
                    *held = Held::Refused;
                }
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// Closes the session.
    pub fn close(&self) {
        *self.lock() = Held::Closed;
    }

    /// How the session stands; one past its limits is closed by this look.
    pub fn state(&self) -> SessionState {
        let mut held = self.lock();
        self.expire(&mut held);
        match &*held {
            Held::Closed => SessionState::Closed,
            Held::Refused => SessionState::Refused,
            Held::Open(session) => match session.left(self.clock.as_ref()) {
                Ok(left) => SessionState::Open { left: left.signatures },
                Err(_) => SessionState::Closed,
            },
        }
    }

    /// The certificates of the open key, leaf first.
    ///
    /// # Errors
    /// [`Error::NoSession`] when none is open.
    pub fn chain(&self) -> Result<Vec<Vec<u8>>, Error> {
        let mut held = self.lock();
        self.expire(&mut held);
        match &*held {
            Held::Open(session) => Ok(session.chain().to_vec()),
            Held::Closed | Held::Refused => Err(Error::NoSession),
        }
    }

    /// Uses the key for one document; it counts as one signature.
    ///
    /// # Errors
    /// [`Error::NoSession`] when none is open; a token that is away or refuses ends the session.
    pub fn use_key<T>(&self, sign: impl FnOnce(&mut dyn CertificationKey) -> Result<T, Error>) -> Result<T, Error> {
        let mut held = self.lock();
        self.expire(&mut held);
        let signed = match &mut *held {
            Held::Open(session) => sign(session.key(self.clock.as_ref()).map_err(|_| Error::NoSession)?),
            Held::Closed | Held::Refused => Err(Error::NoSession),
        };
        if let Err(error) = &signed
            && error.disposition() == Disposition::Wait(Cause::Key)
        {
            *held = Held::Closed;
        }
        signed
    }

    fn expire(&self, held: &mut Held) {
        if let Held::Open(session) = held
            && session.left(self.clock.as_ref()).is_err()
        {
            *held = Held::Closed;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
