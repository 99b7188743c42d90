//! The encoder's tokens: SentencePiece unigrams (Kudo 2018) as XLM-R has them.

use std::collections::HashMap;

use tokenizers::models::unigram::Unigram;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::whitespace::WhitespaceSplit;
use tokenizers::{PreTokenizerWrapper, Tokenizer};

use super::damaged;
use crate::error::{Error, ErrorKind, Result};

/// Characters that are written otherwise before a text is cut; an empty text removes one.
pub(super) type CharacterMap = HashMap<char, String>;

/// Cuts texts into tokens.
pub(super) struct Pieces {
    tokenizer: Tokenizer,
    characters: CharacterMap,
    bos: u32,
    eos: u32,
}

impl Pieces {
    /// A tokenizer of pieces with their log probabilities.
    pub(super) fn of_vocabulary(
        pieces: Vec<(String, f64)>,
        characters: CharacterMap,
        [bos, eos, unknown]: [u32; 3],
    ) -> Result<Self> {
        let model = Unigram::from(pieces, Some(unknown as usize), false).map_err(|e| damaged(e.to_string()))?;
        let mut tokenizer = Tokenizer::new(model);
        tokenizer.with_pre_tokenizer(Some(Sequence::new(vec![
            PreTokenizerWrapper::from(WhitespaceSplit),
            PreTokenizerWrapper::from(Metaspace::new('▁', PrependScheme::Always, true)),
        ])));
        Ok(Self { tokenizer, characters, bos, eos })
    }

    /// The tokenizer of a `tokenizer.json`.
    pub(super) fn of_tokenizer(mut tokenizer: Tokenizer) -> Result<Self> {
        // Such files may ask for a cut at 512 tokens.
        tokenizer.with_truncation(None).map_err(|e| damaged(e.to_string()))?;
        tokenizer.with_padding(None);
        let id = |mark: &str| {
            tokenizer.token_to_id(mark).ok_or_else(|| damaged(format!("its vocabulary has no token `{mark}`")))
        };
        let (bos, eos) = (id("<s>")?, id("</s>")?);
        Ok(Self { tokenizer, characters: CharacterMap::new(), bos, eos })
    }

    /// The tokens of a text, without marks around it.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>> {
        let mut mapped = String::with_capacity(text.len());
        for c in text.chars() {
            match self.characters.get(&c) {
                Some(instead) => mapped.push_str(instead),
                None => mapped.push(c),
            }
        }
        let encoding = self
            .tokenizer
            .encode_fast(mapped, false)
            .map_err(|e| Error::new(ErrorKind::Inference, "a text cannot be cut into tokens").with_source(e))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// Tokens between the marks of beginning and end.
    pub(super) fn marked(&self, tokens: &[u32]) -> Vec<u32> {
        [&[self.bos], tokens, &[self.eos]].concat()
    }
}
