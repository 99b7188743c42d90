//! One line of a run: what a system wrote of a document, how long it took, and how it scores.

use serde::{Deserialize, Serialize};

use crate::content::Output;
use crate::lang::Language;

/// What a record is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The name of the system.
    pub system: String,
    /// The id of the document.
    pub document: String,
    /// The language to write in.
    pub language: Language,
}

/// What a system wrote of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Of what.
    #[serde(flatten)]
    pub key: Key,
    /// A fingerprint of the settings of the job and the system.
    pub settings: String,
    /// What was written; `None` if the system failed.
    pub output: Option<Output>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How fast it was.
    pub speed: Speed,
}

/// Speed and memory of one job; what is not known, or does not apply, is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Wall-clock seconds of the job, without loading the model.
    pub seconds: f64,
    /// Wall-clock seconds of loading the model, once for all jobs of a system.
    pub load_seconds: Option<f64>,
    /// Tokens of prompts that were computed, for each second of it.
    pub prefill_tokens_per_second: Option<f64>,
    /// Tokens written, in all texts that were written at the same time, for each second of it.
    pub decode_tokens_per_second: Option<f64>,
    /// The most memory that the process held during the job, in bytes.
    pub peak_bytes: Option<u64>,
}

impl Speed {
    /// That of an output that took so long.
    pub fn of(output: &Output, seconds: f64, load_seconds: Option<f64>, peak_bytes: Option<u64>) -> Self {
        let tokens = &output.usage.tokens;
        let per_second = |tokens: usize, stage: &str| {
            let seconds = *output.usage.seconds.get(stage)?;
            (seconds > 0.0 && tokens > 0).then(|| tokens as f64 / seconds)
        };
        Self {
            seconds,
            load_seconds,
            prefill_tokens_per_second: per_second(tokens.prompt - tokens.reused.min(tokens.prompt), "prefill"),
            decode_tokens_per_second: per_second(tokens.generated, "decode"),
            peak_bytes,
        }
    }
}
