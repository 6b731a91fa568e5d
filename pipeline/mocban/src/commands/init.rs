//! `mocban init`: a home with commented settings; said again, it makes the copies that the settings name.

use std::path::Path;

use conduct::Error;
use config::Settings;
use model::{Clock as _, SystemClock};
use preserve::DirectoryCopy;

use crate::{exit, ui::Ui};

pub(super) fn init(ui: Ui, root: &Path) -> Result<u8, Error> {
    let path = root.join("mocban.toml");
    if !path.is_file() {
        for folder in ["inbound", "policy", "work", "index"] {
            durable::create_dir(&root.join(folder))?;
        }
        durable::write_private(&path, config::REFERENCE.as_bytes(), 0o644)?;
        ui.say("init-done", &[("path", path.display().to_string())]);
        return Ok(exit::OK);
    }
    // Only a person's command makes a medium: an empty mount point must never become a new copy by itself.
    let settings = Settings::load(root)?;
    for copy in &settings.copy {
        DirectoryCopy::init(&copy.path, &copy.name, SystemClock.now())?;
        ui.say("init-copy", &[("name", copy.name.clone()), ("path", copy.path.display().to_string())]);
    }
    if settings.copy.is_empty() {
        ui.say("init-no-copies", &[("path", path.display().to_string())]);
    }
    Ok(exit::OK)
}
