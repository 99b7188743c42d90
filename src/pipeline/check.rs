//! Validation: a draft to accepted entries and rejections with their reasons.

use super::compare::{overlap, words};
use super::parse::DraftEntry;
use crate::content::{FaqEntry, RejectReason, Rejection, Task};
use crate::lang::{Language, is_foreign, is_in};
use crate::prompt::Labels;

/// Questions that share this much of their words ask the same.
const SAME_QUESTION: f64 = 0.75;
/// Answers that share this much of their words say the same.
const SAME_ANSWER: f64 = 0.85;

/// What one generation may add to a FAQ.
pub(super) struct FaqChecker<'a> {
    pub(super) target: Language,
    pub(super) labels: &'a Labels,
    /// How many entries are wanted in all.
    pub(super) wanted: usize,
    pub(super) accepted: Vec<FaqEntry>,
    pub(super) rejections: Vec<Rejection>,
}

impl FaqChecker<'_> {
    /// Takes the entries of a draft. `truncated` says that the model was cut off in the last one.
    pub(super) fn take(&mut self, entries: Vec<DraftEntry>, truncated: bool) {
        let count = entries.len();
        for (index, draft) in entries.into_iter().enumerate() {
            let entry = FaqEntry {
                question: mend_question(&draft.question, self.labels.question_opening),
                answer: draft.answer.trim().to_owned(),
            };
            let cut_off = truncated && index + 1 == count && !is_finished(&entry.answer);
            let reason = if cut_off { Some(RejectReason::Truncated) } else { self.fault(&entry) };
            match reason {
                None => self.accepted.push(FaqEntry { answer: mend_end(entry.answer), ..entry }),
                Some(reason) => self.rejections.push(Rejection { task: Task::Faq, reason, text: draft.text() }),
            }
        }
    }

    fn fault(&self, entry: &FaqEntry) -> Option<RejectReason> {
        let FaqEntry { question, answer } = entry;
        if words(question).is_empty() || words(answer).is_empty() {
            return Some(RejectReason::Empty);
        }
        if !question.ends_with('?') {
            return Some(RejectReason::NotAQuestion);
        }
        let both = format!("{question} {answer}");
        if !is_in(&both, self.target) || !is_in(answer, self.target) || is_foreign(question, self.target) {
            return Some(RejectReason::WrongLanguage);
        }
        if overlap(question, answer) >= SAME_QUESTION {
            return Some(RejectReason::RepeatsQuestion);
        }
        let known = self.accepted.iter();
        if known
            .clone()
            .any(|e| overlap(&e.question, question) >= SAME_QUESTION || overlap(&e.answer, answer) >= SAME_ANSWER)
        {
            return Some(RejectReason::Duplicate);
        }
        (known.len() >= self.wanted).then_some(RejectReason::Surplus)
    }

    /// How many entries are still wanted.
    pub(super) fn missing(&self) -> usize {
        self.wanted.saturating_sub(self.accepted.len())
    }
}

/// Whether a text ends as a sentence does.
fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '»', ')', '\'']).ends_with(['.', '!', '?', '…'])
}

/// Whether a text that the model was cut off in is whole all the same. "It costs 18." may be the beginning
/// of "It costs 18.6 million".
pub(super) fn is_finished(text: &str) -> bool {
    let in_number = text.strip_suffix('.').is_some_and(|t| t.ends_with(|c: char| c.is_ascii_digit()));
    ends_sentence(text) && !in_number
}

fn mend_question(question: &str, opening: Option<char>) -> String {
    let question = question.trim();
    match opening {
        Some(mark) if question.ends_with('?') && !question.contains(mark) => format!("{mark}{question}"),
        _ => question.to_owned(),
    }
}

/// An answer that the model ended itself gets the stop that it left out.
fn mend_end(answer: String) -> String {
    if ends_sentence(&answer) { answer } else { answer.trim_end_matches([',', ';', ':']).to_owned() + "." }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prompt::PromptLibrary;

    fn check(
        target: Language,
        wanted: usize,
        truncated: bool,
        pairs: &[(&str, &str)],
    ) -> (Vec<FaqEntry>, Vec<RejectReason>) {
        let prompts = PromptLibrary::builtin();
        let labels = prompts.labels(target).unwrap();
        let mut checker = FaqChecker { target, labels, wanted, accepted: Vec::new(), rejections: Vec::new() };
        let drafts = pairs.iter().map(|(q, a)| DraftEntry { question: (*q).into(), answer: (*a).into() }).collect();
        checker.take(drafts, truncated);
        (checker.accepted, checker.rejections.into_iter().map(|r| r.reason).collect())
    }

    #[test]
    fn good_entries_pass_and_small_faults_of_form_are_mended() {
        let (accepted, rejected) = check(
            Language::ES,
            4,
            false,
            &[("Cuándo abre la biblioteca del puerto?", "La biblioteca del puerto abre el lunes a las nueve")],
        );
        assert_eq!(rejected, []);
        assert_eq!(accepted[0].question, "¿Cuándo abre la biblioteca del puerto?");
        assert_eq!(accepted[0].answer, "La biblioteca del puerto abre el lunes a las nueve.");
    }

    #[test]
    fn each_fault_has_its_reason() {
        let good = ("When does the harbour library open?", "The library opens on Monday at nine in the morning.");
        let (accepted, rejected) = check(
            Language::EN,
            2,
            false,
            &[
                good,
                ("When does the library open?", ""),
                ("The opening of the library.", "It is a great day for the whole town."),
                ("When does the harbour library open, then?", "Nobody has said anything about that so far."),
                ("How late is it open?", "The library opens on Monday at nine in the morning!"),
                (
                    "Who pays for the new roof of the school?",
                    "¿Quién lo paga? El ayuntamiento paga todo el tejado nuevo.",
                ),
                ("Why was the old mill closed by the council?", "Why the old mill was closed by the council."),
                ("Who runs it?", "A group of forty volunteers from the town runs the library."),
                ("What does a library card cost?", "A card is free for everyone under eighteen."),
            ],
        );
        assert_eq!(accepted.len(), 2);
        assert_eq!(accepted[0].question, good.0);
        use RejectReason::*;
        assert_eq!(rejected, [Empty, NotAQuestion, Duplicate, Duplicate, WrongLanguage, RepeatsQuestion, Surplus]);
    }

    #[test]
    fn a_question_in_another_language_is_rejected_though_its_answer_is_right() {
        let answer =
            "El primer barco eléctrico entrará en servicio en abril de 2027, y el segundo lo hará en septiembre.";
        let (accepted, rejected) =
            check(Language::ES, 2, false, &[("When will the first electric boat enter service?", answer)]);
        assert_eq!((accepted.len(), rejected), (0, vec![RejectReason::WrongLanguage]));
    }

    #[test]
    fn only_a_cut_off_last_answer_is_truncated() {
        let pairs = [
            ("Who runs the library?", "A group of forty volunteers runs it every day"),
            ("What does a library card cost?", "A card is free for everyone under"),
        ];
        let (accepted, rejected) = check(Language::EN, 4, true, &pairs);
        assert_eq!((accepted.len(), rejected), (1, vec![RejectReason::Truncated]));
    }
}
