//! Where articles come from: files, folders, patterns, web addresses, JSON Lines and standard input.

mod name;
mod read;
mod walk;

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use faqtory::loader::{self, records};
use faqtory::{Error, ErrorKind};

use super::config::{Config, InputFormat};
use super::failure::Failure;
use super::ui::Ui;

pub(crate) use name::Name;
pub(crate) use read::{Articles, Item};

/// One place that articles come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Standard input.
    Stdin,
    /// A page on the web.
    Url(String),
    /// A file that is one article.
    File(PathBuf),
    /// A file with an article on each line.
    Records(PathBuf),
}

/// All places of a run, in order, each of them once.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    list: Vec<(Source, Name)>,
    /// Whether something that was named could not be found; that is already told.
    pub(crate) failed: bool,
}

impl Inputs {
    /// Finds what the arguments name. Folders and patterns are searched, except in the folder `results`.
    ///
    /// # Errors
    /// `Config` if standard input is named twice or a pattern is wrong. What is not there is told, and counts in
    /// `failed`.
    pub(crate) fn find(files: &[PathBuf], results: Option<&Path>, config: &Config, ui: &Ui) -> Result<Self, Failure> {
        let dash = Path::new("-");
        if files.iter().filter(|f| *f == dash).count() > 1 {
            return Err(Failure::usage(
                "standard input (`-`) can be read only once",
                "give `-` once, and files by their names",
            ));
        }
        let mut inputs = Self::default();
        let mut seen = HashSet::new();
        for file in files {
            let text = file.to_string_lossy();
            let found = if file == dash {
                vec![(Source::Stdin, Name::new("", "article"))]
            } else if is_url(&text) {
                vec![(Source::Url(text.trim().to_owned()), Name::of_url(text.trim()))]
            } else {
                match on_disk(file, results, ui) {
                    Ok(found) => found.into_iter().map(|(path, name)| (of_path(path, config), name)).collect(),
                    Err(error) if error.kind() == ErrorKind::Config => return Err(error.into()),
                    Err(error) => {
                        ui.error(&error);
                        inputs.failed = true;
                        continue;
                    }
                }
            };
            inputs.list.extend(found.into_iter().filter(|(source, _)| seen.insert(key(source))));
        }
        Ok(inputs)
    }

    /// Whether there is nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of articles, if it is known before they are read.
    pub(crate) fn count(&self) -> Option<usize> {
        let counted = !self.list.iter().any(|(source, _)| matches!(source, Source::Records(_)));
        counted.then_some(self.list.len())
    }

    /// The files among them, which no result may replace.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.list.iter().filter_map(|(source, _)| match source {
            Source::File(path) | Source::Records(path) => Some(path.as_path()),
            Source::Stdin | Source::Url(_) => None,
        })
    }

    /// Reads the articles, one after another.
    pub(crate) fn articles<'a>(&'a self, config: &'a Config, refresh: bool, ui: &'a Ui) -> Articles<'a> {
        Articles::new(&self.list, config, refresh, ui)
    }
}

fn is_url(text: &str) -> bool {
    let scheme = text.trim_start().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|s| s == "http" || s == "https")
}

fn of_path(path: PathBuf, config: &Config) -> Source {
    let lines = match config.input_format.value {
        InputFormat::Auto => records::is_named_so(&path.to_string_lossy()),
        format => format == InputFormat::JsonLines,
    };
    if lines { Source::Records(path) } else { Source::File(path) }
}

/// The files that an argument means, each with the name of its results.
fn on_disk(argument: &Path, results: Option<&Path>, ui: &Ui) -> Result<Vec<(PathBuf, Name)>, Error> {
    let text = argument.to_string_lossy();
    let pattern = !argument.exists() && walk::is_pattern(&text);
    if !pattern && !argument.is_dir() {
        std::fs::metadata(argument).map_err(|e| unreadable(argument, e))?;
        return Ok(vec![(argument.to_owned(), Name::of_file(argument))]);
    }
    let walk::Found { root, files, skipped } =
        if pattern { walk::pattern(&text, results)? } else { walk::folder(argument, results) };
    for (path, why) in &skipped {
        ui.step(&format!("{}: skipped: {why}", path.display()));
    }
    if files.is_empty() {
        let what = if pattern { "no file that can be an article is matched" } else { "no article is in this folder" };
        let rest = if skipped.is_empty() { "" } else { " (--verbose shows what was skipped)" };
        return Err(Error::new(ErrorKind::Input, format!("{what}{rest}")).at(text.into_owned()));
    }
    if !skipped.is_empty() {
        let (n, all) = (skipped.len(), files.len());
        ui.note(&format!("{text}: {all} found, {n} skipped (--verbose shows them)"));
    }
    let named = |path: PathBuf| {
        let name = Name::of_file_in(&path, &root);
        (path, name)
    };
    Ok(files.into_iter().map(named).collect())
}

/// The loader's own words for a file that is not there.
fn unreadable(path: &Path, cause: std::io::Error) -> Error {
    let read = loader::load_file(path, &loader::LoadOptions::default());
    let place = path.display().to_string();
    read.err().unwrap_or_else(|| Error::new(ErrorKind::Io, "cannot read the file").at(place).with_source(cause))
}

/// What tells a source from others: for a file the one behind all links.
fn key(source: &Source) -> OsString {
    match source {
        Source::Stdin => "-".into(),
        Source::Url(url) => url.into(),
        Source::File(path) | Source::Records(path) => {
            // Names need not be Unicode, and two of them must not become one.
            let mut key = OsString::from("file:");
            key.push(path.canonicalize().unwrap_or_else(|_| path.clone()));
            key
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_files() {
        assert!(is_url("https://a.example/x") && is_url("HTTP://a.example"));
        assert!(!is_url("https.html") && !is_url("ftp://a.example") && !is_url("a/b://c"));
    }
}
