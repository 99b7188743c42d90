//! The FAQ block that an article carries itself: found, marked and read out as reference pairs.
//!
//! A question in the title or in running text and an interview must stay in the body, so a run of
//! questions and answers counts only under a title that says what it is, or at the end of the
//! article behind a body that outweighs it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::block::{BlockKind, Draft, Role, ends_sentence, has_several_sentences, is_quoted};
use super::furniture::{ANSWER_MARKERS, FAQ_TITLES, QUESTION_MARKERS, QUESTION_WORDS};
use crate::article::{OwnFaq, QaPair, Span, one_line};

const MAX_QUESTION_CHARS: usize = 300;
/// The same for a question with a sentence before it.
const MAX_LEAD_CHARS: usize = 120;
/// Paragraphs between the block's title and its first question, at most.
const MAX_INTRO: usize = 2;
/// Blocks of an answer, at most, where nothing but its brevity tells a FAQ block.
const BRIEF: usize = 3;
/// Questions and answers, at least, of which one with a remark before it makes an interview.
const MIN_TURNS: usize = 3;

fn marker(words: &[&str]) -> Regex {
    let (short, long): (Vec<&str>, Vec<&str>) = words.iter().partition(|w| w.len() == 1);
    let (short, long) = (short.join("|"), long.join("|"));
    Regex::new(&format!(r"(?i)^(?:(?:{short})\s?\d{{0,2}}\s?[:.]|(?:{long})\s?\d{{0,2}}\s?[:.\-–])\s*")).unwrap()
}

static QUESTION: LazyLock<Regex> = LazyLock::new(|| marker(QUESTION_MARKERS));
static ANSWER: LazyLock<Regex> = LazyLock::new(|| marker(ANSWER_MARKERS));
static INNER_ANSWER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)\?\s+(?:{})\s?[:.]\s+", ANSWER_MARKERS.join("|"))).unwrap());
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\(?\d{1,2}\s?[.):–-]\s*").unwrap());

/// A block that asks.
#[derive(Debug, Clone)]
struct Question {
    block: usize,
    text: String,
    /// It is marked, numbered, bold or a heading: it was meant as an entry.
    formal: bool,
    /// An answer on the same line.
    inner: Option<String>,
}

/// A question with the blocks of its answer.
#[derive(Debug, Clone)]
struct Entry {
    question: Question,
    answer: Vec<usize>,
}

/// A contiguous run of entries.
#[derive(Debug)]
struct Run {
    title: Option<usize>,
    blocks: Range<usize>,
    entries: Vec<Entry>,
}

/// Words after the block, at most, where it still stands at the end of the article.
const MAX_WORDS_AFTER: usize = 80;
/// Runs that are no FAQ block, at most, before the search is given up: it bounds the work.
const MAX_REJECTED: usize = 50;

/// A draft with the questions in it.
struct Finder<'d, 'a> {
    draft: &'d Draft<'a>,
    asked: Vec<Option<Question>>,
    /// For each block whether it says that a FAQ block follows.
    titles: Vec<bool>,
    /// Where no run without a title begins: inside of one that is no FAQ block.
    closed: Vec<bool>,
}

impl Finder<'_, '_> {
    fn asks(&self, i: usize) -> bool {
        self.asked[i].is_some()
    }

    fn next_asks(&self, i: usize) -> bool {
        self.draft.next_free(i).is_some_and(|n| self.asks(n))
    }

    /// Closes a run that is no FAQ block: the tail of an interview is an interview too.
    fn close(&mut self, run: &Run) {
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

/// The question in block `i`, if it is one.
fn question(draft: &Draft<'_>, i: usize) -> Option<Question> {
    let block = draft.block(i);
    if !draft.is_free(i) || matches!(block.kind, BlockKind::Code | BlockKind::TableRow | BlockKind::Quotation) {
        return None;
    }
    let raw = one_line(draft.text(i));
    if is_quoted(&raw) || raw.starts_with(['-', '–', '—']) {
        return None;
    }
    let unnumbered = NUMBER.replace(&raw, "");
    let marked = QUESTION.is_match(&unnumbered);
    let text = QUESTION.replace(&unnumbered, "");
    let (text, inner) = match INNER_ANSWER.find(&text) {
        Some(found) => (text[..=found.start()].to_owned(), Some(text[found.end()..].to_owned())),
        None => (text.into_owned(), None),
    };
    let text = text.trim().trim_matches('*').to_owned();
    let asks = text.trim_end_matches(['"', '”', '»', ')', '’']).ends_with('?');
    let stops = text.matches(['.', '?', '!']).count();
    let heading = matches!(block.kind, BlockKind::Heading(_));
    let formal = marked || heading || block.strong || unnumbered.len() < raw.len();
    // A paragraph that ends with a question is no entry.
    let max_chars = if formal || stops == 1 { MAX_QUESTION_CHARS } else { MAX_LEAD_CHARS };
    let is_question = text.chars().count() <= max_chars
        && text.chars().any(char::is_alphabetic)
        && (marked || (asks && stops <= if formal { 4 } else { 2 }));
    is_question.then_some(Question { block: i, text, formal, inner })
}

/// The first run of two or more entries that begins at `from` or later.
fn next_run(finder: &Finder<'_, '_>, from: usize) -> Option<Run> {
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

fn level_of(draft: &Draft<'_>, i: usize) -> Option<u8> {
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
