//! Runs of questions with their answers, where each begins and ends.

use std::ops::Range;

use super::question::{ANSWER, NUMBER, Question};
use super::{BRIEF, MAX_REJECTED};
use crate::article::one_line;
use crate::loader::block::{BlockKind, Draft, Role};
use crate::loader::furniture::QUESTION_WORDS;

/// Paragraphs between the block's title and its first question, at most.
const MAX_INTRO: usize = 2;

/// A question with the blocks of its answer.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) question: Question,
    pub(super) answer: Vec<usize>,
}

/// A contiguous run of entries.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) title: Option<usize>,
    pub(super) blocks: Range<usize>,
    pub(super) entries: Vec<Entry>,
}

/// A draft with the questions in it.
pub(super) struct Finder<'d, 'a> {
    pub(super) draft: &'d Draft<'a>,
    pub(super) asked: Vec<Option<Question>>,
    /// For each block whether it says that a FAQ block follows.
    pub(super) titles: Vec<bool>,
    /// Where no run without a title begins: inside of one that is no FAQ block.
    pub(super) closed: Vec<bool>,
}

impl Finder<'_, '_> {
    fn asks(&self, i: usize) -> bool {
        self.asked[i].is_some()
    }

    fn next_asks(&self, i: usize) -> bool {
        self.draft.next_free(i).is_some_and(|n| self.asks(n))
    }

    /// Closes a run that is no FAQ block: the tail of an interview is an interview too.
    pub(super) fn close(&mut self, run: &Run) {
        let level = run.entries.first().and_then(|e| level_of(self.draft, e.question.block));
        if level.is_some() {
            // A block of deeper headings can stand under one of the run's.
            for entry in &run.entries {
                self.closed[entry.question.block] = true;
            }
            return;
        }
        // A question in the run of the text has all of the body down to the block for its answer.
        let long = |e: &Entry| e.answer.len() > BRIEF;
        let end = match run.entries.as_slice() {
            [first, second, rest @ ..] if long(first) && !long(second) && !rest.iter().any(long) => {
                second.question.block
            }
            _ => run.blocks.end,
        };
        self.closed[run.blocks.start..end].fill(true);
    }
}

/// The first run of two or more entries that begins at `from` or later.
pub(super) fn next_run(finder: &Finder<'_, '_>, from: usize) -> Option<Run> {
    let draft = finder.draft;
    let mut skip = 0;
    for i in from..draft.len() {
        if !draft.is_free(i) && draft.roles[i] != Role::Title {
            continue;
        }
        if finder.titles[i] {
            let limit = if draft.roles[i] == Role::Title { i + 2 } else { draft.len() };
            if let Some(run) = titled_run(finder, i, limit) {
                return Some(run);
            }
        }
        if draft.roles[i] == Role::Title {
            continue;
        }
        if finder.asks(i) && i >= skip && !finder.closed[i] {
            let (entries, end) = entries(finder, i, false);
            if entries.len() >= 2 {
                let title = (0..i).rev().find(|&j| draft.is_free(j)).filter(|&j| is_title_of(finder, j, i));
                return Some(Run { title, blocks: i..end, entries });
            }
            // A later question of the same run would make a shorter run.
            skip = if level_of(draft, i).is_none() { end } else { skip };
        }
    }
    None
}

/// The run below the FAQ title at `i`; its first question stands before `limit`, or after an
/// introduction of few paragraphs and a list of the questions.
fn titled_run(finder: &Finder<'_, '_>, i: usize, limit: usize) -> Option<Run> {
    let draft = finder.draft;
    let (mut intro, mut tried) = (0, 0);
    let mut at = i;
    while let Some(next) = draft.next_free(at) {
        at = next;
        if finder.asks(next) {
            let (entries, end) = entries(finder, next, true);
            if entries.len() >= 2 || (entries.len() == 1 && draft.next_free(end - 1).is_none()) {
                return Some(Run { title: Some(i), blocks: next..end, entries });
            }
            tried += 1;
            if tried > MAX_REJECTED {
                return None;
            }
            continue;
        }
        intro += 1;
        if intro > MAX_INTRO || next >= limit.max(i + 1 + MAX_INTRO) || draft.is_heading_like(next) {
            return None;
        }
    }
    None
}

/// Whether block `j` is a heading that stands right above the first question at `i`.
fn is_title_of(finder: &Finder<'_, '_>, j: usize, i: usize) -> bool {
    let draft = finder.draft;
    let deeper = match (draft.block(j).kind, draft.block(i).kind) {
        (BlockKind::Heading(title), BlockKind::Heading(question)) => title < question,
        _ => true,
    };
    deeper && draft.is_title_like(j) && !finder.asks(j)
}

/// The entries from the question at `first` on, and the index after the last of their blocks.
fn entries(finder: &Finder<'_, '_>, first: usize, titled: bool) -> (Vec<Entry>, usize) {
    let draft = finder.draft;
    let level = level_of(draft, first);
    let mut entries: Vec<Entry> = Vec::new();
    let mut open: Option<Entry> = None;
    let mut end = first;
    let mut i = first;
    while i < draft.len() {
        if !draft.is_free(i) {
            // Furniture ends an answer at the end of the page; inside of the block it is skipped.
            match (i..draft.len()).find(|&j| !matches!(draft.roles[j], Role::Dropped(_))) {
                Some(next) if open.as_ref().is_some_and(has_answer) && finder.asks(next) => {
                    i = next;
                    continue;
                }
                _ => break,
            }
        }
        let unmarked = || unmarked_question(finder, i, level, titled).filter(|_| open.as_ref().is_some_and(has_answer));
        let asked = finder.asked[i].clone().filter(|_| is_entry_level(draft, i, level)).or_else(unmarked);
        if let Some(asked) = asked {
            match open.take() {
                Some(entry) if has_answer(&entry) => entries.push(entry),
                // A list of the questions above the block.
                Some(_) if entries.is_empty() => {}
                Some(_) => break,
                None => {}
            }
            open = Some(Entry { question: asked, answer: Vec::new() });
            end = i + 1;
            i += 1;
            continue;
        }
        if ends_block(finder, i, level) {
            if !(titled && finder.next_asks(i)) {
                break;
            }
            i += 1;
            continue;
        }
        let Some(entry) = &mut open else { break };
        entry.answer.push(i);
        end = i + 1;
        i += 1;
    }
    if let Some(entry) = open.filter(has_answer) {
        entries.push(entry);
    }
    if let Some(last) = trim_last(draft, &mut entries, end) {
        end = last;
    }
    (entries, end)
}

fn has_answer(entry: &Entry) -> bool {
    !entry.answer.is_empty() || entry.question.inner.is_some()
}

pub(super) fn level_of(draft: &Draft<'_>, i: usize) -> Option<u8> {
    match draft.block(i).kind {
        BlockKind::Heading(level) => Some(level),
        _ => None,
    }
}

/// An entry without a question mark: a heading beside the other questions, or a line that begins
/// as questions do. Its answer is below it; without a title of the block so is the next question.
fn unmarked_question(finder: &Finder<'_, '_>, i: usize, level: Option<u8>, titled: bool) -> Option<Question> {
    let draft = finder.draft;
    let raw = one_line(draft.text(i));
    let text = NUMBER.replace(&raw, "").into_owned();
    let lower = text.to_lowercase();
    let answer = draft.next_free(i).filter(|&n| !finder.asks(n) && !draft.is_heading_like(n))?;
    let begins = QUESTION_WORDS.iter().any(|w| lower.strip_prefix(w).is_some_and(|rest| rest.starts_with(' ')));
    let beside = level.is_some() && level_of(draft, i) == level;
    let asks = if titled { beside || begins } else { begins && finder.next_asks(answer) };
    let fits = level_of(draft, i) == level && draft.block(i).gap && draft.is_heading_like(i);
    let formal = beside || draft.block(i).strong || text.len() < raw.len();
    (fits && asks).then_some(Question { block: i, text, formal, inner: None })
}

/// Whether a question is of the same level as the first: deeper headings belong to an answer.
fn is_entry_level(draft: &Draft<'_>, i: usize, level: Option<u8>) -> bool {
    match (level, draft.block(i).kind) {
        (Some(level), BlockKind::Heading(own)) => own == level,
        (Some(_), _) => false,
        (None, BlockKind::Heading(_)) => false,
        (None, _) => true,
    }
}

/// Whether block `i`, not a question, ends the run: a heading of the questions' level or above.
fn ends_block(finder: &Finder<'_, '_>, i: usize, level: Option<u8>) -> bool {
    let draft = finder.draft;
    match (draft.block(i).kind, level) {
        (BlockKind::Heading(own), Some(level)) => own <= level,
        (BlockKind::Heading(_), None) => true,
        (BlockKind::Paragraph, None) => {
            let after_question = i > 0 && finder.asks(i - 1);
            let text = draft.text(i);
            let above_text = draft.next_free(i).is_some_and(|n| {
                let longer = draft.text(n).chars().count() > text.chars().count();
                finder.asks(n) || (draft.block(n).kind == BlockKind::Paragraph && longer)
            });
            draft.is_heading_like(i) && draft.block(i).gap && above_text && !ANSWER.is_match(text) && !after_question
        }
        _ => false,
    }
}

/// The last answer has no question after it to end it. Where what follows is far longer than the
/// other answers, it is the article going on: the answer is cut to the longest of the others.
fn trim_last(draft: &Draft<'_>, entries: &mut [Entry], end: usize) -> Option<usize> {
    let others = entries.split_last()?.1.iter().map(|e| e.answer.len()).max().unwrap_or(1).max(1);
    let last = entries.last_mut()?;
    let by_heading = matches!(draft.block(last.question.block).kind, BlockKind::Heading(_));
    if by_heading || last.answer.len() <= (2 * others + 1).max(3) {
        return None;
    }
    last.answer.truncate(others);
    Some(last.answer.last().map_or(end, |&i| i + 1))
}
