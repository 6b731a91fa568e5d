//! What archivists and readers see in a browser.
//!
//! *Purpose:* pages to find, read, check, download and decide, served by the daemon on a loopback address.
//! *Knows:* HTTP, HTML, accounts and their rights, both languages. *Doesn't know:* SQL, PDF, images (pages are drawn in
//! workers), how anything is decided or stored: it asks `conduct`, `register` and `search`.
//!
//! Every page is whole without scripts; nothing is fetched from elsewhere. tokio stands at the edge only: a handler's work
//! (register, index, files, workers, Argon2) runs on blocking threads under a permit.

mod app;
mod attempts;
mod error;
mod extract;
mod headers;
mod looks;
mod metrics;
mod pages;
mod password;
mod pictures;
mod progress;
mod server;
mod view;
mod visitor;

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use conduct::Home;
use model::Clock;
pub use register::{Access, Kept, Role};
use register::{Desk, Job};

pub use error::Error;

/// The account that the first start makes.
pub const FIRST_ACCOUNT: &str = "operator";

/// A portal that is bound to its address.
pub struct Portal {
    app: Arc<app::App>,
    listener: TcpListener,
    address: SocketAddr,
    first_password: Option<String>,
}

impl std::fmt::Debug for Portal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Portal").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Portal {
    /// Binds the portal of a home; none when its settings name no address. A home without accounts gets its first one.
    ///
    /// # Errors
    /// When the address is taken or the portal's file cannot be used.
    pub fn open(home: Arc<Home>) -> Result<Option<Self>, Error> {
        let listen = home.settings.portal.listen.clone();
        if listen.is_empty() {
            return Ok(None);
        }
        let taken = |source| Error::Listen { address: listen.clone(), source };
        let listener = TcpListener::bind(&listen).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        listener.set_nonblocking(true).map_err(taken)?;
        let desk = Desk::open(&desk_path(&home.root), Arc::clone(&home.clock))?;
        let first_password =
            if desk.is_new()? { Some(give(&desk, FIRST_ACCOUNT, Some(Role::Archivist))?) } else { None };
        let app = Arc::new(app::App::new(home, desk)?);
        Ok(Some(Self { app, listener, address, first_password }))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The password of [`FIRST_ACCOUNT`], when this start made it. It opens one session and is kept nowhere.
    pub fn first_password(&self) -> Option<&str> {
        self.first_password.as_deref()
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    /// When the sockets cannot be used.
    pub fn serve(self, stop: &AtomicBool) -> Result<(), Error> {
        server::serve(self.app, self.listener, self.address, stop)
    }
}

/// Makes a password for an account (and the account, when it is new) that opens one session, in which its owner must
/// choose another. Works beside a running daemon.
///
/// # Errors
/// When the name is not usable or the portal's file cannot be used.
pub fn give_password(root: &Path, clock: Arc<dyn Clock>, name: &str, role: Option<Role>) -> Result<String, Error> {
    if !password::is_name(name) {
        return Err(Error::Name { name: name.to_owned() });
    }
    give(&Desk::open(&desk_path(root), clock)?, name, role)
}

/// Takes an account away; its sessions end. False when there is none of this name.
///
/// # Errors
/// When the portal's file cannot be used.
pub fn close_account(root: &Path, clock: Arc<dyn Clock>, name: &str) -> Result<bool, Error> {
    Ok(Desk::open(&desk_path(root), clock)?.close(name)?)
}

/// All accounts, by name.
///
/// # Errors
/// When the portal's file cannot be used.
pub fn accounts(root: &Path, clock: Arc<dyn Clock>) -> Result<Vec<Kept>, Error> {
    Ok(Desk::open(&desk_path(root), clock)?.accounts()?)
}

/// The newest entries of the access log, of one document or of all, once the whole log was found to chain.
///
/// # Errors
/// When the log was changed, which names the first entry that does not fit, or the portal's file cannot be used.
pub fn accesses(root: &Path, clock: Arc<dyn Clock>, document: Option<&Job>, limit: u32) -> Result<Vec<Access>, Error> {
    let desk = Desk::open(&desk_path(root), clock)?;
    desk.check_log(u64::MAX)?;
    Ok(match document {
        Some(job) => desk.accesses_of(&app::document_name(job), limit)?,
        None => desk.newest_accesses(limit)?,
    })
}

fn give(desk: &Desk, name: &str, role: Option<Role>) -> Result<String, Error> {
    let made = password::generate()?;
    desk.give_password(name, role, &password::hash(&made)?)?;
    Ok(made)
}

fn desk_path(root: &Path) -> PathBuf {
    root.join("portal.sqlite")
}

#[cfg(test)]
mod tests;
