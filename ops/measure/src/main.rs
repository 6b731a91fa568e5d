//! Runs single steps of the pipeline in process and prints what they cost, as JSON. Driven by `ops/bench`.
//!
//! *Purpose:* sets our steps beside a peer's on the same files, token and authority, without processes in between.
//! *Knows:* the stages' own functions, CPU and wall time, memory of this process. *Doesn't know:* peers, documents' fate.

mod fill;
mod meter;
mod ocr;
mod seal;

use std::{io::Write as _, path::PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Costs of single steps.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Scans to searchable PDF/A: claim, decode, read, assemble.
    Ocr {
        /// The inbound directory.
        #[arg(long)]
        inbound: PathBuf,
        /// Where PDFs and texts go.
        #[arg(long)]
        to: PathBuf,
    },
    /// One file sealed to B-LTA again and again, as a batch with one open token does.
    Seal(seal::Arguments),
    /// A register and an index of so many documents that are done; what lies in inbound stands ready behind them.
    Fill {
        /// The home.
        #[arg(long)]
        home: PathBuf,
        /// How many.
        #[arg(long)]
        documents: u32,
    },
}

fn main() -> Result<()> {
    let answer = match Arguments::parse().command {
        Command::Ocr { inbound, to } => ocr::run(&inbound, &to)?,
        Command::Seal(arguments) => seal::run(&arguments)?,
        Command::Fill { home, documents } => fill::run(&home, documents)?,
    };
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(())
}
