//! Translation of what was written and verified in the article's language: what is asked for, and what is wrong with it.

use std::ops::Range;

use super::check::{Checker, Verdict};
use super::faq::Pair;
use super::form::{self, ends_sentence, sentences, statement};
use super::mixture::strange_words;
use super::parse::FaqParser;
use super::session::Written;
use super::summary::Draft;
use super::typography::{regional, typography};
use super::{Work, note};
use crate::chat::Message;
use crate::content::{RejectReason, Rejection, Task};
use crate::error::Result;
use crate::lang::{Language, is_in, with_agreement, words};
use crate::metrics::support::{Claim, ClaimKind, SourceFacts};
use crate::metrics::text::{self, word_spans};
use crate::prompt::{Original, PromptLibrary, Translate};

/// How many words a translation may have for each word of the original, and how few.
const LENGTHS: std::ops::RangeInclusive<f64> = 0.55..=1.8;
/// Shorter texts may be longer or shorter in another language by more.
const LEAST_WORDS: usize = 8;

/// Room for the translation of a pair, and of a sentence, in tokens; a long one has so many for each of its words.
const PAIR_TOKENS: usize = 220;
const SENTENCE_TOKENS: usize = 90;
const WORD_TOKENS: usize = 3;
/// Candidates of a translation that failed the checks.
const SECOND_TRIES: u64 = 2;

impl Work<'_> {
    /// A text of a language in the form of the region that is asked for.
    pub(super) fn regional(&self, text: &str, language: Language) -> String {
        regional(text, language, self.job.region.as_ref())
    }
}

/// Translates verified texts into another language.
pub(super) struct Translator<'a> {
    from: Language,
    /// Knows the language to translate into.
    checker: Checker<'a>,
    glossary: Glossary,
    parser: FaqParser,
}

impl<'a> Translator<'a> {
    pub(super) fn new(work: &Work<'a>, to: Language) -> Result<Self> {
        let from = work.language;
        Ok(Self {
            from,
            checker: Checker { source: work.checker.source, labels: work.prompts.labels(to)?, language: to },
            glossary: Glossary::new(work.prompts, from, to),
            parser: FaqParser::new(work.prompts)?,
        })
    }

    /// The pairs and the summary in the other language, as far as a translation passes the checks.
    pub(super) fn translate(
        &self,
        work: &mut Work<'_>,
        pairs: Vec<Pair>,
        summary: Option<Draft>,
    ) -> Result<(Vec<Pair>, Option<Draft>)> {
        let paragraphs = || summary.iter().flat_map(|draft| &draft.paragraphs);
        let spare = summary.iter().flat_map(|draft| &draft.spare);
        let sentences: Vec<String> = paragraphs().flatten().chain(spare).cloned().collect();
        let shown = paragraphs().flatten().count();
        let mut texts: Vec<Option<(String, String)>> = vec![None; pairs.len()];
        let mut lines: Vec<Option<String>> = vec![None; sentences.len()];
        // At first whole paragraphs, whose sentences hang together; then what failed, sentence by sentence.
        let mut blocks: Vec<Range<usize>> = Vec::new();
        for paragraph in paragraphs() {
            let start = blocks.last().map_or(0, |block| block.end);
            blocks.push(start..start + paragraph.len());
        }
        for candidates in [0..1, 1..1 + SECOND_TRIES] {
            let each = (candidates.end - candidates.start) as usize;
            let open: Vec<usize> = (0..pairs.len()).filter(|index| texts[*index].is_none()).collect();
            let mut asked = Vec::new();
            for &index in &open {
                asked.push(self.ask_pair(work, &pairs[index])?);
            }
            for block in &blocks {
                asked.push(self.ask_lines(work, &sentences[block.clone()])?);
            }
            let mut requests = Vec::new();
            for (messages, tokens) in asked {
                for candidate in candidates.clone() {
                    requests.push(work.session.request(messages.clone(), tokens, candidate, &["\n\n"]));
                }
            }
            let mut written = work.session.write("translation", &requests)?.into_iter();
            for index in open {
                let read = |text: Written| self.read_pair(&pairs[index], &text);
                let tried = written.by_ref().take(each).map(read).collect();
                texts[index] = best(work, Task::Faq, tried, |(question, answer)| format!("{question}\n{answer}"));
            }
            for block in &blocks {
                let read = |text: Written| self.read_lines(&sentences[block.clone()], &text);
                let mut of_candidates: Vec<_> = written.by_ref().take(each).map(read).map(Vec::into_iter).collect();
                for index in block.clone() {
                    let tried = of_candidates.iter_mut().filter_map(Iterator::next).collect();
                    lines[index] = best(work, Task::Summary, tried, Clone::clone);
                }
            }
            let failed = (0..shown).filter(|index| lines[*index].is_none());
            blocks = failed.map(|index| index..index + 1).collect();
            if !blocks.is_empty() {
                blocks.extend((shown..sentences.len()).map(|index| index..index + 1));
            }
        }
        // At the very end: the checks know the usual form of the language.
        let to = self.checker.language;
        let translated = pairs.into_iter().zip(texts).filter_map(|(pair, text)| {
            let (question, answer) = text?;
            // A question that the job names stays as it is given.
            let question = if pair.must { pair.question.clone() } else { work.regional(&question, to) };
            Some(Pair { question, answer: work.regional(&answer, to), ..pair })
        });
        let translated = translated.collect();
        let summary = summary.and_then(|draft| {
            // Each translation keeps what it is the translation of: that is what stands in the article.
            let mut told: Vec<Option<(String, String)>> =
                sentences.into_iter().zip(lines).map(|(original, line)| Some((original, line?))).collect();
            let mut spare = told.split_off(shown).into_iter().flatten();
            let mut told = told.into_iter();
            let (mut paragraphs, mut originals) = (Vec::new(), Vec::new());
            for paragraph in &draft.paragraphs {
                let lines: Vec<_> = told.by_ref().take(paragraph.len()).collect();
                // What stands in for a line tells something else, so it stands behind the others.
                let missing = lines.iter().filter(|line| line.is_none()).count();
                let kept = lines.into_iter().flatten().chain(spare.by_ref().take(missing));
                let kept = kept.map(|(original, line)| (original, work.regional(&line, to)));
                let (of, translated): (Vec<String>, Vec<String>) = kept.unzip();
                originals.extend(of);
                if !translated.is_empty() {
                    paragraphs.push(translated);
                }
            }
            let source = self.checker.source;
            let numbered = originals.iter().enumerate();
            let evidence = numbered.flat_map(|(number, original)| source.evidence(number, original)).collect();
            (!paragraphs.is_empty()).then_some(Draft { paragraphs, evidence, ..draft })
        });
        Ok((translated, summary))
    }

    fn ask_pair(&self, work: &Work<'_>, pair: &Pair) -> Result<(Vec<Message>, usize)> {
        let Pair { question, answer, .. } = pair;
        let names = self.glossary.of(&format!("{question} {answer}"));
        let translate = Translate { from: self.from, text: Original::Pair(question, answer), names: &names };
        Ok((work.prompts.translation(translate, self.checker.language)?, PAIR_TOKENS))
    }

    fn ask_lines(&self, work: &Work<'_>, sentences: &[String]) -> Result<(Vec<Message>, usize)> {
        let text = numbered(sentences);
        let names = self.glossary.of(&text);
        let translate = Translate { from: self.from, text: Original::Lines(&text), names: &names };
        let room = |sentence: &String| SENTENCE_TOKENS.max(WORD_TOKENS * text::words(sentence).len());
        let tokens = sentences.iter().map(room).sum();
        Ok((work.prompts.translation(translate, self.checker.language)?, tokens))
    }

    /// A translated question and answer, with what is wrong.
    fn read_pair(&self, pair: &Pair, written: &Written) -> ((String, String), Verdict) {
        let label = &self.checker.labels.question_labels[0];
        let opening = self.checker.labels.question_opening;
        let draft = self.parser.parse(&format!("{label}: {}", written.text.trim_start()));
        let entry = draft.entries.into_iter().next().unwrap_or_default();
        let question = self.tidy(&form::question(&entry.question, opening));
        let answer = self.tidy(&statement(&entry.answer));
        let mut verdict = self.check(&pair.answer, &answer);
        if !pair.must {
            let asked = self.check(&form::statement(&pair.question), &question);
            let not_asked = |fault: &&RejectReason| **fault != RejectReason::MentionsArticle;
            verdict.faults.extend(asked.faults.iter().filter(not_asked));
            if !crate::metrics::question::question_form(&question, self.checker.language).is_question() {
                verdict.faults.insert(0, RejectReason::NotAQuestion);
            }
            verdict.score += asked.score;
        }
        if written.truncated {
            verdict.faults.insert(0, RejectReason::Truncated);
        }
        ((question, answer), verdict)
    }

    /// The translated lines of a text, each with what is wrong. Without as many lines as the text has, nobody knows which is
    /// which.
    fn read_lines(&self, sentences: &[String], written: &Written) -> Vec<(String, Verdict)> {
        let translated = lines(&format!("1. {}", written.text.trim_start()));
        if translated.len() != sentences.len() {
            let wrong = Verdict { faults: vec![RejectReason::Mistranslated], score: 0.0 };
            return vec![(written.text.trim().to_owned(), wrong); sentences.len()];
        }
        let last = sentences.len() - 1;
        let read = sentences.iter().zip(&translated).enumerate().map(|(index, (original, line))| {
            let line = self.tidy(line);
            let mut verdict = self.check(original, &line);
            if !ends_sentence(original) {
                // A headline ends without a stop.
                verdict.faults.retain(|fault| *fault != RejectReason::Truncated);
            }
            if written.truncated && index == last {
                verdict.faults.insert(0, RejectReason::Truncated);
            }
            (line, verdict)
        });
        read.collect()
    }

    fn tidy(&self, text: &str) -> String {
        let to = self.checker.language;
        typography(&with_agreement(&with_accents(&self.glossary.mend(text), to), to), self.from, to)
    }

    fn check(&self, original: &str, translation: &str) -> Verdict {
        check(original, translation, self.from, &self.checker, &self.glossary)
    }
}

/// The best of several translations, if it is good. The others are accounted for.
fn best<T>(work: &mut Work<'_>, task: Task, mut tried: Vec<(T, Verdict)>, show: impl Fn(&T) -> String) -> Option<T> {
    tried.sort_by(|(_, a), (_, b)| b.is_good().cmp(&a.is_good()).then(b.score.total_cmp(&a.score)));
    for (text, verdict) in &tried {
        if let Some(reason) = verdict.faults.first() {
            note(&mut work.rejections, Rejection { task, reason: *reason, text: show(text).trim().to_owned() });
        }
    }
    tried.into_iter().next().filter(|(_, verdict)| verdict.is_good()).map(|(text, _)| text)
}

/// The text with the accents that words in lower case lack: a model writes many of them as the other language does.
fn with_accents(text: &str, language: Language) -> String {
    let mut mended = text.to_owned();
    for span in word_spans(text).into_iter().rev() {
        let word = &text[span.range()];
        if word.chars().all(char::is_lowercase)
            && let Some(accented) = words::accented(word, language)
        {
            mended.replace_range(span.range(), &accented);
        }
    }
    mended
}

/// Sentences as lines with numbers.
fn numbered(sentences: &[String]) -> String {
    let line = |(index, sentence): (usize, &String)| format!("{}. {sentence}", index + 1);
    sentences.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// The lines of a text without their numbers.
fn lines(text: &str) -> Vec<String> {
    let bare = |line: &str| {
        let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
        behind.strip_prefix(". ").filter(|_| behind.len() < line.len()).unwrap_or(line).trim().to_owned()
    };
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(bare).collect()
}

/// Names with what they are called in the language to translate into.
pub(super) struct Glossary {
    names: Vec<(String, String)>,
}

impl Glossary {
    pub(super) fn new(prompts: &PromptLibrary, from: Language, to: Language) -> Self {
        let mut names: Vec<_> =
            prompts.names(from, to).into_iter().map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        // Of names within one another the longest is found first.
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self { names }
    }

    /// The names that stand in a text.
    pub(super) fn of(&self, text: &str) -> Vec<(String, String)> {
        let mut rest = text.to_owned();
        let mut found = Vec::new();
        for (name, other) in &self.names {
            if let Some(at) = find_name(&rest, name) {
                rest.replace_range(at..at + name.len(), &" ".repeat(name.len()));
                found.push((name.clone(), other.clone()));
            }
        }
        found
    }

    /// Whether a word is one of the names of the language to translate into.
    fn has_word(&self, word: &str) -> bool {
        self.names.iter().any(|(_, other)| other.split(' ').any(|part| part == word))
    }

    /// Whether a unit of the original is not in its translation in the singular or the plural: a
    /// model makes millimetres of inches.
    fn loses_unit(&self, original: &str, translation: &str) -> bool {
        let lower = translation.to_lowercase();
        let mut units = self.names.iter().filter(|(name, _)| is_unit(name) && find_name(original, name).is_some());
        units.any(|(_, other)| !lower.contains(other.trim_end_matches('s')))
    }

    /// The text with the names that were left in the other language as they are called in its own.
    pub(super) fn mend(&self, text: &str) -> String {
        let mut text = text.to_owned();
        // The miles of one language are the thousands of another.
        for (name, other) in self.names.iter().filter(|(name, _)| !is_unit(name)) {
            let mut from = 0;
            // A name may be a part of its other form: `Mali` of `Malí` is not, `Asia` of `Asia` is.
            while let Some(at) = find_name(&text[from..], name).map(|at| from + at) {
                let there = text[..at + name.len()].ends_with(other.as_str()) || text[at..].starts_with(other.as_str());
                if !there {
                    text.replace_range(at..at + name.len(), other);
                }
                from = at + if there { name.len() } else { other.len() };
            }
        }
        text
    }
}

/// Whether a name is one of a unit: they are written small.
fn is_unit(name: &str) -> bool {
    name.starts_with(char::is_lowercase)
}

/// Where a name stands as whole words.
fn find_name(text: &str, name: &str) -> Option<usize> {
    text.match_indices(name).map(|(at, _)| at).find(|at| {
        let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        outside(text[..*at].chars().next_back()) && outside(text[at + name.len()..].chars().next())
    })
}

/// What is wrong with a translation, which `checker` knows the language of.
pub(super) fn check(
    original: &str,
    translation: &str,
    from: Language,
    checker: &Checker<'_>,
    glossary: &Glossary,
) -> Verdict {
    use RejectReason::*;
    let to = checker.language;
    let mut faults = Vec::new();
    let mut add = |wrong: bool, reason| {
        if wrong {
            faults.push(reason);
        }
    };
    let (before, after) = (text::words(original), text::words(translation));
    add(after.is_empty(), Empty);
    add(!ends_sentence(translation), Truncated);
    add(!is_in(translation, to), WrongLanguage);
    add(strange_words(translation, to, checker.source).next().is_some(), MixedLanguage);
    add(checker.mentions_article(&after), MentionsArticle);
    let ratio = after.len() as f64 / before.len().max(1) as f64;
    add(before.len() >= LEAST_WORDS && !LENGTHS.contains(&ratio), Mistranslated);
    add(sentences(original, from).len() != sentences(translation, to).len(), Mistranslated);
    add(loses_numbers(original, translation, from, to), Mistranslated);
    add(changes_names(translation, checker, glossary), Mistranslated);
    add(glossary.loses_unit(original, translation), Mistranslated);
    add(checker.source.claims(translation, to).iter().any(|c| lacks_exactly(translation, c)), UnsupportedFact);
    let strange = (ratio - 1.1).abs().min(1.0);
    Verdict { faults, score: 1.0 - 0.1 * strange }
}

/// Whether a number or a date of one of the two texts is not in the other.
fn loses_numbers(original: &str, translation: &str, from: Language, to: Language) -> bool {
    let lacks = |source: &str, of: Language, text: &str, language: Language| {
        let claims = SourceFacts::new(source, of).check(text, language);
        claims.iter().any(|c| lacks_exactly(text, c))
    };
    lacks(original, from, translation, to) || lacks(translation, to, original, from)
}

/// Whether a number or a date that is written with digits is not in the source. In words, `uno` may be an article or `each`.
fn lacks_exactly(text: &str, claim: &Claim) -> bool {
    let exact = matches!(claim.kind, ClaimKind::Number | ClaimKind::Date);
    exact && !claim.supported && text[claim.span.range()].contains(|c: char| c.is_ascii_digit())
}

/// Whether a capitalized word of a translation is neither one of the article nor one of the language.
fn changes_names(translation: &str, checker: &Checker<'_>, glossary: &Glossary) -> bool {
    word_spans(translation).iter().map(|span| &translation[span.range()]).any(|word| {
        let name = word.starts_with(char::is_uppercase) && word.chars().all(char::is_alphabetic);
        name && word.chars().count() > 2
            && !checker.source.has_word(word)
            && words::knows(word, checker.language) == Some(false)
            && !glossary.has_word(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_mended() {
        let prompts = PromptLibrary::builtin();
        let glossary = Glossary::new(&prompts, Language::EN, Language::ES);
        let found = glossary.of("New York and Havana signed; the United States and Belarus watched.");
        let found: Vec<_> = found.iter().map(|(_, b)| b.as_str()).collect();
        assert_eq!(found, ["Estados Unidos", "Nueva York", "Bielorrusia", "La Habana"]);
        assert_eq!(
            glossary.mend("Havana y Minsk, no La Habana ni Brasil, miran a Brazil."),
            "La Habana y Minsk, no La Habana ni Brasil, miran a Brasil."
        );
        assert_eq!(glossary.mend("Miles de personas."), "Miles de personas.");
        let lost = |translation| glossary.loses_unit("Ten inches of rain fell.", translation);
        assert!(lost("Cayeron diez milímetros de lluvia.") && !lost("Cayó una pulgada, y luego nueve."));
        let back = Glossary::new(&prompts, Language::ES, Language::EN);
        assert_eq!(back.mend("The mayor of La Habana."), "The mayor of Havana.");
    }
}
