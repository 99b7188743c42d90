//! Planning: which questions the model is asked to write, so that they differ and all parts of the article are in them.

use std::collections::HashSet;

use super::source::Source;
use crate::article::Span;
use crate::metrics::support::ClaimKind;
use crate::metrics::text::words;
use crate::prompt::{Ask, Labels};

/// Questions of a list beyond those that are wanted.
const SPARE: usize = 1;
/// Lists that are written. None is the most probable text: that runs in circles.
const LISTS: u64 = 1;
/// The most questions that are written about a sentence each.
const MOST_SENTENCES: usize = 4;
/// A sentence of fewer words says too little to ask about, and a longer one too much.
const SENTENCE_WORDS: std::ops::RangeInclusive<usize> = 8..=45;

/// Questions that the model is asked to write.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Planned {
    /// A list of so many; the number of the candidate.
    List(usize, u64),
    /// One that begins with a word.
    Word(String),
    /// One that begins with a word, and that a sentence answers: its unit.
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

/// Plans the questions of a FAQ block with so many entries, about those sentences if only they are read.
pub(super) fn plan(source: &Source<'_>, labels: &Labels, wanted: usize, read: Option<&HashSet<Span>>) -> Vec<Planned> {
    let mut planned: Vec<Planned> = (1..=LISTS).map(|list| Planned::List(wanted + SPARE, list)).collect();
    planned.extend(labels.question_words.iter().cloned().map(Planned::Word));
    let mut sentences: Vec<(usize, usize, Planned)> = Vec::new();
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
        let Some(word) = word.clone().filter(|_| dates + numbers > 0) else { continue };
        // Of each part the sentence with the most to ask about comes first.
        sentences.push((part, dates + numbers, Planned::Sentence(word, index)));
    }
    sentences.sort_by_key(|(part, facts, _)| (*part, std::cmp::Reverse(*facts)));
    let mut round = 0;
    let mut chosen = Vec::new();
    while chosen.len() < MOST_SENTENCES.min(sentences.len()) {
        // The first of each part, then the second of each, and so on.
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for (index, (part, ..)) in sentences.iter().enumerate() {
            match parts.iter_mut().find(|(known, _)| known == part) {
                Some((_, seen)) => *seen += 1,
                None => parts.push((*part, 0)),
            }
            if parts.iter().any(|(known, seen)| known == part && *seen == round) {
                chosen.push(index);
            }
        }
        round += 1;
    }
    chosen.truncate(MOST_SENTENCES);
    planned.extend(chosen.into_iter().map(|index| sentences[index].2.clone()));
    planned
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
        let planned = plan(&source, prompts.labels(Language::EN).unwrap(), 4, None);
        assert_eq!(planned[0], Planned::List(4 + SPARE, 1));
        let parts: Vec<_> = planned
            .iter()
            .filter_map(|planned| match planned {
                Planned::Sentence(_, unit) => source.units[*unit].part,
                _ => None,
            })
            .collect();
        assert_eq!(parts, [0, 1, 2, 3], "one of each part, as far as there is room");
    }

    #[test]
    fn without_words_of_the_language_there_are_lists() {
        let article = crate::article::Article::of_one_passage("One thing happened in 1999.", Language::EN);
        let mut labels = PromptLibrary::builtin().labels(Language::EN).unwrap().clone();
        labels.question_words.clear();
        assert_eq!(plan(&Source::new(&article, &[]), &labels, 1, None).len(), LISTS as usize);
    }
}
