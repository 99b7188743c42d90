//! The tokenizer that a GGUF file carries, rebuilt as a pipeline of the `tokenizers` library.

use std::collections::HashSet;
use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use tokenizers::{AddedToken, Tokenizer};

use super::gguf::{GgufFile, as_number};
use crate::error::{Error, ErrorKind, Result};

mod byte_level;
mod pieces;
mod stream;
#[cfg(test)]
mod tests;

use pieces::Beginning;
use stream::Spelling;
pub(super) use stream::TextDecoder;

/// What a kind of vocabulary is made of.
struct Vocabulary {
    /// Without special tokens.
    tokenizer: Tokenizer,
    spelling: Spelling,
    /// What is done where a passage begins, if anything.
    beginning: Option<Beginning>,
    /// Whether models of this kind expect a token before everything, where a file does not say.
    add_bos: bool,
}

/// A model's tokenizer with the tokens that end its turn.
pub(super) struct ModelTokenizer {
    /// Takes special tokens in a text for what they are; for the markup of chat templates.
    markup: Tokenizer,
    /// Takes them for ordinary characters; for all that people wrote.
    plain: Tokenizer,
    spelling: Spelling,
    beginning: Option<Beginning>,
    /// Whether each token of the vocabulary is a piece of text, neither markup nor filling.
    is_text: Vec<bool>,
    /// The tokens that are found in a text before it is cut: markup and user-defined ones.
    marks: HashSet<u32>,
    /// The tokens that end the model's turn.
    pub(super) stop_tokens: HashSet<u32>,
    /// The text of the token that starts a sequence, for chat templates.
    pub(super) bos: String,
    /// The text of the token that ends a sequence, for chat templates.
    pub(super) eos: String,
    /// Whether the model expects `bos` before everything.
    pub(super) add_bos: Option<u32>,
}

impl ModelTokenizer {
    pub(super) fn from_gguf(gguf: &GgufFile) -> Result<Self> {
        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let kinds = token_kinds(gguf)?;
        let Vocabulary { tokenizer: mut markup, spelling, beginning, add_bos } = match gguf
            .string("tokenizer.ggml.model")?
        {
            "gpt2" => byte_level::vocabulary(gguf, &tokens)?,
            "llama" => pieces::vocabulary(gguf, &tokens, &kinds)?,
            kind => {
                return Err(gguf.error(format!(
                        "its tokenizer is of the kind `{kind}`; known are `gpt2` (byte-level BPE) and `llama` (SentencePiece BPE)"
                    )));
            }
        };
        markup.add_special_tokens(special_tokens(&tokens, &kinds)).map_err(|e| broken(gguf, e))?;

        let mut plain = markup.clone();
        plain.set_encode_special_tokens(true);

        let text_of = |key: &str| {
            let id = gguf.optional_number(key)?;
            Some((u32::try_from(id).ok()?, (*tokens.get(id)?).to_owned()))
        };
        let bos = text_of("tokenizer.ggml.bos_token_id");
        let eos = text_of("tokenizer.ggml.eos_token_id");
        let mut stop_tokens: HashSet<u32> = eos.iter().map(|(id, _)| *id).collect();
        stop_tokens.extend(text_of("tokenizer.ggml.eot_token_id").map(|(id, _)| id));
        // Chat models end a turn with one of these, whatever their header calls the end of a sequence.
        stop_tokens.extend(
            ["<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "</s>", "<|end|>", "<end_of_turn>"]
                .iter()
                .filter_map(|t| markup.get_added_vocabulary().get_vocab().get(*t)),
        );
        if stop_tokens.is_empty() {
            return Err(gguf.error("it names no token that ends a text"));
        }
        let add_bos = gguf.optional_bool("tokenizer.ggml.add_bos_token").unwrap_or(add_bos);
        Ok(Self {
            stop_tokens,
            add_bos: bos.as_ref().filter(|_| add_bos).map(|(id, _)| *id),
            bos: bos.map(|(_, t)| t).unwrap_or_default(),
            eos: eos.map(|(_, t)| t).unwrap_or_default(),
            spelling,
            beginning,
            is_text: kinds.iter().map(|kind| matches!(kind, Some(NORMAL | BYTE))).collect(),
            marks: (0..).zip(&kinds).filter(|(_, kind)| is_mark(**kind)).map(|(id, _)| id).collect(),
            markup,
            plain,
        })
    }

    /// Tokens of a text that people wrote: `<|im_end|>` in it is ten characters, not the end of a turn. Only
    /// tokens that a vocabulary calls user-defined, such as `<tool_call>`, are found in it, as everywhere.
    pub(super) fn encode_plain(&self, text: &str, place: Place) -> Result<Vec<u32>> {
        match &self.beginning {
            Some(beginning) if place == Place::Beginning => encode(&self.plain, &beginning.of(text, false)),
            _ => encode(&self.plain, text),
        }
    }

    /// Tokens of a template's markup.
    pub(super) fn encode_markup(&self, text: &str, place: Place) -> Result<Vec<u32>> {
        match &self.beginning {
            Some(beginning) => beginning
                .passages(text, place)
                .iter()
                .map(|part| encode(&self.markup, part))
                .collect::<Result<Vec<_>>>(),
            None => encode(&self.markup, text).map(|tokens| vec![tokens]),
        }
        .map(|parts| parts.concat())
    }

    /// Where a text stands that follows these tokens.
    pub(super) fn place_behind(&self, tokens: &[u32]) -> Place {
        let begins = tokens.last().is_none_or(|token| self.marks.contains(token));
        if begins { Place::Beginning } else { Place::Middle }
    }

    /// What each token of the vocabulary adds to a text, in the order of their ids. `None` for tokens that are no text:
    /// special ones, user-defined ones, and those that only fill the vocabulary up.
    pub(super) fn token_bytes(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        let bytes = |id| self.spelling.bytes_of(&self.plain.id_to_token(id)?);
        self.is_text.iter().zip(0..).map(move |(is_text, id)| if *is_text { bytes(id) } else { None })
    }

    /// A decoder of one growing text.
    pub(super) fn decoder(&self) -> TextDecoder<'_> {
        TextDecoder::new(&self.markup, self.spelling, self.beginning.is_some())
    }
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before it is nothing, or markup.
    Beginning,
    /// It goes on with another text.
    Middle,
}

/// Kinds of tokens, as `llama_token_type` numbers them.
const NORMAL: usize = 1;
const CONTROL: usize = 3;
const USER_DEFINED: usize = 4;
const BYTE: usize = 6;

fn is_mark(kind: Option<usize>) -> bool {
    matches!(kind, Some(CONTROL | USER_DEFINED))
}

fn broken(gguf: &GgufFile, cause: tokenizers::Error) -> Error {
    gguf.error("its tokenizer cannot be built").with_source(cause)
}

fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    tokenizer
        .encode_fast(text, false)
        .map(|e| e.get_ids().to_vec())
        .map_err(|e| Error::new(ErrorKind::Inference, "cannot tokenize the prompt").with_source(e))
}

/// What kind each token is.
fn token_kinds(gguf: &GgufFile) -> Result<Vec<Option<usize>>> {
    let Some(Value::Array(kinds)) = gguf.value("tokenizer.ggml.token_type") else {
        return Err(gguf.error("it does not say which tokens are special (`tokenizer.ggml.token_type`)"));
    };
    Ok(kinds.iter().map(as_number).collect())
}

/// Tokens that are marked as control or user-defined.
fn special_tokens(tokens: &[&str], kinds: &[Option<usize>]) -> Vec<AddedToken> {
    let added = |(text, kind): (&&str, &Option<usize>)| match kind {
        Some(CONTROL) => Some(AddedToken::from(*text, true)),
        Some(USER_DEFINED) => Some(AddedToken::from(*text, false)),
        _ => None,
    };
    tokens.iter().zip(kinds).filter_map(added).collect()
}

/// The number of tokens of a text for the model in that GGUF file, without loading its weights.
pub fn count_tokens_in_gguf(path: &Path, text: &str) -> Result<usize> {
    Ok(ModelTokenizer::from_gguf(&GgufFile::open(path)?)?.encode_plain(text, Place::Beginning)?.len())
}
