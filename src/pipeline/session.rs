//! The engine during one job: batches of requests in, texts out, and the account of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use super::Progress;
use crate::chat::Message;
use crate::content::TokenCounts;
use crate::engine::{Batch, Continuation, Engine, Event, FinishReason, Generation, Prompt, Request, Sampling, Stop};
use crate::error::{Error, ErrorKind, Result};
use crate::metrics::grounded::VERDICTS;

/// Enough to come to another text, little enough to keep to the article.
const OTHER_TEMPERATURE: f32 = 0.5;
/// Keeps the improbable words out of further candidates.
const OTHER_TOP_P: f32 = 0.9;

/// An engine at work on one job.
pub(super) struct Session<'a> {
    pub(super) engine: &'a mut dyn Engine,
    pub(super) on_progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    /// How the first candidate of each text is sampled.
    pub(super) sampling: Sampling,
    pub(super) account: Account,
}

/// A text that the model wrote.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub(super) text: String,
    /// Whether the model was cut off in it.
    pub(super) truncated: bool,
    /// The mean logarithm of the probability of its tokens: how sure the model is of it.
    pub(super) certainty: f64,
    /// What the model's probe reads of it, if it has one and the model ended the text.
    pub(super) appraisal: Option<f64>,
}

impl Session<'_> {
    /// A request for a text. Candidate 0 is sampled as the job says, each other one with a seed of its own.
    pub(super) fn request(&self, messages: Vec<Message>, max_tokens: usize, candidate: u64, stop: &[&str]) -> Request {
        let stop = stop.iter().map(|text| Stop { text: (*text).to_owned(), occurrence: 1 }).collect();
        Request { messages, max_tokens, sampling: sampling_of(self.sampling, candidate), stop, grammar: None }
    }

    /// Writes all texts together.
    pub(super) fn write(&mut self, stage: &'static str, requests: &[Request]) -> Result<Vec<Written>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let max_tokens = requests.iter().map(|r| r.max_tokens).sum();
        if (self.on_progress)(Progress::Stage { name: stage, requests: requests.len(), max_tokens }).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "stopped"));
        }
        let on_progress = &mut *self.on_progress;
        let batch = self.engine.generate(requests, &mut |event| on_progress(Progress::Engine(event)))?;
        self.account.add(&batch);
        let written = |g: Generation| Written {
            truncated: g.finish == FinishReason::Length,
            certainty: g.mean_log_prob().unwrap_or_default(),
            appraisal: g.appraisal,
            text: g.text,
        };
        Ok(batch.generations.into_iter().map(written).collect())
    }
}

impl Session<'_> {
    /// How much more probable yes is than no behind each of the questions, as a difference of logarithms.
    pub(super) fn verdicts(&mut self, questions: Vec<Vec<Message>>) -> Result<Vec<f64>> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let prompts: Vec<Prompt> = questions.into_iter().map(Prompt::Chat).collect();
        self.read("verification", prompts.len(), |engine, on_event| engine.preference(&prompts, VERDICTS, on_event))
    }

    /// What the model's probe reads of each text as the reply to its conversation.
    pub(super) fn appraisals(&mut self, replies: Vec<(Vec<Message>, String)>) -> Result<Vec<f64>> {
        if replies.is_empty() {
            return Ok(Vec::new());
        }
        let reply = |(messages, text)| Continuation { prompt: Prompt::Chat(messages), text };
        let replies: Vec<Continuation> = replies.into_iter().map(reply).collect();
        self.read("appraisal", replies.len(), |engine, on_event| engine.appraise(&replies, on_event))
    }

    /// Has the model read texts, and accounts for the time.
    fn read<T>(
        &mut self,
        stage: &'static str,
        requests: usize,
        read: impl FnOnce(&mut dyn Engine, &mut dyn FnMut(Event<'_>) -> ControlFlow<()>) -> Result<T>,
    ) -> Result<T> {
        let started = Instant::now();
        if (self.on_progress)(Progress::Stage { name: stage, requests, max_tokens: 0 }).is_break() {
            return Err(Error::new(ErrorKind::Cancelled, "stopped"));
        }
        let on_progress = &mut *self.on_progress;
        let found = read(self.engine, &mut |event| on_progress(Progress::Engine(event)))?;
        *self.account.seconds.entry(stage.to_owned()).or_default() += started.elapsed().as_secs_f64();
        Ok(found)
    }
}

/// How a candidate is sampled: greedily, or with the same random numbers, the model would only give the same text.
fn sampling_of(first: Sampling, candidate: u64) -> Sampling {
    if candidate == 0 {
        return first;
    }
    let seed = first.seed.wrapping_add(candidate);
    if first.temperature > 0.0 {
        Sampling { seed, ..first }
    } else {
        Sampling { seed, temperature: OTHER_TEMPERATURE, top_p: OTHER_TOP_P, ..first }
    }
}

/// Sums over the engine's calls.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) tokens: TokenCounts,
    pub(super) seconds: BTreeMap<String, f64>,
}

impl Account {
    pub(super) fn add(&mut self, batch: &Batch) {
        for generation in &batch.generations {
            self.tokens.prompt += generation.prompt_tokens;
            self.tokens.reused += generation.reused_tokens;
            self.tokens.generated += generation.generated_tokens;
        }
        for (stage, seconds) in [("prefill", batch.prefill_seconds), ("decode", batch.decode_seconds)] {
            *self.seconds.entry(stage.to_owned()).or_default() += seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_differ_and_the_first_is_as_the_job_says() {
        let greedy = Sampling { seed: 7, ..Sampling::default() };
        assert_eq!(sampling_of(greedy, 0), greedy);
        let (a, b) = (sampling_of(greedy, 1), sampling_of(greedy, 2));
        assert!(a.temperature > 0.0 && a.seed == 8 && b.seed == 9);
        let hot = Sampling { temperature: 1.2, ..greedy };
        assert_eq!(sampling_of(hot, 2), Sampling { seed: 9, ..hot });
    }
}
