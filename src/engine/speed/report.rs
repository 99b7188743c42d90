//! What was measured.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spread::Spread;
use crate::content::ModelInfo;

/// The speed of a model on this machine. What was not asked for, or does not fit the model's context, is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpeedReport {
    /// Which model it is and where it ran.
    pub model: ModelInfo,
    /// The instructions that our own kernels used, where they did the work.
    pub kernels: Option<String>,
    /// Processor threads it ran on.
    pub threads: usize,
    /// What each token needs of the model.
    pub work: Work,
    /// Seconds from the file to a model that can be used.
    pub load_seconds: Spread,
    /// Seconds that the first prompt took longer than the same prompt later: what loading puts off until a matrix is used.
    pub warm_up_seconds: f64,
    /// Reading prompts.
    pub prefill: Vec<Prefill>,
    /// Writing texts.
    pub decode: Vec<Decode>,
    /// What a long article costs beside a short one.
    pub long: Option<Long>,
    /// The names of the measurements whose texts are longer than the context.
    pub too_long: Vec<String>,
}

/// What a token needs of the model, beside attention: what the limits of a machine are compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Bytes of all matrices that a token is multiplied by, as the file stores them. A table of embeddings counts only
    /// where it serves as the output matrix too.
    pub weight_bytes: u64,
    /// Elements of these matrices: a multiplication and an addition each. Reading a prompt leaves out the output matrix
    /// but for the last token.
    pub weights: u64,
    /// Elements of the output matrix among them.
    pub output_weights: u64,
    /// How many of the matrices are stored in which type.
    pub types: BTreeMap<String, usize>,
}

/// Reading a prompt of so many tokens, with nothing before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prefill {
    /// Its name in the progress.
    pub name: String,
    /// Tokens of the prompt.
    pub tokens: usize,
    /// Tokens a second, up to the logits of the first token to write.
    pub tokens_per_second: Spread,
}

/// Writing texts together over one context that they share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decode {
    /// Its name in the progress.
    pub name: String,
    /// Tokens of the context.
    pub context: usize,
    /// Texts that are written together.
    pub sequences: usize,
    /// Tokens that each of them got in a run.
    pub written: usize,
    /// Tokens a second, of all texts together.
    pub tokens_per_second: Spread,
    /// How many times the speed of one text alone that is, where one alone was measured.
    pub ratio: Option<f64>,
}

/// What a long article costs beside a short one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Long {
    /// Its name in the progress.
    pub name: String,
    /// Tokens of the short article.
    pub short_tokens: usize,
    /// Tokens of the long one.
    pub long_tokens: usize,
    /// Seconds for each 1000 tokens of the short article, which is the beginning of the long one.
    pub short_seconds_per_1k: Spread,
    /// Seconds for each 1000 tokens of the long article.
    pub long_seconds_per_1k: Spread,
    /// Seconds for each 1000 tokens at its end, over as many tokens as the short article has.
    pub end_seconds_per_1k: Spread,
    /// How many times as much each token of the long article costs.
    pub ratio: f64,
}
