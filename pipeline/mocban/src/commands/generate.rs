//! Completions and man pages, made from the arguments and the catalogue's words for them.

use std::path::Path;

use conduct::Error;

use crate::{exit, help, ui::Ui};

pub(super) fn completions(ui: Ui, shell: clap_complete::Shell) -> u8 {
    clap_complete::generate(shell, &mut help::command(ui.lang), "mocban", &mut std::io::stdout());
    exit::OK
}

pub(super) fn man(ui: Ui, to: &Path) -> Result<u8, Error> {
    durable::create_dir(to)?;
    page(to, &help::command(ui.lang), "mocban")?;
    Ok(exit::OK)
}

fn page(to: &Path, command: &clap::Command, name: &str) -> Result<(), Error> {
    let path = to.join(format!("{name}.1"));
    let mut out = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.to_owned()))
        .render(&mut out)
        .map_err(|source| durable::Error::io("write", &path, source))?;
    durable::write_private(&path, &out, 0o644)?;
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
        page(to, inner, &format!("{name}-{}", inner.get_name()))?;
    }
    Ok(())
}
