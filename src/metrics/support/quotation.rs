//! Quotations of a text: what stands between quotation marks, and whether the source has it word for word.

use std::sync::LazyLock;

use regex::Regex;

use crate::article::Span;
use crate::metrics::text::words;

static QUOTED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"“([^”“]{1,2000})[”“]|«([^»]{1,2000})»|"([^"]{1,2000})""#).unwrap());

/// What may be left out inside a quotation.
static OMISSION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\[[^\]]*\]|\(?…\)?|\(?\.\.\.\)?").unwrap());

/// The places of quotations that have words, without their marks. Single marks are apostrophes too and are not read.
pub(super) fn find(text: &str) -> Vec<Span> {
    let inner = QUOTED.captures_iter(text).filter_map(|c| c.iter().skip(1).flatten().next());
    inner.filter(|quoted| !words(quoted.as_str()).is_empty()).map(|q| Span::new(q.start(), q.end())).collect()
}

/// Whether the words of a quotation stand in the source in a run; around an omission each part for itself, in order.
pub(super) fn stands_in(quotation: &str, source: &[String]) -> bool {
    let mut from = 0;
    OMISSION.split(quotation).map(words).filter(|part| !part.is_empty()).all(|part| {
        let at = source[from..].windows(part.len()).position(|run| run == part);
        from += at.map_or(0, |at| at + part.len());
        at.is_some()
    })
}
