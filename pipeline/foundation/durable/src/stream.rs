//! A new file's bytes on their way to the medium: past the page cache once there are many, where the file system has that.

use std::{fs::File, io, os::unix::fs::FileExt as _};

use rustix::{fs::OFlags, io::Errno};

use crate::aligned::{ALIGNMENT, Aligned, PIECE};

/// A file that ends within this is written through the page cache.
const SMALL: usize = 64 * 1024;

/// Gathers what is appended into pieces. What a large file leaves in the page cache would push out what others read again, and costs
/// the copying of every byte.
#[derive(Debug)]
pub(crate) struct Stream {
    file: File,
    gathered: Aligned,
    filled: usize,
    /// Where they go.
    at: u64,
    direct: Direct,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direct {
    Off,
    On,
    /// The file system has no direct writes.
    Refused,
}

impl Stream {
    pub(crate) fn new(file: File) -> Self {
        Self { file, gathered: Aligned::new(), filled: 0, at: 0, direct: Direct::Off }
    }

    /// Where the next bytes go; never empty.
    pub(crate) fn room(&mut self) -> io::Result<&mut [u8]> {
        if self.filled == PIECE {
            self.write_blocks()?;
        }
        Ok(&mut self.gathered.bytes()[self.filled..])
    }

    /// So many bytes of the room are the file's now.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.filled = PIECE.min(self.filled + bytes);
    }

    /// Writes what is left and gives the file.
    pub(crate) fn finish(&mut self) -> io::Result<&File> {
        self.write_blocks()?;
        self.go_direct(false);
        self.write(self.filled)?;
        Ok(&self.file)
    }

    /// Writes the whole blocks of a large file.
    fn write_blocks(&mut self) -> io::Result<()> {
        if self.at == 0 && self.filled <= SMALL {
            return Ok(());
        }
        self.go_direct(true);
        self.write(self.filled - self.filled % ALIGNMENT)
    }

    /// A file system that has no direct writes takes them through the page cache.
    fn go_direct(&mut self, on: bool) {
        let wanted = if on { Direct::On } else { Direct::Off };
        if self.direct == wanted || self.direct == Direct::Refused {
            return;
        }
        let set = rustix::fs::fcntl_getfl(&self.file).and_then(|mut flags| {
            flags.set(OFlags::DIRECT, on);
            rustix::fs::fcntl_setfl(&self.file, flags)
        });
        self.direct = if set.is_ok() { wanted } else { Direct::Refused };
    }

    /// Writes the first bytes that were gathered; what follows them moves up.
    fn write(&mut self, bytes: usize) -> io::Result<()> {
        let mut written = self.file.write_all_at(&self.gathered.bytes()[..bytes], self.at);
        if self.direct == Direct::On
            && written.as_ref().is_err_and(|error| Errno::from_io_error(error) == Some(Errno::INVAL))
        {
            // The file system took the flag and does not take the write.
            self.go_direct(false);
            self.direct = Direct::Refused;
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
            for length in [0, 1, SMALL, SMALL + 1, PIECE, PIECE + 1, PIECE + ALIGNMENT, 2 * PIECE + SMALL + 7] {
                let bytes: Vec<u8> = (0..length).map(|at| ((at * 31) >> 3) as u8).collect();
                for piece in [4095, 256 * 1024, PIECE] {
                    let (file, path) = tempfile::NamedTempFile::new_in(room.path()).expect("create").into_parts();
                    let mut stream = Stream::new(file);
                    let mut left = bytes.as_slice();
                    while !left.is_empty() {
                        let room = stream.room().expect("room");
                        let (now, later) = left.split_at(left.len().min(room.len()).min(piece));
                        room[..now.len()].copy_from_slice(now);
                        stream.advance(now.len());
                        left = later;
                    }
                    // Past the page cache when there is much to write, wherever the file system opens files so.
                    stream.write_blocks().expect("whole blocks");
                    let opens = rustix::fs::open(&*path, OFlags::RDONLY | OFlags::DIRECT, rustix::fs::Mode::empty());
                    let wanted = length > SMALL && opens.is_ok();
                    assert_eq!(stream.direct == Direct::On, wanted, "{length} in {}", room.path().display());
                    stream.finish().expect("finish");
                    assert!(std::fs::read(&path).expect("read") == bytes, "{length} bytes in pieces of {piece}");
                }
            }
        }
    }
}
