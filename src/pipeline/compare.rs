//! Whether two texts say the same in the same words.

use std::collections::HashSet;

/// The words of a text in lower case, without punctuation.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Jaccard similarity of the sets of words, from 0 to 1; two texts without words are equal.
pub(super) fn overlap(a: &str, b: &str) -> f64 {
    let (a, b): (HashSet<_>, HashSet<_>) = (words(a).into_iter().collect(), words(b).into_iter().collect());
    let union = a.union(&b).count();
    if union == 0 { 1.0 } else { a.intersection(&b).count() as f64 / union as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_order_do_not_count() {
        assert_eq!(overlap("¿Cuándo abre?", "abre, CUÁNDO"), 1.0);
        assert_eq!(overlap("one two three", "two three four"), 0.5);
        assert_eq!(overlap("", "..."), 1.0);
        assert_eq!(overlap("a", "b"), 0.0);
    }
}
