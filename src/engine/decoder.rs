//! The decoder: the transformer blocks of the Llama family (Llama, Qwen2, Qwen3) over quantized weights.
//!
//! One pass takes new tokens of several sequences at once: the matrix products run over all rows
//! together, attention runs for each sequence over its own keys and values.

use candle_core::quantized::QTensor;
use candle_core::{D, DType, Device, Result as CandleResult, Tensor};
use candle_nn::ops::{rms_norm, silu, softmax_last_dim};
use candle_nn::rotary_emb::{rope, rope_i};
use std::sync::Arc;

use super::gguf::GgufFile;
use super::kv::{KvShape, Sequence};
use super::matrix::Matrix;
use crate::error::{Error, ErrorKind, Result};

/// How pairs of a head's values are formed for rotary position embedding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RopePairs {
    /// First half with second half (GPT-NeoX, Qwen).
    Halves,
    /// Neighbours (Llama as GGUF stores it).
    Neighbours,
}

/// The sizes and constants of a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DecoderConfig {
    pub(super) architecture: String,
    pub(super) context_length: usize,
    layers: usize,
    hidden: usize,
    feed_forward: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    norm_epsilon: f32,
    rope_base: f32,
    rope_pairs: RopePairs,
}

impl DecoderConfig {
    pub(super) fn from_gguf(gguf: &GgufFile) -> Result<Self> {
        let architecture = gguf.string("general.architecture")?.to_owned();
        let rope_pairs = match architecture.as_str() {
            "llama" => RopePairs::Neighbours,
            "qwen2" | "qwen3" => RopePairs::Halves,
            other => {
                return Err(
                    gguf.error(format!("its architecture `{other}` is not known; known are llama, qwen2 and qwen3"))
                );
            }
        };
        let key = |name: &str| format!("{architecture}.{name}");
        let hidden = gguf.number(&key("embedding_length"))?;
        let heads = gguf.number(&key("attention.head_count"))?;
        let kv_heads = gguf.optional_number(&key("attention.head_count_kv")).unwrap_or(heads);
        if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
            return Err(gguf.error(format!("{heads} heads cannot share {kv_heads} key-value heads")));
        }
        let head_dim = gguf.optional_number(&key("attention.key_length")).unwrap_or(hidden / heads);
        let too_large = |n: usize| n.checked_mul(head_dim).is_none_or(|n| n > 1 << 24);
        if too_large(heads) || too_large(kv_heads) {
            return Err(gguf.error(format!("{heads} heads of {head_dim} values cannot be right")));
        }
        // Partial rotation would need other code; no model of these architectures has it.
        if gguf.optional_number(&key("rope.dimension_count")).is_some_and(|d| d != head_dim) {
            return Err(gguf.error("rotates only a part of each head, which is not supported"));
        }
        if let Ok(scaling @ ("yarn" | "linear" | "longrope")) = gguf.string(&key("rope.scaling.type")) {
            return Err(gguf.error(format!("uses `{scaling}` scaling of positions, which is not supported")));
        }
        Ok(Self {
            context_length: gguf.number(&key("context_length"))?,
            layers: gguf.number(&key("block_count"))?,
            feed_forward: gguf.number(&key("feed_forward_length"))?,
            norm_epsilon: gguf.float(&key("attention.layer_norm_rms_epsilon"))?,
            rope_base: match gguf.value(&key("rope.freq_base")) {
                Some(_) => gguf.float(&key("rope.freq_base"))?,
                None => 10_000.0,
            },
            architecture,
            hidden,
            heads,
            kv_heads,
            head_dim,
            rope_pairs,
        })
    }

    pub(super) fn kv_shape(&self) -> KvShape {
        KvShape { layers: self.layers, kv_heads: self.kv_heads, head_dim: self.head_dim }
    }
}

/// A matrix product with an optional bias.
struct Linear {
    weight: Matrix,
    bias: Option<Tensor>,
}

impl Linear {
    fn forward(&self, x: &Tensor) -> CandleResult<Tensor> {
        let y = self.weight.forward(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

struct Layer {
    attention_norm: Tensor,
    query: Linear,
    key: Linear,
    value: Linear,
    /// Norms of each query and key head (Qwen3).
    query_norm: Option<Tensor>,
    key_norm: Option<Tensor>,
    output: Linear,
    ffn_norm: Tensor,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// The weights of a model on a device.
pub(super) struct Decoder {
    pub(super) config: DecoderConfig,
    pub(super) device: Device,
    embedding: Arc<QTensor>,
    layers: Vec<Layer>,
    norm: Tensor,
    head: Matrix,
    /// Angular frequency of each pair of a head, (head dim / 2).
    frequencies: Tensor,
}

/// Reads tensors of one file onto one device.
struct Weights<'a> {
    gguf: &'a mut GgufFile,
    device: &'a Device,
    as_matrix: AsMatrix,
}

/// Makes a matrix of a tensor as it is stored.
type AsMatrix = fn(&Arc<QTensor>) -> CandleResult<Matrix>;

impl Weights<'_> {
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let tensor = self.gguf.tensor(name, &[rows, columns], self.device)?;
        (self.as_matrix)(&Arc::new(tensor))
            .map_err(|e| self.gguf.error(format!("cannot use tensor `{name}`")).with_source(e))
    }

    fn vector(&mut self, name: &str, len: usize) -> Result<Tensor> {
        let tensor = self.gguf.tensor(name, &[len], self.device)?;
        tensor
            .dequantize(self.device)
            .map_err(|e| self.gguf.error(format!("cannot use tensor `{name}`")).with_source(e))
    }

    fn optional_vector(&mut self, name: &str, len: usize) -> Result<Option<Tensor>> {
        if self.gguf.has_tensor(name) { self.vector(name, len).map(Some) } else { Ok(None) }
    }

    fn linear(&mut self, name: &str, rows: usize, columns: usize) -> Result<Linear> {
        Ok(Linear {
            weight: self.matrix(&format!("{name}.weight"), rows, columns)?,
            bias: self.optional_vector(&format!("{name}.bias"), rows)?,
        })
    }

    fn layer(&mut self, index: usize, c: &DecoderConfig) -> Result<Layer> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let (query_size, kv_size) = (c.heads * c.head_dim, c.kv_heads * c.head_dim);
        Ok(Layer {
            attention_norm: self.vector(&name("attn_norm.weight"), c.hidden)?,
            query: self.linear(&name("attn_q"), query_size, c.hidden)?,
            key: self.linear(&name("attn_k"), kv_size, c.hidden)?,
            value: self.linear(&name("attn_v"), kv_size, c.hidden)?,
            query_norm: self.optional_vector(&name("attn_q_norm.weight"), c.head_dim)?,
            key_norm: self.optional_vector(&name("attn_k_norm.weight"), c.head_dim)?,
            output: self.linear(&name("attn_output"), c.hidden, query_size)?,
            ffn_norm: self.vector(&name("ffn_norm.weight"), c.hidden)?,
            gate: self.linear(&name("ffn_gate"), c.feed_forward, c.hidden)?,
            up: self.linear(&name("ffn_up"), c.feed_forward, c.hidden)?,
            down: self.linear(&name("ffn_down"), c.hidden, c.feed_forward)?,
        })
    }
}

impl Decoder {
    /// Reads all weights of a file onto the device.
    pub(super) fn load(gguf: &mut GgufFile, device: Device) -> Result<Self> {
        Self::load_as(gguf, device, Matrix::new)
    }

    /// The same with dense matrices of 32 bits, which round neither weights nor inputs: slow, and the measure of what the
    /// others round.
    #[cfg(test)]
    pub(super) fn load_dense(gguf: &mut GgufFile, device: Device) -> Result<Self> {
        Self::load_as(gguf, device, Matrix::dense)
    }

    fn load_as(gguf: &mut GgufFile, device: Device, as_matrix: AsMatrix) -> Result<Self> {
        let config = DecoderConfig::from_gguf(gguf)?;
        let vocabulary = gguf.strings("tokenizer.ggml.tokens")?.len();
        let mut weights = Weights { gguf, device: &device, as_matrix };
        let embedding = Arc::new(weights.gguf.tensor("token_embd.weight", &[vocabulary, config.hidden], &device)?);
        let head = if weights.gguf.has_tensor("output.weight") {
            weights.matrix("output.weight", vocabulary, config.hidden)?
        } else {
            // The input embeddings serve as the output matrix too.
            as_matrix(&embedding).map_err(inference)?
        };
        let layers = (0..config.layers).map(|i| weights.layer(i, &config)).collect::<Result<_>>()?;
        let norm = weights.vector("output_norm.weight", config.hidden)?;
        // Llama 3.1 and later stretch long wavelengths by a factor for each pair.
        let factors = weights.optional_vector("rope_freqs.weight", config.head_dim / 2)?;
        let frequencies = frequencies(&config, factors, &device).map_err(inference)?;
        Ok(Self { config, device, embedding, layers, norm, head, frequencies })
    }

    /// Computes `tokens[i]`, the next tokens of `sequences[i]`, and gives the logits after the last token
    /// of each: (sequences, vocabulary). Every sequence has at least one new token.
    pub(super) fn forward(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]]) -> Result<Tensor> {
        let last = tokens.iter().scan(0, |end, t| {
            *end += t.len();
            Some((*end - 1) as u32)
        });
        let hidden = self.hidden(sequences, tokens, &last.collect::<Vec<_>>())?;
        self.logits(&hidden)
    }

    /// Computes the same tokens and gives, ready for [`Decoder::logits`], the rows asked for: (wanted, hidden). The
    /// rows are those of the tokens of all sequences, one sequence after the other.
    pub(super) fn hidden(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]], wanted: &[u32]) -> Result<Tensor> {
        self.hidden_inner(sequences, tokens, wanted).map_err(inference)
    }

    /// The logits of rows of [`Decoder::hidden`]: (rows, vocabulary).
    pub(super) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        self.head.forward(hidden).map_err(inference)
    }

    fn hidden_inner(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]], wanted: &[u32]) -> CandleResult<Tensor> {
        let group = self.config.heads / self.config.kv_heads;
        let rows = Rows::new(sequences, tokens, group, &self.device)?;
        let angles = rows.positions.unsqueeze(1)?.broadcast_mul(&self.frequencies.unsqueeze(0)?)?;
        let (cos, sin) = (angles.cos()?, angles.sin()?);
        let epsilon = self.config.norm_epsilon;
        let mut x = self.embedding.embedding(&rows.ids)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(&x, &layer.attention_norm, epsilon)?;
            x = (x + self.attention(index, layer, &normed, (&cos, &sin), &rows, sequences)?)?;
            let normed = rms_norm(&x, &layer.ffn_norm, epsilon)?;
            let gated = (silu(&layer.gate.forward(&normed)?)? * layer.up.forward(&normed)?)?;
            x = (x + layer.down.forward(&gated)?)?;
        }
        for (sequence, range) in sequences.iter_mut().zip(&rows.ranges) {
            sequence.advance(range.len());
        }
        let wanted = x.index_select(&Tensor::new(wanted, &self.device)?, 0)?;
        rms_norm(&wanted, &self.norm, epsilon)
    }

    /// `x` is (rows, hidden); so is the result.
    fn attention(
        &self,
        index: usize,
        layer: &Layer,
        x: &Tensor,
        angles: (&Tensor, &Tensor),
        rows: &Rows,
        sequences: &mut [&mut Sequence],
    ) -> CandleResult<Tensor> {
        let DecoderConfig { heads, kv_heads, head_dim, .. } = self.config;
        let query = self.heads(&layer.query.forward(x)?, heads, layer.query_norm.as_ref(), Some(angles))?;
        let key = self.heads(&layer.key.forward(x)?, kv_heads, layer.key_norm.as_ref(), Some(angles))?;
        let value = self.heads(&layer.value.forward(x)?, kv_heads, None, None)?;

        let mut outputs = Vec::with_capacity(sequences.len());
        for ((sequence, range), mask) in sequences.iter_mut().zip(&rows.ranges).zip(&rows.masks) {
            let new = range.len();
            let part = |t: &Tensor| t.narrow(1, range.start, new);
            let views = sequence.extend(index, &part(&key)?, &part(&value)?)?;
            // The heads that share a key-value head stand below one another as rows of one product.
            let group = heads / kv_heads;
            let query = part(&query)?.contiguous()?.reshape((kv_heads, group * new, head_dim))?;
            let output = attend(&query, &views, mask.as_ref(), (head_dim as f64).sqrt())?;
            let output = output.reshape((heads, new, head_dim))?.transpose(0, 1)?;
            outputs.push(output.reshape((new, heads * head_dim))?);
        }
        let output = if outputs.len() == 1 { outputs.remove(0) } else { Tensor::cat(&outputs, 0)? };
        layer.output.forward(&output)
    }

    /// (rows, heads × head dim) → (heads, rows, head dim), each head normed and rotated where asked for.
    fn heads(
        &self,
        x: &Tensor,
        heads: usize,
        norm: Option<&Tensor>,
        angles: Option<(&Tensor, &Tensor)>,
    ) -> CandleResult<Tensor> {
        let x = x.reshape((x.dim(0)?, heads, self.config.head_dim))?.transpose(0, 1)?.contiguous()?;
        let x = match norm {
            Some(norm) => rms_norm(&x, norm, self.config.norm_epsilon)?,
            None => x,
        };
        let Some((cos, sin)) = angles else { return Ok(x) };
        let x = x.unsqueeze(0)?;
        match self.config.rope_pairs {
            RopePairs::Halves => rope(&x, cos, sin),
            RopePairs::Neighbours => rope_i(&x, cos, sin),
        }?
        .squeeze(0)
    }
}

/// Attention of `query` (kv heads, rows, head dim) over parts that each hold keys and values
/// (kv heads, tokens, head dim). Scores are divided by `scale`; the mask is for the last part.
fn attend(query: &Tensor, parts: &[(Tensor, Tensor)], mask: Option<&Tensor>, scale: f64) -> CandleResult<Tensor> {
    let mut scores = parts.iter().map(|(k, _)| query.matmul(&k.t()?)? / scale).collect::<CandleResult<Vec<_>>>()?;
    if let (Some(mask), Some(last)) = (mask, scores.last_mut()) {
        *last = last.broadcast_add(mask)?;
    }
    if let ([scores], [(_, v)]) = (scores.as_slice(), parts) {
        return softmax_last_dim(scores)?.matmul(v);
    }
    let weights = softmax_last_dim(&Tensor::cat(&scores, D::Minus1)?)?;
    let mut start = 0;
    let mut output: Option<Tensor> = None;
    for (_, v) in parts {
        let len = v.dim(1)?;
        let part = weights.narrow(D::Minus1, start, len)?.contiguous()?.matmul(v)?;
        output = Some(match output {
            Some(sum) => (sum + part)?,
            None => part,
        });
        start += len;
    }
    output.ok_or_else(|| candle_core::Error::Msg("attention over nothing".to_owned()))
}

/// The rows of one pass: which belong to which sequence, and at which positions they stand.
struct Rows {
    ids: Tensor,
    /// Positions as f32, exact below 2^24.
    positions: Tensor,
    ranges: Vec<std::ops::Range<usize>>,
    /// For each sequence with more than one new token: what each must not see, over its own tokens.
    masks: Vec<Option<Tensor>>,
}

impl Rows {
    fn new(sequences: &[&mut Sequence], tokens: &[&[u32]], group: usize, device: &Device) -> CandleResult<Self> {
        debug_assert_eq!(sequences.len(), tokens.len());
        let (mut ids, mut positions, mut ranges, mut masks) = (vec![], vec![], vec![], vec![]);
        for (sequence, tokens) in sequences.iter().zip(tokens) {
            let start = ids.len();
            ids.extend_from_slice(tokens);
            positions.extend((sequence.len()..sequence.len() + tokens.len()).map(|p| p as f32));
            ranges.push(start..ids.len());
            masks.push(causal_mask(sequence.own_len(), tokens.len(), group, device)?);
        }
        Ok(Self { ids: Tensor::new(ids, device)?, positions: Tensor::new(positions, device)?, ranges, masks })
    }
}

/// What `new` tokens behind `before` others must not see of one another: (group × new, before + new), 0 or
/// minus infinity. One token sees all.
fn causal_mask(before: usize, new: usize, group: usize, device: &Device) -> CandleResult<Option<Tensor>> {
    if new == 1 {
        return Ok(None);
    }
    let row = |i: usize| (0..before + new).map(move |j| if j > before + i { f32::NEG_INFINITY } else { 0.0 });
    let mask: Vec<f32> = (0..group).flat_map(|_| (0..new).flat_map(row)).collect();
    Tensor::from_vec(mask, (group * new, before + new), device).map(Some)
}

fn frequencies(config: &DecoderConfig, factors: Option<Tensor>, device: &Device) -> CandleResult<Tensor> {
    let exponents = (0..config.head_dim).step_by(2).map(|i| i as f32 / config.head_dim as f32);
    let base: Vec<f32> = exponents.map(|e| 1.0 / config.rope_base.powf(e)).collect();
    let base = Tensor::new(base, device)?;
    match factors {
        Some(factors) => base.div(&factors.to_dtype(DType::F32)?),
        None => Ok(base),
    }
}

fn inference(error: candle_core::Error) -> Error {
    Error::new(ErrorKind::Inference, "the model could not be run").with_source(error)
}
