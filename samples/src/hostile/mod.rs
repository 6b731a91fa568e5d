//! Hostile inputs: what damaged disks, half-done copies, odd programs and ill will put into inbound, written by code.

mod images;
mod pdfs;

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{PermissionsExt as _, symlink},
    },
    path::Path,
};

use crate::papers::Error;

pub use images::{page, scrap};

/// What lies in inbound.
#[derive(Debug, Clone)]
pub enum Lies {
    /// A file.
    File(Vec<u8>),
    /// A folder of files.
    Folder(Vec<(OsString, Vec<u8>)>),
    /// A symbolic link.
    Link(String),
    /// A named pipe.
    Pipe,
    /// A file nobody may read.
    Sealed(Vec<u8>),
}

/// One input.
#[derive(Debug, Clone)]
pub struct Hostile {
    /// What is wrong with it, in a few words; tables call it so.
    pub what: &'static str,
    /// Its name in the folder of documents.
    pub name: OsString,
    /// Its content.
    pub lies: Lies,
}

impl Hostile {
    fn file(what: &'static str, name: &str, bytes: Vec<u8>) -> Self {
        Self { what, name: name.into(), lies: Lies::File(bytes) }
    }

    /// Puts it into a folder.
    ///
    /// # Errors
    /// The system's own.
    pub fn put(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)?;
        let path = folder.join(&self.name);
        match &self.lies {
            Lies::File(bytes) => fs::write(path, bytes),
            Lies::Folder(files) => {
                fs::create_dir_all(&path)?;
                files.iter().try_for_each(|(name, bytes)| fs::write(path.join(name), bytes))
            }
            Lies::Link(to) => symlink(to, path),
            Lies::Pipe => {
                let kind = rustix::fs::FileType::Fifo;
                let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
                Ok(rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0)?)
            }
            Lies::Sealed(bytes) => {
                fs::write(&path, bytes)?;
                fs::set_permissions(path, fs::Permissions::from_mode(0o000))
            }
        }
    }
}

/// Every single input, from the smallest to the worst; those that need many files or another writer are made by the caller.
///
/// # Errors
/// When a sample cannot be encoded.
pub fn all() -> Result<Vec<Hostile>, Error> {
    let mut all = vec![
        Hostile::file("zero bytes, .pdf", "zero.pdf", Vec::new()),
        Hostile::file("zero bytes, .jpg", "zero.jpg", Vec::new()),
        Hostile::file("text named .pdf", "text.pdf", b"Day la van ban, khong phai PDF.\n".repeat(40)),
        Hostile::file("a program named .tif", "program.tif", [b"\x7fELF".as_slice(), &[7; 4000]].concat()),
    ];
    all.extend(images::all()?);
    all.extend(pdfs::all()?);
    all.extend(names()?);
    all.extend(odd()?);
    Ok(all)
}

/// Names that have broken programs before. Their content is sound: each becomes a document.
fn names() -> Result<Vec<Hostile>, Error> {
    let jpeg = |seed| Ok::<_, Error>(Lies::File(page(seed)?));
    let long = |lead: &[u8], fill: &[u8]| {
        let mut name = lead.to_vec();
        while name.len() + fill.len() <= 251 {
            name.extend_from_slice(fill);
        }
        name.extend(b".jpg");
        OsString::from_vec(name)
    };
    let named = |what, name: OsString, seed| Ok::<_, Error>(Hostile { what, name, lies: jpeg(seed)? });
    Ok(vec![
        named("name x..%2F..%2Fetc%2Fpasswd", "x..%2F..%2Fetc%2Fpasswd.jpg".into(), 201)?,
        named("name %2e%2e%2fescape", "%2e%2e%2fescape.jpg".into(), 202)?,
        named("name a\\..\\..\\b", "a\\..\\..\\b.jpg".into(), 203)?,
        named("name of 255 bytes", long(b"", b"a"), 204)?,
        named("name of 255 bytes, Vietnamese", long(b"", "ạ".as_bytes()), 205)?,
        named("name of 255 bytes, not UTF-8", long(b"x", b"\xff"), 206)?,
        named("name in NFD", "Quye\u{302}\u{301}t \u{111}i\u{323}nh.jpg".into(), 207)?,
        named("name with emoji", "📜 công văn 🏛️.jpg".into(), 208)?,
        named("name with a line end", "hai\ndòng.jpg".into(), 209)?,
        named("name with a terminal's escape", "do\u{1b}[31mđỏ.jpg".into(), 210)?,
        named("name {path} {detail}", "{path} {detail}.jpg".into(), 211)?,
        named("name that looks like an option", "--home=x.jpg".into(), 212)?,
    ])
}

/// What is no file, and files nobody may read.
fn odd() -> Result<Vec<Hostile>, Error> {
    let link = |what, name: &str, to: &str| Hostile { what, name: name.into(), lies: Lies::Link(to.to_owned()) };
    let inside = |name: &str, bytes| vec![(OsStr::from_bytes(name.as_bytes()).to_owned(), bytes)];
    let mut mixed = inside("1.jpg", page(301)?);
    mixed.extend(inside("2.pdf", pdfs::sound(302)?));
    let mut foreign = inside("1.jpg", page(303)?);
    foreign.extend(inside("2.exe", b"MZ".to_vec()));
    let mut broken = inside("1.jpg", page(304)?);
    broken.extend(inside("2.jpg", images::cut(page(305)?)));
    let folder = |what, name: &str, files| Hostile { what, name: name.into(), lies: Lies::Folder(files) };
    Ok(vec![
        link("link to a file outside", "link.jpg", "/etc/passwd"),
        link("link to nothing", "dangling.jpg", "nowhere.jpg"),
        link("link to a folder outside", "linked-folder", "/etc"),
        Hostile { what: "named pipe", name: "pipe.jpg".into(), lies: Lies::Pipe },
        Hostile { what: "file nobody may read", name: "sealed.jpg".into(), lies: Lies::Sealed(page(306)?) },
        folder("folder of a PDF and an image", "mixed", mixed),
        folder("folder with a program", "foreign", foreign),
        folder("folder whose page 2 is cut off", "broken-page", broken),
    ])
}
