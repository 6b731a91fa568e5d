//! Exit codes, on which timers and scripts branch. They are never renumbered.

use conduct::Error;
use model::Disposition;

/// All is well.
pub(crate) const OK: u8 = 0;
/// The command, the settings or the home cannot be used as given.
pub(crate) const USAGE: u8 = 2;
/// An audit found damage.
pub(crate) const DAMAGE: u8 = 10;
/// Something waits or is held.
pub(crate) const WAITING: u8 = 20;
/// The register is damaged.
pub(crate) const REGISTER: u8 = 30;
/// A verdict is `invalid`.
pub(crate) const INVALID: u8 = 40;
/// A verdict is `indeterminate`.
pub(crate) const INDETERMINATE: u8 = 41;
/// A bug.
pub(crate) const BUG: u8 = 70;

/// The exit code of an error that ended a command.
pub(crate) fn of(error: &Error) -> u8 {
    if error.is_register_damage() {
        return REGISTER;
    }
    // Wrong settings, a home that another process holds or that a later mocban wrote: as given, this command cannot use it.
    let unusable = matches!(
        error,
        Error::Config(_)
            | Error::Durable(durable::Error::Locked { .. })
            | Error::Register(register::Error::Newer { .. })
    );
    if unusable {
        return USAGE;
    }
    match error.disposition() {
        Disposition::Bug => BUG,
        Disposition::Wait(_) | Disposition::Retry { .. } => WAITING,
        Disposition::Hold(_) => USAGE,
    }
}
