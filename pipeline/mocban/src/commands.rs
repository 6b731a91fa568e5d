//! One file a command.

mod audit;
mod book;
mod describe;
mod doctor;
mod export;
mod generate;
mod history;
mod hold;
mod init;
mod key;
mod portal;
mod rebuild;
mod run;
mod search;
mod serve;
mod show;
mod status;
mod verify;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use conduct::{Error, Home};
use config::Settings;
use model::SystemClock;
use register::{Job, Register};

use crate::{
    arguments::{Arguments, Command},
    ui::Ui,
};

/// Runs the command and answers its exit code.
pub(crate) fn dispatch(ui: Ui, arguments: Arguments) -> Result<u8, Error> {
    let root = config::environment::home(arguments.home);
    match arguments.command {
        Command::Init => init::init(ui, &root),
        Command::Serve => serve::serve(ui, &root),
        Command::Run { pin_fd } => run::run(ui, &root, pin_fd),
        Command::Status { documents } => status::status(ui, &root, documents),
        Command::Show { id } => show::show(ui, &root, &id),
        Command::Describe { id, set, by } => describe::describe(ui, &root, id, &set, by),
        Command::History { id } => history::history(ui, &root, &id),
        Command::Export { id, to } => export::export(ui, &root, &id, &to),
        Command::Search { query, limit } => search::search(ui, &root, &query.join(" "), limit),
        Command::Verify { target } => verify::verify(ui, &root, &target),
        Command::Key { act } => key::key(ui, &root, &act),
        Command::Hold { act } => hold::hold(ui, &root, act),
        Command::Portal { act } => portal::portal(ui, &root, act),
        Command::Book { year } => book::book(ui, &root, year),
        Command::Audit { copy, sha512 } => audit::audit(ui, &root, copy.as_deref(), sha512),
        Command::Doctor { pin_fd } => doctor::doctor(ui, &root, pin_fd),
        Command::Rebuild { from } => rebuild::rebuild(ui, &root, &from),
        Command::Completions { shell } => Ok(generate::completions(ui, shell)),
        Command::Man { to } => generate::man(ui, &to),
    }
}

/// A home for work.
fn open(root: &Path) -> Result<Home, Error> {
    Home::open(root, Arc::new(SystemClock), executable()?)
}

/// This executable, which workers run.
fn executable() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(|source| Error::Spawn { path: "mocban".into(), source })
}

/// A register to read, beside a daemon that may be writing.
fn reading(root: &Path) -> Result<(Settings, Register), Error> {
    let settings = Settings::load(root)?;
    let register = Register::open_to_read(&root.join("register.sqlite"), Arc::new(SystemClock))?;
    Ok((settings, register))
}

/// The one document a name stands for; none or several are told to the person.
fn one(ui: Ui, register: &Register, name: &str) -> Result<Option<Job>, Error> {
    let mut named = register.named(name)?;
    if named.len() > 1 && named.iter().all(|job| job.source == name) {
        // A path used more than once: the newest.
        named.drain(..named.len() - 1);
    }
    match named.len() {
        0 => Ui::aside(&ui.text("no-such-document", &[("id", name.to_owned())])),
        1 => {}
        many => Ui::aside(&ui.text("many-documents", &[("id", name.to_owned()), ("count", many.to_string())])),
    }
    Ok(if named.len() == 1 { named.pop() } else { None })
}

fn copy_names(settings: &Settings) -> Vec<String> {
    settings.copy.iter().map(|copy| copy.name.clone()).collect()
}
