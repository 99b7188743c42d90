//! Byte-level vocabularies of byte-pair encoding (GPT-2): Llama 3, Qwen, SmolLM.

use tokenizers::models::bpe::BPE;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{PreTokenizerWrapper, Tokenizer};

use super::stream::Spelling;
use super::{Vocabulary, broken};
use crate::engine::gguf::GgufFile;
use crate::error::Result;

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

/// The vocabulary of a file of this kind.
pub(super) fn vocabulary(gguf: &GgufFile, tokens: &[&str]) -> Result<Vocabulary> {
    let broken = |e| broken(gguf, e);
    let pre = gguf.string("tokenizer.ggml.pre")?;
    let Some(pre_tokenizer) = pre_tokenizer(pre).map_err(broken)? else {
        return Err(gguf.error(format!("its pre-tokenizer `{pre}` is not known, so its tokens would be wrong")));
    };
    let merges = gguf
        .strings("tokenizer.ggml.merges")?
        .into_iter()
        .map(|m| {
            let (a, b) = m.split_once(' ').ok_or_else(|| gguf.error(format!("its merge `{m}` is not a pair")))?;
            Ok((a.to_owned(), b.to_owned()))
        })
        .collect::<Result<Vec<_>>>()?;
    let ids = tokens.iter().zip(0..).map(|(t, id)| ((*t).to_owned(), id)).collect();
    let bpe = BPE::builder()
        .vocab_and_merges::<tokenizers::models::bpe::Vocab>(ids, merges)
        .ignore_merges(pre_tokenizer.ignore_merges)
        .build()
        .map_err(broken)?;
    let mut tokenizer = Tokenizer::new(bpe);
    if pre_tokenizer.nfc {
        tokenizer.with_normalizer(Some(NFC)).map_err(broken)?;
    }
    tokenizer.with_pre_tokenizer(Some(Sequence::new(pre_tokenizer.steps)));
    Ok(Vocabulary { tokenizer, spelling: Spelling::Bytes, beginning: None, add_bos: pre_tokenizer.ignore_merges })
}
