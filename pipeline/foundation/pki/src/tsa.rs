//! Asks timestamp authorities, one after the other. Every call of the work is for a document; [`trial`] alone is for a
//! person who asks whether an authority answers.

use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use model::Sha256;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::{
    timestamp::{self, Request, TimestampToken},
    transport::Transport,
};

/// Bytes reserved for the first token; after that, the largest token seen decides.
const FIRST_RESERVE: usize = 8 * 1024;
/// Room for what changes from token to token (serial numbers, signatures).
const SLACK: usize = 256;
/// An authority whose time is further from ours than this gives no evidence about now.
pub const SKEW_SECONDS: i64 = 600;

/// The timestamp authorities in the order in which they are asked.
pub struct Tsa<'a> {
    urls: &'a [String],
    transport: &'a dyn Transport,
    largest: AtomicUsize,
}

impl std::fmt::Debug for Tsa<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tsa").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl<'a> Tsa<'a> {
    /// Authorities behind a transport. Keep one for all documents: it remembers how large tokens are.
    pub fn new(urls: &'a [String], transport: &'a dyn Transport) -> Self {
        Self { urls, transport, largest: AtomicUsize::new(0) }
    }

    /// Bytes to reserve for a token.
    pub fn reserve(&self) -> usize {
        match self.largest.load(Ordering::Relaxed) {
            0 => FIRST_RESERVE,
            largest => largest + SLACK,
        }
    }

    /// A token over a digest, of the first authority that gives one that counts; else what each answered.
    pub fn stamp(&self, digest: Sha256, now: Timestamp) -> Result<TimestampToken, String> {
        let mut attempts = Vec::new();
        for url in self.urls {
            match self.ask(url, digest, now) {
                Ok(token) => {
                    self.largest.fetch_max(token.der.len(), Ordering::Relaxed);
                    return Ok(token);
                }
                Err(reason) => {
                    tracing::warn!(%url, %reason, "timestamp authority gave no timestamp");
                    attempts.push(format!("{url}: {reason}"));
                }
            }
        }
        if attempts.is_empty() {
            attempts.push("no authority is configured".to_owned());
        }
        Err(attempts.join("; "))
    }

    fn ask(&self, url: &str, digest: Sha256, now: Timestamp) -> Result<TimestampToken, String> {
        let token = ask(url, self.transport, digest)?;
        let skew = token.gen_time.as_second() - now.as_second();
        if skew.abs() > SKEW_SECONDS {
            return Err(format!("its clock is {skew} s away from ours"));
        }
        Ok(token)
    }
}

/// Asks one authority for a timestamp over random bytes, whatever its clock says. It costs what any timestamp costs, so
/// only a person's question is a reason to.
pub fn trial(url: &str, transport: &dyn Transport) -> Result<TimestampToken, String> {
    ask(url, transport, Sha256::of(&random()?))
}

fn ask(url: &str, transport: &dyn Transport, digest: Sha256) -> Result<TimestampToken, String> {
    let request = Request::new(&digest.0, &random()?, None);
    let response = transport
        .post(url, timestamp::REQUEST_TYPE, &request.to_der(), timestamp::LIMIT as u64)
        .map_err(|error| error.to_string())?;
    timestamp::accept(&request, &response).map_err(|error| error.to_string())
}

fn random() -> Result<[u8; 16], String> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system gives no randomness".to_owned())?;
    Ok(bytes)
}
