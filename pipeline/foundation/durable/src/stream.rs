//! A new file's bytes on their way to the medium: past the page cache once there are many, where the file system has that.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use rustix::{fs::OFlags, io::Errno};

/// `O_DIRECT` wants buffer, offset and length aligned to the device's block; a page serves all.
pub(crate) const ALIGNMENT: usize = 4096;
/// A file that ends within this is written through the page cache.
const SMALL: usize = 64 * 1024;
/// What a large file is written in.
const LARGE: usize = 1024 * 1024;

/// Memory that begins on a page.
#[derive(Debug)]
pub(crate) struct Aligned {
    store: Vec<u8>,
    start: usize,
}

impl Aligned {
    /// Room for `bytes`.
    pub(crate) fn new(bytes: usize) -> Self {
        let store = vec![0_u8; bytes + ALIGNMENT];
        let start = store.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { store, start }
    }

    /// All of it.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        let end = self.store.len() - ALIGNMENT + self.start;
        &mut self.store[self.start..end]
    }
}

/// Gathers what is appended into pieces. What a large file leaves in the page cache would push out what others read again, and costs
/// the copying of every byte.
#[derive(Debug)]
pub(crate) struct Stream {
    file: File,
    gathered: Aligned,
    filled: usize,
    /// Where they go.
    at: u64,
    large: bool,
    direct: bool,
}

impl Stream {
    pub(crate) fn new(file: File) -> Self {
        Self { file, gathered: Aligned::new(SMALL), filled: 0, at: 0, large: false, direct: false }
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let room = &mut self.gathered.bytes()[self.filled..];
            if room.is_empty() {
                self.make_room()?;
                continue;
            }
            let (now, later) = bytes.split_at(bytes.len().min(room.len()));
            room[..now.len()].copy_from_slice(now);
            self.filled += now.len();
            bytes = later;
        }
        Ok(())
    }

    /// Writes what is left and gives the file.
    pub(crate) fn finish(&mut self) -> io::Result<&File> {
        if self.direct {
            self.write(self.filled - self.filled % ALIGNMENT)?;
            self.go_direct(false);
        }
        self.write(self.filled)?;
        Ok(&self.file)
    }

    fn make_room(&mut self) -> io::Result<()> {
        if self.large {
            return self.write(self.filled);
        }
        let mut larger = Aligned::new(LARGE);
        larger.bytes()[..self.filled].copy_from_slice(&self.gathered.bytes()[..self.filled]);
        self.gathered = larger;
        self.large = true;
        self.go_direct(true);
        Ok(())
    }

    /// A file system that has no direct writes takes them through the page cache.
    fn go_direct(&mut self, on: bool) {
        if on != self.direct
            && let Ok(mut flags) = rustix::fs::fcntl_getfl(&self.file)
        {
            flags.set(OFlags::DIRECT, on);
            self.direct = rustix::fs::fcntl_setfl(&self.file, flags).is_ok_and(|()| on);
        }
    }

    /// Writes the first bytes that were gathered; what follows them moves up.
    fn write(&mut self, bytes: usize) -> io::Result<()> {
        let mut written = self.file.write_all_at(&self.gathered.bytes()[..bytes], self.at);
        if self.direct && written.as_ref().is_err_and(|error| Errno::from_io_error(error) == Some(Errno::INVAL)) {
            // The file system took the flag and does not take the write.
            self.go_direct(false);
            written = self.file.write_all_at(&self.gathered.bytes()[..bytes], self.at);
        }
        written?;
        self.at += bytes as u64;
        self.gathered.bytes().copy_within(bytes..self.filled, 0);
        self.filled -= bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_arrives_whole() {
        // Memory has direct writes on some kernels only; the folder of the tests has them on the usual file systems.
        for room in [tempfile::tempdir(), tempfile::tempdir_in("/dev/shm")].into_iter().flatten() {
            for length in
                [0, 1, SMALL - 1, SMALL, SMALL + 1, LARGE, LARGE + 1, LARGE + ALIGNMENT, 2 * LARGE + SMALL + 7]
            {
                let bytes: Vec<u8> = (0..length).map(|at| ((at * 31) >> 3) as u8).collect();
                for piece in [4095, 256 * 1024, 3 * LARGE] {
                    let (file, path) = tempfile::NamedTempFile::new_in(room.path()).expect("create").into_parts();
                    let mut stream = Stream::new(file);
                    bytes.chunks(piece).for_each(|piece| stream.append(piece).expect("append"));
                    // Past the page cache when there is much to write, wherever the file system opens files so.
                    let opens = rustix::fs::open(&*path, OFlags::RDONLY | OFlags::DIRECT, rustix::fs::Mode::empty());
                    assert_eq!(stream.direct, length > SMALL && opens.is_ok(), "{length} in {}", room.path().display());
                    stream.finish().expect("finish");
                    assert!(std::fs::read(&path).expect("read") == bytes, "{length} bytes in pieces of {piece}");
                }
            }
        }
    }
}
