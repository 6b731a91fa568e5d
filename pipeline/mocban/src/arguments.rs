//! What can be said on the command line. People read it in their language by the module `help`.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Turns folders of scans into certified, long-lived, findable archive documents.
#[derive(Debug, Parser)]
#[command(name = "mocban", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Home folder [default: `MOCBAN_HOME`, else /var/lib/mocban]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// Answer in JSON on standard output; text for people goes to standard error
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of texts
    #[arg(long, global = true, value_enum, default_value_t = Language::Vi)]
    pub(crate) lang: Language,
    /// Log filter for standard error, e.g. `info` or `conduct=debug`
    #[arg(long, global = true, value_name = "FILTER")]
    pub(crate) log: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Languages of texts.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Language {
    /// Vietnamese
    Vi,
    /// English
    En,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a home with commented settings
    Init,
    /// Watch inbound and work until stopped
    Serve,
    /// Take what lies in inbound, work until nothing can move, print what became of each document
    Run {
        /// Descriptor that carries the token's PIN [default: `MOCBAN_PIN_FD`]
        #[arg(long, value_name = "N")]
        pin_fd: Option<i32>,
    },
    /// Say where everything stands
    Status {
        /// One line for each document
        #[arg(long)]
        documents: bool,
    },
    /// Show one document
    Show {
        /// Identity (or its beginning), #JOB, or path below inbound
        id: String,
    },
    /// Correct what was read of a document that waits for review
    Describe {
        /// Identity (or its beginning), #JOB, or path below inbound
        id: String,
        /// A field and its value; an empty value says that it is not known
        #[arg(long = "set", value_name = "FIELD=VALUE", required = true)]
        set: Vec<String>,
        /// Who says so
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Show what happened to a document
    History {
        /// Identity (or its beginning), #JOB, or path below inbound
        id: String,
    },
    /// Write a stored document and its originals to a folder
    Export {
        /// Identity (or its beginning), #JOB, or path below inbound
        id: String,
        /// Folder
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Find pages by words and numbers
    Search {
        /// Words, "phrases", numbers, -words that must not occur (after `--` when the first one begins with a hyphen)
        #[arg(required = true)]
        query: Vec<String>,
        /// Most hits
        #[arg(long, default_value_t = 20)]
        limit: usize,
    },
    /// Judge a PDF by the four verdicts of Điều 14, offline
    Verify {
        /// A PDF file, or a document's identity
        target: String,
    },
    /// The signing session of the running daemon
    Key {
        #[command(subcommand)]
        act: KeyAct,
    },
    /// Documents that wait for a person
    Hold {
        #[command(subcommand)]
        act: HoldAct,
    },
    /// The portal that `serve` shows in a browser
    Portal {
        #[command(subcommand)]
        act: PortalAct,
    },
    /// The certification register (sổ chứng thực)
    Book {
        /// Only this year
        #[arg(long)]
        year: Option<i16>,
    },
    /// Hash every stored file again and compare
    Audit {
        /// Only this copy
        #[arg(long, value_name = "NAME")]
        copy: Option<String>,
        /// By the inventories' SHA-512 alone, as other OCFL tools do; else by the BLAKE3 sums kept beside the files, which is quicker
        #[arg(long)]
        sha512: bool,
    },
    /// Examine everything the work will need: token, timestamps, copies, font, clock and more; say how to mend what is wrong
    Doctor {
        /// Descriptor that carries the token's PIN, to look for the key itself [default: `MOCBAN_PIN_FD`]
        #[arg(long, value_name = "N")]
        pin_fd: Option<i32>,
    },
    /// Make register and index again from one copy
    Rebuild {
        /// Name of the copy, or its folder
        #[arg(long, value_name = "COPY")]
        from: String,
    },
    /// Print shell completions
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Write man pages to a folder
    Man {
        /// Folder
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAct {
    /// Open a session: the PIN is read from a descriptor or typed
    Open {
        /// Descriptor that carries the token's PIN [default: `MOCBAN_PIN_FD`]
        #[arg(long, value_name = "N")]
        pin_fd: Option<i32>,
    },
    /// Close it
    Close,
    /// Say how it stands
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PortalAct {
    /// Make a one-time password for an account, and the account when it is new; its sessions end
    Password {
        /// Name of the account
        name: String,
        /// What it may do [default: as before; `archivist` for a new one]
        #[arg(long, value_enum)]
        role: Option<Role>,
    },
    /// List the accounts
    Accounts,
    /// Take an account away; its sessions end, what it did stays in the access log
    Close {
        /// Name of the account
        name: String,
    },
    /// Check the access log from its beginning and print its newest entries: who logged in, looked, downloaded
    Log {
        /// Only this document: identity (or its beginning), #JOB, or path below inbound
        #[arg(long, value_name = "ID")]
        document: Option<String>,
        /// Most entries
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

/// What an account may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Role {
    /// Find, look and download
    Reader,
    /// Also decide about what is held
    Archivist,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HoldAct {
    /// List what waits for a person
    List,
    /// Decide about one document
    Decide {
        /// Identity (or its beginning), #JOB, or path below inbound
        id: String,
        /// What to do
        decision: Word,
        /// Who decides
        #[arg(long, default_value = "operator", value_name = "NAME")]
        by: String,
        /// Why, in own words (accept needs it)
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        why: String,
        /// With place: a size of the policy's ladder, searched in its zones
        #[arg(long, value_name = "NAME", conflicts_with = "box")]
        size: Option<String>,
        /// With place: a box on page one, mm from its top left; without W,H the largest size that is blank there
        #[arg(long, value_name = "X,Y[,W,H]", allow_hyphen_values = true)]
        r#box: Option<String>,
        /// With accept of a document whose pages do not fit: how many sheets there really are
        #[arg(long, value_name = "N")]
        sheets: Option<u32>,
    },
}

/// What a person can decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Word {
    /// Try again as it now is
    Retry,
    /// Accept what was found and go on
    Accept,
    /// Put the mark where or as large as --box or --size says
    Place,
    /// Approve the review
    Approve,
    /// Turn the document away; its scan stays where it is
    Reject,
}
