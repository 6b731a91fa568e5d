//! Runs single steps of the pipeline in process and prints what they cost, as JSON. Driven by `ops/bench`.
//!
//! *Purpose:* sets our steps beside a peer's on the same files, token and authority, without processes in between.
//! *Knows:* the stages' own functions, CPU and wall time, memory of this process. *Doesn't know:* peers, documents' fate.

mod assemble;
mod copies;
mod fill;
mod find;
mod meter;
mod ocr;
mod seal;

use std::{io::Write as _, path::PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};
use preserve::{
    Trust,
    audit::{Digest, Reading},
};

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
    /// Scans to PDF/A without words.
    Assemble {
        /// The inbound directory.
        #[arg(long)]
        inbound: PathBuf,
        /// Where PDFs go.
        #[arg(long)]
        to: PathBuf,
        /// How many times.
        #[arg(long, default_value_t = 5)]
        rounds: u32,
    },
    /// Each file of a folder as an object on every copy.
    Store {
        /// The folder.
        #[arg(long)]
        from: PathBuf,
        /// The copies.
        #[arg(long)]
        to: Vec<PathBuf>,
    },
    /// The audit of a copy.
    Audit {
        /// The copy.
        #[arg(long)]
        copy: PathBuf,
        /// Takes the page cache's word, as the peers do; else the medium's.
        #[arg(long)]
        cached: bool,
        /// By the inventories' digests alone.
        #[arg(long)]
        sha512: bool,
    },
    /// Texts into an index.
    Index {
        /// `papers texts` wrote them.
        #[arg(long)]
        texts: PathBuf,
        /// The index.
        #[arg(long)]
        to: PathBuf,
    },
    /// Questions to an index.
    Ask {
        /// The index.
        #[arg(long)]
        index: PathBuf,
        /// `papers texts` wrote them.
        #[arg(long)]
        queries: PathBuf,
        /// Hits of each that are ranked only.
        #[arg(long, default_value_t = 0)]
        skip: usize,
        /// Hits of each after those, with snippet and boxes.
        #[arg(long, default_value_t = 20)]
        limit: usize,
        /// Where the answers go.
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
        /// Their events lie on the copies too.
        #[arg(long)]
        journal: bool,
    },
}

fn main() -> Result<()> {
    let answer = match Arguments::parse().command {
        Command::Ocr { inbound, to } => ocr::run(&inbound, &to)?,
        Command::Assemble { inbound, to, rounds } => assemble::run(&inbound, &to, rounds)?,
        Command::Store { from, to } => copies::store_all(&from, &to)?,
        Command::Audit { copy, cached, sha512 } => {
            let trust = if cached { Trust::Cache } else { Trust::Medium };
            copies::audit_all(&copy, Reading { trust, by: if sha512 { Digest::Sha512 } else { Digest::Blake3 } })?
        }
        Command::Index { texts, to } => find::index(&texts, &to)?,
        Command::Ask { index, queries, skip, limit, to } => find::ask(&index, &queries, skip, limit, &to)?,
        Command::Seal(arguments) => seal::run(&arguments)?,
        Command::Fill { home, documents, journal } => fill::run(&home, documents, journal)?,
    };
    writeln!(std::io::stdout(), "{answer}")?;
    Ok(())
}
