//! The FAQ block: questions to choose from, an answer to each that is chosen, and the pairs that hold.

use super::check::{ANSWER_SENTENCES, Verdict};
use super::form::{self, is_finished, sentences, statement};
use super::plan::{Planned, plan};
use super::select::{Choice, Selection, select};
use super::session::Written;
use super::summary::{self, Draft};
use super::{Faulty, Work};
use crate::chat::Message;
use crate::content::{Evidence, FaqEntry, RejectReason, Rejection, Task};
use crate::engine::Request;
use crate::error::Result;
use crate::prompt::{Ask, Reading};

/// Room for a question, in tokens.
const QUESTION_TOKENS: usize = 40;
/// Room for each question of a list, in tokens.
const LISTED_TOKENS: usize = 24;
/// Room for an answer, in tokens.
const ANSWER_TOKENS: usize = 160;
/// The most questions that are answered at a time: so many texts cost hardly more than one.
const MOST_ANSWERS: usize = 14;
/// Candidates of an answer that failed the checks.
const SECOND_TRIES: u64 = 2;

/// A question that may be asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) text: String,
    /// The part of the article that it is about.
    part: Option<usize>,
    score: f64,
    /// Whether the job names it.
    must: bool,
}

impl Question {
    /// A question that the job names; it is not judged.
    fn of_job(text: &str) -> Self {
        Self { text: text.trim().to_owned(), part: None, score: 1.0, must: true }
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

/// The pairs of the FAQ block.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    /// In the order that they are shown in.
    pub(super) taken: Vec<Pair>,
    /// Good ones that there was no room for.
    pub(super) spare: Vec<Pair>,
    /// Questions of the job that have no answer.
    pub(super) unanswered: Vec<String>,
}

impl Pairs {
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
    pub(super) fn draft(&mut self) -> Result<(Vec<Question>, Vec<Written>)> {
        let source = self.checker.source;
        let planned = if self.wanted > 0 {
            plan(source, self.checker.labels, self.wanted, self.piece.sentences.as_ref())
        } else {
            Vec::new()
        };
        let mut requests = Vec::new();
        for plan in &planned {
            let messages = self.over_article(plan.ask(source))?;
            let (tokens, stop) = match plan {
                Planned::List(count, _) => (count * LISTED_TOKENS, "\n\n"),
                _ => (QUESTION_TOKENS, "\n"),
            };
            requests.push(self.session.request(messages, tokens, plan.candidate(), &[stop]));
        }
        requests.append(&mut self.summary_requests(0..summary::CANDIDATES)?);
        let mut written = self.session.write("questions", &requests)?;
        let summaries = written.split_off(planned.len());
        let mut questions: Vec<Question> = self.job.ask.iter().map(|text| Question::of_job(text)).collect();
        for (plan, written) in planned.iter().zip(written) {
            let part = match plan {
                Planned::Sentence(_, unit) => source.units[*unit].part,
                _ => None,
            };
            for text in self.read_questions(plan, &written) {
                questions.extend(self.question(&text, part));
            }
        }
        Ok((questions, summaries))
    }

    /// The questions that the model wrote behind the beginning that the prompt gave it.
    fn read_questions(&self, plan: &Planned, written: &Written) -> Vec<String> {
        let opening = self.checker.labels.question_opening;
        let mark = opening.map(String::from).unwrap_or_default();
        let trimmed = written.text.trim();
        let text = match plan {
            Planned::List(..) if trimmed.starts_with(mark.as_str()) => trimmed.to_owned(),
            Planned::List(..) => mark + trimmed,
            // Some begin again.
            Planned::Word(_) | Planned::Sentence(..) if trimmed.starts_with(|c: char| c.is_uppercase() || c == '¿') => {
                trimmed.to_owned()
            }
            Planned::Word(word) | Planned::Sentence(word, _) => format!("{mark}{word}{}", written.text),
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let whole = if written.truncated { lines.len().saturating_sub(1) } else { lines.len() };
        lines[..whole].iter().map(|line| form::question(line, opening)).collect()
    }

    /// The requests for further candidates of the summary.
    pub(super) fn summary_requests(&self, candidates: std::ops::Range<u64>) -> Result<Vec<Request>> {
        let Some(length) = self.length else { return Ok(Vec::new()) };
        let messages = self.over_article(Ask::Summary { length })?;
        let request = |c| self.session.request(messages.clone(), summary::tokens(length), c, &[]);
        Ok(candidates.map(request).collect())
    }

    fn over_article(&self, ask: Ask<'_>) -> Result<Vec<Message>> {
        let language = self.checker.source.language();
        self.prompts.messages(ask, self.language, Reading { body: &self.piece.body, language, style: &self.job.style })
    }

    /// A question of the model, unless something is wrong with it.
    fn question(&mut self, text: &str, part: Option<usize>) -> Option<Question> {
        let verdict = self.checker.question(text);
        if let Some(reason) = verdict.faults.first() {
            self.reject(*reason, text.to_owned());
            return None;
        }
        let basis = self.checker.source.basis(text);
        let part = part.or_else(|| basis.first().and_then(|unit| self.checker.source.units[*unit].part));
        Some(Question { text: text.to_owned(), part, score: verdict.score, must: false })
    }

    /// Answers the best questions, chooses the pairs, and makes the summary.
    pub(super) fn answer(
        &mut self,
        questions: Vec<Question>,
        mut summaries: Vec<Written>,
    ) -> Result<(Pairs, Option<Draft>)> {
        let mut summary = self.summarize(&summaries);
        let incomplete = self.length.is_some() && summary.as_ref().is_none_or(|draft| !draft.complete);
        let further = if incomplete { summary::CANDIDATES..2 * summary::CANDIDATES } else { 0..0 };
        let requests = self.summary_requests(further)?;

        let limit = (2 * self.wanted).min(MOST_ANSWERS.max(self.wanted + 2));
        let Selection { taken, same, rest } = select(questions, if self.wanted > 0 { limit } else { 0 }, self.language);
        for question in same {
            self.reject(RejectReason::Duplicate, question.text);
        }
        let Answers { good, failed, others } = self.answers(&taken, 0..1, requests)?;
        if incomplete {
            summaries.extend(others);
            summary = self.summarize(&summaries);
        }
        let mut pairs = self.choose(good);
        if pairs.taken.len() < self.wanted || failed.iter().any(|(question, _)| question.must) {
            let again = failed.iter().map(|(question, _)| question.clone()).chain(rest);
            let again: Vec<Question> = again.take(MOST_ANSWERS / 2).collect();
            let second = self.answers(&again, 1..1 + SECOND_TRIES, Vec::new())?;
            pairs = self.choose(pairs.taken.into_iter().chain(pairs.spare).chain(second.good).collect());
            self.flag(second.failed, &mut pairs.taken);
        }
        Ok((pairs, summary))
    }

    /// A summary of what is being read, without questions.
    pub(super) fn summary_over(&mut self) -> Result<Option<Draft>> {
        let requests = self.summary_requests(0..summary::CANDIDATES)?;
        let written = self.session.write("summary", &requests)?;
        Ok(self.summarize(&written))
    }

    fn summarize(&mut self, written: &[Written]) -> Option<Draft> {
        let length = self.length?;
        // A model may head its summary in another language.
        let titles: Vec<&str> = self.prompts.all_labels().map(|labels| labels.summary_title.as_str()).collect();
        summary::make(written, length, &self.checker, &titles, &mut self.rejections)
    }

    /// Takes the best of the pairs that are good.
    pub(super) fn choose(&mut self, good: Vec<Pair>) -> Pairs {
        let Selection { taken, same, rest } = select(good, self.wanted, self.language);
        for pair in same {
            self.reject(RejectReason::Duplicate, pair.text());
        }
        Pairs { taken, spare: rest, unanswered: Vec::new() }
    }

    /// With `--flag`, failed pairs fill what is missing, marked with what is wrong.
    fn flag(&mut self, failed: Vec<Failed>, chosen: &mut Vec<Pair>) {
        if self.job.faulty != Faulty::Flag {
            return;
        }
        for (_, tried) in failed {
            let Some((pair, verdict)) = tried else { continue };
            let empty = [RejectReason::Empty, RejectReason::Unanswerable, RejectReason::WrongLanguage];
            if chosen.len() < self.wanted && !verdict.faults.iter().any(|fault| empty.contains(fault)) {
                chosen.push(Pair { flags: verdict.faults, ..pair });
            }
        }
    }

    /// Writes candidates of the answers, and the texts of `others` with them.
    fn answers(
        &mut self,
        questions: &[Question],
        candidates: std::ops::Range<u64>,
        others: Vec<Request>,
    ) -> Result<Answers> {
        let mut requests = Vec::new();
        for question in questions {
            let messages = self.over_article(Ask::Answer { question: &question.text, may_refuse: question.must })?;
            for candidate in candidates.clone() {
                requests.push(self.session.request(messages.clone(), ANSWER_TOKENS, candidate, &["\n\n"]));
            }
        }
        let own = requests.len();
        requests.extend(others);
        let mut written = self.session.write("answers", &requests)?;
        let others = written.split_off(own);
        let each = (candidates.end - candidates.start) as usize;
        let (mut good, mut failed) = (Vec::new(), Vec::new());
        for (question, texts) in questions.iter().zip(written.chunks(each.max(1))) {
            let mut tried: Vec<(Pair, Verdict)> = texts.iter().map(|text| self.pair(question, text)).collect();
            tried.sort_by(|(_, a), (_, b)| b.is_good().cmp(&a.is_good()).then(b.score.total_cmp(&a.score)));
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

    /// A question with what the model answered, and what the checks say.
    fn pair(&self, question: &Question, written: &Written) -> (Pair, Verdict) {
        let answer = self.tidy(written);
        let mut verdict = self.checker.answer(&question.text, &answer);
        for term in &self.job.style.keep {
            // A term that the question or its answer has in another spelling is not kept.
            let lower = answer.to_lowercase();
            if lower.contains(&term.to_lowercase()) && !answer.contains(term.as_str()) {
                verdict.faults.push(RejectReason::LacksTerm);
            }
        }
        let evidence: Vec<Evidence> = sentences(&answer, self.language)
            .iter()
            .enumerate()
            .flat_map(|(number, sentence)| self.checker.source.evidence(number, sentence))
            .collect();
        let part = evidence.iter().find_map(|e| self.checker.source.part_of(e.span)).or(question.part);
        let score = verdict.score + 0.2 * question.score;
        let pair = Pair {
            question: question.text.clone(),
            answer,
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
        let text = crate::article::one_line(behind.unwrap_or(text));
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
        let new = Rejection { task: Task::Faq, reason, text };
        if !self.rejections.contains(&new) {
            self.rejections.push(new);
        }
    }
}
