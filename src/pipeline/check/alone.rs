//! Which sentences of an article can stand without those around them.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::Checker;
use crate::article::{Span, is_numbered};
use crate::lang::words as known;
use crate::metrics::text::words;
use crate::pipeline::form::{begins_with_any, behind, without_inner_link, without_link};
use crate::pipeline::mixture::quotations;
use crate::pipeline::source::Unit;
use crate::prompt::Labels;

/// The words at the beginning of a sentence among which a pronoun has nothing to stand for.
const LEAD_WORDS: usize = 6;

/// What quotations are marked with.
const QUOTES: [char; 5] = ['«', '»', '“', '”', '"'];
/// A quotation of so few words is a term, not what somebody says.
const TERM_WORDS: usize = 4;
/// So many words before a colon are a clause, and no label.
const CLAUSE_WORDS: usize = 7;

/// Characters at the end of a sentence that are behind all that may be left out of it.
const LEAST_END: usize = 5;

impl Checker<'_> {
    /// A sentence of the article as it can be understood without those around it, and so answer a question: without a link to
    /// them, if it has one. None if it cannot, as far as its words tell, or has not so many of them.
    pub(in crate::pipeline) fn alone<'b>(
        &self,
        sentence: &'b str,
        lengths: RangeInclusive<usize>,
    ) -> Option<Cow<'b, str>> {
        let sentence = self.unlinked(sentence).map_or(Cow::Borrowed(sentence), Cow::Owned);
        self.stands_alone(&sentence, lengths).then_some(sentence)
    }

    /// Whether a text is a sentence of the article, or of its deck, but for what links it to others.
    pub(in crate::pipeline) fn is_sentence_of_article(&self, text: &str) -> bool {
        let end = &text[text.char_indices().nth_back(LEAST_END).map_or(0, |(at, _)| at)..];
        let is_unlinked =
            |unit: &Unit| unit.text.ends_with(end) && self.unlinked(&unit.text).is_some_and(|own| own == text);
        self.source.states(text) || self.source.units.iter().any(is_unlinked)
    }

    fn stands_alone(&self, sentence: &str, lengths: RangeInclusive<usize>) -> bool {
        let words = words(sentence);
        self.is_own()
            && lengths.contains(&words.len())
            && sentence.ends_with('.')
            && !is_numbered(sentence)
            && is_plain(sentence)
            && !self.is_linked(&words)
            && !self.has_pronoun(&words[..LEAD_WORDS.min(words.len())])
            && !self.has_demonstrative(&words)
            && !self.is_of_first_person(sentence)
            && self.has_subject(&words)
    }

    /// Whether a sentence that begins with such words leans on one before it. “The first boat” does not, where title or deck
    /// speak of boats, nor does “the first of the boats”.
    pub(in crate::pipeline) fn is_linked(&self, words: &[String]) -> bool {
        let Labels { connectives, ordinals, partitives, .. } = self.labels;
        let stands_for_another = |behind: &[String]| {
            behind.first().is_none_or(|next| !partitives.contains(next) && !self.source.head_has_form_of(next))
        };
        begins_with_any(words, connectives)
            || ordinals.iter().find_map(|phrase| behind(words, phrase)).is_some_and(stands_for_another)
    }

    /// A sentence without what links it to those before it, if anything does.
    fn unlinked(&self, sentence: &str) -> Option<String> {
        let Labels { links, inner_links, connectives, .. } = self.labels;
        let begun = without_link(sentence, links);
        let inner = without_inner_link(begun.as_deref().unwrap_or(sentence), inner_links, connectives);
        inner.or(begun)
    }

    /// Whether a word points at something said before. “This week” needs nothing before it, nor do “those who …”.
    fn has_demonstrative(&self, words: &[String]) -> bool {
        let Labels { demonstratives, pointed_at, .. } = self.labels;
        let is_clear = |word: Option<&String>| {
            word.is_some_and(|word| pointed_at.contains(word) || word.starts_with(|c: char| c.is_ascii_digit()))
        };
        words.iter().enumerate().any(|(at, word)| demonstratives.contains(word) && !is_clear(words.get(at + 1)))
    }

    /// Whether a sentence that begins with such words can have a subject, in a language that may leave it to the verb.
    fn has_subject(&self, words: &[String]) -> bool {
        let openings = &self.labels.openings;
        let opening = |word: &String| {
            let is_name = || known::knows(word, self.language) == Some(false);
            openings.contains(word) || word.starts_with(|c: char| c.is_ascii_digit()) || is_name()
        };
        openings.is_empty() || words.first().is_some_and(opening)
    }
}

/// Whether a sentence neither asks nor tells what somebody says, and has no label before it: a time has a colon too, and so has a
/// clause that another one explains. A quotation inside it may be a term.
fn is_plain(sentence: &str) -> bool {
    let is_term = |span: &Span| {
        let quoted = &sentence[span.range()];
        words(quoted).len() <= TERM_WORDS && !quoted.contains([',', '.', '!', '…'])
    };
    let is_clause_or_time = |(at, _): (usize, &str)| {
        let (before, after) = (&sentence[..at], &sentence[at + 1..]);
        before.ends_with(|c: char| c.is_ascii_digit()) && after.starts_with(|c: char| c.is_ascii_digit())
            || words(before).len() >= CLAUSE_WORDS
    };
    let quoted = quotations(sentence);
    quoted.iter().all(is_term)
        && sentence.matches(QUOTES).count() == 2 * quoted.len()
        && !sentence.starts_with(QUOTES)
        && !sentence.contains(['?', '¿'])
        && sentence.match_indices(':').all(is_clause_or_time)
}

#[cfg(test)]
mod tests {
    use crate::article::Article;
    use crate::lang::Language;
    use crate::pipeline::check::{Checker, STATEMENT_WORDS};
    use crate::pipeline::source::Source;
    use crate::prompt::PromptLibrary;

    #[test]
    fn what_the_title_speaks_of_needs_no_other_one_before_the_first() {
        let article =
            Article { title: Some("Two boats for Tolm".to_owned()), ..Article::of_one_passage("Water.", Language::EN) };
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let checker =
            Checker { source: &source, labels: prompts.labels(Language::EN).unwrap(), language: Language::EN };
        let alone = |sentence| checker.alone(sentence, STATEMENT_WORDS).is_some();
        assert!(alone("The first boat to Tolm carries 180 passengers and 24 bicycles."));
        assert!(!alone("The first train to Tolm carries 180 passengers and 24 bicycles."));
    }

    #[test]
    fn a_sentence_stands_alone_if_nothing_of_it_stands_before() {
        let boat = "The ferry to Tolm carries 180 passengers and 24 bicycles.";
        let week = "The ferry to Tolm carries 180 passengers and 24 bicycles this week.";
        let barco = "El barco a Tolm lleva 180 pasajeros y 24 bicicletas.";
        let ortaven = "Ortaven encabeza la Alianza con 27 escaños de 75.";
        for (language, sentence, alone) in [
            (Language::EN, boat, Some(boat)),
            (Language::EN, "But the ferry to Tolm carries 180 passengers and 24 bicycles.", None),
            (
                Language::EN,
                "The first of the boats to Tolm carries 180 passengers.",
                Some("The first of the boats to Tolm carries 180 passengers."),
            ),
            (Language::EN, "“Absolutely not,” the mayor of Tolm said in the old town hall.", None),
            (Language::EN, "The first boat to Tolm carries 180 passengers and 24 bicycles.", None),
            (
                Language::EN,
                "The ferry to Tolm leaves at 8:30 for those who go to work.",
                Some("The ferry to Tolm leaves at 8:30 for those who go to work."),
            ),
            (Language::EN, "Capacity: the ferry to Tolm carries 180 passengers and 24 bicycles.", None),
            (
                Language::EN,
                "The ferry to Tolm is what the mayor calls “a little wonder” of the bay.",
                Some("The ferry to Tolm is what the mayor calls “a little wonder” of the bay."),
            ),
            (Language::EN, "However, the ferry to Tolm carries 180 passengers and 24 bicycles.", Some(boat)),
            (Language::EN, "However, it carries 180 passengers and 24 bicycles.", None),
            (Language::EN, "The ferry to Tolm also carries 180 passengers and 24 bicycles.", Some(boat)),
            (Language::EN, "The ferry and also its boats carry 180 passengers and 24 bicycles.", None),
            (Language::EN, "The ferry to Tolm carries 180 passengers and all of these bicycles.", None),
            (Language::EN, week, Some(week)),
            (Language::EN, "From May on it carries 180 passengers and 24 bicycles.", None),
            (Language::EN, "The other two carry 180 passengers and 24 bicycles each.", None),
            (Language::EN, "The ferry carries 180 passengers.", None),
            (Language::EN, "The captain says “the ferry carries 180 passengers and more”.", None),
            (Language::EN, "2. Fix the support to the side of the cabinet in the kitchen.", None),
            (Language::ES, barco, Some(barco)),
            (Language::ES, ortaven, Some(ortaven)),
            (Language::ES, "Lleva 180 pasajeros y 24 bicicletas en cada viaje.", None),
            (Language::ES, "Además, el barco a Tolm lleva 180 pasajeros y 24 bicicletas.", Some(barco)),
            (Language::ES, "Sin embargo, el barco a Tolm también lleva 180 pasajeros y 24 bicicletas.", Some(barco)),
            (Language::ES, "Por su parte, lleva 180 pasajeros y 24 bicicletas en cada viaje.", None),
            (Language::ES, "En septiembre me dieron las llaves del barco a Tolm.", None),
        ] {
            let article = Article::of_one_passage(sentence, language);
            let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
            let labels = prompts.labels(language).unwrap();
            let checker = Checker { source: &source, labels, language };
            assert_eq!(checker.alone(sentence, STATEMENT_WORDS).as_deref(), alone, "{sentence}");
            assert!(alone.is_none_or(|text| checker.is_sentence_of_article(text)), "{sentence}");
            let cut: String = sentence.chars().skip(1).collect();
            assert!(!checker.is_sentence_of_article(&cut), "{sentence}");
        }
    }
}
