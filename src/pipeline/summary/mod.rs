//! The summary: a beginning of the candidates, and behind it the best of what they say and of the sentences of the article itself,
//! to the length that was asked for, each sentence verified.

mod excerpts;
mod fit;
mod read;
#[cfg(test)]
mod tests;
mod worth;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

pub(super) use self::excerpts::{Excerpt, excerpts};
use self::worth::worth;
use super::check::{Checker, Verdict};
use super::form::{begins_with_any, statement};
use super::mixture::unquoted;
use super::names::FullNames;
use super::note;
use super::session::Written;
use super::source::content_stems;
use crate::content::{Evidence, RejectReason, Rejection, SummaryLength, Task};
use crate::lang::Language;
use crate::metrics::grounded::is_judged;
use crate::metrics::redundancy::jaccard;
use crate::metrics::text::words;

/// The most words of a headline.
const HEADLINE_WORDS: usize = 12;
/// The most words of a summary of one sentence.
const SHORT_WORDS: usize = 45;
/// The fewest words of a sentence.
const LEAST_WORDS: usize = 5;
/// A sentence says nothing new if so much of its content words are in those before.
const REPEATED: f64 = 0.65;
/// A sentence that shares so much of its words with the title says the same.
const LIKE_TITLE: f64 = 0.75;
/// The model is sure of a sentence that the article supports with this probability.
const SURE: f64 = 0.8;
/// The same before the model has judged the sentence, where it does: its verdict moves the probability by as much.
const LIKELY: f64 = 0.5;

/// How many paragraphs and sentences a length has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// Fewest and most paragraphs, or bullet points.
    paragraphs: (usize, usize),
    /// Fewest and most sentences of each.
    sentences: (usize, usize),
}

impl Shape {
    fn most_sentences(self) -> usize {
        self.paragraphs.1 * self.sentences.1
    }
}

fn shape(length: SummaryLength) -> Shape {
    let (paragraphs, sentences) = match length {
        SummaryLength::Headline | SummaryLength::Short => ((1, 1), (1, 1)),
        SummaryLength::Medium => ((1, 1), (3, 3)),
        SummaryLength::Long => ((2, 3), (2, 5)),
        SummaryLength::Bullets => ((3, 6), (1, 1)),
    };
    Shape { paragraphs, sentences }
}

/// The most words of a sentence of a summary.
fn most_words(length: SummaryLength) -> usize {
    match length {
        SummaryLength::Headline => HEADLINE_WORDS,
        SummaryLength::Short => SHORT_WORDS,
        _ => usize::MAX,
    }
}

/// Room for a summary, in tokens: about twice what a text of that length needs.
pub(super) fn tokens(length: SummaryLength) -> usize {
    match length {
        SummaryLength::Headline => 48,
        SummaryLength::Short => 120,
        SummaryLength::Medium => 260,
        SummaryLength::Long => 640,
        SummaryLength::Bullets => 400,
    }
}

/// A sentence of a candidate that passed the checks.
#[derive(Debug, Clone, PartialEq)]
struct Good {
    text: String,
    stems: HashSet<String>,
    score: f64,
    /// The unit of the article that it rests on.
    place: usize,
    /// What it is worth in a summary, by what it rests on.
    weight: f64,
    /// Whether it is sure enough to stand beside sentences of the article.
    sure: bool,
    /// Whether it begins with a pronoun, for something in the sentence before it.
    tied: bool,
    /// Whether it begins with a word that links it to another, so that it is no beginning of a summary.
    linked: bool,
}

/// A summary that is being made: its paragraphs as lists of sentences.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) paragraphs: Vec<Vec<String>>,
    /// What its sentences rest on.
    pub(super) evidence: Vec<Evidence>,
    /// Good sentences that say something else, for a translation that fails.
    pub(super) spare: Vec<String>,
    /// Whether it has the length that was asked for.
    pub(super) complete: bool,
    pub(super) score: f64,
}

impl Draft {
    /// The same with names in full where they first stand, as far as there is room for them.
    pub(super) fn with_full_names(mut self, names: &FullNames, length: Option<SummaryLength>) -> Self {
        let most = length.map_or(0, most_words);
        let mut said = HashSet::new();
        for sentence in self.paragraphs.iter_mut().flatten() {
            let full = names.in_full(sentence, &mut said);
            if words(&full).len() <= most {
                *sentence = full;
            }
        }
        self
    }

    /// The paragraphs as texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.paragraphs.iter().map(|sentences| sentences.join(" ")).collect()
    }
}

/// Candidates that are written at first, and once more if none of them is complete: together they cost hardly more than one.
pub(super) const CANDIDATES: u64 = 4;
/// Sentences that are written for a longer summary to begin with: a model that is asked for nothing else tells the whole in one.
pub(super) const BEGINNINGS: u64 = 2;

/// What the model wrote for a summary.
#[derive(Debug)]
pub(super) struct Sketches {
    /// Candidates of the whole.
    pub(super) candidates: Vec<Written>,
    /// Sentences that it can begin with.
    pub(super) beginnings: Vec<Written>,
}

impl Sketches {
    /// Of what was written at first: the candidates, then the beginnings.
    pub(super) fn new(mut written: Vec<Written>) -> Self {
        let beginnings = written.split_off(written.len().min(CANDIDATES as usize));
        Self { candidates: written, beginnings }
    }
}

/// Whether a summary has more sentences than one.
pub(super) fn has_several_sentences(length: SummaryLength) -> bool {
    shape(length).most_sentences() > 1
}

/// A summary that is asked for.
pub(super) struct Wanted<'a> {
    length: SummaryLength,
    checker: &'a Checker<'a>,
    /// What it may be headed with.
    titles: &'a [&'a str],
    /// What the model was asked for: it may repeat a part of that before a sentence.
    task: &'a str,
    /// Sentences of the article that may stand in it, in their order.
    excerpts: &'a [Excerpt],
    /// Whether a sentence is sure only with a verdict, where the model judges sentences.
    judged: bool,
    /// The words of what the article begins with.
    beginning: HashSet<String>,
    /// Those of its deck, which says what is new beside the title.
    deck: HashSet<String>,
    /// What the checks said of texts.
    verdicts: RefCell<HashMap<String, Verdict>>,
}

impl<'a> Wanted<'a> {
    /// A summary of nothing but what the model writes.
    pub(super) fn new(length: SummaryLength, checker: &'a Checker<'a>, titles: &'a [&'a str], task: &'a str) -> Self {
        let (source, language) = (checker.source, checker.source.language());
        // Title, deck, and the first sentence: a second one may tell of anything.
        let head = source.units.iter().take(source.body() + 1);
        let head: Vec<&str> = head.map(|unit| unit.text.as_str()).collect();
        let beginning = content_stems(&head.join(" "), language);
        let deck = content_stems(source.deck().unwrap_or_default(), language);
        let verdicts = RefCell::default();
        Self { length, checker, titles, task, excerpts: &[], judged: false, beginning, deck, verdicts }
    }

    /// The same with sentences of the article beside those that the model is sure of, but in a headline. With
    /// `judged` no sentence is sure any more that has no verdict, where the model judges sentences.
    pub(super) fn with_excerpts(mut self, excerpts: &'a [Excerpt], judged: bool) -> Self {
        if self.length != SummaryLength::Headline {
            (self.excerpts, self.judged) = (excerpts, judged);
        }
        self
    }

    /// Makes the summary of what the model wrote: of each candidate, what passed the checks is brought to the length that was
    /// asked for, and the best is taken. What is not used goes to the rejections. `None` if nothing is left.
    pub(super) fn make(&self, sketches: &Sketches, rejections: &mut Vec<Rejection>) -> Option<Draft> {
        use RejectReason::NotSelfContained;
        let mut reject = |reason, text: String| note(rejections, Rejection { task: Task::Summary, reason, text });
        // Whether the model wrote something that the article says, even if a reader would not understand it.
        let mut is_told = false;
        let mut drafts = Vec::new();
        for written in &sketches.candidates {
            let (mut seen, mut good, mut follows) = (Vec::<String>::new(), Vec::new(), true);
            for paragraph in self.read(written, self.length, &mut reject) {
                let mut kept = Vec::new();
                for text in paragraph {
                    let judged = self.judge(&text, &seen).map(|score| self.good(text.clone(), score));
                    // What a pronoun stands for may be gone.
                    match judged.and_then(|good| if good.tied && !follows { Err(NotSelfContained) } else { Ok(good) }) {
                        Ok(good) => {
                            seen.push(text);
                            kept.push(good);
                            follows = true;
                        }
                        Err(reason) => {
                            is_told |= self.is_told(reason, &text);
                            reject(reason, text);
                            follows = false;
                        }
                    }
                }
                good.push(kept);
            }
            good.retain(|paragraph: &Vec<Good>| !paragraph.is_empty());
            drafts.push(good);
        }
        let beginnings = self.beginnings(&sketches.beginnings, &mut reject);
        if drafts.iter().all(Vec::is_empty) && (is_told || !beginnings.is_empty()) {
            // The article has to speak for itself.
            drafts.truncate(1);
        } else {
            drafts.retain(|draft| !draft.is_empty());
        }
        let mut found: Vec<Draft> =
            (0..drafts.len()).filter_map(|index| self.fit(index, &drafts, &beginnings)).collect();
        found.sort_by(|a, b| b.complete.cmp(&a.complete).then(b.score.total_cmp(&a.score)));
        let best = found.into_iter().next();
        if best.is_none() && !sketches.candidates.is_empty() {
            reject(RejectReason::Empty, String::new());
        }
        let told: Vec<&String> = best.iter().flat_map(|draft| draft.paragraphs.iter().flatten()).collect();
        for Good { text, .. } in drafts.into_iter().flatten().flatten().chain(beginnings).filter(|good| !good.sure) {
            if !told.contains(&&text) {
                let reason = if self.is_title(&text) { RejectReason::Duplicate } else { RejectReason::Ungrounded };
                reject(reason, text);
            }
        }
        best
    }

    /// The sentences that were written for a summary to begin with, as far as they can stand there.
    fn beginnings(&self, written: &[Written], reject: &mut dyn FnMut(RejectReason, String)) -> Vec<Good> {
        let mut found = Vec::new();
        for written in written {
            let first = self.read(written, SummaryLength::Short, reject).into_iter().flatten().next();
            let Some(text) = first else { continue };
            let is_short = words(&text).len() <= SHORT_WORDS;
            match self.judge(&text, &[]).and_then(|score| if is_short { Ok(score) } else { Err(RejectReason::TooLong) })
            {
                Ok(score) => found.push(self.good(text, score)),
                Err(reason) => reject(reason, text),
            }
        }
        found
    }

    /// Whether a rejected sentence says what the article says, and is wrong in its form alone.
    fn is_told(&self, reason: RejectReason, text: &str) -> bool {
        let of_form = matches!(reason, RejectReason::MentionsArticle | RejectReason::NotSelfContained);
        of_form && !self.excerpts.is_empty() && self.checker.source.grounding(text) >= LIKELY
    }

    /// A sentence that passed the checks, with what else tells how good it is.
    fn good(&self, text: String, score: f64) -> Good {
        let (source, labels) = (self.checker.source, self.checker.labels);
        let place = source.basis(&text).first().copied();
        let weight = place.map_or(0.0, |unit| worth(self.checker, unit, &text));
        let unjudged = is_judged(self.checker.language)
            && source.is_unjudged(&text)
            && !self.checker.is_sentence_of_article(&text);
        let least = match (unjudged, self.judged) {
            (false, _) => SURE,
            (true, false) => LIKELY,
            (true, true) => f64::INFINITY,
        };
        let is_anothers = self.checker.is_of_first_person(&unquoted(&text)) || self.checker.speaks_for_another(&text);
        let is_fit = !is_anothers && !self.is_title(&text);
        let sure = self.excerpts.is_empty() || is_fit && source.grounding(&text) >= least;
        let said = words(&text);
        let (tied, linked) = (begins_with_any(&said, &labels.pronouns), self.checker.is_linked(&said));
        let stems = content_stems(&text, self.checker.language);
        Good { text, stems, score, place: place.unwrap_or(usize::MAX), weight, sure, tied, linked }
    }

    /// Whether a sentence says what the title says, which stands above it already.
    fn is_title(&self, text: &str) -> bool {
        self.checker.source.article.title.as_deref().is_some_and(|title| jaccard(title, text) >= LIKE_TITLE)
    }

    /// The score of a sentence, or the worst that is wrong with it.
    fn judge(&self, text: &str, before: &[String]) -> Result<f64, RejectReason> {
        let checker = self.checker;
        let said = words(text);
        if said.is_empty() {
            return Err(RejectReason::Empty);
        }
        if said.len() > most_words(self.length) {
            return Err(RejectReason::TooLong);
        }
        if said.len() < LEAST_WORDS && self.length != SummaryLength::Headline {
            return Err(RejectReason::TooShort);
        }
        let whole = if self.length == SummaryLength::Headline { statement(text) } else { text.to_owned() };
        let mut verdicts = self.verdicts.borrow_mut();
        let check = |whole: &String| {
            // A sentence of the article is copied, and is meant to be.
            if self.excerpts.is_empty() { checker.text(whole) } else { checker.text_or_sentence(whole) }
        };
        let verdict = verdicts.entry(whole).or_insert_with_key(check);
        // Behind the first sentence a pronoun has something to stand for.
        let first = before.is_empty() || self.length == SummaryLength::Bullets;
        if let Some(fault) = verdict.faults.iter().find(|fault| first || **fault != RejectReason::NotSelfContained) {
            return Err(*fault);
        }
        if says_nothing_new(text, before, checker.language) {
            return Err(RejectReason::Duplicate);
        }
        Ok(verdict.score)
    }
}

fn says_nothing_new(text: &str, before: &[String], language: Language) -> bool {
    let own = content_stems(text, language);
    before.iter().map(|other| content_stems(other, language)).any(|other| in_common(&own, &other) >= REPEATED)
}

/// How much of the shorter one's words two texts have in common.
fn in_common(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    let shorter = a.len().min(b.len());
    if shorter == 0 { 0.0 } else { a.intersection(b).count() as f64 / shorter as f64 }
}
