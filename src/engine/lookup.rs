//! Prompt lookup: what may come next, copied from where the same words stood before.
//!
//! Answers repeat the article: a name, a number, half a sentence. Tokens that followed the last few ones earlier in the text
//! are computed together with the next one, and kept as far as the model writes the same (Saxena 2023, "Prompt lookup
//! decoding"; the verification is that of Leviathan et al. 2023 for a draft that is certain of itself).

use std::collections::HashMap;

/// Tokens that must agree before a place counts as the same: the longer run is looked for first.
const GRAMS: [usize; 2] = [3, 2];

/// How much the share of accepted tokens follows the last draft.
const ADAPTATION: f32 = 0.25;

/// Tokens written after which a text that was not worth drafts is tried again.
const RETRY_AFTER: usize = 24;

/// The tokens of one text, prompt and what was written, and where each run of them stood last.
#[derive(Debug)]
pub(super) struct Lookup {
    tokens: Vec<u32>,
    /// A run and the position behind its last occurrence that something follows.
    places: [HashMap<[u32; 3], usize>; 2],
    /// The share of drafted tokens that was accepted lately.
    rate: f32,
    without_draft: usize,
}

/// The last `n` of these tokens as a key.
fn gram(tokens: &[u32], n: usize) -> Option<[u32; 3]> {
    let run = tokens.get(tokens.len().checked_sub(n)?..)?;
    let mut key = [u32::MAX; 3];
    key[..n].copy_from_slice(run);
    Some(key)
}

impl Lookup {
    pub(super) fn new(prompt: &[u32]) -> Self {
        let mut lookup = Self {
            tokens: Vec::with_capacity(prompt.len() + 256),
            places: Default::default(),
            rate: 0.5,
            without_draft: 0,
        };
        for token in prompt {
            lookup.push(*token);
        }
        lookup
    }

    /// Adds the next token of the text.
    pub(super) fn push(&mut self, token: u32) {
        for (places, n) in self.places.iter_mut().zip(GRAMS) {
            if let Some(key) = gram(&self.tokens, n) {
                places.insert(key, self.tokens.len());
            }
        }
        self.tokens.push(token);
    }

    /// At most `most` tokens that may follow; fewer, or none, where drafts were not worth their while lately.
    pub(super) fn draft(&mut self, most: usize) -> &[u32] {
        let worth = match self.rate {
            0.6.. => most,
            0.35.. => most.min(4),
            0.15.. => most.min(2),
            _ if self.without_draft >= RETRY_AFTER => most.min(2),
            _ => 0,
        };
        self.without_draft += 1;
        let place = self.places.iter().zip(GRAMS).find_map(|(places, n)| places.get(&gram(&self.tokens, n)?));
        match place {
            Some(&place) if worth > 0 => {
                self.without_draft = 0;
                &self.tokens[place..self.tokens.len().min(place + worth)]
            }
            _ => &[],
        }
    }

    /// Notes how a draft fared.
    pub(super) fn judge(&mut self, drafted: usize, accepted: usize) {
        if drafted > 0 {
            self.rate += ADAPTATION * (accepted as f32 / drafted as f32 - self.rate);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_what_followed_the_last_time() {
        let mut lookup = Lookup::new(&[1, 2, 3, 4, 5, 9, 2, 3, 7, 7, 1, 2]);
        lookup.rate = 1.0;
        assert_eq!(lookup.draft(3), [3, 4, 5], "two tokens agree");
        lookup.push(3);
        assert_eq!(lookup.draft(2), [4, 5], "three agree, though two of them stood elsewhere later");
        assert_eq!(lookup.draft(100), [4, 5, 9, 2, 3, 7, 7, 1, 2, 3], "no more than there is");
        lookup.push(8);
        assert_eq!(lookup.draft(4), [0u32; 0]);
        assert_eq!(Lookup::new(&[1]).draft(4), [0u32; 0]);
    }

    #[test]
    fn drafts_that_fail_become_short_and_stop_and_are_tried_again() {
        let mut lookup = Lookup::new(&[1, 2, 3, 4, 5, 6, 7, 1, 2, 3]);
        assert_eq!(lookup.draft(6).len(), 4);
        for _ in 0..8 {
            lookup.judge(4, 0);
        }
        assert_eq!(lookup.draft(6).len(), 0);
        let waited = (0..100).take_while(|_| lookup.draft(6).is_empty()).count();
        assert!((10..=RETRY_AFTER).contains(&waited), "{waited}");
        for _ in 0..8 {
            lookup.judge(2, 2);
        }
        assert_eq!(lookup.draft(6).len(), 6);
    }
}
