//! The engine: batches of chat requests in, generated text out.
//!
//! Nothing in this file knows Candle. A call takes several requests; what their prompts have in
//! common at the beginning (the article) is computed once, and all answers are decoded together.

use std::fmt;
use std::ops::ControlFlow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::chat::Message;
use crate::content::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

pub mod candle;
pub mod encoder;
pub mod scripted;
pub mod speed;
pub mod store;
pub mod tokenizer;

mod config;
mod constraint;
mod decoder;
mod device;
mod embedding;
mod gguf;
mod grammar;
mod kernels;
mod kv;
mod likelihood;
mod lookup;
mod matrix;
mod memory;
mod prefixes;
mod probe;
mod sampler;
mod schedule;
mod scoring;
mod stop;
mod template;
mod weights_file;
mod writer;

#[cfg(test)]
mod parity;
#[cfg(test)]
mod synthetic;
#[cfg(test)]
#[path = "../../tests/harness/weights.rs"]
pub(crate) mod weights;

pub use grammar::{Grammar, Line, Text};
pub use likelihood::{Continuation, Likelihood, Prompt};
pub use probe::{Probe, TextStates};

/// Where a model runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// A GPU if one is built in and there, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// That NVIDIA GPU.
    Cuda(usize),
    /// An Apple GPU.
    Metal,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        let cuda = |number: &str| number.parse().ok().map(Self::Cuda);
        match s {
            "auto" => Some(Self::Auto),
            "cpu" => Some(Self::Cpu),
            "cuda" => Some(Self::Cuda(0)),
            "metal" => Some(Self::Metal),
            _ => s.strip_prefix("cuda:").and_then(cuda),
        }
        .ok_or_else(|| {
            Error::new(
                ErrorKind::Config,
                format!(
                    "unknown device `{s}`; known are auto, cpu, cuda, cuda:N (N is the device's number, from 0), metal"
                ),
            )
        })
    }
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

/// How the next token is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampling {
    /// Divides the logits; 0 is greedy: the most probable token, whatever the other settings.
    pub temperature: f32,
    /// Keep the `top_k` most probable tokens; 0 keeps all.
    pub top_k: usize,
    /// Keep the smallest set of tokens whose probabilities add up to `top_p`; 1 keeps all.
    pub top_p: f32,
    /// Keep tokens at least `min_p` times as probable as the most probable one; 0 keeps all.
    pub min_p: f32,
    /// Divides positive and multiplies negative logits of tokens already generated; 1 is off.
    pub repetition_penalty: f32,
    /// Seed of the random numbers. Same request, seed and machine: same text, whatever else is written in the same call. Only
    /// where one call asks for the same several times, each time has numbers of its own.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repetition_penalty: 1.0, seed: 0 }
    }
}

/// One text to be generated.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The conversation so far. If the last message is the assistant's, the model goes on with it.
    pub messages: Vec<Message>,
    /// The most tokens to write.
    pub max_tokens: usize,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Texts that end the generation; they are not part of the result.
    pub stop: Vec<Stop>,
    /// The form that the text must have, if any: no token is written that does not fit it, and the text ends where it is
    /// whole, unless `max_tokens` end it before.
    pub grammar: Option<Grammar>,
}

/// A text that ends a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The text.
    pub text: String,
    /// Which occurrence of it ends the generation: 1 is the first.
    pub occurrence: usize,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// The model ended its turn, wrote one of the stop texts, or came to the end of its grammar.
    Stop,
    /// `max_tokens` were written.
    Length,
}

/// One generated text.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// What the model wrote, without stop texts and special tokens.
    pub text: String,
    /// Why it ended.
    pub finish: FinishReason,
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// Tokens of the prompt that were there from another request.
    pub reused_tokens: usize,
    /// Tokens written.
    pub generated_tokens: usize,
    /// The natural logarithm of the probability of what was written: the sum over its tokens, each by the logits that it was
    /// chosen from (after a penalty and a grammar, at temperature 1). 0 from an engine that has no probabilities.
    pub log_prob: f64,
    /// What the model's probe reads of it: the grade that it would get, about 0 to 2. `None` from a model without one, and where
    /// something else than the model ended the text.
    pub appraisal: Option<f64>,
}

impl Generation {
    /// The mean over the tokens: how sure the model is of what it wrote; `None` for an empty text.
    pub fn mean_log_prob(&self) -> Option<f64> {
        (self.generated_tokens > 0).then(|| self.log_prob / self.generated_tokens as f64)
    }
}

/// What happens during a call of [`Engine::generate`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'a> {
    /// So many of the prompt tokens that must be computed are done.
    Prefill {
        /// Tokens done.
        done: usize,
        /// Tokens to do.
        total: usize,
    },
    /// A request's text grew.
    Text {
        /// Index of the request.
        request: usize,
        /// What was added to its text; whole characters only, maybe none.
        text: &'a str,
        /// Tokens written so far by this request.
        tokens: usize,
    },
    /// A request is finished.
    Finished {
        /// Index of the request.
        request: usize,
    },
}

/// Tokens that were computed on the guess that they come next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Drafts {
    /// Guessed.
    pub drafted: usize,
    /// Guessed right.
    pub accepted: usize,
}

/// Generations of one call, in the order of the requests, and the time they took.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// One generation for each request.
    pub generations: Vec<Generation>,
    /// Wall-clock seconds of reading the prompts.
    pub prefill_seconds: f64,
    /// Wall-clock seconds of writing the texts.
    pub decode_seconds: f64,
    /// How guesses at what comes next fared.
    pub drafts: Drafts,
}

/// A language model that answers batches of chat requests.
pub trait Engine {
    /// Which model it is and where it runs.
    fn info(&self) -> &ModelInfo;

    /// The number of tokens of a text, without chat markup.
    fn count_tokens(&self, text: &str) -> Result<usize>;

    /// Answers all requests. The callback sees every event as it happens and may end the call by
    /// returning [`ControlFlow::Break`].
    ///
    /// # Errors
    /// `ContextLength` if a prompt with its `max_tokens` does not fit the context (nothing is cut), `Config` if a grammar
    /// is too large, `Cancelled` if the callback broke off, `Inference` if the model cannot be run.
    fn generate(
        &mut self,
        requests: &[Request],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Batch>;

    /// How probable the model finds each of the texts behind its prompt, in their order. What the prompts have in common
    /// at the beginning is computed once, and kept for the next call; so is a prompt that several texts stand behind. The callback sees [`Event::Prefill`] and may end the
    /// call.
    ///
    /// # Errors
    /// `ContextLength` if a prompt with its text does not fit the context (nothing is cut), `Config` if a prompt is
    /// empty, `Cancelled` if the callback broke off, `Inference` if the model cannot be run.
    fn likelihood(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Likelihood>>;

    /// Whether the model has a probe.
    fn has_probe(&self) -> bool {
        false
    }

    /// What the model's probe reads of each of the texts behind its prompt, as [`Generation::appraisal`] is of what the model
    /// writes itself.
    ///
    /// # Errors
    /// Those of [`Engine::likelihood`], and `Config` if the model has no probe.
    fn appraise(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f64>> {
        let _ = (continuations, on_event);
        Err(no_probe())
    }

    /// How much more probable the first of two texts is than the second behind each prompt, as a difference of natural
    /// logarithms.
    ///
    /// # Errors
    /// Those of [`Engine::likelihood`].
    fn preference(
        &mut self,
        prompts: &[Prompt],
        texts: [&str; 2],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f64>> {
        let both = prompts
            .iter()
            .flat_map(|prompt| texts.map(|text| Continuation { prompt: prompt.clone(), text: text.to_owned() }));
        let found = self.likelihood(&both.collect::<Vec<_>>(), on_event)?;
        Ok(found.chunks_exact(2).map(|pair| pair[0].total() - pair[1].total()).collect())
    }
}

/// Whether the caller wants to go on.
fn proceed(flow: ControlFlow<()>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
    }
}

/// A prompt from which no probability can come.
fn empty_prompt() -> Error {
    Error::new(ErrorKind::Config, "the prompt before a text is empty, so its first token has no probability")
}

/// Nothing reads the states of this model.
fn no_probe() -> Error {
    Error::new(ErrorKind::Config, "the model has no probe, so it appraises nothing")
}

/// Refuses a request that cannot fit: nothing is ever cut silently.
fn check_context(prompt_tokens: usize, max_tokens: usize, context_length: usize) -> Result<()> {
    if prompt_tokens + max_tokens <= context_length {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::ContextLength,
        format!(
            "the prompt has {prompt_tokens} tokens and the answer may have {max_tokens}, \
             but the model's context holds {context_length}"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_and_written_the_same() {
        for name in ["auto", "cpu", "cuda:0", "cuda:3", "metal"] {
            assert_eq!(name.parse::<DeviceChoice>().unwrap().to_string(), name);
        }
        assert_eq!("cuda".parse::<DeviceChoice>().unwrap(), DeviceChoice::Cuda(0));
        for wrong in ["gpu", "cuda:", "cuda:x", "CPU"] {
            let error = wrong.parse::<DeviceChoice>().unwrap_err();
            assert!(error.message().contains("known are auto, cpu"), "{error}");
        }
    }
}
