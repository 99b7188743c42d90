//! Vocabularies of SentencePiece's byte-pair encoding (Kudo and Richardson 2018): Llama 2, Mistral, Phi-3, Gemma.

use std::borrow::Cow;
use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;
use tokenizers::Tokenizer;
use tokenizers::models::bpe::BPE;
use tokenizers::pre_tokenizers::metaspace::{Metaspace, PrependScheme};

use super::stream::Spelling;
use super::{NORMAL, Place, Vocabulary, broken, is_mark};
use crate::engine::gguf::GgufFile;
use crate::error::Result;

/// What is done where a passage begins: a space is put before it, so that its first word is spelled like any other.
pub(super) struct Beginning {
    /// The texts of tokens that are found before a text is cut, longer ones first.
    marks: Vec<String>,
    /// Whether the space behind such a token is not there for the model.
    trims: bool,
}

impl Beginning {
    /// A passage as it is encoded; `marked` where one of these tokens stands before it.
    pub(super) fn of<'a>(&self, text: &'a str, marked: bool) -> Cow<'a, str> {
        let text = if marked && self.trims { text.trim_start() } else { text };
        if text.is_empty() || text.starts_with(' ') { text.into() } else { format!(" {text}").into() }
    }

    /// Those tokens in a template's markup, and the passages between them as they are encoded.
    pub(super) fn passages<'a>(&self, text: &'a str, place: Place) -> Vec<Cow<'a, str>> {
        let mut parts: Vec<Cow<'a, str>> = Vec::new();
        let mut rest = text;
        let (mut begins, mut marked) = (place == Place::Beginning, false);
        while !rest.is_empty() {
            let mark_at = |at: usize| self.marks.iter().find(|mark| rest[at..].starts_with(mark.as_str()));
            let found = rest.char_indices().find_map(|(at, _)| Some((at, mark_at(at)?.len())));
            let (passage, mark) = found.unwrap_or((rest.len(), 0));
            let (passage, behind) = rest.split_at(passage);
            parts.push(if begins { self.of(passage, marked) } else { passage.into() });
            parts.push(behind[..mark].into());
            rest = &behind[mark..];
            (begins, marked) = (true, true);
        }
        parts
    }
}

/// The vocabulary of a file of this kind.
pub(super) fn vocabulary(gguf: &GgufFile, tokens: &[&str], kinds: &[Option<usize>]) -> Result<Vocabulary> {
    let scores = scores(gguf)?;
    if scores.len() != tokens.len() || kinds.len() != tokens.len() {
        return Err(gguf.error("its tokens, their scores and their kinds are not equally many"));
    }
    let ids: tokenizers::models::bpe::Vocab = tokens.iter().zip(0..).map(|(t, id)| ((*t).to_owned(), id)).collect();
    let unknown = gguf.optional_number("tokenizer.ggml.unknown_token_id").and_then(|id| tokens.get(id));
    let mut bpe =
        BPE::builder().vocab_and_merges(ids, merges(tokens, &scores, kinds)).byte_fallback(true).fuse_unk(true);
    if let Some(unknown) = unknown {
        bpe = bpe.unk_token((*unknown).to_owned());
    }
    let mut tokenizer = Tokenizer::new(bpe.build().map_err(|e| broken(gguf, e))?);
    tokenizer.with_pre_tokenizer(Some(Metaspace::new('▁', PrependScheme::Never, false)));
    let found = tokens.iter().zip(kinds).filter(|(token, kind)| is_mark(**kind) && !token.is_empty());
    let mut marks: Vec<String> = found.map(|(token, _)| (*token).to_owned()).collect();
    marks.sort_unstable_by_key(|token| std::cmp::Reverse(token.len()));
    // Phi-3 was trained without the line breaks that its template has behind such tokens.
    let trims = gguf.string("general.architecture").is_ok_and(|architecture| architecture == "phi3");
    let prefixed = gguf.optional_bool("tokenizer.ggml.add_space_prefix").unwrap_or(true);
    Ok(Vocabulary {
        tokenizer,
        spelling: Spelling::Pieces,
        beginning: prefixed.then_some(Beginning { marks, trims }),
        add_bos: true,
    })
}

fn scores(gguf: &GgufFile) -> Result<Vec<f32>> {
    const KEY: &str = "tokenizer.ggml.scores";
    let wrong = || gguf.error(format!("metadata `{KEY}` is not a list of numbers"));
    let Some(Value::Array(values)) = gguf.value(KEY) else { return Err(wrong()) };
    values.iter().map(|value| value.to_f32().map_err(|_| wrong())).collect()
}

/// The pairs that are merged, the best first: SentencePiece merges the neighbours whose whole has the highest score.
fn merges(tokens: &[&str], scores: &[f32], kinds: &[Option<usize>]) -> Vec<(String, String)> {
    let ids: HashMap<&str, usize> = tokens
        .iter()
        .enumerate()
        .filter(|(id, _)| kinds[*id] == Some(NORMAL))
        .map(|(id, token)| (*token, id))
        .collect();
    let mut merges: Vec<(f32, usize, usize)> = Vec::new();
    for (token, id) in &ids {
        for (cut, _) in token.char_indices().skip(1) {
            if let (Some(left), Some(right)) = (ids.get(&token[..cut]), ids.get(&token[cut..])) {
                merges.push((scores[*id], *left, *right));
            }
        }
    }
    merges.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    merges.into_iter().map(|(_, left, right)| (tokens[left].to_owned(), tokens[right].to_owned())).collect()
}
