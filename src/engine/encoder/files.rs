//! The encoder as the hub has it: `model.safetensors` and `tokenizer.json` in one folder.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;
use tokenizers::Tokenizer;

use super::bert::{Bert, Config, Layer, Linear, Norm, Words};
use super::pieces::Pieces;
use super::{damaged, wrong};
use crate::error::{Error, ErrorKind, Result};

/// What `config.json` says; it may be missing, then it is that of multilingual-e5-small.
#[derive(Debug, Deserialize)]
struct Stated {
    num_attention_heads: usize,
    layer_norm_eps: f32,
}

pub(super) fn load(path: &Path, device: &Device) -> Result<(Bert, Pieces)> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new(".")) };
    let weights = if path.is_dir() { path.join("model.safetensors") } else { path.to_owned() };
    let stated = match std::fs::read_to_string(folder.join("config.json")) {
        Ok(json) => serde_json::from_str(&json).map_err(|e| damaged(format!("config.json: {e}")))?,
        Err(_) => Stated { num_attention_heads: 12, layer_norm_eps: 1e-12 },
    };
    let tensors = candle_core::safetensors::load(&weights, device).map_err(|e| {
        Error::new(ErrorKind::Io, "the encoder's weights cannot be read")
            .at(weights.display().to_string())
            .with_source(e)
    })?;
    let names = folder.join("tokenizer.json");
    let tokenizer = Tokenizer::from_file(&names).map_err(|e| {
        Error::new(ErrorKind::Io, "the encoder's tokenizer cannot be read")
            .at(names.display().to_string())
            .with_source(e)
    })?;
    Ok((bert(Weights { tensors }, &stated, device)?, Pieces::of_tokenizer(tokenizer)?))
}

struct Weights {
    tensors: HashMap<String, Tensor>,
}

impl Weights {
    fn get(&mut self, name: &str) -> Result<Tensor> {
        let tensor = self.tensors.remove(name).or_else(|| self.tensors.remove(&format!("bert.{name}")));
        let tensor = tensor.ok_or_else(|| damaged(format!("it has no tensor `{name}`")))?;
        tensor.to_dtype(DType::F32).map_err(wrong(name))
    }

    fn linear(&mut self, name: &str) -> Result<Linear> {
        Ok(Linear { weight: self.get(&format!("{name}.weight"))?, bias: self.get(&format!("{name}.bias"))? })
    }

    fn norm(&mut self, name: &str) -> Result<Norm> {
        Ok(Norm { weight: self.get(&format!("{name}.weight"))?, bias: self.get(&format!("{name}.bias"))? })
    }

    fn layer(&mut self, n: usize) -> Result<Layer> {
        let at = |part: &str| format!("encoder.layer.{n}.{part}");
        let [q, k, v] = ["query", "key", "value"].map(|part| self.linear(&at(&format!("attention.self.{part}"))));
        Ok(Layer {
            qkv: Linear::stacked([q?, k?, v?]).map_err(wrong("attention"))?,
            output: self.linear(&at("attention.output.dense"))?,
            attention_norm: self.norm(&at("attention.output.LayerNorm"))?,
            up: self.linear(&at("intermediate.dense"))?,
            down: self.linear(&at("output.dense"))?,
            norm: self.norm(&at("output.LayerNorm"))?,
        })
    }

    fn layers(&self) -> usize {
        let of = |name: &String| name.split("encoder.layer.").nth(1)?.split('.').next()?.parse::<usize>().ok();
        self.tensors.keys().filter_map(of).max().map_or(0, |last| last + 1)
    }
}

fn bert(mut weights: Weights, stated: &Stated, device: &Device) -> Result<Bert> {
    let words = weights.get("embeddings.word_embeddings.weight")?;
    let positions = weights.get("embeddings.position_embeddings.weight")?;
    let kinds = weights.get("embeddings.token_type_embeddings.weight")?;
    let layers = (0..weights.layers()).map(|n| weights.layer(n)).collect::<Result<Vec<_>>>()?;
    let sizes = |t: &Tensor, name: &str| t.dims2().map_err(wrong(name));
    let (vocabulary, hidden) = sizes(&words, "word_embeddings")?;
    let (rows, _) = sizes(&positions, "position_embeddings")?;
    let feed_forward = layers.first().map_or(Ok(0), |l| l.up.weight.dim(0)).map_err(wrong("intermediate.dense"))?;
    if layers.is_empty() || stated.num_attention_heads == 0 || !hidden.is_multiple_of(stated.num_attention_heads) {
        return Err(damaged(format!("{} layers of {} heads", layers.len(), stated.num_attention_heads)));
    }
    let positions =
        kinds.narrow(0, 0, 1).and_then(|first| positions.broadcast_add(&first)).map_err(wrong("positions"))?;
    Ok(Bert {
        config: Config {
            hidden,
            layers: layers.len(),
            heads: stated.num_attention_heads,
            feed_forward,
            vocabulary,
            positions: rows,
            epsilon: stated.layer_norm_eps,
        },
        device: device.clone(),
        words: Words::Plain(words),
        positions,
        norm: weights.norm("embeddings.LayerNorm")?,
        layers,
    })
}
