//! The decoder: the transformer blocks of the Llama family (Llama, Qwen2, Qwen3) over quantized weights.
//!
//! One pass takes new tokens of several sequences at once: the matrix products run over all rows together, attention runs for
//! each sequence over its own keys and values. On the processor the kernels of our own do the work, elsewhere Candle's.

use candle_core::{D, Device, Result as CandleResult, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::rotary_emb::{rope, rope_i};

use super::embedding::Embedding;
use super::gguf::GgufFile;
use super::kernels::attention::{HeadPreparation, HeadShape, RopePairs};
use super::kernels::{ops, parallel};
use super::kv::{Blocks, KvShape, Sequence};
use super::matrix::{Linear, Matrix, Vector, gated_products, normed_products, plus_product};
use super::weights_file::Weights;
use crate::error::{Error, ErrorKind, Result};

/// The sizes and constants of a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DecoderConfig {
    pub(super) architecture: String,
    pub(super) context_length: usize,
    layers: usize,
    hidden: usize,
    feed_forward: usize,
    heads: HeadShape,
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
            heads: HeadShape { heads, kv_heads, head_dim },
            rope_pairs,
        })
    }

    pub(super) fn kv_shape(&self) -> KvShape {
        KvShape { layers: self.layers, heads: self.heads }
    }
}

struct Layer {
    attention_norm: Vector,
    query: Linear,
    key: Linear,
    value: Linear,
    /// Norms of each query and key head (Qwen3).
    query_norm: Option<Vector>,
    key_norm: Option<Vector>,
    output: Linear,
    ffn_norm: Vector,
    gate: Linear,
    up: Linear,
    down: Linear,
}

impl Layer {
    fn load(weights: &mut Weights<'_>, index: usize, c: &DecoderConfig) -> Result<Self> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let HeadShape { heads, kv_heads, head_dim } = c.heads;
        let (query_size, kv_size) = (heads * head_dim, kv_heads * head_dim);
        Ok(Self {
            attention_norm: weights.vector(&name("attn_norm.weight"), c.hidden)?,
            query: weights.linear(&name("attn_q"), query_size, c.hidden)?,
            key: weights.linear(&name("attn_k"), kv_size, c.hidden)?,
            value: weights.linear(&name("attn_v"), kv_size, c.hidden)?,
            query_norm: weights.optional_vector(&name("attn_q_norm.weight"), head_dim)?,
            key_norm: weights.optional_vector(&name("attn_k_norm.weight"), head_dim)?,
            output: weights.linear(&name("attn_output"), c.hidden, query_size)?,
            ffn_norm: weights.vector(&name("ffn_norm.weight"), c.hidden)?,
            gate: weights.linear(&name("ffn_gate"), c.feed_forward, c.hidden)?,
            up: weights.linear(&name("ffn_up"), c.feed_forward, c.hidden)?,
            down: weights.linear(&name("ffn_down"), c.hidden, c.feed_forward)?,
        })
    }
}

/// Who does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    /// Kernels of our own, on the processor.
    Kernels,
    /// Candle's, on any device.
    Candle,
    /// Candle's over dense matrices of 32 bits, which round neither weights nor inputs: slow, and the measure of what the
    /// others round.
    #[cfg(test)]
    Dense,
}

/// The weights of a model on a device.
pub(super) struct Decoder {
    pub(super) config: DecoderConfig,
    pub(super) device: Device,
    backend: Backend,
    embedding: Embedding,
    layers: Vec<Layer>,
    norm: Vector,
    head: Matrix,
    /// Angular frequency of each pair of a head, (head dim / 2).
    frequencies: Vec<f32>,
}

impl Decoder {
    /// Reads all weights of a file onto the device.
    pub(super) fn load(gguf: &GgufFile, device: Device) -> Result<Self> {
        let backend = if device.is_cpu() { Backend::Kernels } else { Backend::Candle };
        Self::load_for(gguf, device, backend)
    }

    /// The same for a backend of the caller's choice.
    pub(super) fn load_for(gguf: &GgufFile, device: Device, backend: Backend) -> Result<Self> {
        let config = DecoderConfig::from_gguf(gguf)?;
        let vocabulary = gguf.strings("tokenizer.ggml.tokens")?.len();
        let mut weights = Weights::new(gguf, &device, backend);
        let (embedding, head) = weights.embedding_and_head(vocabulary, config.hidden)?;
        let layers = (0..config.layers).map(|i| Layer::load(&mut weights, i, &config)).collect::<Result<_>>()?;
        let norm = weights.vector("output_norm.weight", config.hidden)?;
        // Llama 3.1 and later stretch long wavelengths by a factor for each pair.
        let factors = weights.optional_vector("rope_freqs.weight", config.heads.head_dim / 2)?;
        let frequencies = frequencies(&config, factors).map_err(inference)?;
        Ok(Self { config, device, backend, embedding, layers, norm, head, frequencies })
    }

    /// A sequence without tokens.
    pub(super) fn sequence(&self) -> Sequence {
        Sequence::new(self.config.kv_shape(), &self.device, self.backend == Backend::Kernels)
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
        parallel::pass(|| self.hidden_inner(sequences, tokens, wanted)).map_err(inference)
    }

    /// Computes the same tokens for their keys and values alone.
    pub(super) fn advance(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]]) -> Result<()> {
        self.hidden(sequences, tokens, &[0]).map(drop)
    }

    /// The logits of rows of [`Decoder::hidden`]: (rows, vocabulary).
    pub(super) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        parallel::pass(|| self.head.forward(hidden)).map_err(inference)
    }

    fn hidden_inner(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]], wanted: &[u32]) -> CandleResult<Tensor> {
        debug_assert_eq!(sequences.len(), tokens.len());
        for (sequence, tokens) in sequences.iter_mut().zip(tokens) {
            sequence.reserve(tokens.len())?;
        }
        let rows = Rows::new(&self.frequencies, sequences, tokens);
        let epsilon = self.config.norm_epsilon;
        let mut x = self.embedding.rows(&tokens.concat(), &self.device)?;
        for (index, layer) in self.layers.iter().enumerate() {
            let parts = [&layer.query, &layer.key, &layer.value];
            let qkv = normed_products(&x, &layer.attention_norm, epsilon, &parts)?;
            let attended = self.attention(index, layer, &qkv, &rows, sequences)?;
            x = plus_product(x, &attended, &layer.output)?;
            let gated = gated_products(&x, &layer.ffn_norm, epsilon, &layer.gate, &layer.up)?;
            x = plus_product(x, &gated, &layer.down)?;
        }
        for (sequence, tokens) in sequences.iter_mut().zip(tokens) {
            sequence.advance(tokens.len());
        }
        let wanted = x.index_select(&Tensor::new(wanted, &self.device)?, 0)?;
        self.norm.rms_norm(&wanted, epsilon)
    }

    /// From queries, keys and values of all heads, (rows, …), to (rows, heads × head dim).
    fn attention(
        &self,
        index: usize,
        layer: &Layer,
        qkv: &Tensor,
        rows: &Rows,
        sequences: &mut [&mut Sequence],
    ) -> CandleResult<Tensor> {
        let mut pages = Vec::with_capacity(sequences.len());
        let mut blocks = Vec::new();
        for (sequence, range) in sequences.iter_mut().zip(&rows.ranges) {
            match &mut **sequence {
                Sequence::Pages(sequence) => pages.push((sequence, range.len())),
                Sequence::Blocks(sequence) => blocks.push((sequence, range.clone())),
            }
        }
        if blocks.is_empty() {
            let preparation = HeadPreparation {
                query_norm: layer.query_norm.as_ref().map(|n| n.norm(self.config.norm_epsilon)),
                key_norm: layer.key_norm.as_ref().map(|n| n.norm(self.config.norm_epsilon)),
                pairs: self.config.rope_pairs,
                cos: &rows.cos,
                sin: &rows.sin,
            };
            return ops::attention(qkv, self.config.heads, index, preparation, &mut pages);
        }
        self.attention_in_tensors(index, layer, qkv, rows, &mut blocks)
    }

    fn attention_in_tensors(
        &self,
        index: usize,
        layer: &Layer,
        qkv: &Tensor,
        rows: &Rows,
        sequences: &mut [(&mut Blocks, std::ops::Range<usize>)],
    ) -> CandleResult<Tensor> {
        let HeadShape { heads, kv_heads, head_dim } = self.config.heads;
        let group = heads / kv_heads;
        let angles =
            |numbers: &[f32]| Tensor::from_slice(numbers, (numbers.len() / (head_dim / 2), head_dim / 2), &self.device);
        let angles = (angles(&rows.cos)?, angles(&rows.sin)?);
        let of = |first: usize, count: usize| qkv.narrow(1, first * head_dim, count * head_dim);
        let query = self.heads(&of(0, heads)?, heads, layer.query_norm.as_ref(), Some(&angles))?;
        let key = self.heads(&of(heads, kv_heads)?, kv_heads, layer.key_norm.as_ref(), Some(&angles))?;
        let value = self.heads(&of(heads + kv_heads, kv_heads)?, kv_heads, None, None)?;

        let mut outputs = Vec::with_capacity(sequences.len());
        for (sequence, range) in sequences {
            let new = range.len();
            let mask = causal_mask(sequence.open_len(), new, group, &self.device)?;
            let part = |t: &Tensor| t.narrow(1, range.start, new);
            let views = sequence.extend(index, &part(&key)?, &part(&value)?)?;
            // The heads that share a key-value head stand below one another as rows of one product.
            let query = part(&query)?.contiguous()?.reshape((kv_heads, group * new, head_dim))?;
            let output = attend(&query, &views, mask.as_ref(), (head_dim as f64).sqrt())?;
            let output = output.reshape((heads, new, head_dim))?.transpose(0, 1)?;
            outputs.push(output.reshape((new, heads * head_dim))?);
        }
        if outputs.len() == 1 { Ok(outputs.remove(0)) } else { Tensor::cat(&outputs, 0) }
    }

    /// (rows, heads × head dim) → (heads, rows, head dim), each head normed and rotated where asked for.
    fn heads(
        &self,
        x: &Tensor,
        heads: usize,
        norm: Option<&Vector>,
        angles: Option<&(Tensor, Tensor)>,
    ) -> CandleResult<Tensor> {
        let x =
            x.contiguous()?.reshape((x.dim(0)?, heads, self.config.heads.head_dim))?.transpose(0, 1)?.contiguous()?;
        let x = match norm {
            Some(norm) => norm.rms_norm(&x, self.config.norm_epsilon)?,
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

/// The rows of one pass: which belong to which sequence, and the angles of their positions.
struct Rows {
    ranges: Vec<std::ops::Range<usize>>,
    /// (rows, head dim / 2).
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Rows {
    fn new(frequencies: &[f32], sequences: &[&mut Sequence], tokens: &[&[u32]]) -> Self {
        let (mut ranges, mut cos, mut sin, mut start) = (vec![], vec![], vec![], 0);
        for (sequence, tokens) in sequences.iter().zip(tokens) {
            ranges.push(start..start + tokens.len());
            start += tokens.len();
            for position in sequence.len()..sequence.len() + tokens.len() {
                // Exact below 2^24.
                let angles = frequencies.iter().map(|f| position as f32 * f);
                cos.extend(angles.clone().map(f32::cos));
                sin.extend(angles.map(f32::sin));
            }
        }
        Self { ranges, cos, sin }
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

fn frequencies(config: &DecoderConfig, factors: Option<Vector>) -> CandleResult<Vec<f32>> {
    let head_dim = config.heads.head_dim;
    let exponents = (0..head_dim).step_by(2).map(|i| i as f32 / head_dim as f32);
    let mut frequencies: Vec<f32> = exponents.map(|e| 1.0 / config.rope_base.powf(e)).collect();
    if let Some(factors) = factors {
        let factors: Vec<f32> = factors.tensor().to_vec1()?;
        frequencies.iter_mut().zip(factors).for_each(|(frequency, factor)| *frequency /= factor);
    }
    Ok(frequencies)
}

/// Logits as numbers, a list for each row.
pub(super) fn numbers(logits: &Tensor) -> Result<Vec<Vec<f32>>> {
    logits.to_vec2().map_err(|e| Error::new(ErrorKind::Inference, "cannot read the logits").with_source(e))
}

fn inference(error: candle_core::Error) -> Error {
    Error::new(ErrorKind::Inference, "the model could not be run").with_source(error)
}
