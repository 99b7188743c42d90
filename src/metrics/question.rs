//! The form of a question: its marks, and the word that asks.

use serde::Serialize;

use super::text::words;
use crate::lang::Language;

/// What a question looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QuestionForm {
    /// Whether it ends with a question mark.
    pub closed: bool,
    /// Whether it has the opening mark that its language wants; true in a language that wants none.
    pub opened: bool,
    /// Whether it has an interrogative near its beginning, or in English begins with an auxiliary verb. In a Spanish
    /// question that asks for yes or no there is none: `¿Abre el domingo?`
    pub interrogative: bool,
    /// Whether it is one question: one closing mark, and nothing behind it.
    pub single: bool,
}

impl QuestionForm {
    /// Whether a reader of the language takes it for one well-formed question. English needs a word that asks; Spanish
    /// its two marks.
    pub fn is_question(self) -> bool {
        self.closed && self.opened && self.single && self.interrogative
    }
}

/// Interrogatives: (language, words). Spanish ones have an accent that tells them from relative pronouns.
const INTERROGATIVES: &[(&str, &str)] = &[
    ("en", "what when where which who whom whose why how"),
    ("es", "qué cuál cuáles cuándo dónde adónde quién quiénes cómo cuánto cuánta cuántos cuántas"),
];

/// Verbs that begin an English question for yes or no.
const AUXILIARIES: &str = "am is are was were do does did have has had can could may might must shall should will would \
                           isn aren wasn weren don doesn didn haven hasn hadn can couldn shouldn won wouldn";

/// The most words before an interrogative: `In the new timetable, how many …`.
const LEAD: usize = 8;

/// The form of a question in that language. A language without a table here needs only the closing mark.
pub fn question_form(text: &str, language: Language) -> QuestionForm {
    let text = text.trim().trim_end_matches(['"', '”', '»', '’', ')']);
    let words = words(text);
    let mut table = INTERROGATIVES.iter().filter(|(code, _)| *code == language.code());
    let asks = |word: &str, list: &str| list.split_whitespace().any(|entry| entry == word);
    let interrogative = match table.next() {
        Some((_, list)) if words.iter().take(LEAD).any(|word| asks(word, list)) => true,
        Some(_) if language == Language::ES => text.contains('¿'),
        Some(_) => words.first().is_some_and(|word| asks(word, AUXILIARIES)) || after_comma(text, AUXILIARIES),
        None => true,
    };
    QuestionForm {
        closed: text.ends_with('?'),
        opened: language != Language::ES || text.contains('¿'),
        interrogative: interrogative && !words.is_empty(),
        single: text.matches('?').count() == 1 && text.ends_with('?') && text.matches('¿').count() <= 1,
    }
}

/// Whether a clause after a comma begins with one of the words: `If it rains, will the market open?`
fn after_comma(text: &str, list: &str) -> bool {
    let first = |clause: &str| words(clause).into_iter().next();
    text.split(',').skip(1).filter_map(first).any(|word| list.split_whitespace().any(|entry| entry == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_what_is_none() {
        for (language, text, expected) in [
            (Language::EN, "When does the library open?", true),
            (Language::EN, "In which towns does the ferry stop?", true),
            (Language::EN, "Can I cancel my ticket?", true),
            (Language::EN, "If it rains, will the market open?", true),
            (Language::EN, "Isn't it late?", true),
            (Language::EN, "The library opens on Monday?", false),
            (Language::EN, "When does the library open", false),
            (Language::EN, "When does it open? It opens on Monday.", false),
            (Language::EN, "Who runs it? And why?", false),
            (Language::ES, "¿Cuándo abre la biblioteca?", true),
            (Language::ES, "En la bahía, ¿quién paga el ferri?", true),
            (Language::ES, "¿Abre el domingo?", true),
            (Language::ES, "Cuándo abre la biblioteca?", false),
            (Language::ES, "La biblioteca abre el lunes.", false),
            (Language::ES, "¿Quién?¿Cuándo?", false),
            (Language::EN, "?", false),
            (Language::EN, "", false),
        ] {
            assert_eq!(question_form(text, language).is_question(), expected, "{text}");
        }
        assert!(question_form("Wann öffnet sie?", "de".parse().unwrap()).is_question());
    }

    #[test]
    fn the_faults_are_told_apart() {
        let form = question_form("Cuándo abre?", Language::ES);
        assert_eq!(form, QuestionForm { closed: true, opened: false, interrogative: true, single: true });
    }
}
