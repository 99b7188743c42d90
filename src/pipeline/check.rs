//! Verification: what is wrong with a question, an answer or a sentence, and how good it is.

use std::ops::RangeInclusive;

use super::form::{begins_with_any, behind, ends_sentence, has_any, has_phrase, sentences};
use super::mixture::{strange_words, unquoted};
use super::source::{Source, content_stems};
use crate::article::is_numbered;
use crate::content::RejectReason;
use crate::lang::words as known;
use crate::lang::{Language, is_foreign, is_in};
use crate::metrics::question::question_form;
use crate::metrics::redundancy::jaccard;
use crate::metrics::support::{Claim, ClaimKind};
use crate::metrics::text::{is_content_word, words};
use crate::prompt::{Expected, Labels};

/// A sentence that the article supports with a lower probability is not used.
const LEAST_GROUNDING: f64 = 0.3;
/// The longest run of words that may be taken over from the article outside of quotation marks.
const LONGEST_RUN: usize = 28;
/// The most words of a question.
const QUESTION_WORDS: usize = 32;
/// The fewest words of a question.
const LEAST_QUESTION_WORDS: usize = 4;
/// The most sentences of an answer.
pub(super) const ANSWER_SENTENCES: usize = 3;
/// An answer has so many words at least: it is a sentence.
const LEAST_ANSWER_WORDS: usize = 4;
/// An answer that has less of what is new in the statement behind its question is one to another question.
const LEAST_AGREEMENT: f64 = 0.5;
/// Texts that share this much of their words say the same.
const SAME: f64 = 0.75;
/// What a question with a pronoun has less, such as “this deal” for a deal with a name.
const POINTING: f64 = 0.3;
/// What an answer that copies a whole sentence of the article has less.
const COPY: f64 = 0.1;

/// The words of a question, and of a question with its answer, that are not too many, and what each further one takes away:
/// a small model writes long ones worse.
const BRIEF_QUESTION: usize = 10;
const BRIEF_PAIR: usize = 25;
const WORDY: f64 = 0.01;
/// What an answer has less that speaks of “last week”, which is another one for each reader.
const UNDATED: f64 = 0.15;
/// A statement of fewer words says too little to ask about, and a longer one too much.
pub(super) const STATEMENT_WORDS: RangeInclusive<usize> = 7..=45;
/// Words behind a number among which its unit stands.
const UNIT_WORDS: usize = 2;
/// The words at the beginning of a statement among which a pronoun has nothing to stand for.
const LEAD_WORDS: usize = 6;
/// The content words that an answer adds to its question, unless it has a number or a date.
const LEAST_NEWS: usize = 2;

/// What the checks say of a text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    /// Everything that is wrong, the worst first.
    pub(super) faults: Vec<RejectReason>,
    /// How good it is, about from 0 to 1; to compare texts for the same place with.
    pub(super) score: f64,
}

impl Verdict {
    pub(super) fn is_good(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Checks texts that are written in one language over one article.
pub(super) struct Checker<'a> {
    pub(super) source: &'a Source<'a>,
    pub(super) labels: &'a Labels,
    pub(super) language: Language,
}

impl Checker<'_> {
    /// What is wrong with a question, before anybody has answered it.
    pub(super) fn question(&self, text: &str) -> Verdict {
        use RejectReason::*;
        let words = words(text);
        let form = question_form(text, self.language);
        let mut faults = Vec::new();
        let mut add = |wrong: bool, reason| {
            if wrong {
                faults.push(reason);
            }
        };
        add(words.is_empty(), Empty);
        add(!form.is_question(), NotAQuestion);
        add(words.len() > QUESTION_WORDS, TooLong);
        add(words.len() < LEAST_QUESTION_WORDS, NotSelfContained);
        add(is_foreign(text, self.language), WrongLanguage);
        add(self.mentions_article(&words), MentionsArticle);
        add(self.is_of_first_person(text), NotSelfContained);
        add(has_any(&words, &self.labels.empty_questions), Malformed);
        add(has_any(&words, &self.labels.double_questions), Malformed);
        add(self.points_back(&words), NotSelfContained);
        add(strange_words(text, self.language, self.source).next().is_some(), MixedLanguage);
        add(self.lacks_fact(text), UnsupportedFact);
        // A question that names nothing of the article is understood by nobody.
        let named = if self.is_own() { self.source.support(text).source_content } else { 1.0 };
        let content = words.iter().filter(|word| is_content_word(word, self.language)).count();
        add(named * (content as f64) < 1.5, NotSelfContained);
        let pointing = self.has_pronoun(&words);
        let clumsy = WORDY * words.len().saturating_sub(BRIEF_QUESTION) as f64 + if pointing { POINTING } else { 0.0 };
        let score = named - clumsy;
        Verdict { faults, score }
    }

    /// What is wrong with an answer to a question.
    pub(super) fn answer(&self, question: &str, answer: &str) -> Verdict {
        use RejectReason::*;
        let said = words(answer);
        let mut faults = Vec::new();
        let mut add = |wrong: bool, reason| {
            if wrong {
                faults.push(reason);
            }
        };
        add(said.is_empty(), Empty);
        add(has_any(&said, &self.labels.refusals) || answer == self.labels.unanswered, Unanswerable);
        add(said.len() < LEAST_ANSWER_WORDS, TooShort);
        let figures = self.figures(answer);
        add(self.repeats(question, answer, figures), RepeatsQuestion);
        add(self.is_of_first_person(&unquoted(answer)), NotSelfContained);
        let mut verdict = self.text(answer);
        faults.append(&mut verdict.faults);
        if self.misses(question, answer, figures) {
            faults.push(MissesQuestion);
        }
        // An answer that takes up what was asked can stand alone.
        let (asked, told) = (content_stems(question, self.language), content_stems(answer, self.language));
        let taken_up = asked.intersection(&told).count() as f64 / asked.len().max(1) as f64;
        let short = if said.len() < 8 { 0.05 } else { 0.0 };
        let long = WORDY * (said.len() + words(question).len()).saturating_sub(BRIEF_PAIR) as f64;
        let undated = if has_any(&said, &self.labels.relative_times) { UNDATED } else { 0.0 };
        Verdict { faults, score: verdict.score + 0.15 * taken_up - short - long - undated }
    }

    /// What is wrong with a question that was made from a sentence of the article, which should answer it. A sentence hardly
    /// says the cause of what it says, a pronoun of it has lost what it stood for, and a time that is asked for is not told.
    pub(super) fn question_of(&self, question: &str, statement: &str) -> Vec<RejectReason> {
        let mut faults = self.answer(question, statement).faults;
        // It may be longer than an answer, which is written anew then.
        faults.retain(|fault| *fault != RejectReason::Copied);
        let asked = words(question);
        if self.expected(&asked).any(|expected| expected.least_news.is_some()) {
            faults.push(RejectReason::MissesQuestion);
        }
        if self.has_pronoun(&asked) {
            faults.push(RejectReason::NotSelfContained);
        }
        if begins_with_any(&asked, &self.labels.asks_time) && self.figures(question).date {
            faults.push(RejectReason::Malformed);
        }
        faults
    }

    /// Whether an answer to a question says what the statement says that the question was made from: most of what that adds
    /// to the question.
    pub(super) fn agrees(&self, answer: &str, question: &str, statement: &str) -> bool {
        let stems = |text| content_stems(text, self.language);
        let news = &stems(statement) - &stems(question);
        let kept = news.intersection(&stems(answer)).count();
        kept as f64 >= LEAST_AGREEMENT * news.len() as f64
    }

    /// What is wrong with a text of full sentences, whatever it is for.
    pub(super) fn text(&self, text: &str) -> Verdict {
        use RejectReason::*;
        let all = words(text);
        let mut faults = Vec::new();
        let mut add = |wrong: bool, reason| {
            if wrong {
                faults.push(reason);
            }
        };
        add(!ends_sentence(text), Truncated);
        add(self.mentions_article(&all), MentionsArticle);
        add(begins_with_any(&all, &self.labels.pronouns), NotSelfContained);
        add(!is_in(text, self.language), WrongLanguage);
        add(strange_words(text, self.language, self.source).next().is_some(), MixedLanguage);
        add(self.lacks_fact(text), UnsupportedFact);
        let mut score = 0.5;
        if self.is_own() {
            add(self.source.counts_another_thing(text), UnsupportedFact);
            let each: Vec<f64> = sentences(text, self.language).iter().map(|s| self.source.grounding(s)).collect();
            let least = each.iter().copied().fold(1.0, f64::min);
            add(least < LEAST_GROUNDING, Ungrounded);
            let support = self.source.support(text);
            let quotes = text.contains(['«', '“', '"']);
            add(support.longest_run > LONGEST_RUN && !quotes, Copied);
            score = (each.iter().sum::<f64>() / each.len().max(1) as f64 + least) / 2.0;
            score -= if support.run_share > 0.8 && support.longest_run > 12 { COPY } else { 0.0 };
        }
        Verdict { faults, score }
    }

    /// Whether a sentence of the article, of so many words, can be understood without those around it, and so answer a
    /// question as it stands: as far as its words tell.
    pub(super) fn stands_alone(&self, sentence: &str, lengths: RangeInclusive<usize>) -> bool {
        let words = words(sentence);
        self.is_own()
            && lengths.contains(&words.len())
            && sentence.ends_with('.')
            && !is_numbered(sentence)
            && !sentence.contains(['«', '“', '”', '"', ':', '?', '¿'])
            && !begins_with_any(&words, &self.labels.connectives)
            && !self.has_pronoun(&words[..LEAD_WORDS.min(words.len())])
            && !self.is_of_first_person(sentence)
            && self.has_subject(&words)
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

    /// Whether somebody speaks of himself in a text.
    pub(super) fn is_of_first_person(&self, text: &str) -> bool {
        has_any(&words(text), &self.labels.first_person)
    }

    /// Whether a text speaks of the article. An article may itself speak of an author or a text.
    pub(super) fn mentions_article(&self, words: &[String]) -> bool {
        let own = |phrase: &String| self.is_own() && self.source.has_phrase(phrase);
        self.labels.article_mentions.iter().any(|phrase| has_phrase(words, phrase) && !own(phrase))
    }

    /// Whether a text is in the language of the article, so that their words can be compared.
    fn is_own(&self) -> bool {
        self.language == self.source.language()
    }

    fn lacks_fact(&self, text: &str) -> bool {
        let named = |kind| kind == ClaimKind::Name && self.labels.capitalized_nouns;
        self.source.claims(text, self.language).iter().any(|claim| !claim.supported && !named(claim.kind))
    }

    fn has_pronoun(&self, words: &[String]) -> bool {
        words.iter().any(|word| self.labels.pronouns.contains(word))
    }

    /// Whether a question has a pronoun before it names anything that it could stand for.
    fn points_back(&self, words: &[String]) -> bool {
        let pronoun = |word: &&String| self.labels.pronouns.contains(word);
        let Some(at) = words.iter().position(|word| pronoun(&word)) else { return false };
        !words[..at].iter().any(|word| is_content_word(word, self.language))
    }

    /// Whether an answer says hardly more than its question.
    fn repeats(&self, question: &str, answer: &str, figures: Figures) -> bool {
        let (asked, told) = (content_stems(question, self.language), content_stems(answer, self.language));
        let news = told.difference(&asked).count();
        let usual = if figures.number || figures.date { 1 } else { LEAST_NEWS };
        let least = self.expected(&words(question)).find_map(|expected| expected.least_news).unwrap_or(usual);
        jaccard(question, answer) >= SAME || news < least
    }

    /// Whether an answer lacks what its question asks for: an amount, the things that it counts, a time, a cause.
    fn misses(&self, question: &str, answer: &str, figures: Figures) -> bool {
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

    /// What the language expects of answers to a question, given as its words.
    fn expected<'b>(&'b self, asked: &'b [String]) -> impl Iterator<Item = &'b Expected> {
        self.labels.expects.iter().filter(|expected| begins_with_any(asked, &expected.asks))
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
    pub(super) fn has_figures(&self, text: &str) -> bool {
        let figures = self.figures(text);
        figures.number || figures.date
    }

    fn figures(&self, text: &str) -> Figures {
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

/// What a text says in figures, or in words for them.
#[derive(Debug, Clone, Copy)]
struct Figures {
    number: bool,
    date: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::loader::{LoadOptions, load};
    use crate::prompt::PromptLibrary;

    fn faults(language: Language, article: &str, question: &str, answer: &str) -> Vec<RejectReason> {
        let options = LoadOptions { language: Some(language), ..LoadOptions::default() };
        let article = load(article.as_bytes(), "article.txt", &options).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(language).unwrap();
        Checker { source: &source, labels, language }.answer(question, answer).faults
    }

    #[test]
    fn a_statement_stands_alone_if_nothing_of_it_stands_before() {
        for (language, sentence, alone) in [
            (Language::EN, "The ferry to Tolm carries 180 passengers and 24 bicycles.", true),
            (Language::EN, "But the ferry to Tolm carries 180 passengers and 24 bicycles.", false),
            (Language::EN, "From May on it carries 180 passengers and 24 bicycles.", false),
            (Language::EN, "The other two carry 180 passengers and 24 bicycles each.", false),
            (Language::EN, "The ferry carries 180 passengers.", false),
            (Language::EN, "The captain says “the ferry carries 180 passengers and more”.", false),
            (Language::EN, "2. Fix the support to the side of the cabinet in the kitchen.", false),
            (Language::ES, "El barco a Tolm lleva 180 pasajeros y 24 bicicletas.", true),
            (Language::ES, "Ortaven encabeza la Alianza con 27 escaños de 75.", true),
            (Language::ES, "Lleva 180 pasajeros y 24 bicicletas en cada viaje.", false),
            (Language::ES, "Además, el barco a Tolm lleva 180 pasajeros y 24 bicicletas.", false),
            (Language::ES, "En septiembre me dieron las llaves del barco a Tolm.", false),
        ] {
            let article = Article::of_one_passage(sentence, language);
            let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
            let labels = prompts.labels(language).unwrap();
            assert_eq!(
                Checker { source: &source, labels, language }.stands_alone(sentence, STATEMENT_WORDS),
                alone,
                "{sentence}"
            );
        }
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
}
