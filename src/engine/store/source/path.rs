//! A file that a manifest names by its path on this machine.

use std::path::{Path, PathBuf};

use super::LocalSource;
use crate::engine::store::has_size;
use crate::engine::store::manifest::{LocalFile, Manifest};

pub(super) struct PathSource<'a> {
    pub(super) file: &'a LocalFile,
}

impl LocalSource for PathSource<'_> {
    fn describe(&self) -> String {
        format!("path {}", self.file.path.display())
    }

    fn candidates(&self, manifest: &Manifest, _: &Path) -> Vec<PathBuf> {
        Some(self.file.path.clone()).filter(|path| has_size(path, manifest.size)).into_iter().collect()
    }
}
