//! The seam to the hosts that are asked over HTTP: TSA, OCSP, CRL, issuers' certificates.
//!
//! What comes back is foreign bytes under a limit; it is signed and judged by its reader, so plain HTTP is the rule.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use model::Disposition;
use ureq::{
    Agent, Body,
    config::{Config, ConfigBuilder},
    http::{Response, Uri},
    tls::{Certificate, RootCerts, TlsConfig},
    typestate::AgentScope,
};

/// Asks hosts. Implementations follow no redirects, obey the limit, and give up in bounded time.
pub trait Transport: Send + Sync {
    /// Posts a body and returns the body of a 200 answer, at most `limit` bytes.
    ///
    /// # Errors
    /// [`TransportError`].
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError>;

    /// Gets the body of a 200 answer, at most `limit` bytes.
    ///
    /// # Errors
    /// [`TransportError`].
    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransportError>;
}

/// Why a host gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// Not an address that can be asked.
    #[error("{url} is not an http address")]
    Address {
        /// The address.
        url: String,
    },
    /// Nobody answers there.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
    /// No whole answer in time.
    #[error("{host} did not answer within {seconds} s")]
    Timeout {
        /// Host and port.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// An answer that is not 200; redirects are answers.
    #[error("{host} answered with status {status}")]
    Status {
        /// Host and port.
        host: String,
        /// HTTP status.
        status: u16,
    },
    /// The answer is larger than anything of its kind.
    #[error("answer of {host} is larger than {limit} bytes")]
    TooLarge {
        /// Host and port.
        host: String,
        /// The limit.
        limit: u64,
    },
    /// The answer broke off.
    #[error("answer of {host} broke off: {reason}")]
    CutOff {
        /// Host and port.
        host: String,
        /// What the network said.
        reason: String,
    },
}

impl TransportError {
    /// What to do about it. The caller turns too many attempts into a wait for its own cause (timestamp, revocation).
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Status { .. } | Self::CutOff { .. } => {
                Disposition::Retry { after: Duration::from_secs(15) }
            }
            Self::Address { .. } | Self::TooLarge { .. } => Disposition::Retry { after: Duration::from_mins(5) },
        }
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Address { .. } => "E-HTTP-01",
            Self::Unreachable { .. } => "E-HTTP-02",
            Self::Timeout { .. } => "E-HTTP-03",
            Self::Status { .. } => "E-HTTP-04",
            Self::TooLarge { .. } => "E-HTTP-05",
            Self::CutOff { .. } => "E-HTTP-06",
        }
    }

    /// The facts the texts name.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Address { url } => vec![("url", url.clone())],
            Self::Unreachable { host, reason } | Self::CutOff { host, reason } => {
                vec![("host", host.clone()), ("reason", reason.clone())]
            }
            Self::Timeout { host, seconds } => vec![("host", host.clone()), ("seconds", seconds.to_string())],
            Self::Status { host, status } => vec![("host", host.clone()), ("status", status.to_string())],
            Self::TooLarge { host, limit } => vec![("host", host.clone()), ("limit", limit.to_string())],
        }
    }
}

/// The real thing: connections are kept and shared, no proxy, no redirects, no compression, one deadline for a call.
#[derive(Debug, Clone)]
pub struct HttpTransport {
    agent: Agent,
    timeout: Duration,
    https: bool,
}

impl HttpTransport {
    /// Speaks plain HTTP; an `https` address is refused. Each call ends within `timeout`.
    pub fn new(timeout: Duration) -> Self {
        Self { agent: configured(timeout).build().new_agent(), timeout, https: false }
    }

    /// Speaks `https` too, to hosts whose certificates these anchors (DER) vouch for; the system's store is never asked
    /// (Điều 3.9).
    pub fn with_anchors(timeout: Duration, anchors: &[Vec<u8>]) -> Self {
        let roots: Vec<_> = anchors.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        Self { agent: configured(timeout).tls_config(tls).build().new_agent(), timeout, https: true }
    }

    /// Certificates name foreign addresses (`ldap:`, `file:`): only what this transport can ask goes further.
    fn checked(&self, url: &str) -> Result<(), TransportError> {
        let scheme = url.parse::<Uri>().ok().and_then(|uri| uri.scheme_str().map(str::to_owned));
        match scheme.as_deref() {
            Some("http") => Ok(()),
            Some("https") if self.https => Ok(()),
            _ => Err(TransportError::Address { url: url.to_owned() }),
        }
    }

    fn body(
        &self,
        url: &str,
        answer: Result<Response<Body>, ureq::Error>,
        limit: u64,
    ) -> Result<Vec<u8>, TransportError> {
        let mut answer = answer.map_err(|error| self.failed(url, error, limit))?;
        if answer.status() != 200 {
            return Err(TransportError::Status { host: host_of(url), status: answer.status().as_u16() });
        }
        answer.body_mut().with_config().limit(limit).read_to_vec().map_err(|error| self.failed(url, error, limit))
    }

    fn failed(&self, url: &str, error: ureq::Error, limit: u64) -> TransportError {
        let host = host_of(url);
        match error {
            ureq::Error::Timeout(_) => TransportError::Timeout { host, seconds: self.timeout.as_secs() },
            ureq::Error::BodyExceedsLimit(_) => TransportError::TooLarge { host, limit },
            ureq::Error::BadUri(_) | ureq::Error::Http(_) => TransportError::Address { url: url.to_owned() },
            ureq::Error::Io(source) if source.kind() == std::io::ErrorKind::UnexpectedEof => {
                TransportError::CutOff { host, reason: source.to_string() }
            }
            ureq::Error::Protocol(source) => TransportError::CutOff { host, reason: source.to_string() },
            other => TransportError::Unreachable { host, reason: other.to_string() },
        }
    }
}

impl Transport for HttpTransport {
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError> {
        self.checked(url)?;
        self.body(url, self.agent.post(url).content_type(content_type).send(body), limit)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransportError> {
        self.checked(url)?;
        self.body(url, self.agent.get(url).call(), limit)
    }
}

fn configured(timeout: Duration) -> ConfigBuilder<AgentScope> {
    Config::builder()
        .timeout_global(Some(timeout))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .max_response_header_size(16 * 1024)
        .max_idle_connections_per_host(4)
        .user_agent("mocban")
        .accept_encoding("identity")
}

fn host_of(url: &str) -> String {
    url.parse::<Uri>().ok().and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_else(|| url.to_owned())
}

/// One call that [`Scripted`] expects, with its answer.
#[derive(Debug, Clone)]
pub struct Expected {
    /// The address that must be asked.
    pub url: String,
    /// The content type of a post; none for a get.
    pub content_type: Option<String>,
    /// What comes back.
    pub answer: Result<Vec<u8>, TransportError>,
}

/// A double that is stricter than the network: calls must come in the order of the script, to the right address with the
/// right method, and an answer over the limit is an error as it is outside. Calls are kept for inspection.
#[derive(Debug, Default)]
pub struct Scripted {
    state: Mutex<Script>,
}

#[derive(Debug, Default)]
struct Script {
    expected: std::collections::VecDeque<Expected>,
    asked: Vec<Asked>,
}

/// One call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The address.
    pub url: String,
    /// The body of a post; none for a get.
    pub body: Option<Vec<u8>>,
}

impl Scripted {
    /// Plays a script.
    pub fn new(script: impl IntoIterator<Item = Expected>) -> Self {
        let script = Script { expected: script.into_iter().collect(), asked: Vec::new() };
        Self { state: Mutex::new(script) }
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).asked.clone()
    }

    /// How many expected calls did not come.
    pub fn left(&self) -> usize {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).expected.len()
    }

    fn play(
        &self,
        url: &str,
        content_type: Option<&str>,
        body: Option<&[u8]>,
        limit: u64,
    ) -> Result<Vec<u8>, TransportError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked.push(Asked { url: url.to_owned(), body: body.map(<[u8]>::to_vec) });
        let off_script = |reason: String| TransportError::Unreachable { host: host_of(url), reason };
        let Some(next) = state.expected.pop_front() else {
            return Err(off_script("the script has ended".into()));
        };
        if next.url != url || next.content_type.as_deref() != content_type {
            return Err(off_script(format!("the script expects {} {:?}", next.url, next.content_type)));
        }
        match next.answer {
            Ok(bytes) if bytes.len() as u64 > limit => Err(TransportError::TooLarge { host: host_of(url), limit }),
            answer => answer,
        }
    }
}

impl Transport for Scripted {
    fn post(&self, url: &str, content_type: &str, body: &[u8], limit: u64) -> Result<Vec<u8>, TransportError> {
        self.play(url, Some(content_type), Some(body), limit)
    }

    fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, TransportError> {
        self.play(url, None, None, limit)
    }
}

#[cfg(test)]
mod tests;
