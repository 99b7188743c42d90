//! The scores of a FAQ block.

use super::judge::Part;
use super::vectors::Vectors;
use super::{EntryFinding, Scorer, UnsupportedClaim};
use crate::content::{FaqEntry, Task};
use crate::error::Result;
use crate::lang;
use crate::metrics::align::{Assignment, Similarities, best_matches, one_to_one, qa_text, shuffled};
use crate::metrics::coverage::coverage;
use crate::metrics::extractive::extractiveness;
use crate::metrics::question::question_form;
use crate::metrics::redundancy::redundancy;
use crate::metrics::rouge::{Tokens, rouge};
use crate::metrics::support::{Claim, support_rate};
use crate::metrics::text::words;
use crate::sentence;

/// Of the baseline of shuffled pairs.
const SEED: u64 = 7;

impl Scorer<'_> {
    pub(super) fn faq(&mut self, entries: &[FaqEntry]) -> Result<()> {
        let document = self.document;
        let references = document.references.faq(self.language).unwrap_or_default();
        let wanted = self.prediction.asked.or(Some(references.len())).filter(|n| *n > 0);
        if entries.is_empty() {
            self.set_empty(Task::Faq, !references.is_empty());
            if wanted.is_none() {
                self.scores.values.remove("faq.delivered");
            }
            return Ok(());
        }
        if let Some(wanted) = wanted {
            self.set("faq.delivered", (entries.len() as f64 / wanted as f64).min(1.0));
        }
        let assignment = if references.is_empty() { None } else { Some(self.align(entries, references)?) };
        self.entries(entries, assignment.as_ref())?;
        if self.same_language
            && self.has_source
            && let Some(answers) = self.answers(entries)?
        {
            self.set("faq.answers", answers.iter().sum::<f64>() / answers.len() as f64);
            for (finding, answers) in self.scores.faq.iter_mut().zip(answers) {
                finding.answers = Some(answers);
            }
        }
        self.whole_block(entries);
        Ok(())
    }

    /// Everything that compares with the reference; the assignment is by meaning where there is an encoder.
    fn align(&mut self, entries: &[FaqEntry], references: &[FaqEntry]) -> Result<Assignment> {
        let texts = |entries: &[FaqEntry]| entries.iter().map(qa_text).collect::<Vec<_>>();
        let (generated, references) = (texts(entries), texts(references));
        // One pair alone cannot be shuffled.
        let chance = (entries.len() > 1).then(|| texts(&shuffled(entries, SEED)));
        let tokens = Tokens::Unicode { stem: Some(self.language) };
        let by_words = |g: &String, r: &String| rouge(r, g, tokens).rouge_l.f1;
        let assignment = self.compare("rouge", &generated, &references, chance.as_deref(), by_words);
        let Some(encoder) = self.encoder else { return Ok(assignment) };
        self.references.add_tokens(encoder, &references)?;
        let mut vectors = Vectors::default();
        vectors.add_tokens(encoder, &generated)?;
        vectors.add_tokens(encoder, chance.as_deref().unwrap_or_default())?;
        let known = std::mem::take(self.references);
        let by_meaning = |g: &String, r: &String| vectors.bert_score(g, &known, r).f1;
        let assignment = self.compare("bert", &generated, &references, chance.as_deref(), by_meaning);
        *self.references = known;
        Ok(assignment)
    }

    fn compare(
        &mut self,
        measure: &str,
        generated: &[String],
        references: &[String],
        chance: Option<&[String]>,
        similarity: impl Fn(&String, &String) -> f64,
    ) -> Assignment {
        let both = |generated: &[String]| {
            let all = Similarities::new(generated, references, &similarity);
            // As in `lmqg`, a pair that is generated again word for word counts once when best matches are sought.
            let mut different = generated.to_vec();
            different.sort_unstable();
            different.dedup();
            let aligned = if different.len() == generated.len() {
                best_matches(&all)
            } else {
                best_matches(&Similarities::new(&different, references, &similarity))
            };
            (aligned, one_to_one(&all))
        };
        let (aligned, assigned) = both(generated);
        self.set(&format!("faq.aligned_{measure}.f1"), aligned.f1);
        self.set(&format!("faq.assigned_{measure}.f1"), assigned.score.f1);
        if measure == "bert" {
            self.set("faq.aligned_bert.p", aligned.precision);
            self.set("faq.aligned_bert.r", aligned.recall);
        }
        if let Some(chance) = chance {
            let (aligned, assigned) = both(chance);
            self.set(&format!("faq.aligned_{measure}.f1.shuffled"), aligned.f1);
            self.set(&format!("faq.assigned_{measure}.f1.shuffled"), assigned.score.f1);
        }
        assigned
    }

    /// What is found pair by pair.
    fn entries(&mut self, entries: &[FaqEntry], assignment: Option<&Assignment>) -> Result<()> {
        let language = self.language;
        let texts: Vec<_> = entries.iter().map(|e| format!("{} {}", e.question, e.answer)).collect();
        let mut vectors = Vectors::default();
        if let Some(encoder) = self.encoder {
            vectors.add_wholes(encoder, &texts)?;
        }
        let checked: Vec<Vec<Claim>> = entries.iter().map(|entry| self.check(&entry.answer)).collect();
        let answers = entries.iter().zip(&checked);
        let parts: Vec<_> = answers.map(|(entry, claims)| Part::sentences(&entry.answer, claims, language)).collect();
        let mut supports = self.supports(&parts.concat())?.into_iter();
        let (mut in_language, mut well_formed) = (0usize, 0usize);
        let mut grounded_sum = None;
        for (index, (entry, text)) in entries.iter().zip(&texts).enumerate() {
            let fields =
                [!lang::is_foreign(&entry.question, language), lang::is_in(&entry.answer, language)].map(usize::from);
            in_language += fields.iter().sum::<usize>();
            let form = question_form(&entry.question, language).is_question();
            well_formed += usize::from(form);
            let partner = assignment.and_then(|a| a.pairs.iter().find(|(generated, _, _)| *generated == index));
            let vector = self.encoder.map(|_| vectors.of_whole(text));
            // An answer is as good as its worst sentence.
            let of_answer: Vec<Option<f64>> = supports.by_ref().take(parts[index].len()).collect();
            let grounded = of_answer.into_iter().reduce(|worst, next| Some(worst?.min(next?))).flatten();
            if let Some(probability) = grounded {
                *grounded_sum.get_or_insert(0.0) += probability;
            }
            self.scores.faq.push(EntryFinding {
                reference: partner.map(|(_, reference, _)| *reference),
                similarity: partner.map(|(_, _, similarity)| *similarity),
                evidence: self.source.evidence(&entry.answer, language, vector),
                answers: None,
                grounded,
                unsupported: UnsupportedClaim::of(&entry.answer, &checked[index]),
                in_language: fields == [1, 1],
                well_formed: form,
            });
        }
        let count = entries.len() as f64;
        self.set("faq.language", in_language as f64 / (2.0 * count));
        self.set("faq.question_form", well_formed as f64 / count);
        if let Some(sum) = grounded_sum {
            self.set("faq.grounded", sum / count);
        }
        if let Some(rate) = support_rate(&checked.concat()) {
            self.set("faq.claims", rate);
        }
        self.set("faq.redundancy", redundancy(&texts).mean);
        Ok(())
    }

    /// What is measured of all answers together.
    fn whole_block(&mut self, entries: &[FaqEntry]) {
        let language = self.language;
        let answers: Vec<_> = entries.iter().map(|e| e.answer.as_str()).collect();
        let count: usize = answers.iter().map(|answer| words(answer).len()).sum();
        self.set("faq.answer_words", count as f64 / entries.len() as f64);
        if self.same_language {
            let copied = extractiveness(&self.source.body, &answers.join("\n"));
            self.set("faq.density", copied.density);
            self.set("faq.novelty2", copied.novelty[1]);
            let split = |answer: &&'_ str| {
                sentence::split(answer, language).into_iter().map(|s| answer[s.range()].to_owned()).collect::<Vec<_>>()
            };
            let sentences: Vec<_> = answers.iter().flat_map(split).collect();
            let found = coverage(&self.source.sections, &sentences, language);
            self.set("faq.coverage", found.share);
            let touched = found.covered.iter().filter(|covered| **covered).count();
            self.set("faq.spread", touched as f64 / found.covered.len().min(entries.len()).max(1) as f64);
        }
    }
}
