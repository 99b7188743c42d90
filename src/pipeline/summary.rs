//! The summary: what the model wrote, to paragraphs of the length that was asked for.

use super::check::is_finished;
use super::compare::words;
use super::parse::summary_lines;
use crate::content::{RejectReason, Rejection, Summary, SummaryLength, Task};
use crate::error::Result;
use crate::lang::{self, Language};
use crate::prompt::PromptLibrary;
use crate::sentence;

/// The most words of a headline.
const HEADLINE_WORDS: usize = 12;
/// The most bullet points.
const BULLETS: usize = 6;
/// The most paragraphs of a long summary.
const PARAGRAPHS: usize = 3;

/// The most sentences, where the length is counted in them.
fn most_sentences(length: SummaryLength) -> Option<usize> {
    match length {
        SummaryLength::Short => Some(1),
        SummaryLength::Medium => Some(3),
        SummaryLength::Headline | SummaryLength::Long | SummaryLength::Bullets => None,
    }
}

/// Checks a summary; what is not used of it goes to the rejections. `None` if nothing usable is left.
pub(super) fn check(
    text: &str,
    truncated: bool,
    length: SummaryLength,
    target: Language,
    prompts: &PromptLibrary,
    rejections: &mut Vec<Rejection>,
) -> Result<Option<Summary>> {
    let title = prompts.labels(target)?.summary_title.clone();
    // A model may head its summary in another language.
    let titles: Vec<_> = prompts.all_labels().map(|l| l.summary_title.as_str()).collect();
    let mut reject = |reason, text: String| rejections.push(Rejection { task: Task::Summary, reason, text });
    let (lines, before) = summary_lines(text, &titles);
    if let Some(before) = before {
        reject(RejectReason::Malformed, before);
    }
    let mut paragraphs = match length {
        SummaryLength::Bullets => lines.into_iter().filter(|l| !l.is_empty()).collect(),
        _ => join_paragraphs(&lines),
    };
    if length == SummaryLength::Headline {
        for paragraph in &mut paragraphs {
            let quotes = ['"', '“', '”', '«', '»'];
            *paragraph = paragraph.trim_end_matches('.').trim_matches(quotes).trim_end_matches('.').to_owned();
        }
    }
    if truncated && let Some(tail) = cut_unfinished(&mut paragraphs, target) {
        reject(RejectReason::Truncated, tail);
    }
    if let Some(most) = most_sentences(length) {
        // A text counted in sentences is one paragraph.
        let whole = paragraphs.join(" ");
        let sentences = sentence::split(&whole, target);
        if sentences.len() > most {
            let (keep, rest) = whole.split_at(sentences[most].start);
            reject(RejectReason::Surplus, rest.trim().to_owned());
            paragraphs = vec![keep.trim().to_owned()];
        } else {
            paragraphs = vec![whole];
        }
    }
    let most = match length {
        SummaryLength::Headline => 1,
        SummaryLength::Bullets => BULLETS,
        _ => PARAGRAPHS,
    };
    for surplus in paragraphs.split_off(most.min(paragraphs.len())) {
        reject(RejectReason::Surplus, surplus);
    }
    paragraphs.retain(|p| !words(p).is_empty());
    let whole = paragraphs.join("\n\n");
    let fault = if whole.is_empty() {
        Some(RejectReason::Empty)
    } else if !lang::is_in(&whole, target) {
        Some(RejectReason::WrongLanguage)
    } else if length == SummaryLength::Headline && words(&whole).len() > HEADLINE_WORDS {
        Some(RejectReason::TooLong)
    } else {
        None
    };
    if let Some(reason) = fault {
        reject(reason, text.trim().to_owned());
        return Ok(None);
    }
    Ok(Some(Summary { title, length, paragraphs }))
}

/// Lines to paragraphs: an empty line separates them.
fn join_paragraphs(lines: &[String]) -> Vec<String> {
    lines.split(|l| l.is_empty()).filter(|p| !p.is_empty()).map(|p| p.join(" ")).collect()
}

/// Cuts off what the model could not finish, and gives it back.
fn cut_unfinished(paragraphs: &mut Vec<String>, language: Language) -> Option<String> {
    let last = paragraphs.pop()?;
    if is_finished(&last) {
        paragraphs.push(last);
        return None;
    }
    let start = sentence::split(&last, language).last().map_or(0, |s| s.start);
    let (whole, tail) = last.split_at(start);
    if !whole.trim().is_empty() {
        paragraphs.push(whole.trim().to_owned());
    }
    Some(tail.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, truncated: bool, length: SummaryLength) -> (Option<Vec<String>>, Vec<(RejectReason, String)>) {
        let prompts = PromptLibrary::builtin();
        let mut rejections = Vec::new();
        let summary = check(text, truncated, length, Language::EN, &prompts, &mut rejections).unwrap();
        (summary.map(|s| s.paragraphs), rejections.into_iter().map(|r| (r.reason, r.text)).collect())
    }

    #[test]
    fn the_length_is_kept_and_the_rest_is_accounted_for() {
        let text = "Summary:\nThe town buys a boat. It costs 3.5 million euros. Work starts in May. The mayor is glad.";
        let (paragraphs, rejected) = run(text, false, SummaryLength::Medium);
        assert_eq!(paragraphs.unwrap(), ["The town buys a boat. It costs 3.5 million euros. Work starts in May."]);
        assert_eq!(rejected, [(RejectReason::Surplus, "The mayor is glad.".to_owned())]);
        let (paragraphs, _) = run(text, false, SummaryLength::Short);
        assert_eq!(paragraphs.unwrap(), ["The town buys a boat."]);
    }

    #[test]
    fn a_text_that_was_cut_off_ends_with_a_full_sentence() {
        let (paragraphs, rejected) = run("The town buys a boat. It costs 3.5 mil", true, SummaryLength::Long);
        assert_eq!(paragraphs.unwrap(), ["The town buys a boat."]);
        assert_eq!(rejected, [(RejectReason::Truncated, "It costs 3.5 mil".to_owned())]);
        let (paragraphs, _) = run("The town buys a boat. It costs 18.", true, SummaryLength::Long);
        assert_eq!(paragraphs.unwrap(), ["The town buys a boat."]);
        let (paragraphs, rejected) = run("The town buys", true, SummaryLength::Long);
        assert_eq!(paragraphs, None);
        assert_eq!(rejected.iter().map(|r| r.0).collect::<Vec<_>>(), [RejectReason::Truncated, RejectReason::Empty]);
    }

    #[test]
    fn bullets_headlines_and_paragraphs_keep_their_form() {
        let bullets = "- The town buys a boat.\n- It costs 3 million.\n\n- Work starts in May.";
        assert_eq!(run(bullets, false, SummaryLength::Bullets).0.unwrap().len(), 3);
        assert_eq!(
            run("\"The town buys a boat.\"", false, SummaryLength::Headline).0.unwrap(),
            ["The town buys a boat"]
        );
        assert_eq!(
            run("One line\ngoes on.\n\nTwo.", false, SummaryLength::Long).0.unwrap(),
            ["One line goes on.", "Two."]
        );
        let long = "The town by the sea buys a very large and very expensive boat for all its people";
        assert_eq!(run(long, false, SummaryLength::Headline).1[0].0, RejectReason::TooLong);
    }

    #[test]
    fn nothing_and_another_language_are_rejected() {
        assert_eq!(run(" \n", false, SummaryLength::Medium).1[0].0, RejectReason::Empty);
        let spanish = "El pueblo compra un barco nuevo para todos sus vecinos.";
        assert_eq!(run(spanish, false, SummaryLength::Medium).1, [(RejectReason::WrongLanguage, spanish.to_owned())]);
    }
}
