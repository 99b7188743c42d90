//! What the model's probe reads of statements as answers, before any answer is written.

use super::Question;
use crate::error::Result;
use crate::pipeline::Work;
use crate::pipeline::plan::Statement;
use crate::prompt::Ask;

/// What the probe reads of a pair whose question is as good as one over the whole article.
const TYPICAL_GRADE: f64 = 0.75;

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
}
