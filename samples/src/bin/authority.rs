//! The demo authority's program: `authority init | serve | revoke | fault`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use model::{Clock as _, SystemClock};
use samples::authority::{Authority, Home, Reason, Token, fill, init};

/// A certificate and timestamp authority for trying things out.
#[derive(Parser)]
#[command(name = "authority")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes HOME/authority: certificates, keys, and a `SoftHSM2` token with a signing key made inside.
    Init {
        /// The home.
        home: PathBuf,
        /// The signing key is P-256 instead of RSA-3072.
        #[arg(long)]
        ec: bool,
    },
    /// Answers at the home's address until it is ended.
    Serve {
        /// The home.
        home: PathBuf,
        /// End when this process, the parent, ends.
        #[arg(long)]
        parent: Option<i32>,
    },
    /// Revokes a certificate by name (signer, ca, tsa) or serial number; prints the serial number.
    Revoke {
        /// The home.
        home: PathBuf,
        /// Which.
        which: String,
        /// Since when (RFC 3339); now when left out.
        #[arg(long)]
        at: Option<jiff::Timestamp>,
        /// key-compromise, superseded or hold.
        #[arg(long, default_value = "key-compromise")]
        reason: String,
    },
    /// Plays faults: tsa=slow ocsp=503 crl=off …; SERVICE=ok ends one.
    Fault {
        /// The home.
        home: PathBuf,
        /// What goes wrong.
        settings: Vec<String>,
    },
    /// Fills a staged folder; `init` calls it.
    #[command(hide = true)]
    Stage {
        /// The folder.
        folder: PathBuf,
        /// P-256.
        #[arg(long)]
        ec: bool,
    },
}

#[expect(clippy::print_stdout, reason = "a serial number is this command's answer")]
fn main() -> Result<()> {
    let kind = |ec| if ec { Token::Ec } else { Token::Rsa };
    match Arguments::parse().command {
        Command::Init { home, ec } => {
            std::fs::create_dir_all(&home).with_context(|| format!("{}", home.display()))?;
            init(&home, kind(ec), &std::env::current_exe()?)?;
        }
        Command::Stage { folder, ec } => fill(&folder, kind(ec))?,
        Command::Serve { home, parent } => {
            if let Some(parent) = parent {
                die_with(parent)?;
            }
            Authority::open(&Home::of(&home))?.serve()?;
        }
        Command::Revoke { home, which, at, reason } => {
            let reason = Reason::from_word(&reason).context("reasons are key-compromise, superseded, hold")?;
            println!("{}", Home::of(&home).revoke(&which, at.unwrap_or_else(|| SystemClock.now()), reason)?);
        }
        Command::Fault { home, settings } => Home::of(&home).fault(&settings)?,
    }
    Ok(())
}

/// Asks the kernel to end us with the parent; a parent that went before the asking is noticed too.
fn die_with(parent: i32) -> Result<()> {
    use rustix::process::{Signal, getppid, set_parent_process_death_signal};
    set_parent_process_death_signal(Some(Signal::KILL))?;
    anyhow::ensure!(getppid().is_some_and(|now| now.as_raw_nonzero().get() == parent), "the parent is gone already");
    Ok(())
}
