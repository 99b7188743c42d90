//! Quotations of a text: what stands between quotation marks, and whether the source has it word for word.

use std::sync::LazyLock;

use regex::Regex;

use crate::article::Span;
use crate::metrics::text::words;

/// A straight mark opens before a word and closes behind one, so that a mark that is never closed takes nothing with it.
static QUOTED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"“([^”“]{1,2000})[”“]|«([^»]{1,2000})»|(?:^|[\s(\[—–-])"([^\s"](?:[^"]{0,2000}[^\s"])?)""#).unwrap()
});

/// Where a sentence ends. What is quoted of several need not stand together.
static END: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[.!?]\s+").unwrap());

/// What may be left out inside a quotation.
static OMISSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[[^\]]*\]|\(?…\)?|\(?\.\.\.\)?").unwrap());

/// The places of quotations that have words, without their marks. Single marks are apostrophes too and are not read.
pub(super) fn find(text: &str) -> Vec<Span> {
    let inner = QUOTED.captures_iter(text).filter_map(|c| c.iter().skip(1).flatten().next());
    inner.filter(|quoted| !words(quoted.as_str()).is_empty()).map(|q| Span::new(q.start(), q.end())).collect()
}

/// Whether the words of each sentence of a quotation stand in the source in a run; around an omission each part for
/// itself, in order.
pub(super) fn stands_in(quotation: &str, source: &[String]) -> bool {
    END.split(quotation).all(|sentence| sentence_stands_in(sentence, source))
}

fn sentence_stands_in(sentence: &str, source: &[String]) -> bool {
    let mut from = 0;
    OMISSION.split(sentence).map(words).filter(|part| !part.is_empty()).all(|part| {
        let at = source[from..].windows(part.len()).position(|run| run == part);
        from += at.map_or(0, |at| at + part.len());
        at.is_some()
    })
}
