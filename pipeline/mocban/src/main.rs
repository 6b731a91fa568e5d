//! The `mocban` command.
//!
//! *Purpose:* the edge: arguments in, texts, JSON and exit codes out. *Knows:* terminals, signals, the daemon's socket.
//! *Doesn't know:* how anything is done; every command is a few calls into the crates below.

mod arguments;
mod commands;
mod control;
mod exit;
mod help;
mod progress;
mod ui;
mod worker;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{arguments::Arguments, ui::Ui};

fn main() -> ExitCode {
    // Standard input and output of a worker carry its task and its answer; nothing else may happen before.
    if std::env::args_os().nth(1).is_some_and(|first| first == "worker") {
        return worker::main();
    }
    // Words are needed for help and faults only.
    let arguments = match Arguments::try_parse().or_else(|_| help::understood()) {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    log_to_stderr(arguments.log.as_deref());
    #[cfg(feature = "failpoints")]
    if let Err(error) = failpoint::arm(config::environment::crash_plan()) {
        tracing::error!(%error, "the crash points could not be set");
        return ExitCode::from(exit::BUG);
    }
    let ui = Ui::new(&arguments);
    match commands::dispatch(ui, arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(exit::of(&error))
        }
    }
}

fn log_to_stderr(filter: Option<&str>) {
    // The PKCS#11 crate logs an error for each mechanism of a token that it has no name for; none of them is one.
    let filter = format!("{},cryptoki::mechanism=off", filter.unwrap_or("error"));
    let filter = tracing_subscriber::EnvFilter::new(filter);
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A journal keeps the letters, not the colours.
    subscriber.with_ansi(Ui::watched()).init();
}
