//! What can go wrong on command.

use std::{collections::BTreeMap, fmt, time::Duration};

use anyhow::{Context as _, Result, bail};

/// What a service does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Answers after so long; `slow` alone is longer than anyone waits.
    Slow(Duration),
    /// 503 Service Unavailable.
    Unavailable,
    /// 200 with a page for people, as captive portals do.
    Html,
    /// Closes the connection without a word.
    Off,
    /// Half the answer, then the end.
    CutOff,
    /// The right answer to another question.
    WrongNonce,
    WrongImprint,
    /// Signed by a certificate past its end.
    Expired,
    /// The clock goes an hour ahead.
    Ahead,
    /// Refused with a status of the protocol itself.
    Refused,
    /// The responder does not know the certificate.
    Unknown,
    /// Data whose time is over.
    Stale,
    /// Signed by a key that may not.
    WrongKey,
    /// 50 MB.
    Huge,
}

/// The faults of each service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    of: BTreeMap<String, String>,
}

const SERVICES: [(&str, &[&str]); 3] = [
    (
        "tsa",
        &[
            "slow",
            "503",
            "html",
            "off",
            "cut-off",
            "huge",
            "wrong-nonce",
            "wrong-imprint",
            "expired",
            "ahead",
            "refused",
            "wrong-key",
        ],
    ),
    ("ocsp", &["slow", "503", "html", "off", "cut-off", "huge", "refused", "unknown", "stale", "wrong-key"]),
    ("crl", &["slow", "503", "html", "off", "cut-off", "huge", "stale", "wrong-key"]),
];

impl Faults {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut faults = Self::default();
        text.split_whitespace().try_for_each(|setting| faults.set(setting))?;
        Ok(faults)
    }

    /// Takes `SERVICE=FAULT`; `ok` takes the fault away, `slow:SECONDS` sets how slow.
    pub(crate) fn set(&mut self, setting: &str) -> Result<()> {
        let (service, fault) = setting.split_once('=').context("a fault is written SERVICE=FAULT")?;
        let Some((_, known)) = SERVICES.iter().find(|(name, _)| *name == service) else {
            bail!("no service is called {service}; there are tsa, ocsp, crl");
        };
        if fault == "ok" {
            self.of.remove(service);
        } else if known.contains(&fault) || (fault.starts_with("slow:") && named(fault).is_some()) {
            self.of.insert(service.to_owned(), fault.to_owned());
        } else {
            bail!("{service} has no fault {fault}; it has ok, slow:SECONDS, {}", known.join(", "));
        }
        Ok(())
    }

    pub(crate) fn of(&self, service: &str) -> Option<Fault> {
        self.of.get(service).and_then(|word| named(word))
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of.iter().try_for_each(|(service, fault)| writeln!(f, "{service}={fault}"))
    }
}

fn named(word: &str) -> Option<Fault> {
    Some(match word {
        "slow" => Fault::Slow(Duration::from_mins(2)),
        "503" => Fault::Unavailable,
        "html" => Fault::Html,
        "off" => Fault::Off,
        "cut-off" => Fault::CutOff,
        "huge" => Fault::Huge,
        "wrong-nonce" => Fault::WrongNonce,
        "wrong-imprint" => Fault::WrongImprint,
        "expired" => Fault::Expired,
        "ahead" => Fault::Ahead,
        "refused" => Fault::Refused,
        "unknown" => Fault::Unknown,
        "stale" => Fault::Stale,
        "wrong-key" => Fault::WrongKey,
        other => {
            let seconds = other.strip_prefix("slow:")?.parse::<f64>().ok()?;
            Fault::Slow(Duration::try_from_secs_f64(seconds).ok()?)
        }
    })
}
