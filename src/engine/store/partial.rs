//! A model file in the making: written beside its place, hashed as it grows, moved when it is right.

use std::fs::{self, File};
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::checksum::{feed, hex};
use super::{OnProgress, bytes, io_error};
use crate::error::{Error, ErrorKind, Result};

/// The file beside `target` that it grows in.
pub(super) fn place(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

pub(super) struct Partial {
    target: PathBuf,
    path: PathBuf,
    file: File,
    hasher: Sha256,
    len: u64,
    size: u64,
}

impl Partial {
    /// Goes on with what an earlier run left, if it left something that can be a beginning.
    pub(super) fn resume(target: &Path, size: u64, on_progress: OnProgress<'_>) -> Result<Self> {
        let path = place(target);
        let open = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = open.map_err(|e| io_error("write", &path, e))?;
        let mut partial = Self { target: target.to_owned(), path, file, hasher: Sha256::new(), len: 0, size };
        let here = partial.file.metadata().map_err(|e| io_error("read", &partial.path, e))?.len();
        if here > size {
            partial.restart()?;
        } else if here > 0 {
            partial.len = feed(&mut partial.file, &partial.path, here, &mut partial.hasher, on_progress)?;
        }
        Ok(partial)
    }

    /// Begins from nothing.
    pub(super) fn create(target: &Path, size: u64) -> Result<Self> {
        let path = place(target);
        let file = File::create(&path).map_err(|e| io_error("write", &path, e))?;
        Ok(Self { target: target.to_owned(), path, file, hasher: Sha256::new(), len: 0, size })
    }

    /// Forgets what is there.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(|e| io_error("write", &self.path, e))?;
        self.hasher = Sha256::new();
        self.len = 0;
        Ok(())
    }

    /// Bytes that are there.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Appends. More bytes than the file may have are an error, and none of them is written.
    pub(super) fn write(&mut self, piece: &[u8]) -> Result<()> {
        if self.len + piece.len() as u64 > self.size {
            let message = format!("more than the {} that the manifest says came", bytes(self.size));
            return Err(Error::new(ErrorKind::Download, message));
        }
        self.file.write_all(piece).map_err(|e| io_error("write", &self.path, e))?;
        self.hasher.update(piece);
        self.len += piece.len() as u64;
        Ok(())
    }

    /// Compares size and checksum and moves the file to its place. A file with a wrong checksum is
    /// deleted; a short one stays, to be gone on with.
    pub(super) fn finish(self, sha256: &str) -> Result<()> {
        if self.len != self.size {
            let message = format!("only {} of {} came", bytes(self.len), bytes(self.size));
            return Err(Error::new(ErrorKind::Download, message));
        }
        let got = hex(self.hasher);
        if got != sha256 {
            drop(self.file);
            let _ = fs::remove_file(&self.path);
            return Err(mismatch(sha256, &got));
        }
        self.file.sync_all().map_err(|e| io_error("write", &self.path, e))?;
        drop(self.file);
        fs::rename(&self.path, &self.target).map_err(|e| io_error("write", &self.target, e))
    }
}

/// Says that a checksum is wrong.
pub(super) fn mismatch(expected: &str, got: &str) -> Error {
    Error::new(ErrorKind::Model, format!("the checksum is wrong: expected SHA-256 {expected}, got {got}"))
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    fn go(_: super::super::Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn it_grows_over_two_runs_and_moves_when_right() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("m.gguf");
        let sha256 = hex(Sha256::new_with_prefix(b"abcdef"));

        let mut partial = Partial::resume(&target, 6, &mut go).unwrap();
        partial.write(b"abc").unwrap();
        assert!(partial.finish(&sha256).unwrap_err().to_string().contains("only 3 B of 6 B"));
        assert!(!target.exists());

        let mut partial = Partial::resume(&target, 6, &mut go).unwrap();
        assert_eq!(partial.len(), 3);
        partial.write(b"def").unwrap();
        assert!(partial.write(b"g").is_err());
        partial.finish(&sha256).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"abcdef");
        assert!(!place(&target).exists());
    }

    #[test]
    fn a_wrong_checksum_or_too_long_a_beginning_is_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("m.gguf");
        let mut partial = Partial::create(&target, 3).unwrap();
        partial.write(b"abc").unwrap();
        let error = partial.finish("00ff").unwrap_err().to_string();
        assert!(error.contains("expected SHA-256 00ff") && error.contains("got ba7816bf"), "{error}");
        assert!(!target.exists() && !place(&target).exists());

        fs::write(place(&target), b"abcd").unwrap();
        assert_eq!(Partial::resume(&target, 3, &mut go).unwrap().len(), 0);
        assert_eq!(fs::metadata(place(&target)).unwrap().len(), 0);
    }
}
