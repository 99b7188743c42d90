//! Verification: what is wrong with a question, an answer or a sentence, and how good it is.

mod alone;
mod expected;

use std::ops::RangeInclusive;

use self::expected::Figures;
use super::form::{begins_with_any, ends_sentence, has_any, has_phrase, sentences};
use super::mixture::{quotations, strange_words, unquoted};
use super::source::{Source, content_stems};
use crate::content::RejectReason;
use crate::lang::{Language, is_foreign, is_in};
use crate::metrics::question::question_form;
use crate::metrics::redundancy::jaccard;
use crate::metrics::support::ClaimKind;
use crate::metrics::text::{is_content_word, words};
use crate::prompt::Labels;

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
/// A text that has so much of its words from a quotation tells what somebody else says.
const SPOKEN: f64 = 0.7;
/// What an answer has less that does so without saying whose words they are.
const UNATTRIBUTED: f64 = 0.15;
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
        let mut verdict = self.text_or_sentence(answer);
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
        let unattributed = if self.speaks_for_another(answer) { UNATTRIBUTED } else { 0.0 };
        Verdict { faults, score: verdict.score + 0.15 * taken_up - short - long - undated - unattributed }
    }

    /// What is wrong with a question that was made from a sentence of the article, which should answer it. A sentence hardly
    /// says the cause of what it says, a pronoun of it has lost what it stood for, and a time that is asked for is not told.
    pub(super) fn question_of(&self, question: &str, statement: &str) -> Vec<RejectReason> {
        let mut faults = self.answer(question, statement).faults;
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

    /// The same where a whole sentence of the article is as good as one that says it in other words.
    pub(super) fn text_or_sentence(&self, text: &str) -> Verdict {
        let mut verdict = self.text(text);
        if verdict.faults.contains(&RejectReason::Copied) && self.is_sentence_of_article(text) {
            verdict.faults.retain(|fault| *fault != RejectReason::Copied);
        }
        verdict
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

    /// Whether a text in the article's language tells as its own what the article has somebody say: most of its words stand in
    /// a quotation, and it has neither that nor the speaker.
    pub(super) fn speaks_for_another(&self, text: &str) -> bool {
        if !self.is_own() || !quotations(text).is_empty() {
            return false;
        }
        let Some(unit) = self.source.basis(text).first().map(|unit| &self.source.units[*unit].text) else {
            return false;
        };
        let quoted: Vec<&str> = quotations(unit).into_iter().map(|span| &unit[span.range()]).collect();
        let stems = |text: &str| content_stems(text, self.language);
        let (own, quoted, others) = (stems(text), stems(&quoted.join(" ")), stems(&unquoted(unit)));
        let is_spoken = own.intersection(&quoted).count() as f64 >= SPOKEN * own.len().max(1) as f64;
        is_spoken && own.intersection(&(&others - &quoted)).next().is_none()
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;
    use crate::prompt::PromptLibrary;

    #[test]
    fn words_of_a_quotation_have_their_speaker() {
        let said =
            "“The bridge of Tolm is an old ruin that nobody needs any more,” said Ines Walden, who lives beside it.";
        let article = Article::of_one_passage(said, Language::EN);
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let checker =
            Checker { source: &source, labels: prompts.labels(Language::EN).unwrap(), language: Language::EN };
        for (text, anothers) in [
            ("The bridge of Tolm is an old ruin that nobody needs.", true),
            ("Ines Walden, who lives beside the bridge, calls it a ruin.", false),
            ("The bridge of Tolm is an old ruin that nobody needs any more, says Ines Walden.", false),
            ("Walden says that “the bridge of Tolm is an old ruin that nobody needs”.", false),
        ] {
            assert_eq!(checker.speaks_for_another(text), anothers, "{text}");
        }
        let question = "What is the bridge of Tolm?";
        let score = |answer| checker.answer(question, answer).score;
        assert!(
            score("The bridge of Tolm is an old ruin that nobody needs.")
                < score("The bridge of Tolm is “an old ruin that nobody needs”.")
        );
    }
}
