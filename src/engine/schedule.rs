//! The loop that answers a batch of requests: who is computed in the next pass.
//!
//! A pass takes the next token of every text that is being written, drafts of what may follow it, and as much of the prompts
//! that wait as fits. A text that is finished makes room for the next request. A prompt that begins like one that is being
//! computed waits for it, so that nothing is computed twice.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Instant;

use rayon::prelude::*;

use super::constraint::Constraint;
use super::decoder::{self, Decoder, Hidden};
use super::kv::Sequence;
use super::prefixes::{Prefixes, common};
use super::probe::Probe;
use super::tokenizer::ModelTokenizer;
use super::writer::Writer;
use super::{Batch, Drafts, Event, Generation, Request, proceed};
use crate::error::Result;

/// Tokens of prompts in one pass: enough to keep the matrix kernels busy, few enough for steady progress.
pub(super) const PREFILL_ROWS: usize = 256;

/// Texts that are written at the same time. Beyond it a step costs nearly as much for each text as alone.
const MOST_WRITERS: usize = 16;

/// Rows of a step up to which one more costs little beside reading the weights: drafts fill it up.
const CHEAP_ROWS: usize = 8;

/// Tokens that a prompt must share with one that is being computed to wait for it.
const WORTH_WAITING: usize = 16;

/// Answers requests with a model.
pub(super) struct Schedule<'a> {
    pub(super) decoder: &'a Decoder,
    pub(super) tokenizer: &'a ModelTokenizer,
    pub(super) prefixes: &'a mut Prefixes,
    pub(super) requests: &'a [Request],
    /// The tokens of each request's prompt.
    pub(super) prompts: &'a [Vec<u32>],
    /// What keeps the text of each request to its grammar, until the request is taken in.
    pub(super) constraints: Vec<Option<Constraint>>,
    /// Whether drafts are made.
    pub(super) speculate: bool,
    /// What reads the states behind what is written.
    pub(super) probe: Option<&'a Probe>,
}

/// What was computed behind a token.
pub(super) struct Row {
    pub(super) logits: Vec<f32>,
    /// What the layer that a probe reads gives.
    pub(super) state: Option<Vec<f32>>,
}

/// What one writer takes part with in a pass.
struct Part {
    writer: usize,
    tokens: Vec<u32>,
    /// Whether the tokens are of the prompt.
    prompt: bool,
}

impl<'a> Schedule<'a> {
    /// Prompt tokens that will have to be computed.
    fn to_compute(&self) -> usize {
        let new = |(i, prompt): (usize, &Vec<u32>)| {
            let before = self.prompts[..i].iter().map(|other| common(other, prompt)).max().unwrap_or(0);
            prompt.len() - before.max(self.prefixes.known(prompt)).min(prompt.len().saturating_sub(1))
        };
        self.prompts.iter().enumerate().map(new).sum()
    }

    /// Tokens whose keys and values are new in memory at the same time, at most: prompts, and the longest texts that are written
    /// together.
    pub(super) fn most_tokens(&self) -> usize {
        let mut written: Vec<usize> = self.requests.iter().map(|r| r.max_tokens).collect();
        written.sort_unstable_by(|a, b| b.cmp(a));
        self.to_compute() + written.iter().take(MOST_WRITERS).sum::<usize>()
    }

    pub(super) fn run(mut self, on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>) -> Result<Batch> {
        let mut generations: Vec<Option<Generation>> = self.requests.iter().map(|_| None).collect();
        let mut waiting: VecDeque<usize> = (0..self.requests.len()).collect();
        let mut writers: Vec<Writer<'a>> = Vec::new();
        let (mut done, mut total) = (0, self.to_compute());
        let (mut prefill_seconds, mut decode_seconds, mut drafts) = (0.0, 0.0, Drafts::default());
        loop {
            self.admit(&mut waiting, &mut writers);
            let parts = self.parts(&mut writers)?;
            if parts.is_empty() {
                break;
            }
            let started = Instant::now();
            let rows = self.pass(&parts, &mut writers)?;
            let computed: usize = parts.iter().filter(|p| p.prompt).map(|p| p.tokens.len()).sum();
            if computed > 0 {
                done += computed;
                total = total.max(done);
                proceed(on_event(Event::Prefill { done, total }))?;
            }
            // Each writer chooses by itself, so that grammars and draws of many texts take no longer than those of one.
            let mut work: Vec<Option<(&Part, Vec<Row>)>> = writers.iter().map(|_| None).collect();
            for (part, rows) in parts.iter().zip(rows).filter(|(_, rows)| !rows.is_empty()) {
                if part.prompt {
                    let writer = &writers[part.writer];
                    self.prefixes.keep(writer.prompt, &writer.sequence);
                }
                work[part.writer] = Some((part, rows));
            }
            let tokenizer = self.tokenizer;
            let chosen = writers.par_iter_mut().zip(work).map(|(writer, work)| {
                let Some((part, rows)) = work else { return Ok(Drafts::default()) };
                let drafted = if part.prompt { 0 } else { part.tokens.len() - 1 };
                let computed = &part.tokens[part.tokens.len() - 1 - drafted..];
                Ok(Drafts { drafted, accepted: writer.write(computed, rows, tokenizer)? })
            });
            for Drafts { drafted, accepted } in chosen.collect::<Result<Vec<_>>>()? {
                drafts.drafted += drafted;
                drafts.accepted += accepted;
            }
            for part in &parts {
                writers[part.writer].tell(on_event)?;
            }
            *(if computed > 0 { &mut prefill_seconds } else { &mut decode_seconds }) += started.elapsed().as_secs_f64();
            for writer in writers.extract_if(.., |w| w.is_finished()) {
                let index = writer.index;
                generations[index] = Some(writer.into_generation(self.probe));
            }
        }
        let generations = generations.into_iter().flatten().collect();
        Ok(Batch { generations, prefill_seconds, decode_seconds, drafts })
    }

    /// Takes in the requests that there is room for.
    fn admit(&mut self, waiting: &mut VecDeque<usize>, writers: &mut Vec<Writer<'a>>) {
        let mut later = VecDeque::new();
        while let Some(index) = waiting.pop_front() {
            let prompt = &self.prompts[index];
            let known = self.prefixes.known(prompt);
            let in_work = writers.iter().filter(|w| !w.pending().is_empty()).map(|w| common(w.prompt, prompt)).max();
            if writers.len() >= MOST_WRITERS || in_work.is_some_and(|shared| shared >= known + WORTH_WAITING) {
                later.push_back(index);
                continue;
            }
            let sequence = self.prefixes.find(prompt).unwrap_or_else(|| self.decoder.sequence());
            let constraint = self.constraints[index].take();
            let request = &self.requests[index];
            let repeat = self.requests[..index].iter().filter(|before| *before == request).count();
            writers.push(Writer::new(index, repeat, request, prompt, sequence, constraint, self.tokenizer));
        }
        *waiting = later;
    }

    /// What each writer computes in the next pass.
    fn parts(&self, writers: &mut [Writer<'_>]) -> Result<Vec<Part>> {
        let writing = writers.iter().filter(|w| w.pending().is_empty()).count();
        let prefilling = writing < writers.len();
        let drafts =
            if self.speculate && !prefilling && writing > 0 { CHEAP_ROWS.saturating_sub(writing) / writing } else { 0 };
        let mut room = PREFILL_ROWS;
        let mut parts = Vec::new();
        for (index, writer) in writers.iter_mut().enumerate() {
            let pending = writer.pending();
            let prompt = !pending.is_empty();
            let tokens =
                if prompt { pending[..pending.len().min(room)].to_vec() } else { writer.next_tokens(drafts)? };
            room -= if prompt { tokens.len() } else { 0 };
            if !tokens.is_empty() {
                parts.push(Part { writer: index, tokens, prompt });
            }
        }
        Ok(parts)
    }

    /// Computes the parts and gives, for each, the rows that a token is chosen by: behind every token of a text, behind the
    /// last of a prompt, and none where more of the prompt follows.
    fn pass(&self, parts: &[Part], writers: &mut [Writer<'_>]) -> Result<Vec<Vec<Row>>> {
        let (mut wanted, mut counts, mut start) = (Vec::new(), Vec::new(), 0);
        for part in parts {
            let end = start + part.tokens.len();
            let rows = match part.prompt {
                true if writers[part.writer].pending().len() > part.tokens.len() => end..end,
                true => end - 1..end,
                false => start..end,
            };
            counts.push(rows.len());
            wanted.extend(rows.map(|row| row as u32));
            start = end;
        }
        let tokens: Vec<&[u32]> = parts.iter().map(|part| part.tokens.as_slice()).collect();
        let mut taking_part = parts.iter().map(|part| part.writer).peekable();
        let mut sequences = Vec::with_capacity(parts.len());
        for (index, writer) in writers.iter_mut().enumerate() {
            if taking_part.next_if_eq(&index).is_some() {
                sequences.push(&mut writer.sequence);
            }
        }
        let layer = self.probe.map(Probe::layer);
        let mut rows = self.decoder.rows_of(layer, &mut sequences, &tokens, &wanted)?.into_iter();
        Ok(counts.iter().map(|count| rows.by_ref().take(*count).collect()).collect())
    }
}

impl Decoder {
    /// What is computed behind the tokens `wanted`, with what another layer gives. There are no logits if none are wanted.
    fn rows_of(
        &self,
        layer: Option<usize>,
        sequences: &mut [&mut Sequence],
        tokens: &[&[u32]],
        wanted: &[u32],
    ) -> Result<Vec<Row>> {
        if wanted.is_empty() {
            self.advance(sequences, tokens)?;
            return Ok(Vec::new());
        }
        let Hidden { last, observed } = self.observe(layer, sequences, tokens, wanted)?;
        let logits = decoder::numbers(&self.logits(&last)?)?;
        let states = match &observed {
            Some(states) => decoder::numbers(states)?.into_iter().map(Some).collect(),
            None => vec![None; logits.len()],
        };
        Ok(logits.into_iter().zip(states).map(|(logits, state)| Row { logits, state }).collect())
    }
}
