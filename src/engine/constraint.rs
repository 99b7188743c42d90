//! Constrained decoding: which tokens may come next, so that a text has the form of its grammar.
//!
//! The work is done by `llguidance`: it walks the tree of the vocabulary's bytes beside the derivatives of the grammar's
//! expression. On the 151,936 tokens of Qwen2.5 the tree takes about 0.2 s to build, once a model and only if there is a
//! grammar; a mask takes 0.2 ms in the middle of a text, 1 to 2 ms where a line begins or is about to reach its bound,
//! 0.2 to 0.4 ms on average (release build, one thread of an AMD EPYC).

use std::sync::Arc;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::{InferenceCapabilities, TokEnv, TokRxInfo, TokTrie, TokenizerEnv};
use llguidance::{Matcher, ParserFactory};

use super::grammar::{Grammar, VISIBLE_IN_QUESTION};
use super::tokenizer::{ModelTokenizer, Place};
use crate::error::{Error, ErrorKind, Result};

#[cfg(test)]
mod tests;

/// Tokens of up to so many visible characters are looked at together: where the grammar lets any such text follow, one
/// set stands for nearly the whole vocabulary.
const COMMON_LENGTH: usize = 16;

/// The tree is no deeper than 1,024 bytes. Longer tokens never come.
const LONGEST: usize = 1024;

/// What all constraints of one model share.
pub(super) struct Constraints {
    factory: ParserFactory,
}

impl Constraints {
    /// Makes the tree of the vocabulary.
    ///
    /// # Errors
    /// `Model` if there is none to be made of it.
    pub(super) fn new(tokenizer: Arc<ModelTokenizer>) -> Result<Self> {
        let unfit =
            |message: String| Error::new(ErrorKind::Model, "no grammar fits the vocabulary").with_source(message);
        let vocabulary: TokEnv = Arc::new(Vocabulary::new(tokenizer)?);
        let common = format!("(?: ?{VISIBLE_IN_QUESTION}){{1,{COMMON_LENGTH}}}");
        let can = InferenceCapabilities { ff_tokens: true, ..InferenceCapabilities::default() };
        let mut factory = ParserFactory::new(&vocabulary, can, &[common]).map_err(|e| unfit(e.to_string()))?;
        factory.quiet();
        factory.limits_mut().verbose_errors = false;
        Ok(Self { factory })
    }

    /// The constraint of a text that is yet to begin.
    ///
    /// # Errors
    /// `Config` if the grammar is too large.
    pub(super) fn start(&self, grammar: &Grammar) -> Result<Constraint> {
        let parser = self.factory.create_parser(TopLevelGrammar::from_regex(grammar.pattern())).map_err(|e| {
            let size = grammar.pattern().len();
            let message = format!("the grammar cannot be used; its expression of {size} bytes may be too large");
            Error::new(ErrorKind::Config, message).with_source(e)
        })?;
        Ok(Constraint { matcher: Matcher::new(Ok(parser)) })
    }
}

/// A text that is being written, and what its grammar lets follow. A clone is cheap (microseconds) and goes its own way.
#[derive(Clone)]
pub(super) struct Constraint {
    matcher: Matcher,
}

impl Constraint {
    /// Makes the logits (one a token of the vocabulary) of all tokens that may not come next minus infinity. Behind a
    /// whole text the tokens that end the model's turn may come, behind one that can only end nothing else.
    pub(super) fn mask(&mut self, logits: &mut [f32]) -> Result<()> {
        let allowed = self.matcher.compute_mask_or_eos().map_err(broken)?;
        let (known, padding) = logits.split_at_mut(allowed.len().min(logits.len()));
        allowed.iter_unset_entries(|token| {
            if let Some(logit) = known.get_mut(token) {
                *logit = f32::NEG_INFINITY;
            }
        });
        padding.fill(f32::NEG_INFINITY);
        Ok(())
    }

    /// Takes the token that comes next.
    ///
    /// # Errors
    /// `Inference` if it may not.
    pub(super) fn commit(&mut self, token: u32) -> Result<()> {
        self.matcher.consume_token(token).map_err(broken)
    }

    /// Whether the text is whole and nothing may follow: the grammar is at its end, or the model has ended its turn.
    pub(super) fn is_done(&self) -> bool {
        self.matcher.is_stopped()
    }

    /// The tokens that must come next, as the tokenizer would cut them; none where there is a choice. They are not taken.
    pub(super) fn forced(&mut self) -> Vec<u32> {
        if self.is_done() { Vec::new() } else { self.matcher.compute_ff_tokens() }
    }

    /// How many of these tokens may come next, in this order. None is taken. Forced text may be cut otherwise than by
    /// [`forced`](Self::forced) here.
    pub(super) fn allows(&mut self, tokens: &[u32]) -> Result<usize> {
        let vocabulary = self.matcher.tok_env().map_err(broken)?.tok_trie().vocab_size();
        let known = tokens.iter().take_while(|t| (**t as usize) < vocabulary).count();
        self.matcher.validate_tokens(&tokens[..known]).map_err(broken)
    }
}

fn broken(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Inference, "the text and its grammar do not fit").with_source(cause)
}

/// The vocabulary and the tokenizer as `llguidance` wants them.
struct Vocabulary {
    tree: TokTrie,
    tokenizer: Arc<ModelTokenizer>,
}

impl Vocabulary {
    /// Tokens without a text of their own are no part of the tree, so they never come; only those that end a turn are known.
    fn new(tokenizer: Arc<ModelTokenizer>) -> Result<Self> {
        let fits = |bytes: &Vec<u8>| bytes.len() <= LONGEST;
        let words: Vec<_> = tokenizer.token_bytes().map(|bytes| bytes.filter(fits).unwrap_or_default()).collect();
        let mut ends: Vec<u32> =
            tokenizer.stop_tokens.iter().copied().filter(|t| (*t as usize) < words.len()).collect();
        ends.sort_unstable();
        let first = *ends.first().ok_or_else(|| Error::new(ErrorKind::Model, "no token ends a text"))?;
        let tree = TokTrie::from(&TokRxInfo::new(words.len() as u32, first), &words).with_eos_tokens(&ends);
        Ok(Self { tree, tokenizer })
    }
}

impl TokenizerEnv for Vocabulary {
    fn tok_trie(&self) -> &TokTrie {
        &self.tree
    }

    fn tokenize_bytes(&self, bytes: &[u8]) -> Vec<u32> {
        let greedy = |text: &[u8]| self.tree.greedy_tokenize(text);
        let encode =
            |text: &str| self.tokenizer.encode_plain(text, Place::Middle).unwrap_or_else(|_| greedy(text.as_bytes()));
        let tokens = self.tree.tokenize_with_greedy_fallback(bytes, encode);
        // A tokenizer that composes accents, or knows `<tool_call>`, gives the tokens of another text.
        if self.tree.decode_raw(&tokens) == bytes { tokens } else { greedy(bytes) }
    }
}
