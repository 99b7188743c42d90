//! Planning: which questions the model is asked to write, so that they differ and all parts of the article are in them.

use std::collections::HashSet;

use super::check::Checker;
use crate::article::Span;
use crate::metrics::support::ClaimKind;
use crate::prompt::Labels;

/// Questions of a list beyond those that are wanted.
const SPARE: usize = 1;
/// Lists that are written at first. None is the most probable text: that runs in circles.
const LISTS: u64 = 1;
/// Statements that are asked about at first, beyond the pairs that are wanted.
const SPARE_STATEMENTS: usize = 4;
/// The most statements that are asked about at first.
const MOST_STATEMENTS: usize = 12;
/// Lists that are written while pairs are missing and no questions are left.
const FURTHER_LISTS: u64 = 2;
/// Statements that are asked about then, beyond the pairs that are missing.
const FURTHER_STATEMENTS: usize = 3;

/// Questions that the model is asked to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planned {
    /// A list of so many over the article; the number of the candidate.
    List(usize, u64),
    /// One over the article that begins with a word.
    Word(String),
    /// The one that a statement of the article answers: its unit.
    Statement(usize),
}

/// What is still to be asked of an article, or of those sentences of it that are read.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Questions of each list.
    count: usize,
    /// Lists that were written.
    lists: u64,
    /// Sentences that can stand alone, those with a number or a date first. The first of each part of the article come
    /// before the second of each.
    statements: Vec<usize>,
    /// How many of them have a number or a date.
    factual: usize,
}

impl Plan {
    /// A plan for a FAQ block with so many entries.
    pub(super) fn new(checker: &Checker<'_>, wanted: usize, read: Option<&HashSet<Span>>) -> Self {
        let source = checker.source;
        let mut found: Vec<(usize, usize, usize)> = Vec::new();
        for (index, unit) in source.units.iter().enumerate() {
            let Some(part) = unit.part else { continue };
            let is_read = read.is_none_or(|read| unit.span.is_some_and(|span| read.contains(&span)));
            if is_read && checker.stands_alone(&unit.text) {
                let claims = source.claims(&unit.text, source.language());
                let told = claims.iter().filter(|c| matches!(c.kind, ClaimKind::Number | ClaimKind::Date)).count();
                found.push((part, told, index));
            }
        }
        // Of each part the sentence with the most to ask about comes first.
        found.sort_by_key(|(part, facts, _)| (*part, std::cmp::Reverse(*facts)));
        let mut rank = 0;
        let mut before = None;
        let mut ranked: Vec<(bool, usize, usize, usize)> = Vec::new();
        for (part, facts, index) in found {
            let group = (part, facts == 0);
            rank = if before == Some(group) { rank + 1 } else { 0 };
            before = Some(group);
            ranked.push((facts == 0, rank, part, index));
        }
        ranked.sort_by_key(|(plain, rank, part, _)| (*plain, *rank, *part));
        let factual = ranked.iter().filter(|(plain, ..)| !plain).count();
        let statements = ranked.into_iter().map(|(.., index)| index).collect();
        Self { count: wanted + SPARE, lists: 0, statements, factual }
    }

    /// The questions that are written first.
    pub(super) fn first(&mut self, labels: &Labels) -> Vec<Planned> {
        let wanted = self.count - SPARE;
        let mut planned = self.next_lists(LISTS);
        planned.extend(labels.question_words.iter().cloned().map(Planned::Word));
        let limit = (wanted + SPARE_STATEMENTS).min(MOST_STATEMENTS).min(self.factual);
        planned.extend(self.next_statements(limit));
        planned
    }

    /// Further questions, where so many pairs are missing.
    pub(super) fn further(&mut self, missing: usize) -> Vec<Planned> {
        let mut planned = self.next_lists(FURTHER_LISTS);
        planned.extend(self.next_statements(missing + FURTHER_STATEMENTS));
        planned
    }

    fn next_statements(&mut self, limit: usize) -> impl Iterator<Item = Planned> {
        self.statements.drain(..self.statements.len().min(limit)).map(Planned::Statement)
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
    use crate::pipeline::source::Source;
    use crate::prompt::PromptLibrary;

    #[test]
    fn every_part_with_a_number_or_a_date_is_asked_about() {
        let page = include_str!("../../fixtures/en/electric-ferry/article.txt");
        let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(Language::EN).unwrap();
        let checker = Checker { source: &source, labels, language: Language::EN };
        let mut plan = Plan::new(&checker, 4, None);
        let units = |planned: &[Planned]| -> Vec<usize> {
            let unit = |planned: &Planned| if let Planned::Statement(unit) = planned { Some(*unit) } else { None };
            planned.iter().filter_map(unit).collect()
        };
        let first = plan.first(labels);
        assert_eq!(first[0], Planned::List(4 + SPARE, 1));
        let parts: Vec<_> = units(&first).into_iter().filter_map(|unit| source.units[unit].part).collect();
        assert_eq!(parts, [0, 1, 2, 3, 4, 0, 1, 2], "one of each part, then a second one");
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
        let source = Source::new(&article, &[]);
        let checker = Checker { source: &source, labels: &labels, language: Language::EN };
        let mut plan = Plan::new(&checker, 1, None);
        assert_eq!(plan.first(&labels).len(), LISTS as usize);
    }
}
