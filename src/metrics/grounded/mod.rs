//! How probable it is that a source says what a sentence states, or that an answer is the source's answer to its question.
//!
//! Features of the text and, for answers, numbers that an encoder or a language model gave go into a logistic regression
//! with fixed weights: `p = 1 / (1 + e^−(b + Σ wᵢ xᵢ))`. Nothing here runs a model; the caller passes the numbers in.
//! What the weights were fitted on, and how well they do, is in `docs/groundedness.md`. Sentence and source have to
//! be of the same language, because words are compared.

mod answer;
mod prompts;
mod sentence;

use serde::Serialize;

pub use self::answer::{AnswerFeatures, AnswerLikelihood};
pub use self::prompts::{VERDICTS, answer_prompts, is_judged, verdict_prompt};
pub use self::sentence::SentenceFeatures;
use super::overlap::SourceIndex;
use super::support::SourceFacts;
use crate::lang::Language;

/// What a probability rests on, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Words alone.
    Lexical,
    /// Words, and how close the question is to the sentences of the source.
    Encoder,
    /// Words, and how much more probable the question makes its answer.
    LanguageModel,
}

/// A probability and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Grounding {
    /// From 0 to 1. It is calibrated for the data that the weights were fitted on, where about seven of ten sentences and
    /// between a third and a half of the answers were supported.
    pub probability: f64,
    /// What it rests on.
    pub grade: Grade,
}

/// A source, counted once for many sentences and answers.
pub struct SourceFeatures {
    text: String,
    sentences: Vec<String>,
    whole: SourceIndex,
    units: Vec<SourceIndex>,
    facts: SourceFacts,
}

impl SourceFeatures {
    /// Counts a source, given as its sentences in their order, and what it states. That may be more than the sentences:
    /// a heading states something too, and is no place where an answer stands.
    pub fn new<S: AsRef<str>>(sentences: &[S], facts: SourceFacts) -> Self {
        let language = facts.language();
        Self {
            text: sentences.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("\n"),
            sentences: sentences.iter().map(|sentence| sentence.as_ref().to_owned()).collect(),
            whole: SourceIndex::new(sentences, language),
            units: sentences.iter().map(|s| SourceIndex::new(std::slice::from_ref(s), language)).collect(),
            facts,
        }
    }

    /// The same of a source that states nothing but its sentences.
    pub fn of_sentences<S: AsRef<str>>(sentences: &[S], language: Language) -> Self {
        let text = sentences.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("\n");
        Self::new(sentences, SourceFacts::new(&text, language))
    }

    /// The sentences of the source that are closest to a text, in their order: what a model is shown of it.
    pub fn passages(&self, text: &str) -> String {
        let shown: Vec<&str> =
            self.whole.closest(text, PASSAGES).into_iter().map(|index| self.sentences[index].as_str()).collect();
        shown.join(" ")
    }

    /// The words of the source.
    pub fn index(&self) -> &SourceIndex {
        &self.whole
    }

    /// What the source states.
    pub fn facts(&self) -> &SourceFacts {
        &self.facts
    }
}

/// Sentences that a model is shown.
const PASSAGES: usize = 4;

fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: [&str; 4] = [
        "The town of Harrow Bridge opened a library in its old station on Monday.",
        "The building had been empty for eleven years.",
        "The mayor, Ines Walden, said that the work cost 240,000 euros.",
        "Residents need no card to read there.",
    ];
    const SPANISH: [&str; 4] = [
        "El pueblo de Puente Alto abrió el lunes una biblioteca en su antigua estación.",
        "El edificio llevaba once años vacío.",
        "La alcaldesa, Inés Valle, dijo que la obra costó 240.000 euros.",
        "Los vecinos no necesitan carné para leer allí.",
    ];

    fn sentence(source: &[&str], language: Language, text: &str) -> f64 {
        SourceFeatures::of_sentences(source, language).sentence(text).grounding(None).probability
    }

    #[test]
    fn a_changed_number_or_name_makes_a_sentence_improbable() {
        let told = sentence(&ENGLISH, Language::EN, "The mayor, Ines Walden, said that the work cost 240,000 euros.");
        let number = sentence(&ENGLISH, Language::EN, "The mayor, Ines Walden, said that the work cost 310,000 euros.");
        let name = sentence(&ENGLISH, Language::EN, "The mayor, Ines Carver, said that the work cost 240,000 euros.");
        assert!(told > 0.8 && number < 0.2 && name < 0.2, "{told} {number} {name}");
        let told = sentence(&SPANISH, Language::ES, "La alcaldesa, Inés Valle, dijo que la obra costó 240.000 euros.");
        let number =
            sentence(&SPANISH, Language::ES, "La alcaldesa, Inés Valle, dijo que la obra costó 310.000 euros.");
        let name = sentence(&SPANISH, Language::ES, "La alcaldesa, Inés Prado, dijo que la obra costó 240.000 euros.");
        assert!(told > 0.8 && number < 0.2 && name < 0.2, "{told} {number} {name}");
        let other = sentence(&ENGLISH, Language::EN, "Whales sleep upright near Greenland.");
        assert!(other < 0.05, "{other}");
    }

    #[test]
    fn an_answer_belongs_to_its_question() {
        for (source, language, question, right, wrong) in [
            (ENGLISH, Language::EN, "How much did the work cost?", "240,000 euros", "eleven years"),
            (SPANISH, Language::ES, "¿Cuánto costó la obra?", "240.000 euros", "once años"),
        ] {
            let source = SourceFeatures::of_sentences(&source, language);
            let (right, wrong) = (source.answer(question, right), source.answer(question, wrong));
            assert_eq!((right.run, &right.holders[..], &wrong.holders[..]), (1.0, &[2][..], &[1][..]));
            let (right, wrong) = (right.grounding(None, None), wrong.grounding(None, None));
            assert_eq!(right.grade, Grade::Lexical);
            assert!(right.probability > 0.5 && wrong.probability < 0.2, "{right:?} {wrong:?}");
            let foreign = source.answer(question, "Greenland");
            assert!(foreign.holders.is_empty() && foreign.grounding(None, None).probability < 0.01, "{foreign:?}");
        }
    }

    #[test]
    fn what_a_model_says_counts() {
        let source = SourceFeatures::of_sentences(&ENGLISH, Language::EN);
        let answer = source.answer("What was the price of the conversion?", "240,000 euros");
        let by_cosines = |cosines: &[f64]| answer.grounding(Some(cosines), None);
        let (near, far) = (by_cosines(&[0.8, 0.8, 0.9, 0.8]), by_cosines(&[0.9, 0.8, 0.8, 0.8]));
        assert_eq!(near.grade, Grade::Encoder);
        assert!(near.probability > 5.0 * far.probability, "{near:?} {far:?}");
        assert_eq!(by_cosines(&[0.8]).grade, Grade::Lexical, "a cosine is missing");

        let by_model =
            |with_question| answer.grounding(None, Some(AnswerLikelihood { with_question, without_question: -12.0 }));
        assert_eq!(by_model(-2.0).grade, Grade::LanguageModel);
        assert!(by_model(-2.0).probability > by_model(-20.0).probability + 0.5);
        assert_eq!(by_model(-2.0), by_model(-0.5), "a gain is bounded");
        let invented = source.answer("What was the price of the conversion?", "nine million roubles");
        let likely = AnswerLikelihood { with_question: -2.0, without_question: -12.0 };
        assert!(invented.grounding(None, Some(likely)).probability < 0.3, "what the source lacks is no answer of its");
    }

    #[test]
    fn nothing_is_improbable_and_no_error() {
        let empty = SourceFeatures::of_sentences::<&str>(&[], Language::EN);
        assert!(empty.sentence("A sentence.").grounding(None).probability < 0.01);
        let none = empty.answer("Who?", "Nobody");
        assert!(none.grounding(Some(&[]), None).probability < 0.01);
        assert!(SourceFeatures::of_sentences(&ENGLISH, Language::EN).sentence("").grounding(None).probability < 0.01);
    }
}
