//! The BERT encoder (Devlin et al. 2019): blocks of attention and feed-forward with layer norms behind them.
//!
//! One pass takes several windows: the matrix products run over the rows of all of them together, attention
//! runs inside of each.

use candle_core::quantized::QTensor;
use candle_core::{D, Device, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};

/// The sizes and constants of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Config {
    pub(super) hidden: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) feed_forward: usize,
    pub(super) vocabulary: usize,
    /// Tokens that a window can hold.
    pub(super) positions: usize,
    pub(super) epsilon: f32,
}

/// A matrix (out × in) and its bias (out).
pub(super) struct Linear {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        x.matmul(&self.weight.t()?)?.broadcast_add(&self.bias)
    }
}

impl Linear {
    /// Matrices that take the same rows, below one another.
    pub(super) fn stacked(parts: [Self; 3]) -> Result<Self> {
        let [a, b, c] = &parts;
        Ok(Self {
            weight: Tensor::cat(&[&a.weight, &b.weight, &c.weight], 0)?,
            bias: Tensor::cat(&[&a.bias, &b.bias, &c.bias], 0)?,
        })
    }
}

/// Scale and shift of a layer norm, each (hidden).
pub(super) struct Norm {
    pub(super) weight: Tensor,
    pub(super) bias: Tensor,
}

impl Norm {
    fn forward(&self, x: &Tensor, epsilon: f32) -> Result<Tensor> {
        layer_norm(x, &self.weight, &self.bias, epsilon)
    }
}

pub(super) struct Layer {
    /// Query, key and value below one another: (3 · hidden × hidden).
    pub(super) qkv: Linear,
    pub(super) output: Linear,
    pub(super) attention_norm: Norm,
    pub(super) up: Linear,
    pub(super) down: Linear,
    pub(super) norm: Norm,
}

/// The embeddings of all tokens, (vocabulary × hidden): most of the model, so they stay as they are stored.
pub(super) enum Words {
    Plain(Tensor),
    Quantized(std::sync::Arc<QTensor>),
}

pub(super) struct Bert {
    pub(super) config: Config,
    pub(super) device: Device,
    pub(super) words: Words,
    /// (positions × hidden), with the embedding of the first token type added to each row.
    pub(super) positions: Tensor,
    pub(super) norm: Norm,
    pub(super) layers: Vec<Layer>,
}

impl Bert {
    pub(super) fn hidden(&self) -> usize {
        self.config.hidden
    }

    pub(super) fn window(&self) -> usize {
        self.config.positions
    }

    /// The rows of the last layer, (tokens × hidden) for each window.
    pub(super) fn forward(&self, windows: &[Vec<u32>]) -> Result<Vec<Tensor>> {
        let ids: Vec<u32> = windows.concat();
        let places: Vec<u32> = windows.iter().flat_map(|w| 0..w.len() as u32).collect();
        let rows = ids.len();
        let ids = Tensor::from_vec(ids, rows, &self.device)?;
        let places = Tensor::from_vec(places, rows, &self.device)?;
        let words = match &self.words {
            Words::Plain(table) => table.index_select(&ids, 0)?,
            Words::Quantized(table) => table.embedding(&ids)?,
        };
        let x = (words + self.positions.index_select(&places, 0)?)?;
        let mut x = self.norm.forward(&x, self.config.epsilon)?;
        for layer in &self.layers {
            x = self.layer(layer, &x, windows)?;
        }
        let mut start = 0;
        windows
            .iter()
            .map(|w| {
                let rows = x.narrow(0, start, w.len());
                start += w.len();
                rows
            })
            .collect()
    }

    fn layer(&self, layer: &Layer, x: &Tensor, windows: &[Vec<u32>]) -> Result<Tensor> {
        let epsilon = self.config.epsilon;
        let qkv = layer.qkv.forward(x)?;
        let mut attended = Vec::with_capacity(windows.len());
        let mut start = 0;
        for window in windows {
            attended.push(self.attention(&qkv.narrow(0, start, window.len())?)?);
            start += window.len();
        }
        let attended = layer.output.forward(&Tensor::cat(&attended, 0)?)?;
        let x = layer.attention_norm.forward(&(x + attended)?, epsilon)?;
        let inner = layer.up.forward(&x)?.gelu_erf()?;
        layer.norm.forward(&(&x + layer.down.forward(&inner)?)?, epsilon)
    }

    /// Attention inside of one window: (tokens × 3 · hidden) to (tokens × hidden).
    fn attention(&self, qkv: &Tensor) -> Result<Tensor> {
        let Config { hidden, heads, .. } = self.config;
        let (tokens, width) = (qkv.dim(0)?, hidden / heads);
        let part = |n: usize| {
            qkv.narrow(1, n * hidden, hidden)?.reshape((tokens, heads, width))?.transpose(0, 1)?.contiguous()
        };
        let (q, k, v) = (part(0)?, part(1)?, part(2)?);
        let scores = (q.matmul(&k.transpose(1, 2)?)? * (1.0 / (width as f64).sqrt()))?;
        let mixed = softmax_last_dim(&scores)?.matmul(&v)?;
        mixed.transpose(0, 1)?.contiguous()?.flatten_from(D::Minus2)
    }
}
