//! `faqtory models`: the models to choose from, and their files on this machine.

use clap::{Args, Subcommand};
use faqtory::engine::store::{Manifest, ModelStore};
use serde::Serialize;

use super::config::{Config, ModelChoice, Raw};
use super::failure::Failure;
use super::{Context, runtime};

mod list;
mod path;
mod pull;
mod remove;
mod show;
mod verify;

/// List, fetch, check and remove models
#[derive(Debug, Subcommand)]
pub(crate) enum ModelsCommand {
    List(list::ListArgs),
    Show(show::ShowArgs),
    Pull(pull::PullArgs),
    Verify(verify::VerifyArgs),
    Path(path::PathArgs),
    Remove(remove::RemoveArgs),
}

pub(crate) fn run(command: &ModelsCommand, context: &Context) -> Result<(), Failure> {
    match command {
        ModelsCommand::List(args) => list::run(args, context),
        ModelsCommand::Show(args) => show::run(args, context),
        ModelsCommand::Pull(args) => pull::run(args, context),
        ModelsCommand::Verify(args) => verify::run(args, context),
        ModelsCommand::Path(args) => path::run(args, context),
        ModelsCommand::Remove(args) => remove::run(args, context),
    }
}

/// A model by its id, or the one that the configuration names.
#[derive(Debug, Clone, Args)]
pub(crate) struct OptionalId {
    /// Model's id; without it the configured model, or else the recommended one
    #[arg(value_name = "ID")]
    id: Option<String>,
}

impl OptionalId {
    /// The id that is meant.
    fn of(&self, config: &Config, store: &ModelStore) -> Result<String, Failure> {
        match (&self.id, config.model.as_ref().map(|m| &m.value)) {
            (Some(id), _) | (None, Some(ModelChoice::Id(id))) => Ok(id.clone()),
            (None, Some(other)) => Err(Failure::usage(
                format!("the configured model, `{other}`, is not one of the store; give an id"),
                "`faqtory models list` shows the ids",
            )),
            (None, None) => runtime::default_id(store).map(str::to_owned),
        }
    }
}

/// The configuration and the store.
fn open(context: &Context) -> Result<(Config, ModelStore), Failure> {
    let config = context.config(Raw::default())?;
    let store = runtime::store(&config)?;
    Ok((config, store))
}

/// What JSON says of a model.
#[derive(Debug, Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    manifest: &'a Manifest,
    /// Bytes of memory that an ordinary job needs.
    memory: u64,
    /// The model's file, if it is here.
    path: Option<std::path::PathBuf>,
}

impl<'a> Record<'a> {
    fn of(manifest: &'a Manifest, store: &ModelStore) -> Result<Self, Failure> {
        let path = store.find(&manifest.id).map_err(Failure::of_model)?;
        Ok(Self { manifest, memory: manifest.memory(), path })
    }
}

/// Pretty JSON with a line break at its end.
fn json(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| faqtory::Error::new(faqtory::ErrorKind::Io, "cannot write JSON").with_source(e))?;
    Ok(text + "\n")
}

/// How far a manifest was tried by its authors.
fn verified(manifest: &Manifest) -> &'static str {
    match (manifest.verified.run, manifest.verified.fetched) {
        (true, _) => "run",
        (false, true) => "fetched",
        (false, false) => "not yet run",
    }
}
