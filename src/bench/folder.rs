//! The run folder: what a run was, its documents, its outputs and their scores.
//!
//! - `run.json`: configuration, systems, machine, version;
//! - `documents.jsonl`: the articles as they were read, with their references;
//! - `outputs.jsonl`: a [`Record`] a line, added as soon as it is there, so that an interrupted run can go on;
//! - `scores.jsonl`: the scores of the outputs, see [`score`](super::score).

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::config::{BenchConfig, SystemSpec};
use super::machine::Machine;
use super::record::{Key, Record};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::Document;

const ABOUT: &str = "run.json";
const DOCUMENTS: &str = "documents.jsonl";
const OUTPUTS: &str = "outputs.jsonl";

/// What a run is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Version of faqtory that began it.
    pub faqtory: String,
    /// When it began, in UTC (RFC 3339).
    pub started: String,
    /// When something was added last.
    pub updated: String,
    /// The benchmark.
    pub config: BenchConfig,
    /// Its systems.
    pub systems: Vec<SystemSpec>,
    /// The machine.
    pub machine: Machine,
}

/// A run folder that is being written to. Nobody else can write to it meanwhile.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Locked as long as this is alive.
    outputs: File,
    records: HashMap<Key, Record>,
}

/// A run as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Its folder.
    pub path: PathBuf,
    /// What it is.
    pub about: About,
    /// The documents.
    pub documents: Vec<Document>,
    /// What the systems wrote.
    pub records: Vec<Record>,
}

/// An error of the file system, with what could not be done and where.
pub(super) fn io(what: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let (what, at) = (what.to_owned(), path.display().to_string());
    move |e| Error::new(ErrorKind::Io, what).at(at).with_source(e)
}

fn now() -> String {
    OffsetDateTime::now_utc().replace_nanosecond(0).ok().and_then(|t| t.format(&Rfc3339).ok()).unwrap_or_default()
}

/// Writes a file beside its name and renames it, so that it is never half there.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = || io("cannot write the file", path);
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed())?;
    file.write_all(bytes).map_err(failed())?;
    file.persist(path).map_err(|e| failed()(e.error))?;
    Ok(())
}

/// The values of a file of JSON Lines. A last line without its end was cut off when the program was stopped, and does not
/// count; `whole` is the length of what counts.
pub(super) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<(Vec<T>, u64)> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), 0)),
        Err(e) => return Err(io("cannot read the file", path)(e)),
    };
    let (mut reader, mut line, mut values, mut whole) = (BufReader::new(file), Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line).map_err(io("cannot read the file", path))?;
        if !line.ends_with(b"\n") {
            return Ok((values, whole));
        }
        values.push(serde_json::from_slice(&line).map_err(|e| {
            let at = format!("{}:{}", path.display(), values.len() + 1);
            Error::new(ErrorKind::Input, "this line of the run folder is damaged").at(at).with_source(e)
        })?);
        whole += length as u64;
    }
}

/// A value as a line of JSON.
pub(super) fn to_line(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut line =
        serde_json::to_vec(value).map_err(|e| Error::new(ErrorKind::Io, "cannot be written as JSON").with_source(e))?;
    line.push(b'\n');
    Ok(line)
}

impl RunFolder {
    /// Makes the folder, or goes on in one that was begun.
    ///
    /// # Errors
    /// `Io` if it cannot be written or another process writes to it, `Config` if it has a document of the same id and
    /// another content, `Input` if it is damaged.
    pub fn open(path: &Path, config: &BenchConfig, documents: &[Document]) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(io("cannot make the run folder", path))?;
        let file = path.join(OUTPUTS);
        let outputs = OpenOptions::new().create(true).append(true).open(&file).map_err(io("cannot write", &file))?;
        outputs.try_lock().map_err(|e| {
            let message = "another run writes to this folder";
            Error::new(ErrorKind::Io, message).at(path.display().to_string()).with_source(e)
        })?;
        let (records, whole) = read_lines::<Record>(&file)?;
        outputs.set_len(whole).map_err(io("cannot cut off a line that was not written to its end", &file))?;
        keep_documents(&path.join(DOCUMENTS), documents)?;
        let about = About {
            faqtory: env!("CARGO_PKG_VERSION").to_owned(),
            started: read_about(path)?.map_or_else(now, |before| before.started),
            updated: now(),
            config: config.clone(),
            systems: config.systems()?,
            machine: Machine::here(),
        };
        let json = serde_json::to_vec_pretty(&about)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot be written as JSON").with_source(e))?;
        replace(&path.join(ABOUT), &json)?;
        let records = records.into_iter().map(|r| (r.key.clone(), r)).collect();
        Ok(Self { path: path.to_owned(), outputs, records })
    }

    /// Whether a job is done.
    ///
    /// # Errors
    /// `Config` if it was done with other settings: a run is not made of two.
    pub fn has(&self, key: &Key, settings: &str) -> Result<bool> {
        match self.records.get(key) {
            None => Ok(false),
            Some(record) if record.settings == settings => Ok(true),
            Some(_) => {
                let message = format!(
                    "`{}` has already run in this folder with other settings; give the system another name, or take \
                     another folder",
                    key.system
                );
                Err(Error::new(ErrorKind::Config, message).at(self.path.display().to_string()))
            }
        }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// `Io` if it cannot be written.
    pub fn add(&mut self, record: Record) -> Result<()> {
        let failed = || io("cannot write the output", &self.path);
        self.outputs.write_all(&to_line(&record)?).and_then(|()| self.outputs.flush()).map_err(failed())?;
        self.records.insert(record.key.clone(), record);
        Ok(())
    }
}

/// Adds those documents that are not there yet.
fn keep_documents(path: &Path, documents: &[Document]) -> Result<()> {
    let (mut kept, _) = read_lines::<Document>(path)?;
    for document in documents {
        match kept.iter().find(|d| d.id == document.id) {
            None => kept.push(document.clone()),
            Some(d) if d.article.text == document.article.text && d.references == document.references => {}
            Some(_) => {
                let message =
                    format!("the document `{}` has changed since this run began; take another folder", document.id);
                return Err(Error::new(ErrorKind::Config, message).at(path.display().to_string()));
            }
        }
    }
    let lines = kept.iter().map(to_line).collect::<Result<Vec<_>>>()?;
    replace(path, &lines.concat())
}

fn read_about(folder: &Path) -> Result<Option<About>> {
    let path = folder.join(ABOUT);
    match std::fs::read(&path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("cannot read the file", &path)(e)),
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|e| {
            Error::new(ErrorKind::Input, "the run folder is damaged").at(path.display().to_string()).with_source(e)
        }),
    }
}

impl Run {
    /// Reads a run folder, also while it is being written to.
    ///
    /// # Errors
    /// `Io` and `Input`.
    pub fn read(path: &Path) -> Result<Self> {
        let Some(about) = read_about(path)? else {
            let message = "this is no run folder: there is no `run.json` in it";
            return Err(Error::new(ErrorKind::Input, message).at(path.display().to_string()));
        };
        let documents = read_lines(&path.join(DOCUMENTS))?.0;
        let (records, _) = read_lines(&path.join(OUTPUTS))?;
        Ok(Self { path: path.to_owned(), about, documents, records })
    }
}
