//! How good answers seem to the model: by its probe, of statements before any answer is written, or else by how sure it is.

use super::Question;
use crate::engine::Request;
use crate::error::Result;
use crate::pipeline::Work;
use crate::pipeline::plan::Statement;
use crate::pipeline::session::Written;
use crate::prompt::Ask;

/// What a unit of certainty counts: a mean logarithm of −0.3 takes away as much as a new part of the article gives.
const CERTAINTY: f64 = 1.5;
/// What a sentence of the article counts as an answer: as one that the model is a little unsure of.
pub(super) const COPIED: f64 = -0.2;
/// Less certain is not worse.
const LEAST_CERTAINTY: f64 = -0.6;
/// What it counts that a probe reads an answer as better by a grade. It tells more than all else that is known of a pair.
const APPRAISAL: f64 = 2.5;
/// What the probe reads of a pair whose question is as good as one over the whole article.
const TYPICAL_GRADE: f64 = 0.75;

/// What it adds to the score of an answer that the model is so certain of it, or that its probe reads so much of it.
pub(super) fn impression(certainty: f64, appraisal: Option<f64>) -> f64 {
    appraisal.map_or(CERTAINTY * certainty.max(LEAST_CERTAINTY), |appraisal| APPRAISAL * appraisal)
}

impl Work<'_> {
    /// Whether a probe reads sentences of the article as answers: not where texts are to be in a style of their own, because they
    /// are none then.
    pub(super) fn appraises(&self) -> bool {
        self.session.engine.has_probe() && !self.job.style.is_of_its_own()
    }

    /// Has the probe read those sentences of the article that questions were made from, as the answers.
    pub(super) fn appraise(&mut self, questions: &mut [Question]) -> Result<()> {
        if !self.appraises() {
            return Ok(());
        }
        let (mut replies, mut read) = (Vec::new(), Vec::new());
        for question in questions {
            let Some(Statement { text, .. }) = &question.statement else { continue };
            let messages = self.over_article(Ask::Answer { question: &question.text, may_refuse: false })?;
            replies.push((messages, text.clone()));
            read.push(question);
        }
        for (question, appraisal) in read.into_iter().zip(self.session.appraisals(replies)?) {
            question.appraisal = Some(appraisal);
            question.score = appraisal / TYPICAL_GRADE;
        }
        Ok(())
    }

    /// Has the probe read those answers that something else than the model ended, as they are shown.
    pub(super) fn appraise_written(&mut self, requests: &[Request], written: &mut [Written]) -> Result<()> {
        if !self.session.engine.has_probe() {
            return Ok(());
        }
        let (mut replies, mut read) = (Vec::new(), Vec::new());
        for (request, written) in requests.iter().zip(written).filter(|(_, written)| written.appraisal.is_none()) {
            let shown = self.tidy(written);
            if !shown.is_empty() {
                replies.push((request.messages.clone(), shown));
                read.push(written);
            }
        }
        for (written, appraisal) in read.into_iter().zip(self.session.appraisals(replies)?) {
            written.appraisal = Some(appraisal);
        }
        Ok(())
    }
}
