//! One text being written: its tokens, from its prompt to its end.

use std::ops::ControlFlow;

use super::constraint::Constraint;
use super::kv::Sequence;
use super::lookup::Lookup;
use super::probe::{Probe, StateSum};
use super::sampler::Sampler;
use super::schedule::Row;
use super::stop::StopText;
use super::tokenizer::{ModelTokenizer, TextDecoder};
use super::{Event, FinishReason, Generation, Request, proceed, sampler};
use crate::error::{Error, ErrorKind, Result};

/// A request that is being answered.
pub(super) struct Writer<'a> {
    pub(super) index: usize,
    request: &'a Request,
    pub(super) prompt: &'a [u32],
    pub(super) sequence: Sequence,
    reused: usize,
    sampler: Sampler,
    constraint: Option<Constraint>,
    decoder: TextDecoder<'a>,
    text: StopText,
    lookup: Lookup,
    tokens: usize,
    log_prob: f64,
    /// Those behind the prompt and what is written.
    states: StateSum,
    /// Whether the model ended the text, so that there is a state behind each of its tokens.
    closed: bool,
    last: u32,
    finish: Option<FinishReason>,
}

impl<'a> Writer<'a> {
    /// `sequence` holds the beginning of the prompt that is computed already; `repeat` tells how often the same was asked for
    /// before in this call.
    pub(super) fn new(
        index: usize,
        repeat: usize,
        request: &'a Request,
        prompt: &'a [u32],
        sequence: Sequence,
        constraint: Option<Constraint>,
        tokenizer: &'a ModelTokenizer,
    ) -> Self {
        Self {
            index,
            request,
            prompt,
            reused: sequence.len(),
            sequence,
            sampler: Sampler::new(request.sampling, sampler::stream(prompt, repeat)),
            constraint,
            decoder: tokenizer.decoder(),
            text: StopText::new(&request.stop),
            lookup: Lookup::new(prompt),
            tokens: 0,
            log_prob: 0.0,
            states: StateSum::default(),
            closed: false,
            last: 0,
            finish: None,
        }
    }

    /// Tokens of the prompt that are still to be computed.
    pub(super) fn pending(&self) -> &'a [u32] {
        self.prompt.get(self.sequence.len()..).unwrap_or(&[])
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    /// The last token and at most `most` that may follow it: what the grammar forces, or else a guess that it allows.
    pub(super) fn next_tokens(&mut self, most: usize) -> Result<Vec<u32>> {
        // A draft beyond the last token that may be written would be in vain.
        let most = most.min((self.request.max_tokens - self.tokens).saturating_sub(1));
        let mut tokens = vec![self.last];
        if most == 0 {
            return Ok(tokens);
        }
        let forced = self.constraint.as_mut().map(Constraint::forced).unwrap_or_default();
        if !forced.is_empty() {
            tokens.extend(forced.iter().take(most));
            return Ok(tokens);
        }
        let draft = self.lookup.draft(most);
        let allowed = match &mut self.constraint {
            Some(constraint) => constraint.allows(draft)?,
            None => draft.len(),
        };
        tokens.extend(&draft[..allowed]);
        Ok(tokens)
    }

    /// Chooses tokens by the rows behind each of `computed`, as long as the choice is what was computed next, and forgets what
    /// was computed in vain. Gives how many of the drafted tokens were right.
    pub(super) fn write(&mut self, computed: &[u32], rows: Vec<Row>, tokenizer: &ModelTokenizer) -> Result<usize> {
        let drafted = computed.len() - 1;
        let mut accepted = 0;
        for (i, Row { mut logits, state }) in rows.into_iter().enumerate() {
            if let Some(state) = state {
                self.states.add(state);
            }
            self.step(&mut logits, tokenizer)?;
            if self.finish.is_some() || computed.get(i + 1) != Some(&self.last) {
                break;
            }
            accepted += 1;
        }
        self.sequence.truncate(self.sequence.len() - (drafted - accepted));
        self.lookup.judge(drafted, accepted);
        if self.finish.is_some() {
            self.text.finish();
        }
        Ok(accepted)
    }

    /// Passes on what became certain of the text.
    pub(super) fn tell(&mut self, on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>) -> Result<()> {
        if !self.pending().is_empty() {
            return Ok(());
        }
        let text = self.text.take_new();
        proceed(on_event(Event::Text { request: self.index, text, tokens: self.tokens }))?;
        if self.finish.is_some() {
            proceed(on_event(Event::Finished { request: self.index }))?;
        }
        Ok(())
    }

    /// Takes the next token from the logits.
    fn step(&mut self, logits: &mut [f32], tokenizer: &ModelTokenizer) -> Result<()> {
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits)?;
        }
        self.last = self.sampler.next(logits);
        // Where no logit is a number, as after an overflow or with damaged weights, any token would be noise.
        if !logits.get(self.last as usize).is_some_and(|l| l.is_finite()) {
            return Err(Error::new(ErrorKind::Inference, "the model computes no finite numbers"));
        }
        self.lookup.push(self.last);
        if let Some(constraint) = &mut self.constraint {
            constraint.commit(self.last)?;
        }
        if tokenizer.stop_tokens.contains(&self.last) {
            self.finish = Some(FinishReason::Stop);
            self.closed = true;
        } else {
            self.tokens += 1;
            self.log_prob += sampler::log_prob(logits, self.last);
            let whole = self.constraint.as_ref().is_some_and(Constraint::is_done);
            if self.text.push(&self.decoder.push(self.last)) || whole {
                self.finish = Some(FinishReason::Stop);
            } else if self.tokens >= self.request.max_tokens {
                self.finish = Some(FinishReason::Length);
            }
        }
        Ok(())
    }

    /// What was written, and what the probe reads of it.
    pub(super) fn into_generation(self, probe: Option<&Probe>) -> Generation {
        Generation {
            appraisal: probe.filter(|_| self.closed).and_then(|probe| Some(probe.read(&self.states.finish()?))),
            text: self.text.into_text(),
            finish: self.finish.unwrap_or(FinishReason::Stop),
            prompt_tokens: self.prompt.len(),
            reused_tokens: self.reused,
            generated_tokens: self.tokens,
            log_prob: self.log_prob,
        }
    }
}
