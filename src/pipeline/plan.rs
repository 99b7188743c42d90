//! Planning: which questions the model is asked to write, so that they differ and all parts of the article are in them.

use std::collections::HashSet;

use super::check::{Checker, STATEMENT_WORDS};
use super::source::{Topic, Unit};
use crate::article::Span;
use crate::prompt::Labels;

/// Questions of a list beyond those that are wanted.
const SPARE: usize = 1;
/// Lists that are written at first. None is the most probable text: that runs in circles.
const LISTS: u64 = 1;
/// Statements that are asked about at first, beyond the pairs that are wanted.
const SPARE_STATEMENTS: usize = 4;
/// The most statements that are asked about at first.
const MOST_STATEMENTS: usize = 12;
/// The same for each pair that is wanted, and the most, where a probe reads each statement as an answer to its question before
/// anything is answered.
const APPRAISED: usize = 3;
const MOST_APPRAISED: usize = 20;
/// Lists that are written while pairs are missing and no questions are left.
const FURTHER_LISTS: u64 = 2;
/// Sections that are asked about then, beyond the pairs that are missing.
const SPARE_SECTIONS: usize = 1;
/// Statements that are asked about then, beyond the pairs that are missing.
const FURTHER_STATEMENTS: usize = 3;

/// Questions that the model is asked to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planned {
    /// A list of so many over the article; the number of the candidate.
    List(usize, u64),
    /// One over the article that begins with a word.
    Word(String),
    /// The one that a section of the article answers.
    Section(Topic),
    /// The one that a statement of the article answers.
    Statement(Statement),
}

/// What is still to be asked of an article, or of those sentences of it that are read.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Questions of each list.
    count: usize,
    /// Lists that were written.
    lists: u64,
    /// Headings of sections, those of whole sections before those inside one, then the longer section first.
    topics: Vec<Topic>,
    /// Sentences that can stand alone, those with a number or a date first. The most central of each part of the article come
    /// before the second of each.
    statements: Vec<Statement>,
}

/// A sentence of the article as it can stand alone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) unit: usize,
    pub(super) text: String,
}

/// A statement, and what tells when it is asked about.
struct Ranked {
    statement: Statement,
    /// Whether it has neither a number nor a date.
    plain: bool,
    /// How many of its part come before it.
    rank: usize,
    centrality: f64,
    part: usize,
}

impl Plan {
    /// A plan for a FAQ block with so many entries.
    pub(super) fn new(checker: &Checker<'_>, wanted: usize, read: Option<&HashSet<Span>>) -> Self {
        let source = checker.source;
        let mut found: Vec<Ranked> = Vec::new();
        let mut lengths = vec![0; source.parts];
        for (unit, Unit { part, text, span, .. }) in source.units.iter().enumerate() {
            let Some(part) = *part else { continue };
            let is_read = read.is_none_or(|read| span.is_some_and(|span| read.contains(&span)));
            lengths[part] += usize::from(is_read);
            if is_read && let Some(text) = checker.alone(text, STATEMENT_WORDS) {
                let plain = !checker.has_figures(&text);
                let statement = Statement { unit, text: text.into_owned() };
                found.push(Ranked { statement, plain, rank: 0, centrality: source.centrality(unit), part });
            }
        }
        let central = |a: &Ranked, b: &Ranked| {
            b.centrality.total_cmp(&a.centrality).then(a.statement.unit.cmp(&b.statement.unit))
        };
        // Of each part the most central one comes first.
        found.sort_by(|a, b| (a.part, a.plain).cmp(&(b.part, b.plain)).then_with(|| central(a, b)));
        for at in 1..found.len() {
            let before = &found[at - 1];
            if (before.part, before.plain) == (found[at].part, found[at].plain) {
                found[at].rank = before.rank + 1;
            }
        }
        found.sort_by(|a, b| (a.plain, a.rank).cmp(&(b.plain, b.rank)).then_with(|| central(a, b)));
        let statements = found.into_iter().map(|ranked| ranked.statement).collect();
        let length = |topic: &Topic| lengths[topic.parts.clone()].iter().sum::<usize>();
        let mut topics: Vec<Topic> = source.topics.iter().filter(|topic| length(topic) > 0).cloned().collect();
        topics.sort_by_key(|topic| (topic.level, std::cmp::Reverse(length(topic))));
        Self { count: wanted + SPARE, lists: 0, topics, statements }
    }

    /// The questions that are written first: those that statements answer, and some over the whole article. Statements without a
    /// number or a date fill up what is missing of the others: their questions are about steps of a story more often. There are more
    /// where a probe reads them as answers before anything is answered, so that the best can be chosen.
    pub(super) fn first(&mut self, labels: &Labels, appraised: bool) -> Vec<Planned> {
        let wanted = self.count - SPARE;
        let mut planned = self.next_lists(LISTS);
        planned.extend(labels.question_words.iter().cloned().map(Planned::Word));
        let few = (wanted + SPARE_STATEMENTS).min(MOST_STATEMENTS);
        let statements = if appraised { (APPRAISED * wanted).min(MOST_APPRAISED).max(few) } else { few };
        planned.extend(self.next_statements(statements));
        planned
    }

    /// Further questions, where so many pairs are missing.
    pub(super) fn further(&mut self, missing: usize) -> Vec<Planned> {
        let mut planned = self.next_lists(FURTHER_LISTS);
        planned.extend(self.next_sections(missing + SPARE_SECTIONS));
        planned.extend(self.next_statements(missing + FURTHER_STATEMENTS));
        planned
    }

    fn next_sections(&mut self, limit: usize) -> impl Iterator<Item = Planned> {
        self.topics.drain(..self.topics.len().min(limit)).map(Planned::Section)
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
            let unit = |planned: &Planned| if let Planned::Statement(told) = planned { Some(told.unit) } else { None };
            planned.iter().filter_map(unit).collect()
        };
        let first = plan.first(labels, false);
        assert_eq!(first[0], Planned::List(4 + SPARE, 1));
        let parts: Vec<_> = units(&first).into_iter().filter_map(|unit| source.units[unit].part).collect();
        assert_eq!(parts.len(), 4 + SPARE_STATEMENTS);
        for round in [&parts[..5], &parts[5..]] {
            let different: HashSet<_> = round.iter().collect();
            assert_eq!(different.len(), round.len(), "one of each part, then a second one: {parts:?}");
        }
        for (wanted, appraised, asked) in [(1, false, 5), (1, true, 5), (5, false, 9), (5, true, 15), (9, true, 20)] {
            let first = Plan::new(&checker, wanted, None).first(labels, appraised);
            assert_eq!(units(&first).len(), asked, "{wanted} {appraised}");
        }
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
    fn sections_are_asked_about_where_pairs_are_missing() {
        let page = include_str!("../../fixtures/en/electric-ferry/article.txt");
        let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(Language::EN).unwrap();
        let mut plan = Plan::new(&Checker { source: &source, labels, language: Language::EN }, 4, None);
        let sections = |planned: Vec<Planned>| planned.iter().filter(|p| matches!(p, Planned::Section(_))).count();
        assert_eq!(sections(plan.first(labels, false)), 0);
        assert_eq!(sections(plan.further(4)), 4, "each section with a heading");
    }

    #[test]
    fn what_is_told_in_figures_comes_first_and_other_statements_fill_up() {
        let text = "The old mill of Tolm stands at the lower end of the main street.\n\nThe new mill of Tolm grinds 40 tons of \
                    olives a day.\n\nThe miller of Tolm sells the oil in the shop beside the church.";
        let article = load(text.as_bytes(), "a.txt", &LoadOptions::default()).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(Language::EN).unwrap();
        let mut plan = Plan::new(&Checker { source: &source, labels, language: Language::EN }, 1, None);
        let told = |planned| if let Planned::Statement(told) = planned { Some(told.text) } else { None };
        let told: Vec<String> = plan.first(labels, false).into_iter().filter_map(told).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].contains("40 tons"), "{told:?}");
    }

    #[test]
    fn without_words_of_the_language_there_are_lists() {
        let article = crate::article::Article::of_one_passage("One thing happened in 1999.", Language::EN);
        let mut labels = PromptLibrary::builtin().labels(Language::EN).unwrap().clone();
        labels.question_words.clear();
        let source = Source::new(&article, &[]);
        let checker = Checker { source: &source, labels: &labels, language: Language::EN };
        let mut plan = Plan::new(&checker, 1, None);
        assert_eq!(plan.first(&labels, false).len(), LISTS as usize);
    }
}
