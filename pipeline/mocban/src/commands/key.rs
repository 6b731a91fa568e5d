//! `mocban key`: the signing session of the running daemon.

use std::path::Path;

use conduct::Error;

use crate::{
    arguments::KeyAct,
    commands::hold::report,
    control::{self, Request},
    exit,
    ui::Ui,
};

pub(super) fn key(ui: Ui, root: &Path, act: &KeyAct) -> Result<u8, Error> {
    let request = match act {
        KeyAct::Open { pin_fd } => {
            let fd = config::environment::pin_fd(*pin_fd);
            let pin = match control::pin_from(fd)? {
                Some(pin) => pin,
                None => control::typed_pin(&ui.text("type-pin", &[]))?,
            };
            Request::KeyOpen { pin }
        }
        KeyAct::Close => Request::KeyClose,
        KeyAct::Status => Request::KeyStatus,
    };
    if let Some(answer) = control::ask(root, &request)? {
        return Ok(report(ui, &answer));
    }
    Ui::aside(&ui.text("no-daemon", &[("path", root.display().to_string())]));
    Ok(exit::USAGE)
}
