//! Whether answers are those that the article gives to their questions.

use std::ops::ControlFlow;

use super::Scorer;
use super::vectors::Vectors;
use crate::content::FaqEntry;
use crate::engine::{Continuation, Engine, Prompt};
use crate::error::{ErrorKind, Result};
use crate::metrics::grounded::{AnswerLikelihood, answer_prompts};

impl Scorer<'_> {
    /// The probability for each pair, by the best of what there is: a language model, an encoder, or words alone. `None`
    /// where the article is too long for the language model: a weaker judge would give numbers of another scale.
    pub(super) fn answers(
        &mut self,
        entries: &[FaqEntry],
        judge: Option<&mut (dyn Engine + '_)>,
    ) -> Result<Option<Vec<f64>>> {
        let likelihoods = match judge {
            None => vec![None; entries.len()],
            Some(judge) => match self.likelihoods(entries, judge) {
                Ok(found) => found.into_iter().map(Some).collect(),
                Err(error) if error.kind() == ErrorKind::ContextLength => return Ok(None),
                Err(error) => return Err(error),
            },
        };
        let questions: Vec<_> = entries.iter().map(|e| e.question.as_str()).collect();
        let mut vectors = Vectors::default();
        if let Some(encoder) = self.encoder.filter(|_| likelihoods.iter().all(Option::is_none)) {
            vectors.add_wholes(encoder, &questions)?;
        }
        let probability = |(entry, likelihood): (&FaqEntry, Option<AnswerLikelihood>)| {
            let cosines = self.source.cosines(vectors.of_whole(&entry.question));
            self.source.answer(&entry.question, &entry.answer).grounding(cosines.as_deref(), likelihood).probability
        };
        Ok(Some(entries.iter().zip(likelihoods).map(probability).collect()))
    }

    /// How probable the model finds each answer with its question and without it. All prompts begin with the article, so it
    /// is computed once.
    fn likelihoods(&self, entries: &[FaqEntry], judge: &mut (dyn Engine + '_)) -> Result<Vec<AnswerLikelihood>> {
        let asked: Vec<Continuation> = entries
            .iter()
            .flat_map(|entry| {
                let (with, without) = answer_prompts(&self.source.body, &entry.question, self.language);
                [with, without]
                    .map(|messages| Continuation { prompt: Prompt::Chat(messages), text: entry.answer.clone() })
            })
            .collect();
        let found = judge.likelihood(&asked, &mut |_| ControlFlow::Continue(()))?;
        let pairs = found.chunks_exact(2);
        Ok(pairs.map(|p| AnswerLikelihood { with_question: p[0].total(), without_question: p[1].total() }).collect())
    }
}
