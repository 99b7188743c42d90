//! SHA-256 of files, in pieces and with progress, and the record of files that were found right.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{OnProgress, Progress, io_error, tell};
use crate::error::Result;

/// Bytes that are read and hashed at a time.
pub(super) const PIECE: usize = 1 << 20;

/// The digest in lower-case hexadecimal.
pub(super) fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of a file.
pub(super) fn of_file(path: &Path, on_progress: OnProgress<'_>) -> Result<String> {
    let mut file = File::open(path).map_err(|e| io_error("open", path, e))?;
    let total = file.metadata().map_err(|e| io_error("read", path, e))?.len();
    let mut hasher = Sha256::new();
    feed(&mut file, path, total, &mut hasher, on_progress)?;
    Ok(hex(hasher))
}

/// Hashes the rest of a file and says how many bytes that was.
pub(super) fn feed(
    file: &mut File,
    path: &Path,
    total: u64,
    hasher: &mut Sha256,
    on_progress: OnProgress<'_>,
) -> Result<u64> {
    let mut piece = vec![0; PIECE];
    let mut done = 0;
    loop {
        tell(on_progress, Progress::Verifying { done, total })?;
        let n = file.read(&mut piece).map_err(|e| io_error("read", path, e))?;
        if n == 0 {
            return Ok(done);
        }
        hasher.update(&piece[..n]);
        done += n as u64;
    }
}

/// Files whose checksum was found right, so that they need not be hashed at every start. A file
/// whose size or time of change is another than recorded counts as unknown.
pub(super) struct Records {
    file: PathBuf,
}

#[derive(PartialEq, Serialize, Deserialize)]
struct Record {
    path: PathBuf,
    size: u64,
    /// Nanoseconds since 1970.
    modified: u64,
    sha256: String,
}

impl Records {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file }
    }

    pub(super) fn knows(&self, path: &Path, sha256: &str) -> bool {
        record(path, sha256).is_some_and(|record| self.read().contains(&record))
    }

    /// Records a file. That this fails (a read-only folder) only means that it is hashed again later.
    pub(super) fn add(&self, path: &Path, sha256: &str) {
        let Some(new) = record(path, sha256) else { return };
        let mut records = self.read();
        records.retain(|old| old.path != new.path);
        records.push(new);
        let _ = self.write(&records);
    }

    fn read(&self) -> Vec<Record> {
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn write(&self, records: &[Record]) -> std::io::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(records)?)?;
        file.persist(&self.file)?;
        Ok(())
    }
}

fn record(path: &Path, sha256: &str) -> Option<Record> {
    let metadata = fs::metadata(path).ok()?;
    let modified = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Record {
        path: path.to_owned(),
        size: metadata.len(),
        modified: u64::try_from(modified.as_nanos()).ok()?,
        sha256: sha256.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_file_is_hashed_in_pieces_with_progress() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, vec![7; PIECE + 3]).unwrap();
        let mut seen = Vec::new();
        let sum = of_file(&path, &mut |p| {
            seen.push(p);
            ControlFlow::Continue(())
        });
        assert_eq!(sum.unwrap(), hex(Sha256::new_with_prefix(vec![7; PIECE + 3])));
        let total = PIECE as u64 + 3;
        let steps = [0, PIECE as u64, total].map(|done| Progress::Verifying { done, total });
        assert_eq!(seen, steps);

        fs::write(&path, b"abc").unwrap();
        let sum = of_file(&path, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "FIPS 180-4, `abc`");
        let error = of_file(&path, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
    }

    #[test]
    fn a_record_holds_until_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, b"abc").unwrap();
        let records = Records::new(folder.path().join("sub/verified.json"));
        assert!(!records.knows(&path, "s"));
        records.add(&path, "s");
        assert!(records.knows(&path, "s"));
        assert!(!records.knows(&path, "t"));

        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
        assert!(!records.knows(&path, "s"), "another time of change");
        records.add(&path, "s");
        assert!(records.knows(&path, "s"));
        fs::write(&path, b"abcd").unwrap();
        assert!(!records.knows(&path, "s"), "another size");
        fs::write(&records.file, "garbage").unwrap();
        assert!(!records.knows(&path, "s"));
    }
}
