//! What a language model says of answers and sentences, and how probable that makes them.

use std::ops::ControlFlow;

use super::Scorer;
use super::vectors::Vectors;
use crate::article::Span;
use crate::content::FaqEntry;
use crate::engine::{Continuation, Prompt};
use crate::error::{ErrorKind, Result};
use crate::lang::Language;
use crate::metrics::grounded::{AnswerLikelihood, VERDICTS, answer_prompts, is_judged, verdict_prompt};
use crate::metrics::support::Claim;
use crate::sentence;

/// A sentence of a text.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    text: &'a str,
    span: Span,
    /// The claims of the whole text.
    claims: &'a [Claim],
}

impl<'a> Part<'a> {
    /// A text of one sentence.
    pub(super) fn whole(text: &'a str, claims: &'a [Claim]) -> Self {
        Self { text, span: Span::new(0, text.len()), claims }
    }

    /// The sentences of a text.
    pub(super) fn sentences(text: &'a str, claims: &'a [Claim], language: Language) -> Vec<Self> {
        let spans = sentence::split(text, language).into_iter();
        spans.map(|span| Self { text, span, claims }).collect()
    }

    fn sentence(&self) -> &str {
        &self.text[self.span.range()]
    }

    fn own_claims(&self) -> Vec<Claim> {
        let within = |claim: &&Claim| claim.span.start < self.span.end && self.span.start < claim.span.end;
        self.claims.iter().filter(within).copied().collect()
    }
}

impl Scorer<'_> {
    /// The probability that the article supports each of the sentences, by words and by the verdict of a language model
    /// where there is one and its verdicts in that language are worth anything; `None` where there is nothing to compare.
    pub(super) fn supports(&mut self, parts: &[Part<'_>]) -> Result<Vec<Option<f64>>> {
        if !self.same_language || !self.has_source {
            return Ok(vec![None; parts.len()]);
        }
        let verdicts = self.verdicts(parts)?;
        let probability = |(index, part): (usize, &Part<'_>)| {
            let features = self.source.sentence(part.sentence(), part.own_claims());
            Some(features.grounding(verdicts.get(index).copied()).probability)
        };
        Ok(parts.iter().enumerate().map(probability).collect())
    }

    /// How much more the judge finds that the article says each sentence than that it does not; nothing without a judge.
    fn verdicts(&mut self, parts: &[Part<'_>]) -> Result<Vec<f64>> {
        let source = self.source;
        let Some(judge) = self.judge.as_deref_mut().filter(|_| is_judged(self.language)) else { return Ok(Vec::new()) };
        let ask = |part: &Part<'_>| {
            let sentence = part.sentence();
            Prompt::Chat(verdict_prompt(&source.passages(sentence), sentence))
        };
        let asked: Vec<Prompt> = parts.iter().map(ask).collect();
        judge.preference(&asked, VERDICTS, &mut |_| ControlFlow::Continue(()))
    }

    /// The probability that each answer is the one that the article gives to its question, by the best of what there is: a
    /// language model, an encoder, or words alone. `None` where the article is too long for the language model: a weaker
    /// judge would give numbers of another scale.
    pub(super) fn answers(&mut self, entries: &[FaqEntry]) -> Result<Option<Vec<f64>>> {
        let likelihoods = match self.likelihoods(entries) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::ContextLength => return Ok(None),
            Err(error) => return Err(error),
        };
        let questions: Vec<_> = entries.iter().map(|e| e.question.as_str()).collect();
        let mut vectors = Vectors::default();
        if let Some(encoder) = self.encoder.filter(|_| likelihoods.is_empty()) {
            vectors.add_wholes(encoder, &questions)?;
        }
        let probability = |(index, entry): (usize, &FaqEntry)| {
            let cosines = self.source.cosines(vectors.of_whole(&entry.question));
            let features = self.source.answer(&entry.question, &entry.answer);
            features.grounding(cosines.as_deref(), likelihoods.get(index).copied()).probability
        };
        Ok(Some(entries.iter().enumerate().map(probability).collect()))
    }

    /// How probable the judge finds each answer with its question and without it; nothing without a judge. All prompts
    /// begin with the article, so it is computed once.
    fn likelihoods(&mut self, entries: &[FaqEntry]) -> Result<Vec<AnswerLikelihood>> {
        let (source, language) = (self.source, self.language);
        let Some(judge) = self.judge.as_deref_mut() else { return Ok(Vec::new()) };
        let asked: Vec<Continuation> = entries
            .iter()
            .flat_map(|entry| {
                let (with, without) = answer_prompts(&source.body, &entry.question, language);
                [with, without]
                    .map(|messages| Continuation { prompt: Prompt::Chat(messages), text: entry.answer.clone() })
            })
            .collect();
        let found = judge.likelihood(&asked, &mut |_| ControlFlow::Continue(()))?;
        let pairs = found.chunks_exact(2);
        Ok(pairs.map(|p| AnswerLikelihood { with_question: p[0].total(), without_question: p[1].total() }).collect())
    }
}
