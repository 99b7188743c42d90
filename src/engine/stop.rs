//! Text that grows token by token and ends before a stop text.

use super::Stop;

/// The text of one generation. What might be the beginning of a stop text is held back until it is clear.
#[derive(Debug)]
pub(super) struct StopText {
    stops: Vec<Stop>,
    text: String,
    /// Bytes that are certain to be part of the result.
    certain: usize,
    /// Bytes that were given out by [`StopText::take_new`].
    taken: usize,
}

impl StopText {
    pub(super) fn new(stops: &[Stop]) -> Self {
        let stops = stops.iter().filter(|s| !s.text.is_empty()).cloned().collect();
        Self { stops, text: String::new(), certain: 0, taken: 0 }
    }

    /// Adds a piece; true if a stop text is complete, which then is cut off with all behind it.
    pub(super) fn push(&mut self, piece: &str) -> bool {
        self.text.push_str(piece);
        // Behind nothing but white space a stop text ends nothing: some models begin with their own label.
        let begun = self.text.len() - self.text.trim_start().len();
        let nth = |stop: &Stop| {
            let mut found = self.text.match_indices(&stop.text).filter(|(at, _)| *at >= begun);
            found.nth(stop.occurrence.saturating_sub(1))
        };
        if let Some(at) = self.stops.iter().filter_map(|s| Some(nth(s)?.0)).min() {
            self.text.truncate(at);
            self.certain = self.text.len();
            return true;
        }
        let tail = &self.text[self.certain..];
        let held = tail
            .char_indices()
            .map(|(i, _)| &tail[i..])
            .find(|end| self.stops.iter().any(|s| s.text.starts_with(end)))
            .map_or(0, str::len);
        self.certain = self.text.len() - held;
        false
    }

    /// Says that nothing follows, so nothing needs to be held back.
    pub(super) fn finish(&mut self) {
        self.certain = self.text.len();
    }

    /// What became certain since the last call.
    pub(super) fn take_new(&mut self) -> &str {
        let start = std::mem::replace(&mut self.taken, self.certain);
        &self.text[start..self.certain]
    }

    /// The whole text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stop(text: &str, occurrence: usize) -> Stop {
        Stop { text: text.to_owned(), occurrence }
    }

    #[test]
    fn a_stop_text_over_several_pieces_is_never_given_out() {
        let mut text = StopText::new(&[stop("\n\nEND", 1)]);
        let mut given = String::new();
        for piece in ["one", "\n", "\n", "two\n\nE", "N"] {
            assert!(!text.push(piece));
            given.push_str(text.take_new());
        }
        assert_eq!(given, "one\n\ntwo");
        assert!(text.push("D and more"));
        assert_eq!(text.take_new(), "");
        assert_eq!(text.into_text(), "one\n\ntwo");
    }

    #[test]
    fn a_later_occurrence_may_be_the_one_that_ends_it() {
        let mut text = StopText::new(&[stop("\nQ:", 2)]);
        assert!(!text.push(" One?\nQ: Two?\nQ"));
        assert_eq!(text.take_new(), " One?\nQ: Two?");
        assert!(text.push(": Three?"));
        assert_eq!(text.into_text(), " One?\nQ: Two?");
    }

    #[test]
    fn behind_nothing_a_stop_text_ends_nothing() {
        let mut text = StopText::new(&[stop("\nQ:", 1)]);
        assert!(!text.push("\nQ: One?"));
        assert!(text.push("\nQ: Two?"));
        assert_eq!(text.into_text(), "\nQ: One?");
    }

    #[test]
    fn what_was_held_back_is_given_out_at_the_end() {
        let mut text = StopText::new(&[stop("ñandú", 1)]);
        assert!(!text.push("mañana ña"));
        assert_eq!(text.take_new(), "mañana ");
        text.finish();
        assert_eq!(text.take_new(), "ña");
    }
}
