//! Computed beginnings that later prompts may start with.

use std::collections::HashSet;

use super::kv::Sequence;

/// The most beginnings that are kept, so that looking through them costs nothing.
const MOST: usize = 64;

/// Beginnings that are kept, the last used first to be found and last to be let go.
#[derive(Debug)]
pub(super) struct Prefixes {
    /// The last used is last.
    kept: Vec<(Vec<u32>, Sequence)>,
    /// Bytes of memory that they may hold together; the last used one may be larger.
    limit: usize,
}

/// How many tokens two texts have in common at the beginning.
pub(super) fn common(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

impl Prefixes {
    pub(super) fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), limit }
    }

    /// How many tokens of this prompt need not be computed. One is left at least, from which the first logits come.
    pub(super) fn known(&self, prompt: &[u32]) -> usize {
        let longest = self.kept.iter().map(|(tokens, _)| common(tokens, prompt)).max().unwrap_or(0);
        longest.min(prompt.len().saturating_sub(1))
    }

    /// The sequence of the longest known beginning of this prompt.
    pub(super) fn find(&mut self, prompt: &[u32]) -> Option<Sequence> {
        let known = self.known(prompt);
        if known == 0 {
            return None;
        }
        let at = self.kept.iter().rposition(|(tokens, _)| common(tokens, prompt) >= known)?;
        let entry = self.kept.remove(at);
        let mut sequence = entry.1.clone();
        self.kept.push(entry);
        sequence.truncate(known);
        Some(sequence)
    }

    /// Keeps a computed text. What it begins with need not be kept besides.
    pub(super) fn keep(&mut self, tokens: &[u32], sequence: &Sequence) {
        if self.kept.iter().any(|(kept, _)| kept.starts_with(tokens)) {
            return;
        }
        self.kept.retain(|(kept, _)| !tokens.starts_with(kept));
        self.kept.push((tokens.to_vec(), sequence.clone()));
        while self.kept.len() > 1 && (self.kept.len() > MOST || self.memory() > self.limit) {
            self.kept.remove(0);
        }
    }

    /// Bytes that are held, shared ones once.
    pub(super) fn memory(&self) -> usize {
        let parts: HashSet<_> = self.kept.iter().flat_map(|(_, sequence)| sequence.memory()).collect();
        parts.iter().map(|(_, bytes)| bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::super::kernels::attention::HeadShape;
    use super::super::kv::KvShape;
    use super::*;

    const SHAPE: KvShape = KvShape { layers: 1, heads: HeadShape { heads: 1, kv_heads: 1, head_dim: 16 } };

    fn computed(tokens: usize) -> Sequence {
        let mut sequence = Sequence::new(SHAPE, &Device::Cpu, true);
        sequence.reserve(tokens).unwrap();
        sequence.advance(tokens);
        sequence
    }

    #[test]
    fn the_longest_common_beginning_is_found_but_for_the_last_token() {
        let mut prefixes = Prefixes::new(usize::MAX);
        assert!(prefixes.find(&[1, 2]).is_none());
        prefixes.keep(&[1, 2, 3, 4], &computed(4));
        prefixes.keep(&[1, 2, 9], &computed(3));
        assert_eq!(prefixes.find(&[1, 2, 3, 7, 8]).unwrap().len(), 3);
        assert_eq!(prefixes.find(&[1, 2, 9]).unwrap().len(), 2);
        assert_eq!(prefixes.known(&[7]), 0);
        prefixes.keep(&[1, 2, 3, 4, 5], &computed(5));
        assert_eq!(prefixes.kept.len(), 2, "a beginning of another is not kept besides");
        prefixes.keep(&[1, 2], &computed(2));
        assert_eq!(prefixes.kept.len(), 2);
    }

    #[test]
    fn memory_is_bounded_and_the_last_used_stays() {
        let page = computed(1).memory()[0].1;
        let mut prefixes = Prefixes::new(2 * page);
        for first in 0..2 {
            prefixes.keep(&[first, 1, 2], &computed(3));
        }
        assert!(prefixes.find(&[0, 1, 5]).is_some());
        prefixes.keep(&[7, 7], &computed(2));
        assert_eq!((prefixes.known(&[0, 1, 5]), prefixes.known(&[1, 1, 5])), (2, 0), "the one not used went");
        assert_eq!(prefixes.memory(), 2 * page);
        prefixes.keep(&[8; 300], &computed(300));
        assert_eq!(prefixes.known(&[8; 300]), 299, "the last is kept whatever it holds");
    }
}
