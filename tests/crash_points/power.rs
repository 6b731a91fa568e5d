//! Power cuts: home and copies on file systems of their own. What the medium holds when the process dies is the backing file;
//! what the page cache held is lost.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{
    house::{DOCUMENTS, House, Plan, died, shell},
    oracle,
};

/// Each medium with its size: a register and its copies fail one by one, and so do their disks.
const MEDIA: [(&str, &str, &str); 3] = [("home", "", "64M"), ("a", "copies/a", "32M"), ("b", "copies/b", "32M")];
/// Nothing may become durable by itself while a trial lasts.
const OPTIONS: &str = "loop,commit=300";

/// What became of a trial.
pub(crate) struct Cut {
    /// Whether the process died; else it ended first and the power was cut then.
    pub died: bool,
    /// What is wrong, nothing if all is well.
    pub wrong: Vec<String>,
}

/// File systems from which trials are copied.
pub(crate) struct Disks {
    folder: TempDir,
}

impl Disks {
    /// Lays a prepared home on file systems; none where file systems may not be made or mounted.
    pub(crate) fn new(house: &House) -> Option<Self> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        let disks = Self { folder: folder.expect("a folder") };
        for (name, _, size) in MEDIA {
            let image = disks.image(name);
            let made = Command::new("truncate").args(["-s", size]).arg(&image).status().is_ok_and(|s| s.success())
                && Command::new("mkfs.ext4")
                    .args(["-q", "-m0", "-J", "size=4"])
                    .arg(&image)
                    .status()
                    .is_ok_and(|s| s.success());
            if !made {
                return None;
            }
        }
        let mounted = Mounted::mount(disks.folder.path(), &disks.folder.path().join("prepared"))?;
        house.furnish(&mounted.root);
        for (_, below, _) in MEDIA {
            let lost = mounted.root.join(below).join("lost+found");
            fs::remove_dir(lost).expect("an empty folder");
        }
        drop(mounted);
        Some(disks)
    }

    fn image(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.img"))
    }

    /// Runs under a plan until the process dies or ends, cuts the power, starts again from what the media hold.
    pub(crate) fn cut(&self, house: &House, plan: &Plan) -> Cut {
        let trial = tempfile::tempdir_in(self.folder.path()).expect("a folder");
        copy_images(self.folder.path(), trial.path());
        let before = Mounted::mount(trial.path(), &trial.path().join("before")).expect("mounted once, mounted again");
        let trace = trial.path().join("trace");
        let run = house.run(&before.root, &Plan { trace: Some(trace.clone()), ..plan.clone() });
        let after = trial.path().join("cut");
        fs::create_dir(&after).expect("a folder");
        copy_images(trial.path(), &after);
        drop(before);
        // A document is acknowledged when the run says so at its end, or its last commit came back.
        let hits = fs::read_to_string(&trace).unwrap_or_default();
        let traced = hits.lines().filter(|hit| *hit == "index:done:after").count();
        let acknowledged = if run.status.code() == Some(0) { DOCUMENTS } else { traced };
        let restarted = Mounted::mount(&after, &after.join("home")).expect("the cut media can be mounted");
        let left = oracle::after_death(house, &restarted.root);
        let mut wrong = left.wrong;
        if left.done < acknowledged {
            wrong.push(format!("{acknowledged} documents were acknowledged, {} are there", left.done));
        }
        let again = house.run(&restarted.root, &Plan::default().with(&switches(plan)));
        wrong.extend(oracle::at_end(house, &restarted.root, &again, &left.signatures));
        if !died(&run) && run.status.code() != Some(0) {
            wrong.push(format!("the run ended with {:?}", run.status.code()));
        }
        Cut { died: died(&run), wrong }
    }
}

fn switches(plan: &Plan) -> Vec<&str> {
    plan.switches.iter().map(String::as_str).collect()
}

fn copy_images(from: &Path, to: &Path) {
    for (name, _, _) in MEDIA {
        let image = format!("{name}.img");
        shell("cp", &["--sparse=always", &from.join(&image).to_string_lossy(), &to.join(&image).to_string_lossy()]);
    }
}

/// The media of one home, mounted as long as this lives.
struct Mounted {
    root: PathBuf,
}

impl Mounted {
    /// None when mounting is not permitted.
    fn mount(images: &Path, root: &Path) -> Option<Self> {
        fs::create_dir_all(root).expect("a folder");
        let mounted = Self { root: root.to_owned() };
        for (name, below, _) in MEDIA {
            let place = root.join(below);
            fs::create_dir_all(&place).expect("a folder");
            let done = Command::new("mount")
                .args(["-t", "ext4", "-o", OPTIONS])
                .arg(images.join(format!("{name}.img")))
                .arg(&place)
                .status();
            if !done.is_ok_and(|status| status.success()) {
                return None;
            }
        }
        Some(mounted)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for (_, below, _) in MEDIA.iter().rev() {
            // A worker of a killed process may still be ending: the file system goes when it does.
            drop(Command::new("umount").arg("-l").arg(self.root.join(below)).output());
        }
    }
}
