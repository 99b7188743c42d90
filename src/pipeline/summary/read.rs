//! What a candidate of a summary says, as paragraphs of sentences.

use super::Wanted;
use crate::content::{RejectReason, SummaryLength};
use crate::pipeline::form::{is_finished, plain, sentences, statement, without_label};
use crate::pipeline::parse::summary_lines;
use crate::pipeline::session::Written;

impl Wanted<'_> {
    /// What a candidate of that length says. A headline is one without its stop.
    pub(super) fn read(
        &self,
        written: &Written,
        length: SummaryLength,
        reject: &mut dyn FnMut(RejectReason, String),
    ) -> Vec<Vec<String>> {
        let (lines, before) = summary_lines(&written.text, self.titles);
        let lines: Vec<String> = lines.iter().map(|line| without_label(&plain(line), self.task)).collect();
        let lines: Vec<String> = lines.iter().map(|line| self.checker.source.with_initials(line)).collect();
        if let Some(before) = before {
            reject(RejectReason::Malformed, before);
        }
        let mut paragraphs: Vec<String> = match length {
            SummaryLength::Bullets => lines.into_iter().filter(|l| !l.is_empty()).collect(),
            SummaryLength::Long => join_paragraphs(&lines),
            _ => vec![lines.iter().filter(|l| !l.is_empty()).map(|l| statement(l)).collect::<Vec<_>>().join(" ")],
        };
        if length == SummaryLength::Headline {
            let first = paragraphs.pop().unwrap_or_default();
            let quotes = ['"', '“', '”', '«', '»'];
            let inner = first.trim_end_matches('.').trim_matches(quotes).trim_end_matches('.').trim_end();
            return vec![vec![inner.to_owned()]];
        }
        let last = paragraphs.len().saturating_sub(1);
        let mut found = Vec::new();
        for (index, paragraph) in paragraphs.into_iter().enumerate() {
            let mut sentences = sentences(&paragraph, self.checker.language);
            if written.truncated
                && index == last
                && sentences.last().is_some_and(|s| !is_finished(s) || cut_in_number(&written.text))
            {
                reject(RejectReason::Truncated, sentences.pop().unwrap_or_default());
            }
            for sentence in &mut sentences {
                *sentence = statement(sentence);
            }
            found.push(sentences);
        }
        found
    }
}

/// Whether a text that the model was cut off in may end inside a number.
fn cut_in_number(text: &str) -> bool {
    !is_finished(text.trim_end())
}

/// Lines to paragraphs: an empty line separates them.
fn join_paragraphs(lines: &[String]) -> Vec<String> {
    lines.split(|l| l.is_empty()).filter(|p| !p.is_empty()).map(|p| p.join(" ")).collect()
}
