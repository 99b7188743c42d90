//! The summary: candidates to one of the length that was asked for, each sentence of it verified.

use super::check::Checker;
use super::form::{is_finished, plain, sentences, statement};
use super::note;
use super::parse::summary_lines;
use super::session::Written;
use super::source::content_stems;
use crate::content::{Evidence, RejectReason, Rejection, SummaryLength, Task};
use crate::lang::Language;
use crate::metrics::text::words;

/// The most words of a headline.
const HEADLINE_WORDS: usize = 12;
/// The most words of a summary of one sentence.
const SHORT_WORDS: usize = 45;
/// A sentence says nothing new if so much of its content words are in those before.
const REPEATED: f64 = 0.8;

/// The most sentences that are kept for a translation that fails.
const SPARE: usize = 2;

/// How many paragraphs and sentences a length has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    /// Fewest and most paragraphs, or bullet points.
    paragraphs: (usize, usize),
    /// Fewest and most sentences of each.
    sentences: (usize, usize),
}

fn shape(length: SummaryLength) -> Shape {
    let (paragraphs, sentences) = match length {
        SummaryLength::Headline | SummaryLength::Short => ((1, 1), (1, 1)),
        SummaryLength::Medium => ((1, 1), (3, 3)),
        SummaryLength::Long => ((2, 3), (2, 5)),
        SummaryLength::Bullets => ((3, 6), (1, 1)),
    };
    Shape { paragraphs, sentences }
}

/// Room for a summary, in tokens: about twice what a text of that length needs.
pub(super) fn tokens(length: SummaryLength) -> usize {
    match length {
        SummaryLength::Headline => 48,
        SummaryLength::Short => 120,
        SummaryLength::Medium => 260,
        SummaryLength::Long => 640,
        SummaryLength::Bullets => 400,
    }
}

/// A sentence of a candidate that passed the checks.
#[derive(Debug, Clone, PartialEq)]
struct Good {
    text: String,
    score: f64,
}

/// A summary that is being made: its paragraphs as lists of sentences.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) paragraphs: Vec<Vec<String>>,
    /// What its sentences rest on.
    pub(super) evidence: Vec<Evidence>,
    /// Good sentences that say something else, for a translation that fails.
    pub(super) spare: Vec<String>,
    /// Whether it has the length that was asked for.
    pub(super) complete: bool,
    pub(super) score: f64,
}

impl Draft {
    /// The paragraphs as texts.
    pub(super) fn texts(&self) -> Vec<String> {
        self.paragraphs.iter().map(|sentences| sentences.join(" ")).collect()
    }
}

/// Candidates that are written at first, and once more if none of them is complete.
pub(super) const CANDIDATES: u64 = 2;

/// Makes a summary of what the model wrote: the best candidate, without the sentences that failed the checks; what it then
/// lacks is taken from the other candidates. What is not used goes to the rejections. `None` if nothing is left.
pub(super) fn make(
    written: &[Written],
    length: SummaryLength,
    checker: &Checker<'_>,
    titles: &[&str],
    rejections: &mut Vec<Rejection>,
) -> Option<Draft> {
    let mut reject = |reason, text: String| note(rejections, Rejection { task: Task::Summary, reason, text });
    let mut drafts = Vec::new();
    for written in written {
        let paragraphs = read(written, length, checker.language, titles, &mut reject);
        let mut seen: Vec<String> = Vec::new();
        let mut good: Vec<Vec<Good>> = Vec::new();
        for paragraph in paragraphs {
            let mut kept = Vec::new();
            for text in paragraph {
                match judge(&text, length, checker, &seen) {
                    Ok(score) => {
                        seen.push(text.clone());
                        kept.push(Good { text, score });
                    }
                    Err(reason) => reject(reason, text),
                }
            }
            good.push(kept);
        }
        good.retain(|paragraph| !paragraph.is_empty());
        drafts.push(good);
    }
    let mut found: Vec<Draft> = (0..drafts.len()).filter_map(|index| fit(index, &drafts, length, checker)).collect();
    found.sort_by(|a, b| b.complete.cmp(&a.complete).then(b.score.total_cmp(&a.score)));
    let best = found.into_iter().next();
    if best.is_none() && !written.is_empty() {
        reject(RejectReason::Empty, String::new());
    }
    best
}

/// What a candidate says, as paragraphs of sentences. A headline is one without its stop.
fn read(
    written: &Written,
    length: SummaryLength,
    language: Language,
    titles: &[&str],
    reject: &mut dyn FnMut(RejectReason, String),
) -> Vec<Vec<String>> {
    let (lines, before) = summary_lines(&written.text, titles);
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    if let Some(before) = before {
        reject(RejectReason::Malformed, before);
    }
    let mut paragraphs: Vec<String> = match length {
        SummaryLength::Bullets => lines.into_iter().filter(|l| !l.is_empty()).collect(),
        SummaryLength::Long => join_paragraphs(&lines),
        _ => vec![lines.iter().filter(|l| !l.is_empty()).map(|l| statement(l)).collect::<Vec<_>>().join(" ")],
    };
    if length == SummaryLength::Headline {
        let first = paragraphs.pop().unwrap_or_default();
        let quotes = ['"', '“', '”', '«', '»'];
        let inner = first.trim_end_matches('.').trim_matches(quotes).trim_end_matches('.').trim_end();
        return vec![vec![inner.to_owned()]];
    }
    let last = paragraphs.len().saturating_sub(1);
    let mut found = Vec::new();
    for (index, paragraph) in paragraphs.into_iter().enumerate() {
        let mut sentences = sentences(&paragraph, language);
        if written.truncated
            && index == last
            && sentences.last().is_some_and(|s| !is_finished(s) || cut_in_number(&written.text))
        {
            reject(RejectReason::Truncated, sentences.pop().unwrap_or_default());
        }
        for sentence in &mut sentences {
            *sentence = statement(sentence);
        }
        found.push(sentences);
    }
    found
}

/// Whether a text that the model was cut off in may end inside a number.
fn cut_in_number(text: &str) -> bool {
    !is_finished(text.trim_end())
}

/// The score of a sentence, or the worst that is wrong with it.
fn judge(text: &str, length: SummaryLength, checker: &Checker<'_>, before: &[String]) -> Result<f64, RejectReason> {
    let count = words(text).len();
    if count == 0 {
        return Err(RejectReason::Empty);
    }
    let most = match length {
        SummaryLength::Headline => HEADLINE_WORDS,
        SummaryLength::Short => SHORT_WORDS,
        _ => usize::MAX,
    };
    if count > most {
        return Err(RejectReason::TooLong);
    }
    let whole = if length == SummaryLength::Headline { statement(text) } else { text.to_owned() };
    let verdict = checker.text(&whole);
    // Behind the first sentence a pronoun has something to stand for.
    let first = before.is_empty() || length == SummaryLength::Bullets;
    if let Some(fault) = verdict.faults.iter().find(|fault| first || **fault != RejectReason::NotSelfContained) {
        return Err(*fault);
    }
    if says_nothing_new(text, before, checker.language) {
        return Err(RejectReason::Duplicate);
    }
    Ok(verdict.score)
}

fn says_nothing_new(text: &str, before: &[String], language: Language) -> bool {
    let own = content_stems(text, language);
    before.iter().map(|other| content_stems(other, language)).any(|other| {
        let shorter = own.len().min(other.len());
        shorter > 0 && own.intersection(&other).count() as f64 / shorter as f64 >= REPEATED
    })
}

/// Brings a candidate to the length that was asked for, with sentences of the others where it lacks some.
fn fit(index: usize, drafts: &[Vec<Vec<Good>>], length: SummaryLength, checker: &Checker<'_>) -> Option<Draft> {
    let shape = shape(length);
    let mut own: Vec<Vec<Good>> = drafts[index].clone();
    for paragraph in &mut own {
        paragraph.truncate(shape.sentences.1);
    }
    own.truncate(shape.paragraphs.1);
    let of_one_sentence = shape.sentences.1 == 1;
    let mut borrowed = 0;
    for other in drafts.iter().enumerate().filter(|(i, _)| *i != index).flat_map(|(_, d)| d.iter().flatten()) {
        let texts: Vec<String> = own.iter().flatten().map(|good| good.text.clone()).collect();
        let fits = judge(&other.text, length, checker, &texts).is_ok();
        if own.is_empty() || own.len() < shape.paragraphs.0 && of_one_sentence {
            if fits && (!own.is_empty() || texts.is_empty()) {
                own.push(vec![other.clone()]);
                borrowed += 1;
            }
        } else if let Some(short) = own.iter_mut().find(|paragraph| paragraph.len() < shape.sentences.0)
            && fits
        {
            short.push(other.clone());
            borrowed += 1;
        }
    }
    let scores: Vec<f64> = own.iter().flatten().map(|good| good.score).collect();
    if scores.is_empty() {
        return None;
    }
    let mut said: Vec<String> = own.iter().flatten().map(|good| good.text.clone()).collect();
    let mut spare = Vec::new();
    for good in drafts.iter().flatten().flatten() {
        if shape.paragraphs.1 * shape.sentences.1 > 1 && judge(&good.text, length, checker, &said).is_ok() {
            said.push(good.text.clone());
            spare.push(good.text.clone());
        }
    }
    spare.truncate(SPARE);
    let complete = own.len() >= shape.paragraphs.0 && own.iter().all(|p| p.len() >= shape.sentences.0);
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let score = mean - 0.1 * f64::from(borrowed) + lead(&own, checker);
    let paragraphs: Vec<Vec<String>> = own.into_iter().map(|p| p.into_iter().map(|good| good.text).collect()).collect();
    let numbered = paragraphs.iter().flatten().enumerate();
    let evidence = numbered.flat_map(|(number, sentence)| checker.source.evidence(number, sentence)).collect();
    Some(Draft { paragraphs, evidence, spare, complete, score })
}

/// What it counts that the first sentence tells what the title and the beginning of the article tell.
fn lead(paragraphs: &[Vec<Good>], checker: &Checker<'_>) -> f64 {
    let Some(first) = paragraphs.iter().flatten().next() else { return 0.0 };
    let own = content_stems(&first.text, checker.language);
    let head: String = checker.source.units.iter().take(4).map(|unit| unit.text.as_str()).collect::<Vec<_>>().join(" ");
    let head = content_stems(&head, checker.language);
    0.3 * own.intersection(&head).count() as f64 / own.len().max(1) as f64
}

/// Lines to paragraphs: an empty line separates them.
fn join_paragraphs(lines: &[String]) -> Vec<String> {
    lines.split(|l| l.is_empty()).filter(|p| !p.is_empty()).map(|p| p.join(" ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::{LoadOptions, load};
    use crate::pipeline::source::Source;
    use crate::prompt::PromptLibrary;

    const ARTICLE: &str = "Town buys an electric boat\n\nThe town of Calvenor buys an electric boat for the bay. The boat costs \
        3.5 million euros. Work on the pier starts in May.\n\nThe mayor, Irena Dovalle, is glad that the crossing takes 22 minutes. \
        A monthly pass costs 49 euros, and residents of both towns can buy it. Children under six travel free.";

    fn run(texts: &[(&str, bool)], length: SummaryLength) -> (Option<Draft>, Vec<(RejectReason, String)>) {
        let article = load(ARTICLE.as_bytes(), "a.txt", &LoadOptions::default()).unwrap();
        let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
        let labels = prompts.labels(Language::EN).unwrap();
        let checker = Checker { source: &source, labels, language: Language::EN };
        let written: Vec<_> = texts
            .iter()
            .map(|(text, truncated)| Written { text: (*text).to_owned(), truncated: *truncated, certainty: 0.0 })
            .collect();
        let mut rejections = Vec::new();
        let draft = make(&written, length, &checker, &["Summary"], &mut rejections);
        (draft, rejections.into_iter().map(|r| (r.reason, r.text)).collect())
    }

    fn texts(draft: &Option<Draft>) -> Vec<String> {
        draft.as_ref().map_or_else(Vec::new, Draft::texts)
    }

    #[test]
    fn the_length_is_kept() {
        let text = "Summary:\nThe town buys an electric boat. The boat costs 3.5 million euros. A monthly pass costs 49 euros. \
            Children under six travel free.";
        let (draft, _) = run(&[(text, false)], SummaryLength::Medium);
        assert!(draft.as_ref().unwrap().complete);
        assert_eq!(
            texts(&draft),
            ["The town buys an electric boat. The boat costs 3.5 million euros. A monthly pass costs 49 euros."]
        );
        assert_eq!(texts(&run(&[(text, false)], SummaryLength::Short).0), ["The town buys an electric boat."]);
        let headline = run(&[("\"The town buys an electric boat.\"", false)], SummaryLength::Headline).0;
        assert_eq!(texts(&headline), ["The town buys an electric boat"]);
        let long = "The town of Calvenor buys an electric boat for the bay and the boat costs 3.5 million euros";
        assert_eq!(run(&[(long, false)], SummaryLength::Headline).1[0].0, RejectReason::TooLong);
    }

    #[test]
    fn a_text_that_was_cut_off_ends_with_a_full_sentence() {
        let (draft, rejected) =
            run(&[("The town buys an electric boat. The boat costs 3.", true)], SummaryLength::Long);
        assert_eq!(texts(&draft), ["The town buys an electric boat."]);
        assert_eq!(rejected[0], (RejectReason::Truncated, "The boat costs 3.".to_owned()));
        let (draft, rejected) = run(&[("The town buys", true)], SummaryLength::Long);
        assert_eq!((texts(&draft).len(), rejected[0].0), (0, RejectReason::Truncated));
    }

    #[test]
    fn what_a_candidate_lacks_is_taken_from_another() {
        let first = "1. The town buys an electric boat.\n2. The boat costs 9 million euros.\n3. The town buys an electric boat.";
        let second = "The boat costs 3.5 million euros. A monthly pass costs 49 euros.";
        let (draft, rejected) = run(&[(first, false), (second, false)], SummaryLength::Medium);
        let text = texts(&draft).join(" ");
        assert!(draft.unwrap().complete, "{text}");
        for sentence in
            ["The town buys an electric boat.", "The boat costs 3.5 million euros.", "A monthly pass costs 49 euros."]
        {
            assert_eq!(text.matches(sentence).count(), 1, "{text}");
        }
        let reasons: Vec<_> = rejected.iter().map(|r| r.0).collect();
        assert!(
            reasons.contains(&RejectReason::UnsupportedFact) && reasons.contains(&RejectReason::Duplicate),
            "{reasons:?}"
        );
    }

    #[test]
    fn bullets_and_paragraphs_keep_their_form() {
        let bullets = " The town buys an electric boat.\n- The boat costs 3.5 million euros.\n\n- Children under six travel free.";
        let (draft, _) = run(&[(bullets, false)], SummaryLength::Bullets);
        assert_eq!((texts(&draft).len(), draft.unwrap().complete), (3, true));
        let long = "The town buys an electric boat. The boat costs 3.5 million euros.\n\nA monthly pass costs 49 euros. Children \
            under six travel free.";
        let (draft, _) = run(&[(long, false)], SummaryLength::Long);
        assert_eq!((texts(&draft).len(), draft.unwrap().complete), (2, true));
    }

    #[test]
    fn nothing_and_another_language_are_rejected() {
        assert_eq!(run(&[(" \n", false)], SummaryLength::Medium).1.last().unwrap().0, RejectReason::Empty);
        let spanish = "El pueblo de Calvenor compra un barco nuevo para todos sus vecinos.";
        let (draft, rejected) = run(&[(spanish, false)], SummaryLength::Short);
        assert!(draft.is_none() && rejected.iter().any(|r| r.0 == RejectReason::WrongLanguage), "{rejected:?}");
    }
}
