//! The table of all metrics: what each is called, which way is better, what it needs, and how well people agree with it.

use serde::Serialize;

use crate::content::Task;

/// Which values of a metric are better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// High ones. An output that was asked for and is empty scores 0.
    Higher,
    /// Low ones. An empty output has no value.
    Lower,
    /// Neither: the metric describes. An empty output has no value.
    Neither,
}

/// How well a metric agrees with judgments of people, by [`RULE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// It agrees.
    Agrees,
    /// It agrees a little.
    Weak,
    /// It does not agree, so that a difference in it says little about quality.
    No,
    /// No judgments of people were at hand to check it with.
    Unchecked,
}

/// How a label of agreement comes about from what `faqtory eval validate` measures.
pub const RULE: &str = "\
agrees: in every set and language with judgments on what the metric looks at, Kendall's tau with one of the judgments is at \
least 0.25, or for support of sentences the AUC is at least 0.75, and the interval is above chance; weakly: the interval is \
above chance in each of them; no: in one of them it is not. Metrics that only describe have no label.";

impl Agreement {
    /// A word or two for tables.
    pub fn label(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Weak => "weakly",
            Self::No => "no",
            Self::Unchecked => "not checked",
        }
    }
}

/// What a metric needs besides the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Needs {
    /// What somebody wrote of the article in the language of the output.
    pub reference: bool,
    /// The article.
    pub source: bool,
    /// The encoder.
    pub encoder: bool,
    /// That the output is in the language of the article.
    pub same_language: bool,
    /// That the article has more than one section.
    pub sections: bool,
}

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// Its name in files and on the command line: the task, the measure, the part of it.
    pub id: &'static str,
    /// Its name in tables.
    pub title: &'static str,
    /// What it says, in one sentence for people.
    pub about: &'static str,
    /// Which values are better.
    pub better: Better,
    /// What it needs.
    pub needs: Needs,
    /// Decimals to show.
    pub decimals: usize,
    /// The id of the same measure of shuffled pairs, which is what chance gives.
    pub baseline: Option<&'static str>,
    /// Whether it is such a baseline, and shown beside its metric only.
    pub is_baseline: bool,
    /// How well it agrees with people.
    pub agreement: Agreement,
}

const NOTHING: Needs = Needs { reference: false, source: false, encoder: false, same_language: false, sections: false };
const REFERENCE: Needs = Needs { reference: true, ..NOTHING };
const MEANING: Needs = Needs { reference: true, encoder: true, ..NOTHING };
const SOURCE: Needs = Needs { source: true, ..NOTHING };
const WORDS: Needs = Needs { source: true, same_language: true, ..NOTHING };
const SECTIONS: Needs = Needs { sections: true, ..WORDS };

impl Metric {
    const fn new(id: &'static str, title: &'static str, better: Better, needs: Needs, about: &'static str) -> Self {
        let (decimals, agreement) = (3, Agreement::Unchecked);
        Self { id, title, about, better, needs, decimals, baseline: None, is_baseline: false, agreement }
    }

    const fn decimals(self, decimals: usize) -> Self {
        Self { decimals, ..self }
    }

    const fn beside(self, baseline: &'static str) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// How well it agrees with people, as `eval validate` found; docs/evaluation.md has the numbers.
    const fn people_say(self, agreement: Agreement) -> Self {
        Self { agreement, ..self }
    }

    const fn chance(self) -> Self {
        Self { is_baseline: true, ..self }
    }

    /// Which part of an output it measures.
    pub fn task(&self) -> Task {
        if self.id.starts_with("faq.") { Task::Faq } else { Task::Summary }
    }

    /// How well it agrees with people, for tables; empty for one that only describes.
    pub fn people(&self) -> &'static str {
        if self.better == Better::Neither { "" } else { self.agreement.label() }
    }

    /// A value as it is shown.
    pub fn show(&self, value: f64) -> String {
        format!("{value:.*}", self.decimals)
    }
}

/// The metric of that id.
pub fn metric(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}

/// All metrics, in the order in which they are shown.
pub const METRICS: &[Metric] = &[
    Metric::new("faq.delivered", "pairs delivered", Better::Higher, NOTHING,
        "Pairs over those that were asked for, or else over those of the reference; at most 1."),
    Metric::new("faq.aligned_bert.f1", "aligned BERT F1", Better::Higher, MEANING,
        "QAAlignedF1: how close in meaning each pair is to its best match in the reference, and each of the reference to its \
         best match here.")
    .beside("faq.aligned_bert.f1.shuffled"),
    Metric::new("faq.aligned_bert.p", "aligned BERT P", Better::Higher, MEANING,
        "The precision of it: the mean over the pairs of the best match in the reference."),
    Metric::new("faq.aligned_bert.r", "aligned BERT R", Better::Higher, MEANING,
        "The recall of it: the mean over the pairs of the reference of the best match here."),
    Metric::new("faq.aligned_bert.f1.shuffled", "aligned BERT F1, shuffled", Better::Neither, MEANING,
        "What chance gives: the same with the answers of the pairs exchanged.")
    .chance(),
    Metric::new("faq.assigned_bert.f1", "assigned BERT F1", Better::Higher, MEANING,
        "Each pair with one pair of the reference at most, so that what is missing, extra or said twice counts against it.")
    .beside("faq.assigned_bert.f1.shuffled"),
    Metric::new("faq.assigned_bert.f1.shuffled", "assigned BERT F1, shuffled", Better::Neither, MEANING,
        "What chance gives: the same with the answers of the pairs exchanged.")
    .chance(),
    Metric::new("faq.aligned_rouge.f1", "aligned ROUGE F1", Better::Higher, REFERENCE,
        "QAAlignedF1 by the words that pairs share (ROUGE-L of stems).")
    .beside("faq.aligned_rouge.f1.shuffled"),
    Metric::new("faq.aligned_rouge.f1.shuffled", "aligned ROUGE F1, shuffled", Better::Neither, REFERENCE,
        "What chance gives: the same with the answers of the pairs exchanged.")
    .chance(),
    Metric::new("faq.assigned_rouge.f1", "assigned ROUGE F1", Better::Higher, REFERENCE,
        "Each pair with one pair of the reference at most, by the words that they share.")
    .beside("faq.assigned_rouge.f1.shuffled"),
    Metric::new("faq.assigned_rouge.f1.shuffled", "assigned ROUGE F1, shuffled", Better::Neither, REFERENCE,
        "What chance gives: the same with the answers of the pairs exchanged.")
    .chance(),
    Metric::new("faq.grounded", "answers grounded", Better::Higher, WORDS,
        "How probable it is that the article supports an answer, on average; an answer is as its least probable sentence."),
    Metric::new("faq.answers", "answers the question", Better::Higher, WORDS,
        "How probable it is that an answer is the one that the article gives to its question, on average; by words, by the \
         encoder, or best by a language model (`--judge`), each on its own scale."),
    Metric::new("faq.claims", "claims supported", Better::Higher, SOURCE,
        "The share of the numbers, dates, quotations and names in the answers that the article has."),
    Metric::new("faq.coverage", "sections covered", Better::Higher, SECTIONS,
        "The share of the article's sections that stand behind an answer."),
    Metric::new("faq.spread", "sections of those possible", Better::Higher, SECTIONS,
        "How many sections stand behind an answer, as a share of as many as the answers could stand on, each on another one."),
    Metric::new("faq.redundancy", "redundancy", Better::Lower, NOTHING,
        "How many of its words a pair shares with the pair most like it."),
    Metric::new("faq.language", "in the language", Better::Higher, NOTHING,
        "The share of questions and answers that are in the language that was asked for."),
    Metric::new("faq.question_form", "questions well formed", Better::Higher, NOTHING,
        "The share of questions that are one question with its marks and a word that asks."),
    Metric::new("faq.density", "copied run, words", Better::Neither, WORDS,
        "The length in words of the run copied from the article that a word of the answers stands in, on average.")
    .decimals(1),
    Metric::new("faq.novelty2", "new word pairs", Better::Neither, WORDS,
        "The share of word pairs in the answers that the article does not have."),
    Metric::new("faq.answer_words", "words per answer", Better::Neither, NOTHING, "Words of an answer, on average.")
        .decimals(1),
    Metric::new("summary.rouge1", "ROUGE-1", Better::Higher, REFERENCE,
        "Words shared with the reference (F1 of stems).")
    // Kendall's tau with focus and coverage: en 0.41 and 0.47, es 0.37 and 0.40.
    .people_say(Agreement::Agrees),
    Metric::new("summary.rouge2", "ROUGE-2", Better::Higher, REFERENCE,
        "Word pairs shared with the reference (F1 of stems).")
    // Kendall's tau with focus and coverage: en 0.41 and 0.46, es 0.40 and 0.47.
    .people_say(Agreement::Agrees),
    Metric::new("summary.rougeL", "ROUGE-L", Better::Higher, REFERENCE,
        "The longest sequence of words shared with the reference (F1 of stems).")
    // Kendall's tau with focus and coverage: en 0.41 and 0.46, es 0.37 and 0.42.
    .people_say(Agreement::Agrees),
    Metric::new("summary.rougeLsum", "ROUGE-Lsum", Better::Higher, REFERENCE,
        "The same, sentence by sentence.")
    // Kendall's tau with focus and coverage: en 0.41 and 0.46, es 0.37 and 0.42.
    .people_say(Agreement::Agrees),
    Metric::new("summary.chrf", "chrF", Better::Higher, REFERENCE,
        "Runs of characters shared with the reference, from 0 to 100.")
    // Kendall's tau with focus and coverage: en 0.36 and 0.44, es 0.40 and 0.50.
    .people_say(Agreement::Agrees)
    .decimals(1),
    Metric::new("summary.bleu", "BLEU", Better::Higher, REFERENCE,
        "Runs of up to four words shared with the reference, from 0 to 100.")
    // Kendall's tau with focus and coverage: en 0.43 and 0.45, es 0.37 and 0.39.
    .people_say(Agreement::Agrees)
    .decimals(1),
    Metric::new("summary.bert.f1", "BERT F1", Better::Higher, MEANING,
        "How close its tokens are in meaning to those of the reference, both ways.")
    // Kendall's tau with focus and coverage: en 0.44 and 0.52, es 0.57 and 0.52.
    .people_say(Agreement::Agrees),
    Metric::new("summary.bert.p", "BERT P", Better::Higher, MEANING,
        "How close each of its tokens is in meaning to one of the reference.")
    // Kendall's tau with focus and coverage: en 0.45 and 0.51, es 0.56 and 0.48.
    .people_say(Agreement::Agrees),
    Metric::new("summary.bert.r", "BERT R", Better::Higher, MEANING,
        "How close each token of the reference is in meaning to one of it.")
    // Kendall's tau with focus and coverage: en 0.44 and 0.52, es 0.55 and 0.55.
    .people_say(Agreement::Agrees),
    Metric::new("summary.cosine", "cosine", Better::Higher, MEANING,
        "How close it is as a whole in meaning to the reference.")
    // Kendall's tau with focus and coverage: en 0.43 and 0.51, es 0.58 and 0.52.
    .people_say(Agreement::Agrees),
    Metric::new("summary.grounded", "sentences grounded", Better::Higher, WORDS,
        "How probable it is that the article supports a sentence of it, on average.")
    // AUC on sentences, cross-validated: 0.85 and 0.69.
    .people_say(Agreement::Weak),
    Metric::new("summary.claims", "claims supported", Better::Higher, SOURCE,
        "The share of its numbers, dates, quotations and names that the article has.")
    // AUC on sentences of lower-case summaries, where names are not found: 0.50 and 0.66.
    .people_say(Agreement::No),
    Metric::new("summary.coverage", "sections covered", Better::Higher, SECTIONS,
        "The share of the article's sections that stand behind one of its sentences."),
    Metric::new("summary.redundancy", "redundancy", Better::Lower, NOTHING,
        "How many of its words a sentence shares with the sentence most like it.")
    // Kendall's tau with overall quality: -0.03, interval around 0.
    .people_say(Agreement::No),
    Metric::new("summary.language", "in the language", Better::Higher, NOTHING,
        "The share of its paragraphs that are in the language that was asked for."),
    Metric::new("summary.density", "copied run, words", Better::Neither, WORDS,
        "The length in words of the run copied from the article that a word of it stands in, on average.")
    .decimals(1),
    Metric::new("summary.novelty2", "new word pairs", Better::Neither, WORDS,
        "The share of its word pairs that the article does not have."),
    Metric::new("summary.compression", "compression", Better::Neither, SOURCE, "Words of the article for one of it.")
        .decimals(1),
    Metric::new("summary.words", "words", Better::Neither, NOTHING, "Its words.").decimals(1),
    Metric::new("summary.readability", "reading ease", Better::Neither, NOTHING,
        "Flesch (English) or Fernández Huerta (Spanish): about 100 is very easy, 0 very hard.")
    .decimals(1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_hangs_together() {
        for (i, m) in METRICS.iter().enumerate() {
            assert!(METRICS[..i].iter().all(|other| other.id != m.id), "{} stands there twice", m.id);
            assert!(m.id.starts_with("faq.") || m.id.starts_with("summary."), "{}", m.id);
            assert!(m.about.ends_with('.') && !m.title.is_empty(), "{}", m.id);
            assert_eq!(m.is_baseline, m.id.ends_with(".shuffled"), "{}", m.id);
            if let Some(baseline) = m.baseline {
                assert!(metric(baseline).is_some_and(|b| b.is_baseline && b.needs == m.needs), "{}", m.id);
            }
        }
        assert_eq!(metric("summary.bert.f1").unwrap().task(), Task::Summary);
        assert_eq!(metric("faq.density").unwrap().show(2.25), "2.2");
        assert_eq!((metric("faq.density").unwrap().people(), metric("faq.nothing")), ("", None));
    }
}
