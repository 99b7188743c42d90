//! Text that grows token by token and ends before the first stop text.

/// The text of one generation. What might be the beginning of a stop text is held back until it is clear.
#[derive(Debug)]
pub(super) struct StopText {
    stops: Vec<String>,
    text: String,
    /// Bytes that are certain to be part of the result.
    certain: usize,
    /// Bytes that were given out by [`StopText::take_new`].
    taken: usize,
}

impl StopText {
    pub(super) fn new(stops: &[String]) -> Self {
        let stops = stops.iter().filter(|s| !s.is_empty()).cloned().collect();
        Self { stops, text: String::new(), certain: 0, taken: 0 }
    }

    /// Adds a piece; true if a stop text is complete, which then is cut off with all behind it.
    pub(super) fn push(&mut self, piece: &str) -> bool {
        self.text.push_str(piece);
        let tail = &self.text[self.certain..];
        if let Some(at) = self.stops.iter().filter_map(|s| tail.find(s.as_str())).min() {
            self.text.truncate(self.certain + at);
            self.certain = self.text.len();
            return true;
        }
        let held = tail
            .char_indices()
            .map(|(i, _)| &tail[i..])
            .find(|end| self.stops.iter().any(|s| s.starts_with(end)))
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

    #[test]
    fn a_stop_text_over_several_pieces_is_never_given_out() {
        let mut text = StopText::new(&["\n\nEND".to_owned()]);
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
    fn what_was_held_back_is_given_out_at_the_end() {
        let mut text = StopText::new(&["ñandú".to_owned()]);
        assert!(!text.push("mañana ña"));
        assert_eq!(text.take_new(), "mañana ");
        text.finish();
        assert_eq!(text.take_new(), "ña");
    }
}
