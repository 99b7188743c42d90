//! From the configuration to a running model: the store, the model's file, the engine.

use std::path::{Path, PathBuf};

use faqtory::engine::candle::{CandleEngine, LoadOptions};
use faqtory::engine::encoder::Encoder;
use faqtory::engine::scripted::ScriptedEngine;
use faqtory::engine::store::{ModelFile, ModelStore, Task};
use faqtory::engine::tokenizer::count_tokens_in_gguf;
use faqtory::engine::{Engine, Probe, Sampling};
use faqtory::{Error, ErrorKind};

use super::config::{Config, ModelChoice};
use super::failure::Failure;
use super::interrupt;
use super::progress::StoreProgress;
use super::ui::Ui;

/// The model store.
pub(crate) fn store(config: &Config) -> Result<ModelStore, Failure> {
    ModelStore::new(config.store()).map_err(Failure::of_model)
}

/// The id of the model that is used where none is named.
pub(crate) fn default_id(store: &ModelStore) -> Result<&str, Failure> {
    let manifests = store.manifests();
    manifests.first().map(|m| m.id.as_str()).ok_or_else(|| {
        Failure::of_model(Error::new(ErrorKind::Model, "no model is known; name a file with `--model PATH.gguf`"))
    })
}

/// A model that is running.
pub(crate) struct Started {
    /// It.
    pub(crate) engine: Box<dyn Engine>,
    /// How to sample from it where nothing is set.
    pub(crate) sampling: Sampling,
}

/// The chosen model, started; fetched first if it is not here.
pub(crate) fn start(config: &Config, ui: &Ui) -> Result<Started, Failure> {
    prepare(config);
    open(config.model.as_ref().map(|m| &m.value), config, ui)
}

/// What has to be done once, before the first model is started.
pub(crate) fn prepare(config: &Config) {
    if let Some(threads) = &config.threads {
        limit_threads(threads.value);
    }
    interrupt::install();
}

/// A model, started; fetched first if it is not here. [`prepare`] has been called.
pub(crate) fn open(model: Option<&ModelChoice>, config: &Config, ui: &Ui) -> Result<Started, Failure> {
    if let Some(ModelChoice::Script(path)) = model {
        let engine = Box::new(ScriptedEngine::from_file(path).map_err(Failure::of_model)?);
        return Ok(Started { engine, sampling: Sampling::default() });
    }
    let Weights { path, id, sha256, sampling, probe } = weights(model, config, ui)?;
    ui.step(&format!("loading {id} from {}", path.display()));
    let bar = ui.spinner();
    bar.0.set_message(format!("loading {id}"));
    let options = LoadOptions { probe, ..load_options(config) };
    let engine = CandleEngine::load(&path, &id, sha256, &options).map_err(Failure::of_model)?;
    if let Some(reason) = engine.fallback() {
        ui.note(reason);
    }
    Ok(Started { engine: Box::new(engine), sampling })
}

/// The file of a model that is not yet loaded.
pub(crate) struct Weights {
    /// The file.
    pub(crate) path: PathBuf,
    /// What results call the model.
    pub(crate) id: String,
    /// The file's checksum, where it was checked.
    pub(crate) sha256: Option<String>,
    /// How to sample from it where nothing is set.
    pub(crate) sampling: Sampling,
    /// Its probe, if it has one.
    pub(crate) probe: Option<Probe>,
}

/// The file of a model, fetched first if it is not here.
pub(crate) fn weights(model: Option<&ModelChoice>, config: &Config, ui: &Ui) -> Result<Weights, Failure> {
    let from_store = |store: &ModelStore, id: &str| {
        let sampling = store.manifest(id).map_err(Failure::of_model)?.sampling.unwrap_or_default();
        let probe = store.probe(id).map_err(Failure::of_model)?;
        let file = ensure(store, id, config, ui)?;
        Ok(Weights { path: file.path, id: file.id, sha256: Some(file.sha256), sampling, probe })
    };
    match model {
        Some(ModelChoice::Script(_)) => {
            Err(Failure::usage("a script of canned replies has no weights", "name a model with `--model ID|PATH.gguf`"))
        }
        Some(ModelChoice::File(path)) if !path.is_file() => {
            let error = Error::new(ErrorKind::Model, "there is no such model file").at(path.display().to_string());
            Err(Failure::of_model(error))
        }
        Some(ModelChoice::File(path)) => {
            let id = path.display().to_string();
            Ok(Weights { path: path.clone(), id, sha256: None, sampling: Sampling::default(), probe: None })
        }
        Some(ModelChoice::Id(id)) => from_store(&store(config)?, id),
        None => {
            let store = store(config)?;
            from_store(&store, default_id(&store)?)
        }
    }
}

/// Where to run a model, and with how much context.
pub(crate) fn load_options(config: &Config) -> LoadOptions {
    let context_length = config.context_length.as_ref().map(|c| c.value);
    LoadOptions { device: config.device.value, context_length, ..LoadOptions::default() }
}

/// Candle sizes its pools by these variables when it first uses them, and knows no other way.
fn limit_threads(threads: usize) {
    for name in ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"] {
        // SAFETY: this runs before the program starts its first thread (the handler of Ctrl-C is installed
        // behind it), so nothing reads the environment at the same time.
        unsafe { std::env::set_var(name, threads.to_string()) };
    }
}

/// The file of a model of the store, fetched if it is not here and the network may be used.
pub(crate) fn ensure(store: &ModelStore, id: &str, config: &Config, ui: &Ui) -> Result<ModelFile, Failure> {
    store.manifest(id).map_err(Failure::of_model)?;
    let mut progress = StoreProgress::new(ui, id);
    store.ensure(id, &mut |p| progress.on(p)).map_err(|error| {
        if error.kind() == ErrorKind::Download && config.offline.value {
            ui.note(&format!("the network is not used: {}", config.offline.origin));
        }
        Failure::of_model(error)
    })
}

/// An encoder by the id of the store, fetched if it is not here, or by its file. [`prepare`] has been called.
pub(crate) fn encoder(name: &str, config: &Config, ui: &Ui) -> Result<Encoder, Failure> {
    let path = if Path::new(name).exists() {
        PathBuf::from(name)
    } else {
        let store = store(config)?;
        let manifest = store.manifest(name).map_err(Failure::of_model)?;
        if manifest.task != Task::Encode {
            return Err(Failure::usage(
                format!("the model `{name}` writes texts and cannot compare them"),
                "`faqtory models list` shows what each model is for",
            ));
        }
        ensure(&store, name, config, ui)?.path
    };
    ui.step(&format!("loading the encoder from {}", path.display()));
    Encoder::load(&path, config.device.value).map_err(Failure::of_model)
}

/// A number of tokens, and the model that counted them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct TokenCount {
    /// The model.
    pub(crate) model: String,
    /// The number.
    pub(crate) count: usize,
}

/// The number of tokens of a text by the chosen model's tokenizer; `None` if the model is not here.
/// Nothing is fetched.
pub(crate) fn count_tokens(config: &Config, text: &str) -> Result<Option<TokenCount>, Failure> {
    let (model, path) = match config.model.as_ref().map(|m| &m.value) {
        Some(ModelChoice::Script(path)) => {
            let engine = ScriptedEngine::from_file(path).map_err(Failure::of_model)?;
            let count = engine.count_tokens(text).map_err(Failure::of_model)?;
            return Ok(Some(TokenCount { model: engine.info().id.clone(), count }));
        }
        Some(ModelChoice::File(path)) => (path.display().to_string(), path.is_file().then(|| path.clone())),
        Some(ModelChoice::Id(id)) => (id.clone(), find(&store(config)?, id)?),
        None => {
            let store = store(config)?;
            let Some(id) = store.manifests().first().map(|m| m.id.clone()) else { return Ok(None) };
            let path = find(&store, &id)?;
            (id, path)
        }
    };
    let Some(path) = path else { return Ok(None) };
    let count = count_tokens_in_gguf(&path, text).map_err(Failure::of_model)?;
    Ok(Some(TokenCount { model, count }))
}

fn find(store: &ModelStore, id: &str) -> Result<Option<PathBuf>, Failure> {
    store.manifest(id).and_then(|m| store.find(&m.id)).map_err(Failure::of_model)
}
