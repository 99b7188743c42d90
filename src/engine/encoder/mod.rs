//! The encoder: texts in, vectors of their meaning out, by a BERT model run through Candle.
//!
//! Made for multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings"), whose texts begin
//! with what they are for, `query: ` or `passage: `. A text longer than the model's window is cut into
//! windows that follow one another; nothing of it is left out.

mod bert;
mod files;
mod pack;
mod pieces;
#[cfg(test)]
mod tests;

use std::path::Path;

use candle_core::Tensor;

use self::bert::Bert;
use self::pieces::Pieces;
use super::DeviceChoice;
use super::device;
use crate::error::{Error, ErrorKind, Result};

/// Tokens that run through the model in one pass, but for a window that is longer alone.
const PASS_TOKENS: usize = 4_096;

/// What a text is for. The same text has another vector in another role; texts that are compared with one
/// another for what they mean have the same role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A question, or a text that is compared with others like it.
    Query,
    /// A text that may hold an answer.
    Passage,
}

impl Role {
    fn prefix(self) -> &'static str {
        match self {
            Self::Query => "query: ",
            Self::Passage => "passage: ",
        }
    }
}

/// The vectors of a text's tokens, each of length 1, in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    /// The tokens' ids; the prefix of the role is not among them.
    pub ids: Vec<u32>,
    /// One vector for each.
    pub vectors: Vec<Vec<f32>>,
}

/// A model that makes vectors of texts.
pub struct Encoder {
    bert: Bert,
    pieces: Pieces,
}

/// A part of a text that fits into the model's window.
struct Window<'a> {
    /// Index of the text.
    text: usize,
    tokens: &'a [u32],
}

impl Encoder {
    /// Loads a model: a file of 4-bit matrices (it begins with `E5S1`), or a folder or `.safetensors` file with
    /// `tokenizer.json` beside it, as the hub has it.
    ///
    /// # Errors
    /// `Io` if a file cannot be read, `Model` if it is not such a model, `Config` if the device is not there.
    pub fn load(path: &Path, device: DeviceChoice) -> Result<Self> {
        let device = device::open(device)?.device;
        let (bert, pieces) = if path.is_dir() || path.extension().is_some_and(|e| e == "safetensors") {
            files::load(path, &device)
        } else {
            pack::load(path, &device)
        }
        .map_err(|e| e.at(path.display().to_string()))?;
        Ok(Self { bert, pieces })
    }

    /// The number of values of a vector.
    pub fn dimensions(&self) -> usize {
        self.bert.hidden()
    }

    /// One vector of length 1 for each text: the mean over its tokens. The dot product of two is their cosine.
    ///
    /// # Errors
    /// `Inference` if the model cannot be run.
    pub fn embed(&self, texts: &[&str], role: Role) -> Result<Vec<Vec<f32>>> {
        let mut sums = vec![vec![0.0f32; self.dimensions()]; texts.len()];
        self.run(texts, role, |window, hidden| {
            // Windows count by their tokens, so that the vector is the mean over the whole text.
            let mean = hidden.mean(0)?.to_vec1::<f32>()?;
            let weight = window.tokens.len().max(1) as f32;
            sums[window.text].iter_mut().zip(mean).for_each(|(sum, value)| *sum += weight * value);
            Ok(())
        })?;
        sums.iter_mut().for_each(|v| normalize(v));
        Ok(sums)
    }

    /// The vectors of the tokens of each text.
    ///
    /// # Errors
    /// `Inference` if the model cannot be run.
    pub fn embed_tokens(&self, texts: &[&str], role: Role) -> Result<Vec<TokenVectors>> {
        let mut found = vec![TokenVectors { ids: Vec::new(), vectors: Vec::new() }; texts.len()];
        self.run(texts, role, |window, hidden| {
            let rows = hidden.to_vec2::<f32>()?;
            let of = &mut found[window.text];
            // The first and the last row are those of the marks around the window.
            for (&id, mut row) in window.tokens.iter().zip(rows.into_iter().skip(1)) {
                normalize(&mut row);
                of.ids.push(id);
                of.vectors.push(row);
            }
            Ok(())
        })?;
        let prefix = self.pieces.encode(role.prefix())?.len();
        for of in &mut found {
            of.ids.drain(..prefix.min(of.ids.len()));
            of.vectors.drain(..prefix.min(of.vectors.len()));
        }
        Ok(found)
    }

    /// Runs all windows of all texts; `each` gets a window and its rows, (tokens + 2) × dimensions.
    fn run(
        &self,
        texts: &[&str],
        role: Role,
        mut each: impl FnMut(&Window<'_>, &Tensor) -> candle_core::Result<()>,
    ) -> Result<()> {
        let encoded = texts
            .iter()
            .map(|text| self.pieces.encode(&format!("{}{text}", role.prefix())))
            .collect::<Result<Vec<_>>>()?;
        let room = self.bert.window().saturating_sub(2).max(1);
        let windows: Vec<Window<'_>> = encoded
            .iter()
            .enumerate()
            .flat_map(|(text, tokens)| tokens.chunks(room).map(move |tokens| Window { text, tokens }))
            .collect();
        let mut rest = windows.as_slice();
        while !rest.is_empty() {
            let mut total = 0;
            let fit = rest.iter().take_while(|w| {
                total += w.tokens.len() + 2;
                total <= PASS_TOKENS
            });
            let (pass, later) = rest.split_at(fit.count().max(1));
            let marked: Vec<Vec<u32>> = pass.iter().map(|w| self.pieces.marked(w.tokens)).collect();
            let hidden = self.bert.forward(&marked).map_err(inference)?;
            for (window, hidden) in pass.iter().zip(&hidden) {
                each(window, hidden).map_err(inference)?;
            }
            rest = later;
        }
        Ok(())
    }
}

/// Makes a vector's length 1; a vector of zeros stays.
fn normalize(vector: &mut [f32]) {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

fn inference(e: candle_core::Error) -> Error {
    Error::new(ErrorKind::Inference, "the encoder cannot be run").with_source(e)
}

fn damaged(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Model, format!("is no encoder that can be read: {}", message.into()))
}

/// The error of a tensor that is not what the model needs.
fn wrong(name: &str) -> impl FnOnce(candle_core::Error) -> Error {
    let name = name.to_owned();
    move |e| damaged(format!("its tensor `{name}` has a wrong form")).with_source(e)
}
