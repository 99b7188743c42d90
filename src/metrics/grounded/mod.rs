//! How probable it is that a source says what a sentence states, or that an answer is the source's answer to its question.
//!
//! Features of the text and, for answers, numbers that an encoder or a language model gave go into a logistic regression
//! with fixed weights: `p = 1 / (1 + e^−(b + Σ wᵢ xᵢ))`. Nothing here runs a model; the caller passes the numbers in.
//! What the weights were fitted on, and how well they do, is in `docs/groundedness.md`. Sentence and source have to
//! be of the same language, because words are compared.

use serde::Serialize;

use super::overlap::SourceIndex;
use super::rouge::{Tokens, rouge_n};
use super::support::{Claim, ClaimKind, SourceFacts};
use crate::chat::Message;
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
    language: Language,
    text: String,
    whole: SourceIndex,
    units: Vec<SourceIndex>,
    facts: SourceFacts,
}

/// What the source has of a sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentenceFeatures {
    /// The share of its pairs of neighbouring stems that the sentence of the source has that has most of it.
    pub pairs: f64,
    /// The share of its stems that the whole source has, each counted as often as in both (ROUGE-1 precision).
    pub stems: f64,
    /// Its numbers, dates, quotations and names, and whether the source has them.
    pub claims: Vec<Claim>,
}

/// What the source has of a question and its answer. A question's share of a sentence is that of its content stems.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerFeatures {
    /// The share of the answer that stands in the source as one run of words.
    pub run: f64,
    /// Of all sentences, the most of the question's share times the answer's share.
    pub joint: f64,
    /// The same over the largest share of the question: 1 if the answer stands where the question points to.
    pub near: f64,
    /// As `near`, with the question's pairs of words counted too, and of the answer its longest run of words.
    pub near_words: f64,
    /// The sentences of the source that have most of the answer: indexes of the units.
    pub holders: Vec<usize>,
}

/// How probable a language model finds an answer behind the two prompts of [`answer_prompts`]: the sums of the natural
/// log-probabilities of its tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnswerLikelihood {
    /// After the source and the question.
    pub with_question: f64,
    /// After the source alone.
    pub without_question: f64,
}

/// Weights of [`SentenceFeatures`]. An unsupported claim counts once, so that a long list does not drown the rest.
const SENTENCE_BIAS: f64 = -8.456;
const SENTENCE_PAIRS: f64 = 2.126;
const SENTENCE_STEMS: f64 = 8.030;
const SENTENCE_EXACT: f64 = -4.234;
const SENTENCE_NAMES: f64 = -5.423;

/// How much it counts that the answer stands in the source; fitted with answers of other articles, and used by all grades.
const ANSWER_RUN: f64 = 3.232;
/// Bias; near, near words, joint; then place.
const ANSWER_LEXICAL: [f64; 4] = [-7.667, 2.449, 1.777, 1.307];
const ANSWER_ENCODER: [f64; 5] = [-2.734, 0.730, 1.555, 1.896, 23.447];
/// Bias, gain, near.
const ANSWER_MODEL: [f64; 3] = [-3.844, 0.475, 4.009];

/// A gain above this says no more, and one below its negative neither.
const MOST_GAIN: f64 = 10.0;

impl SourceFeatures {
    /// Counts a source, given as its sentences in their order, in that language.
    pub fn new<S: AsRef<str>>(sentences: &[S], language: Language) -> Self {
        let text = sentences.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join("\n");
        Self {
            language,
            whole: SourceIndex::new(sentences, language),
            units: sentences.iter().map(|s| SourceIndex::new(std::slice::from_ref(s), language)).collect(),
            facts: SourceFacts::new(&text, language),
            text,
        }
    }

    /// What the source has of a sentence.
    pub fn sentence(&self, sentence: &str) -> SentenceFeatures {
        let stemmed = Tokens::Unicode { stem: Some(self.language) };
        SentenceFeatures {
            pairs: self.whole.support(sentence).pairs,
            stems: rouge_n(&self.text, sentence, 1, stemmed).precision,
            claims: self.facts.check(sentence, self.language),
        }
    }

    /// What the source has of a question and its answer.
    pub fn answer(&self, question: &str, answer: &str) -> AnswerFeatures {
        let mut found = AnswerFeatures {
            run: self.whole.support(answer).run_share,
            joint: 0.0,
            near: 0.0,
            near_words: 0.0,
            holders: Vec::new(),
        };
        let (mut most_content, mut most_words, mut best_run) = (0.0f64, 0.0f64, 0.0f64);
        for (index, unit) in self.units.iter().enumerate() {
            let (asked, said) = (unit.support(question), unit.support(answer));
            most_content = most_content.max(asked.content);
            most_words = most_words.max(asked.content + asked.pairs);
            found.joint = found.joint.max(asked.content * said.content);
            found.near_words = found.near_words.max((asked.content + asked.pairs) * said.run_share);
            if said.run_share > best_run {
                best_run = said.run_share;
                found.holders.clear();
            }
            if said.run_share > 0.0 && said.run_share >= best_run {
                found.holders.push(index);
            }
        }
        let over = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        found.near = over(found.joint, most_content);
        found.near_words = over(found.near_words, most_words);
        found
    }
}

impl SentenceFeatures {
    /// The probability that people would say that the source supports the sentence.
    pub fn grounding(&self) -> Grounding {
        let lacks = |kinds: &[ClaimKind]| {
            f64::from(self.claims.iter().any(|claim| !claim.supported && kinds.contains(&claim.kind)))
        };
        let sum = SENTENCE_BIAS
            + SENTENCE_PAIRS * self.pairs
            + SENTENCE_STEMS * self.stems
            + SENTENCE_EXACT * lacks(&[ClaimKind::Number, ClaimKind::Date, ClaimKind::Quotation])
            + SENTENCE_NAMES * lacks(&[ClaimKind::Name]);
        Grounding { probability: logistic(sum), grade: Grade::Lexical }
    }
}

impl AnswerFeatures {
    /// The probability that the answer is what the source answers to the question, by the best of what is given.
    ///
    /// `cosines` are those of the question with each sentence of the source, in their order, by an encoder (both in the
    /// role of a query). They are left aside if they are not as many as the sentences, or if a likelihood is given.
    pub fn grounding(&self, cosines: Option<&[f64]>, likelihood: Option<AnswerLikelihood>) -> Grounding {
        let run = ANSWER_RUN * (self.run - 1.0);
        if let Some(likelihood) = likelihood {
            let [bias, gain, near] = ANSWER_MODEL;
            let sum = bias + gain * likelihood.gain() + near * self.near + run;
            return Grounding { probability: logistic(sum), grade: Grade::LanguageModel };
        }
        let lexical = |[near, near_words, joint]: [f64; 3]| {
            near * self.near + near_words * self.near_words + joint * self.joint + run
        };
        if let Some(place) = cosines.and_then(|cosines| self.place(cosines)) {
            let [bias, near, near_words, joint, of_place] = ANSWER_ENCODER;
            let sum = bias + lexical([near, near_words, joint]) + of_place * place;
            return Grounding { probability: logistic(sum), grade: Grade::Encoder };
        }
        let [bias, near, near_words, joint] = ANSWER_LEXICAL;
        let sum = bias + ANSWER_RUN + lexical([near, near_words, joint]);
        Grounding { probability: logistic(sum), grade: Grade::Lexical }
    }

    /// How much less close to the question the closest sentence with the answer is than the closest of all: 0 at best.
    /// `None` without a sentence that holds the answer, or without its cosine.
    fn place(&self, cosines: &[f64]) -> Option<f64> {
        let most = cosines.iter().copied().reduce(f64::max)?;
        let of_holders = self.holders.iter().map(|&index| cosines.get(index).copied()).collect::<Option<Vec<_>>>()?;
        Some(of_holders.into_iter().reduce(f64::max)? - most)
    }
}

impl AnswerLikelihood {
    /// `ln p(answer | source, question) − ln p(answer | source)`, within ±10: how much the question asks for it.
    pub fn gain(self) -> f64 {
        (self.with_question - self.without_question).clamp(-MOST_GAIN, MOST_GAIN)
    }
}

/// The conversations behind which an answer's two likelihoods are asked for: with the question, and without it. The
/// weights belong to these words, so a change of them wants new weights. The source is a passage of the article, or all
/// of it where it fits.
pub fn answer_prompts(source: &str, question: &str, language: Language) -> (Vec<Message>, Vec<Message>) {
    let (with, without) = if language == Language::ES {
        (
            format!("Artículo:\n{source}\n\nPregunta: {question}\nResponde con pocas palabras del artículo."),
            format!("Artículo:\n{source}\n\nPregunta sobre el artículo.\nResponde con pocas palabras del artículo."),
        )
    } else {
        (
            format!("Article:\n{source}\n\nQuestion: {question}\nAnswer with a few words of the article."),
            format!("Article:\n{source}\n\nA question about the article.\nAnswer with a few words of the article."),
        )
    };
    (vec![Message::user(with)], vec![Message::user(without)])
}

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
        SourceFeatures::new(source, language).sentence(text).grounding().probability
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
            let source = SourceFeatures::new(&source, language);
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
        let source = SourceFeatures::new(&ENGLISH, Language::EN);
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
        let empty = SourceFeatures::new::<&str>(&[], Language::EN);
        assert!(empty.sentence("A sentence.").grounding().probability < 0.01);
        let none = empty.answer("Who?", "Nobody");
        assert!(none.grounding(Some(&[]), None).probability < 0.01);
        assert!(SourceFeatures::new(&ENGLISH, Language::EN).sentence("").grounding().probability < 0.01);
    }

    #[test]
    fn the_prompts_differ_in_the_question_and_share_the_article() {
        for language in [Language::EN, Language::ES] {
            let (with, without) = answer_prompts("The text.", "Why so?", language);
            assert!(with[0].content.contains("Why so?") && !without[0].content.contains("Why so?"));
            let shared = with[0].content.find("The text.").unwrap() + "The text.".len();
            assert_eq!(with[0].content[..shared], without[0].content[..shared]);
        }
    }
}
