//! The FAQ block: questions to choose from, an answer to each that is chosen, and the pairs that hold.

mod appraisal;
mod questions;

use std::collections::{HashSet, VecDeque};

use appraisal::{COPIED, impression};

use super::check::{ANSWER_SENTENCES, Verdict};
use super::form::{is_finished, sentences, statement};
use super::names::FullNames;
use super::plan::{Plan, Statement};
use super::select::{Choice, Selection, ask_the_same, select};
use super::session::Written;
use super::summary::{self, Draft, Sketches};
use super::{Faulty, Work, note};
use crate::article::one_line;
use crate::chat::Message;
use crate::content::{Evidence, FaqEntry, RejectReason, Rejection, Task};
use crate::engine::Request;
use crate::error::Result;
use crate::lang::Language;
use crate::prompt::{Ask, Reading};

/// Room for an answer, in tokens.
const ANSWER_TOKENS: usize = 160;
/// The most questions that are answered at a time: so many texts cost hardly more than one.
const MOST_ANSWERS: usize = 14;
/// Further rounds of answers while pairs are missing.
const ROUNDS: usize = 3;
/// Questions that are answered beyond those that are missing: about every third answer fails the checks.
const SPARE_ANSWERS: usize = 2;
/// Candidates of an answer that failed the checks.
const SECOND_TRIES: u64 = 1;

/// What the score of a question counts in that of its pair.
const QUESTION: f64 = 0.2;
/// What it counts that a pair is about what the article is about, from its most marginal sentence to its most central one.
const IMPORTANCE: f64 = 0.3;

/// A question that may be asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) text: String,
    /// The part of the article that it is about.
    part: Option<usize>,
    /// The sentence of the article that it was made from and that answers it.
    statement: Option<Statement>,
    /// What the model's probe reads of that sentence as the answer.
    appraisal: Option<f64>,
    score: f64,
    /// Whether the job names it.
    must: bool,
}

impl Question {
    /// A question that the job names; it is not judged.
    fn of_job(text: &str) -> Self {
        Self { text: text.trim().to_owned(), part: None, statement: None, appraisal: None, score: 1.0, must: true }
    }
}

/// A question with its answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pair {
    pub(super) question: String,
    pub(super) answer: String,
    pub(super) evidence: Vec<Evidence>,
    /// What is wrong with it, where it is kept all the same.
    pub(super) flags: Vec<RejectReason>,
    pub(super) part: Option<usize>,
    pub(super) score: f64,
    pub(super) must: bool,
}

impl Pair {
    pub(super) fn into_entry(self) -> FaqEntry {
        FaqEntry { question: self.question, answer: self.answer, evidence: self.evidence, flags: self.flags }
    }

    /// The pair as a rejection shows it.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.question, self.answer)
    }
}

impl Choice for Question {
    fn question(&self) -> &str {
        &self.text
    }
    fn answer(&self) -> Option<&str> {
        None
    }
    fn part(&self) -> Option<usize> {
        self.part
    }
    fn score(&self) -> f64 {
        self.score
    }
    fn must(&self) -> bool {
        self.must
    }
}

impl Choice for Pair {
    fn question(&self) -> &str {
        &self.question
    }
    fn answer(&self) -> Option<&str> {
        Some(&self.answer)
    }
    fn part(&self) -> Option<usize> {
        self.part
    }
    fn score(&self) -> f64 {
        self.score
    }
    fn must(&self) -> bool {
        self.must
    }
}

/// Questions to choose from, and what else there is to ask.
#[derive(Debug)]
pub(super) struct Asked {
    questions: Vec<Question>,
    plan: Plan,
}

/// The pairs of the FAQ block.
#[derive(Debug, Clone, Default)]
pub(super) struct Pairs {
    /// In the order that they are shown in.
    pub(super) taken: Vec<Pair>,
    /// Good ones that there was no room for.
    pub(super) spare: Vec<Pair>,
    /// Questions of the job that have no answer.
    pub(super) unanswered: Vec<String>,
    /// Those that have something wrong with them, with what it is.
    pub(super) failed: Vec<(Pair, Verdict)>,
}

impl Pairs {
    /// Names in full where a pair first has them. A question of the job stays as it is.
    pub(super) fn name_in_full(&mut self, names: &FullNames) {
        for pair in self.taken.iter_mut().chain(&mut self.spare) {
            let mut said = HashSet::new();
            if !pair.must {
                pair.question = names.in_full(&pair.question, &mut said);
            }
            pair.answer = names.in_full(&pair.answer, &mut said);
        }
    }

    /// Keeps as many as were asked for, in the order of the article, and accounts for the others.
    pub(super) fn close(&mut self, work: &mut Work<'_>) {
        let surplus = self.taken.split_off(work.wanted.min(self.taken.len()));
        for pair in surplus.into_iter().chain(std::mem::take(&mut self.spare)) {
            work.reject(RejectReason::Surplus, pair.text());
        }
        let answered = |asked: &&String| !self.taken.iter().any(|pair| pair.question == asked.trim());
        self.unanswered = work.job.ask.iter().filter(answered).cloned().collect();
        self.taken.sort_by_key(|pair| pair.evidence.first().map_or(usize::MAX, |evidence| evidence.span.start));
    }
}

/// A question without a good answer, and its best try.
type Failed = (Question, Option<(Pair, Verdict)>);

/// What came of a batch of answers.
struct Answers {
    good: Vec<Pair>,
    failed: Vec<Failed>,
    /// What else was written in the batch.
    others: Vec<Written>,
}

impl Work<'_> {
    /// Questions and candidates of the summary, in one batch over the article.
    pub(super) fn draft(&mut self) -> Result<(Asked, Sketches)> {
        let mut plan = Plan::default();
        let mut planned = Vec::new();
        if self.wanted > 0 {
            plan = Plan::new(&self.checker, self.wanted, self.piece.sentences.as_ref());
            planned = plan.first(self.checker.labels, self.appraises());
        }
        let others = self.first_summary_requests()?;
        let (mut found, summaries) = self.questions(&planned, others)?;
        self.appraise(&mut found)?;
        let mut questions: Vec<Question> = self.job.ask.iter().map(|text| Question::of_job(text)).collect();
        questions.extend(found);
        Ok((Asked { questions, plan }, Sketches::new(summaries)))
    }

    pub(super) fn over_article(&self, ask: Ask<'_>) -> Result<Vec<Message>> {
        let language = self.checker.source.language();
        self.prompts.messages(ask, self.language, Reading { body: &self.piece.body, language, style: &self.job.style })
    }

    /// Answers the best questions, chooses the pairs, and makes the summary.
    pub(super) fn answer(
        &mut self,
        Asked { questions, mut plan }: Asked,
        mut sketches: Sketches,
    ) -> Result<(Pairs, Option<Draft>)> {
        let mut summary = self.summarize(&sketches)?;
        let incomplete = self.length.is_some() && summary.as_ref().is_none_or(|draft| !draft.complete);
        let further = if incomplete { summary::CANDIDATES..2 * summary::CANDIDATES } else { 0..0 };
        let requests = self.summary_requests(further)?;

        // Some fail the checks, and the model is not equally sure of the others.
        let limit = (2 * self.wanted + 1).min(MOST_ANSWERS.max(self.wanted + SPARE_ANSWERS));
        let Selection { taken, same, rest } = select(questions, if self.wanted > 0 { limit } else { 0 }, self.language);
        for question in same {
            self.reject(RejectReason::Duplicate, question.text);
        }
        let mut known: Vec<Question> = taken.iter().chain(&rest).cloned().collect();
        let first: Vec<_> = taken.into_iter().map(|question| (question, 0..1)).collect();
        let Answers { good, mut failed, others } = self.answers(&first, requests)?;
        if incomplete {
            sketches.candidates.extend(others);
            summary = self.summarize(&sketches)?;
        }
        let mut pairs = self.choose(good)?;
        let (mut waiting, mut given_up, mut refused) = (VecDeque::from(rest), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let missing = self.wanted.saturating_sub(pairs.taken.len());
            let (must, others): (Vec<Failed>, _) = failed.into_iter().partition(|(question, _)| question.must);
            failed = others;
            if missing == 0 && must.is_empty() {
                break;
            }
            // Another question is more promising than the same once more.
            let room = if missing == 0 { 0 } else { missing + SPARE_ANSWERS };
            if waiting.len() < room {
                let new = self.questions(&plan.further(missing), Vec::new())?.0;
                let mut new = self.unlike(new, &known);
                self.appraise(&mut new)?;
                known.extend(new.iter().cloned());
                waiting.extend(new);
            }
            let fresh: Vec<Question> = waiting.drain(..waiting.len().min(room)).collect();
            let again = failed.drain(..failed.len().min(room - fresh.len()));
            let again: Vec<Question> = must.into_iter().chain(again).map(|(question, _)| question).collect();
            let again = again.into_iter().map(|question| (question, 1..1 + SECOND_TRIES));
            let tries: Vec<_> = fresh.into_iter().map(|question| (question, 0..1)).chain(again).collect();
            let second = self.answers(&tries, Vec::new())?;
            refused.append(&mut pairs.failed);
            pairs = self.choose(pairs.taken.into_iter().chain(pairs.spare).chain(second.good).collect())?;
            for tried in second.failed {
                // Whatever was tried again is not tried a third time.
                let is_new = tries.iter().any(|(question, range)| range.start == 0 && *question == tried.0);
                if is_new { failed.push(tried) } else { given_up.push(tried) }
            }
        }
        refused.append(&mut pairs.failed);
        refused.extend(given_up.into_iter().chain(failed).filter_map(|(_, best)| best));
        pairs.failed = refused;
        Ok((pairs, summary))
    }

    /// Those of the questions that none of the others asks already, the best first.
    fn unlike(&self, questions: Vec<Question>, known: &[Question]) -> Vec<Question> {
        let is_new = |question: &Question| !known.iter().any(|old| ask_the_same(old, question, self.language));
        let new: Vec<Question> = questions.into_iter().filter(is_new).collect();
        let limit = new.len();
        select(new, limit, self.language).taken
    }

    /// Takes the best of the pairs that are good, and has the model judge what is taken; in the place of those that fail come
    /// the next best.
    pub(super) fn choose(&mut self, mut good: Vec<Pair>) -> Result<Pairs> {
        let mut failed = Vec::new();
        loop {
            let (taken, rest) = self.different(good, self.wanted, self.language);
            let told = taken.iter().flat_map(|pair| sentences(&pair.answer, self.language)).collect();
            if !self.verify(Task::Faq, told)? {
                return Ok(Pairs { taken, spare: rest, unanswered: Vec::new(), failed });
            }
            good = Vec::new();
            for pair in taken.into_iter().chain(rest) {
                let verdict = self.checker.answer(&pair.question, &pair.answer);
                let pair = Pair { evidence: self.evidence(&pair.answer), ..pair };
                match verdict.faults.first() {
                    Some(reason) => {
                        self.reject(*reason, pair.text());
                        failed.push((pair, verdict));
                    }
                    None => good.push(pair),
                }
            }
        }
    }

    /// The best pairs, and those that there was no room for; of those that ask or say the same, one.
    pub(super) fn different(&mut self, pairs: Vec<Pair>, limit: usize, language: Language) -> (Vec<Pair>, Vec<Pair>) {
        let Selection { taken, same, rest } = select(pairs, limit, language);
        for pair in same {
            self.reject(RejectReason::Duplicate, pair.text());
        }
        (taken, rest)
    }

    /// What the sentences of an answer rest on.
    fn evidence(&self, answer: &str) -> Vec<Evidence> {
        let numbered = sentences(answer, self.language).into_iter().enumerate();
        numbered.flat_map(|(number, sentence)| self.checker.source.evidence(number, &sentence)).collect()
    }

    /// With `--flag`, failed pairs fill what is missing, marked with what is wrong; first those that the job asks for.
    pub(super) fn flag(&self, pairs: &mut Pairs) {
        let failed = std::mem::take(&mut pairs.failed);
        if self.job.faulty != Faulty::Flag {
            return;
        }
        let (must, others): (Vec<_>, Vec<_>) = failed.into_iter().partition(|(pair, _)| pair.must);
        for (pair, verdict) in must.into_iter().chain(others) {
            let empty = [RejectReason::Empty, RejectReason::Unanswerable, RejectReason::WrongLanguage];
            let is_new = pairs.taken.iter().all(|other| other.question != pair.question);
            let is_missing = pairs.taken.len() < self.wanted;
            if is_new && is_missing && !verdict.faults.iter().any(|fault| empty.contains(fault)) {
                pairs.taken.push(Pair { flags: verdict.faults, ..pair });
            }
        }
    }

    /// Writes those candidates of the answers, and the texts of `others` with them.
    fn answers(&mut self, tries: &[(Question, std::ops::Range<u64>)], others: Vec<Request>) -> Result<Answers> {
        let mut requests = Vec::new();
        for (question, candidates) in tries {
            let messages = self.over_article(Ask::Answer { question: &question.text, may_refuse: question.must })?;
            for candidate in candidates.clone() {
                requests.push(self.session.request(messages.clone(), ANSWER_TOKENS, candidate, &["\n\n"]));
            }
        }
        let own = requests.len();
        requests.extend(others);
        let mut written = self.session.write("answers", &requests)?;
        let others = written.split_off(own);
        self.appraise_written(&requests, &mut written)?;
        let styled = self.job.style.is_of_its_own();
        let mut written = written.into_iter();
        let mut tried: Vec<Vec<(Pair, Verdict)>> = Vec::new();
        for (question, candidates) in tries {
            let texts = written.by_ref().take((candidates.end - candidates.start) as usize);
            let statement = question.statement.as_ref().map(|statement| statement.text.as_str());
            let own = texts.map(|text| {
                let (pair, mut verdict) =
                    self.pair(question, &self.tidy(&text), impression(text.certainty, text.appraisal));
                if statement.is_some_and(|told| !self.checker.agrees(&pair.answer, &question.text, told)) {
                    verdict.faults.push(RejectReason::MissesQuestion);
                }
                (pair, verdict)
            });
            let copied = statement
                .filter(|_| !styled)
                .map(|told| self.pair(question, told, impression(COPIED, question.appraisal)));
            tried.push(own.chain(copied).collect());
        }
        let appraised = self.session.engine.has_probe();
        let (mut good, mut failed) = (Vec::new(), Vec::new());
        for ((question, _), mut tried) in tries.iter().zip(tried) {
            // Whether a sentence of the article is the better answer, a probe knows; without one, the form of both tells.
            let quality = |(pair, verdict): &(Pair, Verdict)| if appraised { pair.score } else { verdict.score };
            tried.sort_by(|a, b| b.1.is_good().cmp(&a.1.is_good()).then(quality(b).total_cmp(&quality(a))));
            for (pair, verdict) in &tried {
                if let Some(reason) = verdict.faults.first() {
                    self.reject(*reason, pair.text());
                }
            }
            match tried.into_iter().next() {
                Some((pair, verdict)) if verdict.is_good() => good.push(pair),
                other => failed.push((question.clone(), other)),
            }
        }
        Ok(Answers { good, failed, others })
    }

    /// A question with an answer that makes such an impression, and what the checks say.
    fn pair(&self, question: &Question, answer: &str, impression: f64) -> (Pair, Verdict) {
        let mut verdict = self.checker.answer(&question.text, answer);
        for term in &self.job.style.keep {
            // A term that the question or its answer has in another spelling is not kept.
            let lower = answer.to_lowercase();
            if lower.contains(&term.to_lowercase()) && !answer.contains(term.as_str()) {
                verdict.faults.push(RejectReason::LacksTerm);
            }
        }
        let evidence = self.evidence(answer);
        let part = evidence.iter().find_map(|e| self.checker.source.part_of(e.span)).or(question.part);
        let basis = self.checker.source.basis(answer);
        let importance = basis.first().map_or(0.0, |unit| self.checker.source.importance(*unit));
        let score = verdict.score + QUESTION * question.score + IMPORTANCE * importance + impression;
        let pair = Pair {
            question: question.text.clone(),
            answer: answer.to_owned(),
            evidence,
            flags: Vec::new(),
            part,
            score,
            must: question.must,
        };
        (pair, verdict)
    }

    /// An answer as it is shown: on one line, without a label or what was cut off, and not longer than answers are.
    fn tidy(&self, written: &Written) -> String {
        let text = written.text.trim();
        let labels = &self.checker.labels.answer_labels;
        let behind = labels.iter().find_map(|label| text.strip_prefix(label.as_str())?.strip_prefix(':'));
        let text = self.checker.source.with_initials(&one_line(behind.unwrap_or(text)).replace("**", ""));
        let mut found: Vec<String> = Vec::new();
        for sentence in sentences(&text, self.language) {
            if !found.contains(&sentence) {
                found.push(sentence);
            }
        }
        if written.truncated && found.last().is_some_and(|last| !is_finished(last)) && found.len() > 1 {
            found.pop();
        }
        found.truncate(ANSWER_SENTENCES);
        let text = found.join(" ");
        if written.truncated { text } else { statement(&text) }
    }

    pub(super) fn reject(&mut self, reason: RejectReason, text: String) {
        note(&mut self.rejections, Rejection { task: Task::Faq, reason, text });
    }
}
