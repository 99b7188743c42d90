//! What a question asks for, and whether an answer has it: an amount, the things that it counts, a time, a cause.

use super::Checker;
use crate::lang::capitalized;
use crate::metrics::support::{Claim, ClaimKind};
use crate::metrics::text::{is_content_word, words};
use crate::pipeline::form::{begins_with_any, behind, has_any, has_phrase};
use crate::pipeline::source::content_stems;
use crate::prompt::Expected;

/// Words behind a number among which its unit stands.
const UNIT_WORDS: usize = 2;

/// What a text says in figures, or in words for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figures {
    pub(super) number: bool,
    pub(super) date: bool,
}

impl Checker<'_> {
    /// Whether an answer lacks what its question asks for: an amount, the things that it counts, a time, a cause.
    pub(super) fn misses(&self, question: &str, answer: &str, figures: Figures) -> bool {
        let (asked, told) = (words(question), words(answer));
        let labels = self.labels;
        let says = |phrase: &String| {
            // A sign, such as that of a currency, is no word.
            if words(phrase).is_empty() { answer.contains(phrase.as_str()) } else { has_phrase(&told, phrase) }
        };
        let lacks = |expected: &Expected| {
            let is_measured = !expected.units.is_empty() && self.is_measured(answer, &expected.units);
            !is_measured && !expected.words.iter().any(says) || !self.is_stated(answer, &expected.stated)
        };
        if self.expected(&asked).any(lacks) || self.counts_others(&asked, answer) {
            return true;
        }
        if begins_with_any(&asked, &labels.asks_amount) {
            return !figures.number && !has_any(&told, &labels.amounts);
        }
        let timed = figures.number || figures.date || has_any(&told, &labels.times);
        begins_with_any(&asked, &labels.asks_time) && !timed
    }

    /// The word that a question about a statement in the article's language should not begin with: it would ask for something,
    /// such as a cause, that the statement does not state. The first word alone, because a model goes from “Por qué” to “Por
    /// cuál motivo” or “Porqué”.
    pub(in crate::pipeline) fn never_asked(&self, statement: &str) -> Option<String> {
        let told = words(statement);
        let lacks = |expected: &&Expected| !expected.stated.is_empty() && !has_any(&told, &expected.stated);
        let asks = self.labels.expects.iter().find(lacks)?.asks.first()?;
        asks.split(' ').next().map(capitalized)
    }

    /// What the language expects of answers to a question, given as its words.
    pub(super) fn expected<'b>(&'b self, asked: &'b [String]) -> impl Iterator<Item = &'b Expected> {
        self.labels.expects.iter().filter(|expected| begins_with_any(asked, &expected.asks))
    }

    /// Whether one of the units stands right behind a number of a text.
    fn is_measured(&self, text: &str, units: &[String]) -> bool {
        let claims = self.source.claims(text, self.language);
        let has_unit =
            |number: &Claim| words(&text[number.span.end..]).iter().take(UNIT_WORDS).any(|word| units.contains(word));
        claims.iter().filter(|claim| claim.kind == ClaimKind::Number).any(has_unit)
    }

    /// Whether the article has one of the phrases in a sentence that a text in its language rests on.
    fn is_stated(&self, text: &str, phrases: &[String]) -> bool {
        let has = |unit: usize| has_any(&words(&self.source.units[unit].text), phrases);
        phrases.is_empty() || !self.is_own() || self.source.basis(text).into_iter().any(has)
    }

    /// Whether an answer does not name what its question wants counted.
    fn counts_others(&self, asked: &[String], answer: &str) -> bool {
        let Some(behind) = self.labels.asks_count.iter().find_map(|phrase| behind(asked, phrase)) else { return false };
        if has_only_shares(answer) {
            return true;
        }
        let counted = behind.iter().find(|word| is_content_word(word, self.language));
        counted
            .is_some_and(|word| content_stems(word, self.language).is_disjoint(&content_stems(answer, self.language)))
    }

    /// Whether a text has a number or a date.
    pub(in crate::pipeline) fn has_figures(&self, text: &str) -> bool {
        let figures = self.figures(text);
        figures.number || figures.date
    }

    pub(super) fn figures(&self, text: &str) -> Figures {
        let claims = self.source.claims(text, self.language);
        let has = |kind| claims.iter().any(|claim| claim.kind == kind);
        let number = text.contains(|c: char| c.is_ascii_digit()) || has(ClaimKind::Number);
        Figures { number, date: has(ClaimKind::Date) }
    }
}

/// Whether all numbers in digits are percentages, which count nothing.
fn has_only_shares(text: &str) -> bool {
    let mut numbers = text.split(|c: char| c.is_whitespace()).peekable();
    let (mut shares, mut counts) = (0, 0);
    while let Some(word) = numbers.next() {
        if !word.contains(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let is_share = word.contains('%') || numbers.peek().is_some_and(|next| next.starts_with('%'));
        *(if is_share { &mut shares } else { &mut counts }) += 1;
    }
    shares > 0 && counts == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::content::RejectReason;
    use crate::lang::Language;
    use crate::loader::{LoadOptions, load};
    use crate::pipeline::source::Source;
    use crate::prompt::PromptLibrary;

    fn faults(language: Language, article: &str, question: &str, answer: &str) -> Vec<RejectReason> {
        let options = LoadOptions { language: Some(language), ..LoadOptions::default() };
        let article = load(article.as_bytes(), "article.txt", &options).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(language).unwrap();
        Checker { source: &source, labels, language }.answer(question, answer).faults
    }

    #[test]
    fn a_time_is_measured_and_a_cause_is_stated() {
        let article = "La travesía de Tolm dura media hora desde mayo. Los viajes de Tolm en días laborables pasarán de 14 a \
                       26. El puente de Tolm se cerró por las obras del 4 de mayo. La escuela de Tolm se cerró porque su tejado \
                       tenía grietas.";
        for (question, answer, good) in [
            ("¿Cuánto dura la travesía de Tolm?", "La travesía de Tolm dura media hora desde mayo.", true),
            ("¿Cuánto duran los viajes de Tolm?", "Los viajes de Tolm en días laborables pasarán de 14 a 26.", false),
            ("¿Por qué se cerró el puente de Tolm?", "El puente de Tolm se cerró por las obras del 4 de mayo.", false),
            ("¿Por qué se cerró la escuela?", "La escuela de Tolm se cerró porque su tejado tenía grietas.", true),
        ] {
            let found = faults(Language::ES, article, question, answer);
            assert_eq!(!found.contains(&RejectReason::MissesQuestion), good, "{question} {answer}: {found:?}");
        }
    }

    #[test]
    fn an_answer_has_what_its_question_asks_for() {
        use RejectReason::*;
        let ferry = "The ferry to Tolm carries 180 passengers and takes 22 minutes from March on. Three men were arrested \
                     because they had cut its ropes. The captain, Ines Walden, calls it a fine boat.";
        for (question, answer, fault) in [
            ("How many passengers does the ferry carry?", "The ferry to Tolm carries 180 passengers.", None),
            ("How many cars does the ferry carry?", "The ferry to Tolm carries 180 passengers.", Some(MissesQuestion)),
            (
                "How many passengers does the ferry carry?",
                "The ferry to Tolm carries 12 % of all passengers.",
                Some(MissesQuestion),
            ),
            ("How many passengers does the ferry carry?", "The ferry carries 180 passengers, 12% of all.", None),
            ("How long does the crossing take?", "The crossing to Tolm takes 22 minutes.", None),
            ("How long does the crossing take?", "The ferry carries 180 passengers.", Some(MissesQuestion)),
            ("Why were men arrested?", "Three men were arrested because they had cut the ferry's ropes.", None),
            ("Why were men arrested?", "Three men of the ferry were arrested.", Some(RepeatsQuestion)),
            (
                "Why were men arrested?",
                "Three men were arrested from the boat of captain Ines Walden.",
                Some(MissesQuestion),
            ),
            ("What does the captain call the ferry?", "The captain calls the ferry a fine boat.", None),
            (
                "What does the captain call the ferry?",
                "The captain calls the ferry my fine boat.",
                Some(NotSelfContained),
            ),
        ] {
            let found = faults(Language::EN, ferry, question, answer);
            let wrong = found.iter().find(|fault| [MissesQuestion, RepeatsQuestion, NotSelfContained].contains(fault));
            assert_eq!(wrong.copied(), fault, "{question} {answer}: {found:?}");
        }
        let barco = "El barco a Tolm lleva 180 pasajeros y tarda 22 minutos. El billete cuesta 4 euros.";
        for (question, answer, good) in [
            ("¿Cuántos pasajeros lleva el barco?", "El barco a Tolm lleva 180 pasajeros.", true),
            ("¿Cuántas bicicletas lleva el barco?", "El barco a Tolm lleva 180 pasajeros.", false),
            ("¿Cuánto cuesta el billete?", "El billete cuesta 4 euros.", true),
            ("¿Cuánto cuesta el billete?", "El barco tarda 22 minutos.", false),
            ("¿Cuánto tiempo tarda el barco?", "El barco a Tolm lleva 180 pasajeros.", false),
        ] {
            let found = faults(Language::ES, barco, question, answer);
            assert_eq!(!found.contains(&MissesQuestion), good, "{question} {answer}: {found:?}");
        }
    }

    #[test]
    fn no_cause_is_asked_for_where_a_statement_has_none() {
        let article =
            Article::of_one_passage("La escuela de Tolm se cerró porque su tejado tenía grietas.", Language::ES);
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        for (language, statement, never) in [
            (Language::ES, "El banco tiene en España una cuota de mercado del 20 %.", Some("Por")),
            (Language::ES, "La escuela de Tolm se cerró porque su tejado tenía grietas.", None),
            (Language::EN, "The bank has a market share of 20% in Spain.", None),
        ] {
            let checker = Checker { source: &source, labels: prompts.labels(language).unwrap(), language };
            assert_eq!(checker.never_asked(statement).as_deref(), never, "{statement}");
        }
    }
}
