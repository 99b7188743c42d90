//! The summary of what is being read: candidates are asked for, judged and taken.

use std::ops::Range;

use super::check::Checker;
use super::summary::{self, Draft, Sketches, Wanted, excerpts};
use super::{Work, note};
use crate::content::{SummaryLength, Task};
use crate::engine::Request;
use crate::error::Result;
use crate::lang::Language;
use crate::metrics::grounded::{is_judged, verdict_prompt};
use crate::prompt::{Ask, Reading};

/// How often the model judges what is new in a summary, before sentences of the article are preferred.
const VERDICT_ROUNDS: usize = 2;

impl Work<'_> {
    /// The requests for the first candidates of the summary, and for sentences that it can begin with.
    pub(super) fn first_summary_requests(&self) -> Result<Vec<Request>> {
        let mut requests = self.summary_requests(0..summary::CANDIDATES)?;
        if self.length.is_some_and(summary::has_several_sentences) {
            requests.extend(self.summary_requests_of(SummaryLength::Short, self.language, 0..summary::BEGINNINGS)?);
        }
        Ok(requests)
    }

    /// The requests for those candidates of the summary, in the language that is written and verified in.
    pub(super) fn summary_requests(&self, candidates: Range<u64>) -> Result<Vec<Request>> {
        match self.length {
            Some(length) => self.summary_requests_of(length, self.language, candidates),
            None => Ok(Vec::new()),
        }
    }

    fn summary_requests_of(
        &self,
        length: SummaryLength,
        language: Language,
        candidates: Range<u64>,
    ) -> Result<Vec<Request>> {
        let of = self.checker.source.language();
        let reading = Reading { body: &self.piece.body, language: of, style: &self.job.style };
        let messages = self.prompts.messages(Ask::Summary { length }, language, reading)?;
        let request = |c| self.session.request(messages.clone(), summary::tokens(length), c, &[]);
        Ok(candidates.map(request).collect())
    }

    /// What a summary may be headed with: a model may do it in another language.
    fn titles(&self) -> Vec<&str> {
        self.prompts.all_labels().map(|labels| labels.summary_title.as_str()).collect()
    }

    /// A summary that is written in another language at once, where no translation of one was good. What it says is checked
    /// as a translation is: its numbers and dates, its names, its words.
    pub(super) fn summary_at_once(&mut self, to: Language) -> Result<Option<Draft>> {
        let Some(length) = self.length else { return Ok(None) };
        let requests = self.summary_requests_of(length, to, 0..summary::CANDIDATES)?;
        let written = self.session.write("summary", &requests)?;
        let checker = Checker { source: self.checker.source, labels: self.prompts.labels(to)?, language: to };
        let task = self.prompts.task(Ask::Summary { length }, to, self.checker.source.language())?;
        let mut rejections = Vec::new();
        let sketches = Sketches { candidates: written, beginnings: Vec::new() };
        let draft = Wanted::new(length, &checker, &self.titles(), &task).make(&sketches, &mut rejections);
        rejections.into_iter().for_each(|rejection| note(&mut self.rejections, rejection));
        let regional = |sentence: &String| self.regional(sentence, to);
        let regional = |sentences: &Vec<String>| sentences.iter().map(regional).collect();
        Ok(draft.map(|draft| Draft { paragraphs: draft.paragraphs.iter().map(regional).collect(), ..draft }))
    }

    /// A summary of what is being read, without questions.
    pub(super) fn summary_over(&mut self) -> Result<Option<Draft>> {
        let requests = self.first_summary_requests()?;
        let written = self.session.write("summary", &requests)?;
        self.summarize(&Sketches::new(written))
    }

    /// The best summary of what was written, its sentences judged: where one fails, the next best.
    pub(super) fn summarize(&mut self, sketches: &Sketches) -> Result<Option<Draft>> {
        let Some(length) = self.length else { return Ok(None) };
        let asked = |length| self.prompts.task(Ask::Summary { length }, self.language, self.checker.source.language());
        let mut task = asked(length)?;
        if summary::has_several_sentences(length) {
            task = task + "\n" + &asked(SummaryLength::Short)?;
        }
        let own = (!self.job.style.is_of_its_own()).then(|| excerpts(&self.checker, self.piece.sentences.as_ref()));
        let own = own.unwrap_or_default();
        let mut round = 0;
        loop {
            let (titles, mut rejections) = (self.titles(), Vec::new());
            let wanted = Wanted::new(length, &self.checker, &titles, &task);
            let wanted = wanted.with_excerpts(&own, round >= VERDICT_ROUNDS);
            round += 1;
            let draft = wanted.make(sketches, &mut rejections);
            let sentences = draft.iter().flat_map(|draft| draft.paragraphs.iter().flatten());
            if !self.verify(Task::Summary, sentences.cloned().collect())? {
                rejections.into_iter().for_each(|rejection| note(&mut self.rejections, rejection));
                return Ok(draft);
            }
        }
    }

    /// Has the model judge those sentences that it has not judged yet: whether the article says them. False if there is
    /// none, if they are in another language than the article, or in one whose verdicts are worth nothing.
    pub(super) fn verify(&mut self, task: Task, sentences: Vec<String>) -> Result<bool> {
        let source = self.checker.source;
        if self.language != source.language() || !is_judged(self.language) {
            return Ok(false);
        }
        let mut open: Vec<String> = Vec::new();
        for sentence in sentences {
            // What a summary takes from the article as it stands needs no judge.
            let is_copied = task == Task::Summary && self.checker.is_sentence_of_article(&sentence);
            if source.is_unjudged(&sentence) && !is_copied && !open.contains(&sentence) {
                open.push(sentence);
            }
        }
        let ask = |sentence: &String| {
            let premise = match task {
                Task::Faq => source.premise_of_answer(sentence),
                Task::Summary => source.premise_of_summary(sentence),
            };
            verdict_prompt(&premise, sentence)
        };
        let verdicts = self.session.verdicts(open.iter().map(ask).collect())?;
        let is_new = !verdicts.is_empty();
        for (sentence, verdict) in open.into_iter().zip(verdicts) {
            source.judge(sentence, verdict);
        }
        Ok(is_new)
    }
}
