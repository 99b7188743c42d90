//! A candidate of a summary is brought to the length that was asked for.

use std::collections::HashSet;

use super::excerpts::Excerpt;
use super::{Draft, Good, Shape, Wanted, in_common, shape};
use crate::content::SummaryLength;

/// The most sentences that are kept for a translation that fails.
const SPARE: usize = 2;
/// What a sentence of the candidate itself counts: it goes with the others.
const OWN: f64 = 0.2;
/// What a sentence loses that has all its words in common with one that is there.
const ALIKE: f64 = 1.0;
/// What a sentence counts that says all that the deck of the article says and the summary does not yet.
const DECK: f64 = 3.0;
/// A summary begins with a sentence that has so much of its words from the title and the beginning of the article.
const LEAST_BEGINNING: f64 = 0.4;
/// What it counts that the first sentence has no other words.
const LEAD: f64 = 0.3;
/// What it counts that the first sentence has all of these words.
const TOLD: f64 = 0.6;
/// Sentences that a paragraph gets from the article, where it may have more.
const FULL_PARAGRAPH: usize = 3;
/// What a draft loses for each sentence that is not of its candidate.
const BORROWED: f64 = 0.1;

/// A candidate that is being completed.
struct Fitting<'a> {
    wanted: &'a Wanted<'a>,
    shape: Shape,
    paragraphs: Vec<Vec<Good>>,
    /// What may be put into it: sure sentences of all candidates, and sentences of the article.
    pool: Vec<Good>,
    /// Sentences that the model is not sure of: better than none.
    unsure: Vec<Good>,
}

impl Wanted<'_> {
    /// Brings a candidate to the length that was asked for: behind a beginning, the sentences that say most. In a long summary, in
    /// whose paragraphs one leads to another, its own stay, and what it lacks is put in. `None` if there is nothing.
    pub(super) fn fit(&self, index: usize, drafts: &[Vec<Vec<Good>>], beginnings: &[Good]) -> Option<Draft> {
        let mut shape = shape(self.length);
        // The model chose how many paragraphs it takes, within what was asked for.
        shape.paragraphs.0 = drafts[index].len().clamp(shape.paragraphs.0, shape.paragraphs.1);
        if !self.excerpts.is_empty() {
            shape.sentences.0 = FULL_PARAGRAPH.clamp(shape.sentences.0, shape.sentences.1);
        }
        let own = || drafts[index].iter().flatten();
        let others = || drafts.iter().enumerate().filter(|(i, _)| *i != index).flat_map(|(_, d)| d.iter().flatten());
        let others = || others().chain(beginnings);
        let written = others().filter(|good| good.sure && !good.tied).cloned();
        let mut fitting = Fitting {
            wanted: self,
            shape,
            paragraphs: drafts[index].clone(),
            pool: written.chain(self.excerpts.iter().map(Good::from)).collect(),
            unsure: own().chain(others()).filter(|good| !good.sure && !good.tied).cloned().collect(),
        };
        fitting.keep(|good| good.sure);
        let firsts = drafts.iter().filter_map(|draft| draft.iter().flatten().next()).chain(beginnings);
        fitting.begin(own().next().filter(|own| self.is_beginning(own)), firsts);
        if !self.excerpts.is_empty() && self.length != SummaryLength::Long {
            fitting.release();
        }
        fitting.paragraphs.iter_mut().for_each(|paragraph| paragraph.truncate(shape.sentences.1));
        fitting.paragraphs.retain(|paragraph| !paragraph.is_empty());
        fitting.paragraphs.truncate(shape.paragraphs.1);
        while let Some(gap) = fitting.gap() {
            let Some(good) = fitting.next() else { break };
            fitting.insert(gap, good);
        }
        fitting.draft(index, drafts)
    }

    /// How much of its words a sentence has from the title and the beginning of the article, and how much of theirs it tells. In
    /// another language nobody knows.
    fn of_beginning(&self, Good { stems, .. }: &Good) -> (f64, f64) {
        if self.checker.language != self.checker.source.language() {
            return (1.0, 1.0);
        }
        let shared = stems.intersection(&self.beginning).count() as f64;
        (shared / stems.len().max(1) as f64, shared / self.beginning.len().max(1) as f64)
    }

    /// Whether a summary can begin with a sentence.
    fn is_beginning(&self, good: &Good) -> bool {
        good.sure && !good.linked && !good.tied && self.of_beginning(good).0 >= LEAST_BEGINNING
    }
}

impl Fitting<'_> {
    fn texts(&self) -> Vec<String> {
        self.paragraphs.iter().flatten().map(|good| good.text.clone()).collect()
    }

    /// Keeps what is good, and of what begins with a pronoun only what stands behind its own sentence.
    fn keep(&mut self, is_good: impl Fn(&Good) -> bool) {
        let mut kept = true;
        for paragraph in &mut self.paragraphs {
            paragraph.retain(|good| {
                kept = is_good(good) && (kept || !good.tied);
                kept
            });
        }
    }

    /// Begins with the best of the sentences that candidates begin with, its own if none is better, or with what the article says
    /// first of what its title is about. What says the same falls away, and so does its own beginning. Without sentences of the
    /// article beside it a candidate stays together.
    fn begin<'b>(&mut self, own: Option<&Good>, firsts: impl Iterator<Item = &'b Good>) {
        let wanted = self.wanted;
        let value = |good: &Good| good.score + self.lead(good);
        let better = |best: &'b Good, good: &'b Good| if value(good) > value(best) { good } else { best };
        let best = firsts.filter(|good| wanted.is_beginning(good)).reduce(better);
        let is_own_best = |own: &Good| wanted.excerpts.is_empty() || best.is_none_or(|best| value(best) <= value(own));
        if own.is_some_and(is_own_best) {
            return;
        }
        let Some(first) = best.cloned().or_else(|| self.beginning_of_article()) else { return };
        let said = [first.text.clone()];
        self.keep(|good| own != Some(good) && wanted.judge(&good.text, &said).is_ok());
        match self.paragraphs.first_mut() {
            Some(paragraph) if self.shape.sentences.1 > 1 => paragraph.insert(0, first),
            _ => self.paragraphs.insert(0, vec![first]),
        }
    }

    /// Leaves all but the beginning, and what follows it with a pronoun for it, to be chosen with the others: behind it a
    /// candidate may tell of anything.
    fn release(&mut self) {
        let mut sentences = self.paragraphs.drain(..).flatten().peekable();
        let mut kept = Vec::from_iter(sentences.next());
        kept.extend(std::iter::from_fn(|| sentences.next_if(|good| good.tied)));
        self.pool.extend(sentences.filter(|good| !good.tied).map(|good| Good { weight: good.weight + OWN, ..good }));
        self.paragraphs.push(kept);
    }

    /// What the article says first of what its title is about.
    fn beginning_of_article(&self) -> Option<Good> {
        let beginning = |excerpt: &'_ Excerpt| {
            let (lead, score) = (excerpt.lead?, self.wanted.judge(&excerpt.text, &[]).ok()?);
            Some((lead, Good { score, ..Good::from(excerpt) }))
        };
        let excerpts = self.wanted.excerpts.iter().rev().filter_map(beginning);
        excerpts.max_by(|(a, _), (b, _)| a.total_cmp(b)).map(|(_, good)| good)
    }

    /// The paragraph that lacks a sentence, or a new one.
    fn gap(&self) -> Option<usize> {
        let short = self.paragraphs.iter().position(|paragraph| paragraph.len() < self.shape.sentences.0);
        short.or_else(|| (self.paragraphs.len() < self.shape.paragraphs.0).then_some(self.paragraphs.len()))
    }

    /// The sentence that says most that is not said yet; one that the model is not sure of, if there is no other. Nothing of
    /// the middle of an article is a beginning.
    fn next(&mut self) -> Option<Good> {
        let texts = self.texts();
        if texts.is_empty() {
            return self.first_of_unsure(&texts).or_else(|| self.first_of_pool(&texts));
        }
        let found = self.first_of_pool(&texts);
        // Beyond what was asked for, nothing unsure is put in.
        if found.is_some() || self.has_its_length() { found } else { self.first_of_unsure(&texts) }
    }

    fn first_of_pool(&mut self, texts: &[String]) -> Option<Good> {
        let said: Vec<&HashSet<String>> = self.paragraphs.iter().flatten().map(|good| &good.stems).collect();
        let deck: HashSet<&String> =
            self.wanted.deck.iter().filter(|stem| !said.iter().any(|other| other.contains(*stem))).collect();
        let value = |good: &Good| {
            let alike = said.iter().map(|other| in_common(&good.stems, other)).fold(0.0, f64::max);
            let told = deck.iter().filter(|stem| good.stems.contains(**stem)).count() as f64;
            good.weight - ALIKE * alike + DECK * told / self.wanted.deck.len().max(1) as f64
        };
        let mut order: Vec<(f64, usize)> = self.pool.iter().enumerate().map(|(i, good)| (value(good), i)).collect();
        order.sort_by(|(a, i), (b, j)| b.total_cmp(a).then(i.cmp(j)));
        let found = order.into_iter().find_map(|(_, i)| Some((i, self.wanted.judge(&self.pool[i].text, texts).ok()?)));
        found.map(|(index, score)| Good { score, ..self.pool.remove(index) })
    }

    fn first_of_unsure(&mut self, texts: &[String]) -> Option<Good> {
        let fits = |good: &Good| self.wanted.judge(&good.text, texts).is_ok();
        self.unsure.iter().position(fits).map(|index| self.unsure.remove(index))
    }

    /// Puts a sentence into a paragraph, in the order of the article behind what it begins with.
    fn insert(&mut self, paragraph: usize, good: Good) {
        if paragraph == self.paragraphs.len() {
            return self.paragraphs.push(vec![good]);
        }
        let begins = usize::from(paragraph == 0);
        let sentences = &mut self.paragraphs[paragraph];
        let behind = sentences.iter().skip(begins).position(|other| other.place > good.place && !other.tied);
        sentences.insert(behind.map_or(sentences.len(), |at| at + begins), good);
    }

    /// Whether nothing of what was asked for is missing; there may be less than the model chose to write.
    fn has_its_length(&self) -> bool {
        let Shape { paragraphs, sentences } = shape(self.wanted.length);
        self.paragraphs.len() >= paragraphs.0 && self.paragraphs.iter().all(|paragraph| paragraph.len() >= sentences.0)
    }

    /// Further sentences of the model that say something else.
    fn spare(&self, drafts: &[Vec<Vec<Good>>]) -> Vec<String> {
        let mut said = self.texts();
        let mut spare = Vec::new();
        for good in drafts.iter().flatten().flatten().filter(|good| good.sure && !good.tied) {
            if self.shape.most_sentences() > 1 && self.wanted.judge(&good.text, &said).is_ok() {
                said.push(good.text.clone());
                spare.push(good.text.clone());
            }
        }
        spare.truncate(SPARE);
        spare
    }

    fn draft(self, index: usize, drafts: &[Vec<Vec<Good>>]) -> Option<Draft> {
        let checker = self.wanted.checker;
        let scores: Vec<f64> = self.paragraphs.iter().flatten().map(|good| good.score).collect();
        if scores.is_empty() {
            return None;
        }
        let complete = self.has_its_length();
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let lead = self.paragraphs.iter().flatten().next().map_or(0.0, |first| self.lead(first));
        let is_borrowed = |good: &&Good| !drafts[index].iter().flatten().any(|own| own.text == good.text);
        let borrowed = self.paragraphs.iter().flatten().filter(is_borrowed).count();
        let score = mean - BORROWED * borrowed as f64 + lead;
        let spare = self.spare(drafts);
        let paragraphs: Vec<Vec<String>> =
            self.paragraphs.into_iter().map(|p| p.into_iter().map(|good| good.text).collect()).collect();
        let numbered = paragraphs.iter().flatten().enumerate();
        let evidence = numbered.flat_map(|(number, sentence)| checker.source.evidence(number, sentence)).collect();
        Some(Draft { paragraphs, evidence, spare, complete, score })
    }

    /// What it counts that a sentence tells what the title and the beginning of the article tell.
    fn lead(&self, first: &Good) -> f64 {
        let (own, told) = self.wanted.of_beginning(first);
        LEAD * own + TOLD * told
    }
}

impl From<&Excerpt> for Good {
    fn from(Excerpt { text, stems, unit, weight, .. }: &Excerpt) -> Self {
        Self {
            text: text.clone(),
            stems: stems.clone(),
            score: 0.0,
            place: *unit,
            weight: *weight,
            sure: true,
            tied: false,
            linked: false,
        }
    }
}
