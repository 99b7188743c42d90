//! The systems of a benchmark: a model and how it is used.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::Sampling;
use crate::pipeline::Target;

/// One value, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// Several.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub(super) fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

/// How a system uses its model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// As faqtory does: prompts, checks, a second try.
    Pipeline,
    /// One plain prompt for each part, and what comes is taken as it is.
    Naive,
}

impl Strategy {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pipeline => "pipeline",
            Self::Naive => "naive",
        }
    }
}

/// Systems as `bench.toml` states them: one for each model and strategy of the lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemTable {
    /// The name in reports; without one, model and strategy are the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Models: an id of the store, a GGUF file, or `scripted:FILE.toml`; `default` is the recommended one.
    pub model: OneOrMany<String>,
    /// How they are used.
    #[serde(default = "pipeline")]
    pub strategy: OneOrMany<Strategy>,
    /// Only these languages to write in, instead of those of the benchmark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<Target>>,
    /// A folder of prompt templates over the built-in ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// How tokens are chosen; what is not said is as the model's manifest says.
    #[serde(flatten)]
    pub decoding: Decoding,
}

fn pipeline() -> OneOrMany<Strategy> {
    OneOrMany::One(Strategy::Pipeline)
}

/// How tokens are chosen, where it differs from what the model's manifest says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Decoding {
    /// See [`Sampling::temperature`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// See [`Sampling::top_k`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_k: Option<usize>,
    /// See [`Sampling::top_p`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_p: Option<f32>,
    /// See [`Sampling::min_p`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_p: Option<f32>,
    /// See [`Sampling::repetition_penalty`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition_penalty: Option<f32>,
    /// See [`Sampling::seed`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Decoding {
    /// The model's own sampling with what is said here over it.
    pub fn over(&self, model: Sampling, seed: u64) -> Sampling {
        Sampling {
            temperature: self.temperature.unwrap_or(model.temperature),
            top_k: self.top_k.unwrap_or(model.top_k),
            top_p: self.top_p.unwrap_or(model.top_p),
            min_p: self.min_p.unwrap_or(model.min_p),
            repetition_penalty: self.repetition_penalty.unwrap_or(model.repetition_penalty),
            seed: self.seed.unwrap_or(seed),
        }
    }
}

/// One system: a model and how it is used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemSpec {
    /// Its name in reports.
    pub name: String,
    /// The model, as `bench.toml` names it.
    pub model: String,
    /// How it is used.
    pub strategy: Strategy,
    /// The languages to write in.
    pub languages: Vec<Target>,
    /// A folder of prompt templates over the built-in ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PathBuf>,
    /// How tokens are chosen.
    pub decoding: Decoding,
}

/// The name of a model without the folders of its file.
pub(super) fn short_name(model: &str) -> String {
    let file = model.strip_prefix("scripted:").unwrap_or(model);
    match Path::new(file).file_stem() {
        Some(stem) if file.ends_with(".gguf") || file.ends_with(".toml") => stem.to_string_lossy().into_owned(),
        _ => model.to_owned(),
    }
}

/// A model's file counts from the folder of the benchmark; an id has none.
pub(super) fn from_folder(model: &str, folder: &Path) -> String {
    match model.strip_prefix("scripted:") {
        Some(script) => format!("scripted:{}", folder.join(script).display()),
        None if model.ends_with(".gguf") => folder.join(model).display().to_string(),
        None => model.to_owned(),
    }
}
