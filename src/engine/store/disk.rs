//! What the disk allows: free space, and the lock that makes two processes take turns.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::{OnProgress, Progress, bytes, io_error, tell};
use crate::error::{Error, ErrorKind, Result};

/// Refuses to begin what would fill the disk; `needed` is in bytes.
pub(super) fn require_space(folder: &Path, needed: u64) -> Result<()> {
    // A file system that cannot tell is no reason not to try.
    match fs4::available_space(folder) {
        Ok(available) if available < needed => Err(too_little(folder, needed, available)),
        _ => Ok(()),
    }
}

fn too_little(folder: &Path, needed: u64, available: u64) -> Error {
    let message = format!(
        "too little disk space: {} are needed, {} are free; make room, or choose another folder for the models",
        bytes(needed),
        bytes(available)
    );
    Error::new(ErrorKind::Io, message).at(folder.display().to_string())
}

/// Held while a model's files are changed; the system gives it back when the process ends, however it ends.
pub(super) struct Lock(#[expect(dead_code, reason = "dropping the file gives the lock back")] File);

impl Lock {
    /// Takes the lock, telling of the wait if another process has it.
    pub(super) fn take(path: &Path, on_progress: OnProgress<'_>) -> Result<Self> {
        let open = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = open.map_err(|e| io_error("write", path, e))?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) => {
                    tell(on_progress, Progress::Waiting)?;
                    thread::sleep(Duration::from_millis(100));
                }
                // Some network file systems have no locks: better unlocked than not at all.
                Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => return Ok(Self(file)),
                Err(TryLockError::Error(e)) => return Err(io_error("lock", path, e)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;

    #[test]
    fn the_error_says_what_is_needed_and_what_is_free() {
        let folder = tempfile::tempdir().unwrap();
        require_space(folder.path(), 1).unwrap();
        let error = require_space(folder.path(), u64::MAX).unwrap_err().to_string();
        assert!(error.contains("18446744.1 TB are needed"), "{error}");
    }

    #[test]
    fn a_second_taker_waits_and_can_be_called_off() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.lock");
        let first = Lock::take(&path, &mut |p| panic!("{p:?}")).unwrap();
        let mut told = Vec::new();
        let second = Lock::take(&path, &mut |p| {
            told.push(p);
            if told.len() == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(second.err().unwrap().kind(), ErrorKind::Cancelled);
        assert_eq!(told, [Progress::Waiting, Progress::Waiting]);
        drop(first);
        Lock::take(&path, &mut |p| panic!("{p:?}")).unwrap();
    }
}
