//! The FAQ block that an article carries itself: found, marked and read out as reference pairs.
//!
//! A question in the title or in running text and an interview must stay in the body, so a run of
//! questions and answers counts only under a title that says what it is, or at the end of the
//! article behind a body that outweighs it.

mod question;
mod run;

use std::ops::Range;

use self::question::{ANSWER, MAX_QUESTION_CHARS, question};
use self::run::{Entry, Finder, Run, level_of, next_run};
use super::block::{Draft, Role, ends_sentence, has_several_sentences};
use super::furniture::FAQ_TITLES;
use crate::article::{OwnFaq, QaPair, Span, one_line};

/// Blocks of an answer, at most, where nothing but its brevity tells a FAQ block.
const BRIEF: usize = 3;
/// Questions and answers, at least, of which one with a remark before it makes an interview.
const MIN_TURNS: usize = 3;

/// Words after the block, at most, where it still stands at the end of the article.
const MAX_WORDS_AFTER: usize = 80;
/// Runs that are no FAQ block, at most, before the search is given up: it bounds the work.
const MAX_REJECTED: usize = 50;

/// Finds the block, marks its free blocks as [`Role::Faq`], and reads it out.
pub(super) fn take(draft: &mut Draft<'_>) -> Option<OwnFaq> {
    let is_title = |i: usize| {
        let open = draft.is_free(i) || draft.roles[i] == Role::Title;
        open && draft.is_title_like(i) && is_faq_title(draft.text(i))
    };
    let mut finder = Finder {
        draft,
        asked: (0..draft.len()).map(|i| question(draft, i)).collect(),
        titles: (0..draft.len()).map(is_title).collect(),
        closed: vec![false; draft.len()],
    };
    let (mut from, mut spoken) = (0, Vec::new());
    let mut found = None;
    for _ in 0..MAX_REJECTED {
        let Some(run) = next_run(&finder, from) else { break };
        if is_faq(draft, &run) {
            found = Some(run);
            break;
        }
        // A run that is none can hold one further on, under a title of its own.
        from = run.entries.first().map_or(run.blocks.end, |e| e.question.block + 1);
        if is_interview(draft, &run) {
            spoken.extend(run.entries.iter().map(|e| e.question.block));
        }
        finder.close(&run);
    }
    for i in spoken {
        draft.spoken[i] = true;
    }
    let run = found?;
    let blocks = run.title.unwrap_or(run.blocks.start)..run.blocks.end;
    for i in blocks.clone() {
        if draft.is_free(i) {
            draft.roles[i] = Role::Faq;
        }
    }
    let first = blocks.clone().find(|&i| draft.roles[i] == Role::Faq)?;
    let last = blocks.clone().rfind(|&i| draft.roles[i] == Role::Faq)?;
    Some(OwnFaq {
        title: run.title.map(|i| one_line(draft.text(i))),
        pairs: run.entries.iter().map(|e| pair(draft, e)).collect(),
        span: Span::new(draft.block(first).span.start, draft.block(last).span.end),
    })
}

fn pair(draft: &Draft<'_>, entry: &Entry) -> QaPair {
    let paragraphs = entry.answer.iter().map(|&i| one_line(&ANSWER.replace(draft.text(i), "")));
    let parts: Vec<String> = entry.question.inner.iter().cloned().chain(paragraphs).collect();
    QaPair { question: entry.question.text.clone(), answer: parts.join("\n\n") }
}

/// Whether a heading says that a FAQ block follows.
pub(super) fn is_faq_title(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = lower.split_whitespace().count();
    words <= 12
        && FAQ_TITLES.iter().any(|title| {
            lower.match_indices(title).any(|(at, _)| {
                let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
                outside(lower[..at].chars().next_back()) && outside(lower[at + title.len()..].chars().next())
            })
        })
}

/// Whether a run that is no FAQ block is an interview: its questions are what somebody says, and
/// some come with a remark that no heading has. The others are then no headings either.
fn is_interview(draft: &Draft<'_>, run: &Run) -> bool {
    let remarks = |e: &Entry| {
        let later = e.answer.split_first().map_or(&[][..], |(_, later)| later);
        // A question too long for an entry is found in the answer before it.
        let long = later.split_last().is_some_and(|(_, inner)| {
            let asks = |&i: &usize| draft.text(i).ends_with('?') && draft.text(i).chars().count() <= MAX_QUESTION_CHARS;
            inner.iter().any(asks)
        });
        long || has_several_sentences(&e.question.text)
    };
    let unmarked = run.entries.iter().all(|e| level_of(draft, e.question.block).is_none());
    unmarked && run.entries.len() >= MIN_TURNS && run.entries.iter().any(remarks)
}

/// Whether a run is the article's FAQ block and not part of its body.
fn is_faq(draft: &Draft<'_>, run: &Run) -> bool {
    if run.title.is_some_and(|i| is_faq_title(draft.text(i))) {
        return true;
    }
    let words = |range: Range<usize>| -> usize {
        range.filter(|&i| draft.is_free(i)).map(|i| draft.text(i).split_whitespace().count()).sum()
    };
    let before = words(0..run.title.unwrap_or(run.blocks.start));
    let inside = words(run.blocks.clone());
    // Furniture that no rule knows can stand below the block.
    let at_end = words(run.blocks.end..draft.len()) <= MAX_WORDS_AFTER;
    let brief = run.entries.iter().all(|e| e.answer.len() <= BRIEF);
    let count = run.entries.len();
    // Answers are sentences; below a mere label stands something else.
    let said = |e: &&Entry| {
        e.question.inner.is_some()
            || e.answer.first().is_some_and(|&i| ends_sentence(draft.text(i)) || draft.text(i).ends_with(':'))
    };
    if run.entries.iter().filter(said).count() * 2 <= count {
        return false;
    }
    if run.title.is_some() {
        return 2 * before >= inside && before > 0 && (at_end || (count >= 3 && brief));
    }
    let formal = run.entries.iter().all(|e| e.question.formal);
    at_end && brief && before > 0 && before >= inside && count >= if formal { 2 } else { 3 }
}
