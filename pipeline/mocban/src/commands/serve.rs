//! `mocban serve`: the daemon.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ::portal::{FIRST_ACCOUNT, Portal};
use conduct::{Error, dispatcher};

use crate::{commands, control, exit, progress::Shown, ui::Ui};

pub(super) fn serve(ui: Ui, root: &Path) -> Result<u8, Error> {
    let home = Arc::new(commands::open(root)?);
    // A portal that cannot be opened is told before any work begins.
    let portal = match Portal::open(Arc::clone(&home)) {
        Ok(portal) => portal,
        Err(error) => return Ok(commands::portal::failed(ui, &error)),
    };
    let stop = AtomicBool::new(false);
    let shown = Shown::new(ui);
    ui.say("serving", &[("path", home.settings.inbound.path.display().to_string())]);
    if let Some(portal) = &portal {
        ui.say("portal-serving", &[("address", portal.address().to_string())]);
        if let Some(password) = portal.first_password() {
            ui.say("portal-first", &[("name", FIRST_ACCOUNT.to_owned()), ("password", password.to_owned())]);
        }
    }
    let listening = control::listen(root)?;
    let worked = std::thread::scope(|scope| {
        scope.spawn(|| wait_for_signal(&stop));
        scope.spawn(|| control::answer(&home, &listening, &stop));
        scope.spawn(|| {
            // The portal's end is not the work's: documents go on.
            if let Some(Err(error)) = portal.map(|portal| portal.serve(&stop)) {
                commands::portal::failed(ui, &error);
            }
        });
        let worked = dispatcher::work(&home, dispatcher::Mode::Serve, &stop, &|progress| shown.tell(&progress));
        stop.store(true, Ordering::SeqCst);
        worked
    });
    shown.finish();
    worked?;
    ui.say("served", &[]);
    Ok(exit::OK)
}

/// SIGTERM and SIGINT end the daemon; it takes no new work and ends what is under way.
fn wait_for_signal(stop: &AtomicBool) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    runtime.block_on(async {
        let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) else {
            return;
        };
        loop {
            tokio::select! {
                _ = term.recv() => stop.store(true, Ordering::SeqCst),
                _ = int.recv() => stop.store(true, Ordering::SeqCst),
                () = tokio::time::sleep(std::time::Duration::from_millis(200)) => {}
            }
            if stop.load(Ordering::SeqCst) {
                return;
            }
        }
    });
}
