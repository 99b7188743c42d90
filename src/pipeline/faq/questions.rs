//! Questions to choose from: what was planned is asked for, read and judged.

use super::Question;
use crate::content::RejectReason;
use crate::engine::{Grammar, Request};
use crate::error::Result;
use crate::pipeline::Work;
use crate::pipeline::form;
use crate::pipeline::plan::{Planned, Statement};
use crate::pipeline::session::Written;
use crate::pipeline::source::Topic;
use crate::prompt::Ask;

/// Room for a question, in tokens.
const QUESTION_TOKENS: usize = 40;
/// The most visible characters of a question whose beginning is told; more than the longest that is taken has.
const QUESTION_CHARACTERS: u32 = 240;
/// Room for each question of a list, in tokens.
const LISTED_TOKENS: usize = 24;
/// What it counts that a question was made from its answer, with a number or a date.
const ANSWERED: f64 = 0.6;
/// A question that the model is less sure of is one of many that its statement could answer, or of none.
const LEAST_CERTAIN_QUESTION: f64 = -0.5;

impl Work<'_> {
    /// Writes the planned questions, and the texts of `others` with them.
    pub(super) fn questions(
        &mut self,
        planned: &[Planned],
        others: Vec<Request>,
    ) -> Result<(Vec<Question>, Vec<Written>)> {
        let mut requests = Vec::new();
        for plan in planned {
            let (messages, tokens, candidate, stop) = match plan {
                Planned::List(count, candidate) => {
                    let messages = self.over_article(Ask::Questions { count: *count })?;
                    (messages, count * LISTED_TOKENS, *candidate, "\n\n")
                }
                Planned::Word(word) => (self.over_article(Ask::Question { word })?, QUESTION_TOKENS, 0, "\n"),
                Planned::Section(Topic { heading, .. }) => {
                    (self.over_article(Ask::Section { heading })?, QUESTION_TOKENS, 0, "\n")
                }
                Planned::Statement(Statement { text, .. }) => {
                    (self.prompts.question_of(text, self.language)?, QUESTION_TOKENS, 0, "\n")
                }
            };
            let mut request = self.session.request(messages, tokens, candidate, &[stop]);
            if let Planned::Statement(Statement { text, .. }) = plan
                && let Some(beginning) = self.checker.never_asked(text)
            {
                request.grammar = Some(Grammar::question_without(&beginning, QUESTION_CHARACTERS)?);
            }
            requests.push(request);
        }
        requests.extend(others);
        let mut written = self.session.write("questions", &requests)?;
        let others = written.split_off(planned.len());
        let mut questions = Vec::new();
        for (plan, written) in planned.iter().zip(written) {
            for text in self.read_questions(plan, &written) {
                questions.extend(match plan {
                    Planned::Section(topic) => {
                        self.question(&text).map(|question| Question { part: Some(topic.parts.start), ..question })
                    }
                    Planned::Statement(statement) => self.question_of(&text, statement, written.certainty),
                    _ => self.question(&text),
                });
            }
        }
        Ok((questions, others))
    }

    /// The questions that the model wrote behind the beginning that the prompt gave it.
    fn read_questions(&self, plan: &Planned, written: &Written) -> Vec<String> {
        let opening = self.checker.labels.question_opening;
        let mark = opening.map(String::from).unwrap_or_default();
        let own = self.checker.source.with_initials(&written.text);
        let trimmed = own.trim();
        let text = match plan {
            Planned::List(..) if trimmed.starts_with(mark.as_str()) => trimmed.to_owned(),
            Planned::List(..) => mark + trimmed,
            // Some begin again.
            Planned::Word(_) if trimmed.starts_with(|c: char| c.is_uppercase() || c == '¿') => trimmed.to_owned(),
            Planned::Word(word) => format!("{mark}{word}{own}"),
            Planned::Section(_) | Planned::Statement(_) => trimmed.to_owned(),
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let whole = if written.truncated { lines.len().saturating_sub(1) } else { lines.len() };
        lines[..whole].iter().map(|line| form::question(line, opening)).collect()
    }

    /// A question of the model, unless something is wrong with it.
    fn question(&mut self, text: &str) -> Option<Question> {
        let verdict = self.checker.question(text);
        if let Some(reason) = verdict.faults.first() {
            self.reject(*reason, text.to_owned());
            return None;
        }
        let basis = self.checker.source.basis(text);
        let part = basis.first().and_then(|unit| self.checker.source.units[*unit].part);
        Some(Question {
            text: text.to_owned(),
            part,
            statement: None,
            appraisal: None,
            score: verdict.score,
            must: false,
        })
    }

    /// A question of the model about a sentence of the article, unless something is wrong with it, or the sentence does not
    /// answer it.
    fn question_of(&mut self, text: &str, statement: &Statement, certain: f64) -> Option<Question> {
        let question = self.question(text)?;
        let fault = self.checker.question_of(text, &statement.text).first().copied();
        let unsure = (certain < LEAST_CERTAIN_QUESTION).then_some(RejectReason::NotSelfContained);
        if let Some(reason) = fault.or(unsure) {
            self.reject(reason, format!("{text}\n{}", statement.text));
            return None;
        }
        // What is told in figures is worth asking for; a step of a story is not.
        let told = if self.checker.has_figures(&statement.text) { ANSWERED } else { 0.0 };
        let score = question.score + told + certain;
        let part = self.checker.source.units[statement.unit].part;
        Some(Question { part, statement: Some(statement.clone()), score, ..question })
    }
}
