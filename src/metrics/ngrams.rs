//! Counts of n-grams and common subsequences over tokens of any type.

use std::collections::HashMap;
use std::hash::Hash;

/// How often each run of `n` tokens occurs; nothing for `n` of 0.
pub(super) fn counts<T: Eq + Hash>(tokens: &[T], n: usize) -> HashMap<&[T], usize> {
    let mut counts = HashMap::new();
    if n > 0 {
        for gram in tokens.windows(n) {
            *counts.entry(gram).or_insert(0) += 1;
        }
    }
    counts
}

/// The number of n-grams in both, each counted as often as it occurs in both (clipped counts).
pub(super) fn common<T: Eq + Hash>(a: &HashMap<&[T], usize>, b: &HashMap<&[T], usize>) -> usize {
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    few.iter().map(|(gram, count)| (*count).min(many.get(gram).copied().unwrap_or(0))).sum()
}

/// How many runs of `n` tokens there are.
pub(super) fn total(tokens: usize, n: usize) -> usize {
    if n == 0 { 0 } else { (tokens + 1).saturating_sub(n) }
}

/// Length of the longest common subsequence; time is the product of the lengths, memory the second one.
pub(super) fn lcs_length<T: Eq>(a: &[T], b: &[T]) -> usize {
    let mut row = vec![0usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = if x == y { diagonal + 1 } else { above.max(row[j]) };
            diagonal = above;
        }
    }
    row[b.len()]
}

/// Marks in `marks` the positions in `a` of one longest common subsequence with `b`. Of several it takes the one
/// that `rouge-score` finds, by going back from the end and preferring to drop from `a`. One bit a cell is kept.
pub(super) fn mark_lcs<T: Eq>(a: &[T], b: &[T], marks: &mut [bool]) {
    let width = b.len();
    let mut drop_b = vec![0u64; (a.len() * width).div_ceil(64)];
    let mut row = vec![0usize; width + 1];
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = 0;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            if x == y {
                row[j + 1] = diagonal + 1;
            } else if row[j] > above {
                row[j + 1] = row[j];
                let cell = i * width + j;
                drop_b[cell / 64] |= 1 << (cell % 64);
            }
            diagonal = above;
        }
    }
    let (mut i, mut j) = (a.len(), width);
    while i > 0 && j > 0 {
        let cell = (i - 1) * width + j - 1;
        if a[i - 1] == b[j - 1] {
            marks[i - 1] = true;
            i -= 1;
            j -= 1;
        } else if drop_b[cell / 64] >> (cell % 64) & 1 == 1 {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

/// Gives each different token a number, so that the counting compares numbers instead of strings.
#[derive(Default)]
pub(super) struct Numbering(HashMap<String, u32>);

impl Numbering {
    pub(super) fn number(&mut self, tokens: Vec<String>) -> Vec<u32> {
        let mut number_of = |token| {
            let next = self.0.len() as u32;
            *self.0.entry(token).or_insert(next)
        };
        tokens.into_iter().map(&mut number_of).collect()
    }

    /// The numbers of tokens, `None` for those that have none yet.
    pub(super) fn known(&self, tokens: Vec<String>) -> Vec<Option<u32>> {
        tokens.iter().map(|token| self.0.get(token).copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_clipped_to_the_smaller() {
        let (a, b) = (counts(&[1, 1, 1, 2], 1), counts(&[1, 1, 3], 1));
        assert_eq!(common(&a, &b), 2);
        assert_eq!(counts(&[1, 2], 3).len() + counts(&[1, 2], 0).len(), 0);
        assert_eq!((total(4, 2), total(1, 2), total(3, 0)), (3, 0, 0));
    }

    #[test]
    fn both_ways_to_the_longest_common_subsequence_agree() {
        let (a, b) = (b"ABCBDAB", b"BDCABA");
        assert_eq!(lcs_length(a, b), 4);
        let mut marks = [false; 7];
        mark_lcs(a, b, &mut marks);
        assert_eq!(marks.iter().filter(|marked| **marked).count(), 4);
        assert_eq!(lcs_length(a, b""), 0);
        mark_lcs(a, b"", &mut [false; 7]);
        mark_lcs(b"", b, &mut []);
    }
}
