//! Planning: which questions the model is asked to write, so that they differ and all parts of the article are in them.

use std::collections::HashSet;

use super::source::Source;
use crate::article::Span;
use crate::metrics::support::ClaimKind;
use crate::metrics::text::words;
use crate::prompt::{Ask, Labels};

/// Questions of a list beyond those that are wanted.
const SPARE: usize = 1;
/// Lists that are written at first. None is the most probable text: that runs in circles.
const LISTS: u64 = 1;
/// The most questions that are written about a sentence each at first.
const MOST_SENTENCES: usize = 4;
/// Lists that are written while pairs are missing and no questions are left.
const FURTHER_LISTS: u64 = 2;
/// Questions about a sentence each that are written then, beyond the pairs that are missing.
const FURTHER_SENTENCES: usize = 3;
/// A sentence of fewer words says too little to ask about, and a longer one too much.
const SENTENCE_WORDS: std::ops::RangeInclusive<usize> = 8..=45;

/// Questions that the model is asked to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planned {
    /// A list of so many; the number of the candidate.
    List(usize, u64),
    /// One that begins with a word.
    Word(String),
    /// One that begins with a word, or as it likes, and that a sentence answers: its unit.
    Sentence(String, usize),
}

impl Planned {
    /// What the model is asked.
    pub(super) fn ask<'a>(&'a self, source: &'a Source<'_>) -> Ask<'a> {
        match self {
            Self::List(count, _) => Ask::Questions { count: *count },
            Self::Word(word) => Ask::Question { word, sentence: None },
            Self::Sentence(word, unit) => Ask::Question { word, sentence: Some(&source.units[*unit].text) },
        }
    }

    /// Which candidate of a text it is.
    pub(super) fn candidate(&self) -> u64 {
        if let Self::List(_, candidate) = self { *candidate } else { 0 }
    }
}

/// What is still to be asked of an article, or of those sentences of it that are read.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Questions of each list.
    count: usize,
    /// Lists that were written.
    lists: u64,
    /// Sentences of which each may be asked about, those with a number or a date first. The first of each part of the
    /// article come before the second of each.
    sentences: Vec<Planned>,
}

impl Plan {
    /// A plan for a FAQ block with so many entries.
    pub(super) fn new(source: &Source<'_>, labels: &Labels, wanted: usize, read: Option<&HashSet<Span>>) -> Self {
        let mut found: Vec<(usize, usize, Planned)> = Vec::new();
        for (index, unit) in source.units.iter().enumerate() {
            let Some(part) = unit.part else { continue };
            let is_read = read.is_none_or(|read| unit.span.is_some_and(|span| read.contains(&span)));
            if !is_read || !SENTENCE_WORDS.contains(&words(&unit.text).len()) {
                continue;
            }
            let claims = source.claims(&unit.text, source.language());
            let count = |kind| claims.iter().filter(|claim| claim.kind == kind).count();
            let (dates, numbers) = (count(ClaimKind::Date), count(ClaimKind::Number));
            let word = if dates > 0 && numbers < 2 { &labels.time_word } else { &labels.amount_word };
            let word = word.clone().filter(|_| dates + numbers > 0);
            let facts = if word.is_some() { dates + numbers } else { 0 };
            found.push((part, facts, Planned::Sentence(word.unwrap_or_default(), index)));
        }
        // Of each part the sentence with the most to ask about comes first.
        found.sort_by_key(|(part, facts, _)| (*part, std::cmp::Reverse(*facts)));
        let mut rank = 0;
        let mut before = None;
        let mut ranked: Vec<(bool, usize, usize, Planned)> = Vec::new();
        for (part, facts, planned) in found {
            let group = (part, facts == 0);
            rank = if before == Some(group) { rank + 1 } else { 0 };
            before = Some(group);
            ranked.push((facts == 0, rank, part, planned));
        }
        ranked.sort_by_key(|(plain, rank, part, _)| (*plain, *rank, *part));
        let sentences = ranked.into_iter().map(|(.., planned)| planned).collect();
        Self { count: wanted + SPARE, lists: 0, sentences }
    }

    /// The questions that are written first.
    pub(super) fn first(&mut self, labels: &Labels) -> Vec<Planned> {
        let mut planned = self.next_lists(LISTS);
        planned.extend(labels.question_words.iter().cloned().map(Planned::Word));
        // A sentence with a number or a date has a word to ask with.
        let has_word = |planned: &&Planned| matches!(planned, Planned::Sentence(word, _) if !word.is_empty());
        let sentences = self.sentences.iter().take(MOST_SENTENCES).take_while(has_word).count();
        planned.extend(self.sentences.drain(..sentences));
        planned
    }

    /// Further questions, where so many pairs are missing.
    pub(super) fn further(&mut self, missing: usize) -> Vec<Planned> {
        let mut planned = self.next_lists(FURTHER_LISTS);
        planned.extend(self.sentences.drain(..self.sentences.len().min(missing + FURTHER_SENTENCES)));
        planned
    }

    fn next_lists(&mut self, lists: u64) -> Vec<Planned> {
        let first = self.lists + 1;
        self.lists += lists;
        (first..=self.lists).map(|list| Planned::List(self.count, list)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;
    use crate::loader::{LoadOptions, load};
    use crate::prompt::PromptLibrary;

    #[test]
    fn every_part_with_a_number_or_a_date_is_asked_about() {
        let page = include_str!("../../fixtures/en/electric-ferry/article.txt");
        let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(Language::EN).unwrap();
        let mut plan = Plan::new(&source, labels, 4, None);
        let units = |planned: &[Planned]| -> Vec<usize> {
            let unit = |planned: &Planned| if let Planned::Sentence(_, unit) = planned { Some(*unit) } else { None };
            planned.iter().filter_map(unit).collect()
        };
        let first = plan.first(labels);
        assert_eq!(first[0], Planned::List(4 + SPARE, 1));
        let parts: Vec<_> = units(&first).into_iter().filter_map(|unit| source.units[unit].part).collect();
        assert_eq!(parts, [0, 1, 2, 3], "one of each part, as far as there is room");
        // Further ones are about other sentences, in other lists.
        let mut asked = units(&first);
        for round in 0..20 {
            let further = plan.further(2);
            assert_eq!(further[0], Planned::List(4 + SPARE, 2 + round * FURTHER_LISTS));
            asked.extend(units(&further));
        }
        let all: HashSet<_> = asked.iter().collect();
        assert_eq!(all.len(), asked.len(), "no sentence is asked about twice");
        assert!(all.len() > 15 && all.len() <= source.units.len(), "{}", all.len());
    }

    #[test]
    fn without_words_of_the_language_there_are_lists() {
        let article = crate::article::Article::of_one_passage("One thing happened in 1999.", Language::EN);
        let mut labels = PromptLibrary::builtin().labels(Language::EN).unwrap().clone();
        labels.question_words.clear();
        let mut plan = Plan::new(&Source::new(&article, &[]), &labels, 1, None);
        assert_eq!(plan.first(&labels).len(), LISTS as usize);
    }
}
