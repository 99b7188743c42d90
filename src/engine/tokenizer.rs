//! The tokenizer that a GGUF file carries, rebuilt as a pipeline of the `tokenizers` library.

use std::collections::HashSet;
use std::path::Path;

use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, PreTokenizerWrapper, Tokenizer};

use super::gguf::{GgufFile, as_number};
use crate::error::{Error, ErrorKind, Result};

mod stream;
#[cfg(test)]
mod tests;

pub(super) use stream::TextDecoder;

/// A model's tokenizer with the tokens that end its turn.
pub(super) struct ModelTokenizer {
    /// Takes special tokens in a text for what they are; for the markup of chat templates.
    markup: Tokenizer,
    /// Takes them for ordinary characters; for all that people wrote.
    plain: Tokenizer,
    /// Whether each token of the vocabulary is a piece of text, neither markup nor filling.
    is_text: Vec<bool>,
    /// The tokens that end the model's turn.
    pub(super) stop_tokens: HashSet<u32>,
    /// The text of the token that starts a sequence, for chat templates.
    pub(super) bos: String,
    /// The text of the token that ends a sequence, for chat templates.
    pub(super) eos: String,
    /// Whether the model expects `bos` before everything.
    pub(super) add_bos: Option<u32>,
}

/// How a family of models cuts text into words before byte-pair encoding.
struct PreTokenizer {
    nfc: bool,
    steps: Vec<PreTokenizerWrapper>,
    ignore_merges: bool,
}

/// The table of pre-tokenizers that are known to be right. Values of `tokenizer.ggml.pre` that are not
/// in it are refused: another splitting would give wrong tokens and only look like a weak model.
fn pre_tokenizer(name: &str) -> tokenizers::Result<Option<PreTokenizer>> {
    let split = |pattern: &str| -> tokenizers::Result<PreTokenizerWrapper> {
        Ok(Split::new(SplitPattern::Regex(pattern.to_owned()), SplitDelimiterBehavior::Isolated, false)?.into())
    };
    // Words of the GPT-4 kind; the families differ in how many digits stay together.
    let words = |digits: &str| {
        split(&format!(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
        ))
    };
    let bytes = |use_regex| PreTokenizerWrapper::from(ByteLevel::new(false, true, use_regex));
    Ok(Some(match name {
        "qwen2" => PreTokenizer { nfc: true, steps: vec![words(r"\p{N}")?, bytes(false)], ignore_merges: false },
        "llama-bpe" | "llama3" => {
            PreTokenizer { nfc: false, steps: vec![words(r"\p{N}{1,3}")?, bytes(false)], ignore_merges: true }
        }
        "smollm" => {
            PreTokenizer { nfc: false, steps: vec![Digits::new(true).into(), bytes(true)], ignore_merges: false }
        }
        _ => return Ok(None),
    }))
}

impl ModelTokenizer {
    pub(super) fn from_gguf(gguf: &GgufFile) -> Result<Self> {
        let kind = gguf.string("tokenizer.ggml.model")?;
        if kind != "gpt2" {
            return Err(
                gguf.error(format!("its tokenizer is of the kind `{kind}`; only `gpt2` (byte-level BPE) is known"))
            );
        }
        let pre = gguf.string("tokenizer.ggml.pre")?;
        let broken = |e: tokenizers::Error| gguf.error("its tokenizer cannot be built").with_source(e);
        let Some(pre_tokenizer) = pre_tokenizer(pre).map_err(broken)? else {
            return Err(gguf.error(format!("its pre-tokenizer `{pre}` is not known, so its tokens would be wrong")));
        };

        let tokens = gguf.strings("tokenizer.ggml.tokens")?;
        let kinds = token_kinds(gguf)?;
        let merges = gguf
            .strings("tokenizer.ggml.merges")?
            .into_iter()
            .map(|m| {
                let (a, b) = m.split_once(' ').ok_or_else(|| gguf.error(format!("its merge `{m}` is not a pair")))?;
                Ok((a.to_owned(), b.to_owned()))
            })
            .collect::<Result<Vec<_>>>()?;
        let vocab = tokens.iter().zip(0..).map(|(t, id)| ((*t).to_owned(), id)).collect();
        let bpe = BPE::builder()
            .vocab_and_merges::<tokenizers::models::bpe::Vocab>(vocab, merges)
            .ignore_merges(pre_tokenizer.ignore_merges)
            .build()
            .map_err(broken)?;

        let mut markup = Tokenizer::new(bpe);
        if pre_tokenizer.nfc {
            markup.with_normalizer(Some(NFC)).map_err(broken)?;
        }
        markup.with_pre_tokenizer(Some(Sequence::new(pre_tokenizer.steps)));
        markup.add_special_tokens(special_tokens(&tokens, &kinds)).map_err(broken)?;

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
            ["<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "</s>"]
                .iter()
                .filter_map(|t| markup.get_added_vocabulary().get_vocab().get(*t)),
        );
        if stop_tokens.is_empty() {
            return Err(gguf.error("it names no token that ends a text"));
        }
        let add_bos = gguf.optional_bool("tokenizer.ggml.add_bos_token").unwrap_or(pre_tokenizer.ignore_merges);
        Ok(Self {
            stop_tokens,
            add_bos: bos.as_ref().filter(|_| add_bos).map(|(id, _)| *id),
            bos: bos.map(|(_, t)| t).unwrap_or_default(),
            eos: eos.map(|(_, t)| t).unwrap_or_default(),
            is_text: kinds.iter().map(|kind| *kind == Some(1)).collect(),
            markup,
            plain,
        })
    }

    /// Tokens of a text that people wrote: `<|im_end|>` in it is ten characters, not the end of a turn. Only
    /// tokens that a vocabulary calls user-defined, such as `<tool_call>`, are found in it, as everywhere.
    pub(super) fn encode_plain(&self, text: &str) -> Result<Vec<u32>> {
        encode(&self.plain, text)
    }

    /// Tokens of a template's markup.
    pub(super) fn encode_markup(&self, text: &str) -> Result<Vec<u32>> {
        encode(&self.markup, text)
    }

    /// What each token of the vocabulary adds to a text, in the order of their ids. `None` for tokens that are no text:
    /// special ones, user-defined ones, and those that only fill the vocabulary up.
    pub(super) fn token_bytes(&self) -> impl Iterator<Item = Option<Vec<u8>>> {
        let bytes = |id| stream::bytes_of(&self.plain.id_to_token(id)?);
        self.is_text.iter().zip(0..).map(move |(is_text, id)| if *is_text { bytes(id) } else { None })
    }

    /// A decoder of one growing text.
    pub(super) fn decoder(&self) -> TextDecoder<'_> {
        TextDecoder::new(&self.markup)
    }
}

fn encode(tokenizer: &Tokenizer, text: &str) -> Result<Vec<u32>> {
    tokenizer
        .encode_fast(text, false)
        .map(|e| e.get_ids().to_vec())
        .map_err(|e| Error::new(ErrorKind::Inference, "cannot tokenize the prompt").with_source(e))
}

/// What kind each token is, as `llama_token_type` numbers them.
fn token_kinds(gguf: &GgufFile) -> Result<Vec<Option<usize>>> {
    let Some(Value::Array(kinds)) = gguf.value("tokenizer.ggml.token_type") else {
        return Err(gguf.error("it does not say which tokens are special (`tokenizer.ggml.token_type`)"));
    };
    Ok(kinds.iter().map(as_number).collect())
}

/// Tokens that are marked as control or user-defined (kinds 3 and 4).
fn special_tokens(tokens: &[&str], kinds: &[Option<usize>]) -> Vec<AddedToken> {
    let added = |(text, kind): (&&str, &Option<usize>)| match kind {
        Some(3) => Some(AddedToken::from(*text, true)),
        Some(4) => Some(AddedToken::from(*text, false)),
        _ => None,
    };
    tokens.iter().zip(kinds).filter_map(added).collect()
}

/// The number of tokens of a text for the model in that GGUF file, without loading its weights.
pub fn count_tokens_in_gguf(path: &Path, text: &str) -> Result<usize> {
    Ok(ModelTokenizer::from_gguf(&GgufFile::open(path)?)?.encode_plain(text)?.len())
}
