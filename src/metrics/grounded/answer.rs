//! Whether an answer is the one that a source gives to a question.

use serde::Serialize;

use super::{Grade, Grounding, SourceFeatures, logistic};

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
