//! Selection: which questions are asked, and which pairs are shown. No two ask the same, and as many parts of the article
//! as possible have one.

use std::collections::HashSet;

use super::source::content_stems;
use crate::content::FaqEntry;
use crate::lang::Language;
use crate::metrics::text::words;

/// Questions that share this much of their content words ask the same, whatever word they begin with: who signed a contract
/// and when it was signed are two questions with nearly the same words.
const SAME_QUESTION: f64 = 0.85;
/// Questions that begin with the same word ask the same with less.
const SAME_BEGINNING: f64 = 0.5;
/// Answers say the same if the shorter has so much of its content words from the other.
const SAME_ANSWER: f64 = 0.75;
/// The same where both have the same numbers, or one has several of which the other has all, and their questions begin with
/// the same word.
const SAME_NUMBERS: f64 = 0.4;
/// What it counts that a part of the article has no question yet, and what each question of a part takes away.
const NEW_PART: f64 = 0.5;
const FULL_PART: f64 = 0.2;
/// What it takes away that other questions begin with the same word.
const SAME_WORD: f64 = 0.08;

/// Something that can be chosen: a question, perhaps with its answer.
pub(super) trait Choice {
    /// The question.
    fn question(&self) -> &str;
    /// Its answer, if it has one yet.
    fn answer(&self) -> Option<&str>;
    /// The part of the article that it is about.
    fn part(&self) -> Option<usize>;
    /// How good it is.
    fn score(&self) -> f64;
    /// Whether it has to be taken.
    fn must(&self) -> bool;
}

/// The words of a choice, for comparing.
struct Words {
    first: Option<String>,
    question: HashSet<String>,
    answer: Option<HashSet<String>>,
    /// The words with digits of the answer.
    numbers: HashSet<String>,
}

impl Words {
    fn of(choice: &impl Choice, language: Language) -> Self {
        Self::of_texts(choice.question(), choice.answer(), language)
    }

    fn of_texts(question: &str, answer: Option<&str>, language: Language) -> Self {
        Self {
            first: words(question).into_iter().next(),
            question: content_stems(question, language),
            answer: answer.map(|answer| content_stems(answer, language)),
            numbers: answer
                .map(words)
                .unwrap_or_default()
                .into_iter()
                .filter(|w| w.contains(|c: char| c.is_ascii_digit()))
                .collect(),
        }
    }

    fn same(&self, other: &Self) -> bool {
        let both = self.question.intersection(&other.question).count() as f64;
        let either = self.question.union(&other.question).count() as f64;
        let least = if self.first == other.first { SAME_BEGINNING } else { SAME_QUESTION };
        let same_question = either > 0.0 && both / either >= least;
        let same_answer = self.answer.as_ref().zip(other.answer.as_ref()).is_some_and(|(a, b)| {
            let shorter = a.len().min(b.len());
            let least =
                if self.first == other.first && self.has_numbers_of(other) { SAME_NUMBERS } else { SAME_ANSWER };
            shorter > 0 && a.intersection(b).count() as f64 / shorter as f64 >= least
        });
        same_question || same_answer
    }

    /// Whether two answers have the same numbers, but for what one has beyond several of the other.
    fn has_numbers_of(&self, other: &Self) -> bool {
        let (a, b) = (&self.numbers, &other.numbers);
        let several = |numbers: &HashSet<String>| numbers.len() > 1;
        !a.is_empty() && a == b || several(a) && a.is_subset(b) || several(b) && b.is_subset(a)
    }
}

/// Whether two pairs ask or say the same.
pub(super) fn alike(a: &FaqEntry, b: &FaqEntry, language: Language) -> bool {
    Words::of_texts(&a.question, Some(&a.answer), language).same(&Words::of_texts(
        &b.question,
        Some(&b.answer),
        language,
    ))
}

/// Whether two choices ask the same.
pub(super) fn ask_the_same(a: &impl Choice, b: &impl Choice, language: Language) -> bool {
    Words::of(a, language).same(&Words::of(b, language))
}

/// What a selection made of the choices.
#[derive(Debug)]
pub(super) struct Selection<C> {
    /// Those that are taken, the best first.
    pub(super) taken: Vec<C>,
    /// Those that ask or say the same as one that is taken.
    pub(super) same: Vec<C>,
    /// Those that there was no room for, in their order.
    pub(super) rest: Vec<C>,
}

/// Takes up to `limit`, greedily: by score, with a premium for parts of the article that have nothing yet. Those that must
/// be taken come first, and neither the limit nor their likeness keeps them out.
pub(super) fn select<C: Choice>(choices: Vec<C>, limit: usize, language: Language) -> Selection<C> {
    let mut rest: Vec<(Words, C)> = choices.into_iter().map(|c| (Words::of(&c, language), c)).collect();
    let (mut taken, mut same) = (Vec::<(Words, C)>::new(), Vec::new());
    loop {
        let value = |(words, choice): &(Words, C)| {
            let of_part = taken.iter().filter(|(_, t)| choice.part().is_some() && t.part() == choice.part()).count();
            let of_word = taken.iter().filter(|(w, _)| w.first == words.first).count();
            let part = if of_part == 0 && choice.part().is_some() { NEW_PART } else { -FULL_PART * of_part as f64 };
            choice.score() + part - SAME_WORD * of_word as f64 + if choice.must() { 100.0 } else { 0.0 }
        };
        let best = rest.iter().enumerate().map(|(i, c)| (i, value(c))).reduce(|a, b| if b.1 > a.1 { b } else { a });
        let Some((best, _)) = best else { break };
        if taken.len() >= limit && !rest[best].1.must() {
            break;
        }
        let (words, choice) = rest.remove(best);
        if !choice.must() && taken.iter().any(|(other, _)| words.same(other)) {
            same.push(choice);
        } else {
            taken.push((words, choice));
        }
    }
    let bare = |list: Vec<(Words, C)>| list.into_iter().map(|(_, choice)| choice).collect();
    Selection { taken: bare(taken), same, rest: bare(rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Asked(&'static str, Option<&'static str>, Option<usize>, f64, bool);

    impl Choice for Asked {
        fn question(&self) -> &str {
            self.0
        }
        fn answer(&self) -> Option<&str> {
            self.1
        }
        fn part(&self) -> Option<usize> {
            self.2
        }
        fn score(&self) -> f64 {
            self.3
        }
        fn must(&self) -> bool {
            self.4
        }
    }

    fn taken(choices: Vec<Asked>, limit: usize) -> (Vec<&'static str>, usize, usize) {
        let found = select(choices, limit, Language::EN);
        (found.taken.iter().map(|c| c.0).collect(), found.same.len(), found.rest.len())
    }

    #[test]
    fn every_part_gets_a_question_before_one_gets_two() {
        let choices = vec![
            Asked("Who signed the contract of the ferry?", None, Some(0), 0.9, false),
            Asked("When was the contract signed?", None, Some(0), 0.8, false),
            Asked("What does a monthly pass cost?", None, Some(1), 0.5, false),
        ];
        assert_eq!(taken(choices, 2).0, ["Who signed the contract of the ferry?", "What does a monthly pass cost?"]);
    }

    #[test]
    fn no_two_ask_or_say_the_same() {
        let choices = vec![
            Asked(
                "When will the first boat enter service?",
                Some("The first boat enters service in April 2027."),
                None,
                0.9,
                false,
            ),
            Asked(
                "When does the first boat go into service?",
                Some("In the spring, nobody knows when."),
                None,
                0.8,
                false,
            ),
            Asked("What happens in April?", Some("In April 2027 the first boat will enter service."), None, 0.7, false),
            Asked("Who owns the boats?", Some("A cooperative of residents owns the boats."), None, 0.1, false),
        ];
        let (taken, same, rest) = taken(choices, 3);
        assert_eq!((taken.len(), taken[1], same, rest), (2, "Who owns the boats?", 2, 0));
    }

    #[test]
    fn several_numbers_in_common_are_the_same_answer() {
        let pair = |question, answer| Asked(question, Some(answer), None, 0.5, false);
        let fare = "For registered residents the monthly pass will fall from 62 to 49 euros, by 21%.";
        let choices = vec![
            pair("What will a monthly pass cost?", fare),
            pair("What happens to fares of residents?", "The pass of residents goes from 62 to 49 euros in 2027."),
            pair("What is the price from April on?", "From April on residents pay from 62 to 49 euros monthly."),
            pair("Why do fares of children fall?", "Children pay 49 cents, and their schools the rest."),
        ];
        let (taken, same, _) = taken(choices, 4);
        let expected =
            ["What will a monthly pass cost?", "Why do fares of children fall?", "What happens to fares of residents?"];
        assert_eq!(taken, expected);
        assert_eq!(same, 1, "a number more on either side is another answer, one more on one side is not");
    }

    #[test]
    fn what_must_be_taken_is_taken() {
        let choices = vec![
            Asked("Who owns the boats?", None, None, 0.9, false),
            Asked("Who owns the boats today?", None, None, 0.0, true),
        ];
        assert_eq!(taken(choices, 1), (vec!["Who owns the boats today?"], 0, 1));
    }
}
