//! The scores of a summary.

use super::judge::Part;
use super::vectors::Vectors;
use super::{Scorer, SentenceFinding, UnsupportedClaim};
use crate::content::{SummaryLength, Task};
use crate::error::Result;
use crate::lang;
use crate::metrics::Score;
use crate::metrics::bleu::Bleu;
use crate::metrics::chrf::Chrf;
use crate::metrics::coverage::coverage;
use crate::metrics::extractive::extractiveness;
use crate::metrics::readability::readability;
use crate::metrics::redundancy::redundancy;
use crate::metrics::rouge::{Tokens, rouge_multi};
use crate::metrics::semantic::cosine;
use crate::metrics::support::{Claim, support_rate};
use crate::metrics::text::{one_sentence_a_line, words};
use crate::sentence;

impl Scorer<'_> {
    pub(super) fn summary(&mut self, paragraphs: &[String]) -> Result<()> {
        let references = self.reference_summaries();
        let text = paragraphs.join("\n");
        if words(&text).is_empty() {
            self.set_empty(Task::Summary, !references.is_empty());
            return Ok(());
        }
        if !references.is_empty() {
            self.compare_words(&text, &references);
            self.compare_meaning(&text, &references)?;
        }
        self.sentences(paragraphs)?;
        self.whole_text(paragraphs, &text);
        Ok(())
    }

    /// The summaries to compare with. One whose length is not known is compared with those of the usual length, if there
    /// are none without a length.
    fn reference_summaries(&self) -> Vec<String> {
        let (all, length) = (&self.document.references, self.prediction.length);
        let mut found = all.summaries(self.language, length);
        if found.is_empty() && length.is_none() {
            found = all.summaries(self.language, Some(SummaryLength::default()));
        }
        found.into_iter().map(str::to_owned).collect()
    }

    fn compare_words(&mut self, text: &str, references: &[String]) {
        let language = self.language;
        // ROUGE-Lsum wants a sentence a line; the others do not see line breaks.
        let lines: Vec<_> = references.iter().map(|reference| one_sentence_a_line(reference, language)).collect();
        let rouge = rouge_multi(&lines, &one_sentence_a_line(text, language), Tokens::Unicode { stem: Some(language) });
        self.set("summary.rouge1", rouge.rouge1.f1);
        self.set("summary.rouge2", rouge.rouge2.f1);
        self.set("summary.rougeL", rouge.rouge_l.f1);
        self.set("summary.rougeLsum", rouge.rouge_lsum.f1);
        let references: Vec<_> = references.iter().map(String::as_str).collect();
        self.set("summary.chrf", Chrf::default().sentence(text, &references));
        let bleu = Bleu { effective_order: true, ..Bleu::default() };
        self.set("summary.bleu", bleu.sentence(text, &references).score);
    }

    /// The best of the references counts, for BERTScore by its F1.
    fn compare_meaning(&mut self, text: &str, references: &[String]) -> Result<()> {
        let Some(encoder) = self.encoder else { return Ok(()) };
        self.references.add_tokens(encoder, references)?;
        self.references.add_wholes(encoder, references)?;
        let mut vectors = Vectors::default();
        vectors.add_tokens(encoder, &[text])?;
        vectors.add_wholes(encoder, &[text])?;
        let scores = references.iter().map(|r| vectors.bert_score(text, self.references, r));
        let best = scores.reduce(|best, next| if next.f1 > best.f1 { next } else { best });
        let cosines = references.iter().map(|r| cosine(vectors.of_whole(text), self.references.of_whole(r)));
        let closest = cosines.fold(0.0, f64::max);
        let Score { precision, recall, f1 } = best.unwrap_or_default();
        self.set("summary.bert.p", precision);
        self.set("summary.bert.r", recall);
        self.set("summary.bert.f1", f1);
        self.set("summary.cosine", closest);
        Ok(())
    }

    /// What is found sentence by sentence.
    fn sentences(&mut self, paragraphs: &[String]) -> Result<()> {
        let language = self.language;
        let split = |(index, paragraph)| {
            let spans = sentence::split(paragraph, language).into_iter();
            spans.map(move |span| (index, span, &paragraph[span.range()]))
        };
        let all: Vec<(usize, _, &str)> = paragraphs.iter().map(String::as_str).enumerate().flat_map(split).collect();
        let texts: Vec<_> = all.iter().map(|(_, _, text)| *text).collect();
        let mut vectors = Vectors::default();
        if let Some(encoder) = self.encoder {
            vectors.add_wholes(encoder, &texts)?;
        }
        let checked: Vec<Vec<Claim>> = texts.iter().map(|text| self.check(text)).collect();
        let parts: Vec<_> = texts.iter().zip(&checked).map(|(text, claims)| Part::whole(text, claims)).collect();
        let supports = self.supports(&parts)?;
        for (((paragraph, span, text), claims), grounded) in all.into_iter().zip(&checked).zip(supports) {
            let vector = self.encoder.map(|_| vectors.of_whole(text));
            let evidence = self.source.evidence(text, language, vector);
            let unsupported = UnsupportedClaim::of(text, claims);
            self.scores.summary.push(SentenceFinding { paragraph, span, evidence, grounded, unsupported });
        }
        let grounded: Vec<f64> = self.scores.summary.iter().filter_map(|s| s.grounded).collect();
        if !grounded.is_empty() {
            self.set("summary.grounded", grounded.iter().sum::<f64>() / grounded.len() as f64);
        }
        if let Some(rate) = support_rate(&checked.concat()) {
            self.set("summary.claims", rate);
        }
        self.set("summary.redundancy", redundancy(&texts).mean);
        if self.same_language {
            self.set("summary.coverage", coverage(&self.source.sections, &texts, language).share);
        }
        Ok(())
    }

    fn whole_text(&mut self, paragraphs: &[String], text: &str) {
        let language = self.language;
        let written: Vec<_> = paragraphs.iter().filter(|p| !words(p).is_empty()).collect();
        let right = written.iter().filter(|p| lang::is_in(p, language)).count();
        self.set("summary.language", right as f64 / written.len().max(1) as f64);
        self.set("summary.words", words(text).len() as f64);
        let copied = extractiveness(&self.source.body, text);
        self.set("summary.compression", copied.compression);
        if self.same_language {
            self.set("summary.density", copied.density);
            self.set("summary.novelty2", copied.novelty[1]);
        }
        if let Some(readability) = readability(text, language) {
            self.set("summary.readability", readability.score);
        }
    }
}
