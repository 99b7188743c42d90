//! Words that were broken at the end of a line.

use std::collections::HashSet;

use super::lines::Line;

/// Words of a document, to tell how a word that was broken at a line's end is written.
#[derive(Debug, Default)]
pub(super) struct Words {
    known: HashSet<String>,
}

impl Words {
    pub(super) fn of(lines: &[Line]) -> Self {
        let mut known = HashSet::new();
        // Neither half of a word that was broken is a word.
        let mut broken = false;
        for line in lines {
            let text = line.text().to_lowercase();
            let words: Vec<&str> = text.split_whitespace().skip(usize::from(broken)).collect();
            broken = text.ends_with(['-', '\u{AD}', '\u{2010}']);
            for word in &words[..words.len().saturating_sub(usize::from(broken))] {
                known.insert(word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned());
            }
        }
        Self { known }
    }

    fn has(&self, word: &str) -> bool {
        self.known.contains(word)
    }

    /// Joins two lines; a hyphen between them goes unless it belongs to the word.
    pub(super) fn join(&self, text: &mut String, next: &str) {
        if let Some(stem) = text.strip_suffix('\u{AD}') {
            text.truncate(stem.len());
            text.push_str(next);
            return;
        }
        let Some(stem) = text.strip_suffix(['-', '\u{2010}']).filter(|s| s.ends_with(char::is_alphanumeric)) else {
            text.push(' ');
            text.push_str(next);
            return;
        };
        let outer = |c: char| !c.is_alphanumeric() && c != '-';
        let before = stem.rsplit(char::is_whitespace).next().unwrap_or_default().trim_matches(outer).to_lowercase();
        let after = next.split(char::is_whitespace).next().unwrap_or_default().trim_matches(outer).to_lowercase();
        let long = |word: &str| word.chars().count() > 3;
        let low = next.starts_with(char::is_lowercase) && stem.ends_with(char::is_alphabetic);
        let joined = self.has(&format!("{before}{after}"));
        let compound = self.has(&format!("{before}-{after}"))
            || (!joined && long(&before) && long(&after) && self.has(&before) && self.has(&after));
        if low && !compound {
            text.truncate(stem.len());
        }
        text.push_str(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::pdf::glyphs::Run;

    #[test]
    fn hyphens_go_unless_they_belong_to_the_word() {
        let text = "a well-known river and long banks, term by term".to_owned();
        let segment = Run { text, x0: 0.0, x1: 235.0, y: 0.0, size: 10.0, bold: false, italic: false };
        let line = Line { segments: vec![segment], page: 0, column: 0, left: 0.0, right: 235.0 };
        let words = Words::of(&[line]);
        for (before, after, expected) in [
            ("the resto-", "ration of it", "the restoration of it"),
            ("the soft\u{AD}", "Ware", "the softWare"),
            ("a well-", "known man", "a well-known man"),
            ("the long-", "term plan", "the long-term plan"),
            ("Anglo-", "Saxon", "Anglo-Saxon"),
            ("pages 12-", "14", "pages 12-14"),
            ("a dash -", "and more", "a dash - and more"),
        ] {
            let mut text = before.to_owned();
            words.join(&mut text, after);
            assert_eq!(text, expected);
        }
    }
}
