//! The decoder: the transformer blocks of the Llama family over quantized weights.
//!
//! One pass takes new tokens of several sequences at once: the matrix products run over all rows together, attention runs for
//! each sequence over its own keys and values. On the processor the kernels of our own do the work, elsewhere Candle's.

use candle_core::{D, Device, Result as CandleResult, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::rotary_emb::{rope, rope_i};

use super::config::{DecoderConfig, FACTORS, LayerKind, Rotation, SHORT_FACTORS};
use super::embedding::Embedding;
use super::gguf::GgufFile;
use super::kernels::attention::{HeadPreparation, HeadShape, RopePairs};
use super::kernels::{ops, parallel};
use super::kv::{Blocks, Sequence};
use super::matrix::{Linear, Matrix, Vector, gated_products, normed_products, plus_product};
use super::weights_file::Weights;
use crate::error::{Error, ErrorKind, Result};

struct Layer {
    kind: LayerKind,
    attention_norm: Vector,
    query: Linear,
    key: Linear,
    value: Linear,
    /// Norms of each query and key head (Qwen3, Gemma 3).
    query_norm: Option<Vector>,
    key_norm: Option<Vector>,
    output: Linear,
    /// Norm of what attention adds (Gemma 3).
    output_norm: Option<Vector>,
    ffn_norm: Vector,
    gate: Linear,
    up: Linear,
    down: Linear,
    /// Norm of what the feed-forward block adds (Gemma 3).
    down_norm: Option<Vector>,
}

impl Layer {
    fn load(weights: &mut Weights<'_>, index: usize, c: &DecoderConfig) -> Result<Self> {
        let name = |part: &str| format!("blk.{index}.{part}");
        let HeadShape { heads, kv_heads, head_dim } = c.heads;
        let (query_size, kv_size) = (heads * head_dim, kv_heads * head_dim);
        // Phi-3 stores products of the same inputs as one: queries, keys and values; gate and up.
        let fused = name("attn_qkv");
        let [query, key, value] = if weights.has_product(&fused) {
            let all = query_size + 2 * kv_size;
            let mut rows = |first, count| weights.product_rows(&fused, all, first..first + count, c.hidden);
            [rows(0, query_size)?, rows(query_size, kv_size)?, rows(query_size + kv_size, kv_size)?]
        } else {
            let mut whole = |part, size| weights.product(&name(part), size, c.hidden);
            [whole("attn_q", query_size)?, whole("attn_k", kv_size)?, whole("attn_v", kv_size)?]
        };
        let [gate, up] = if weights.has_product(&name("ffn_gate")) {
            ["ffn_gate", "ffn_up"].map(|part| weights.product(&name(part), c.feed_forward, c.hidden))
        } else {
            [0, 1].map(|half| {
                let rows = half * c.feed_forward..(half + 1) * c.feed_forward;
                weights.product_rows(&name("ffn_up"), 2 * c.feed_forward, rows, c.hidden)
            })
        };
        Ok(Self {
            kind: c.layer(index),
            attention_norm: weights.vector(&name("attn_norm.weight"), c.hidden)?,
            query,
            key,
            value,
            query_norm: weights.optional_vector(&name("attn_q_norm.weight"), head_dim)?,
            key_norm: weights.optional_vector(&name("attn_k_norm.weight"), head_dim)?,
            output: weights.product(&name("attn_output"), c.hidden, query_size)?,
            output_norm: weights.optional_vector(&name("post_attention_norm.weight"), c.hidden)?,
            ffn_norm: weights.vector(&name("ffn_norm.weight"), c.hidden)?,
            gate: gate?,
            up: up?,
            down: weights.product(&name("ffn_down"), c.hidden, c.feed_forward)?,
            down_norm: weights.optional_vector(&name("post_ffw_norm.weight"), c.hidden)?,
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
    /// For each rotation, the angular frequency of each pair of a head, (head dim / 2).
    frequencies: Vec<Vec<f32>>,
}

/// What a pass computes for the rows that are asked for.
pub(super) struct Hidden {
    /// What the last layer gives, normed, ready for [`Decoder::logits`]: (rows, hidden).
    pub(super) last: Tensor,
    /// What the observed layer gives, not normed: (rows, hidden).
    pub(super) observed: Option<Tensor>,
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
        let head_dim = config.heads.head_dim;
        let factors = match weights.optional_vector(FACTORS, head_dim / 2)? {
            None => weights.optional_vector(SHORT_FACTORS, head_dim / 2)?,
            found => found,
        };
        let factors = factors.as_ref().map(Vector::numbers);
        let frequencies = config.rotations.iter().map(|r| r.frequencies(head_dim, factors)).collect();
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
        self.observe(None, sequences, tokens, wanted).map(|hidden| hidden.last)
    }

    /// The same, and what another layer gives, counted from 0.
    pub(super) fn observe(
        &self,
        layer: Option<usize>,
        sequences: &mut [&mut Sequence],
        tokens: &[&[u32]],
        wanted: &[u32],
    ) -> Result<Hidden> {
        let compute = || {
            let (x, observed) = self.blocks(self.layers.len(), layer, sequences, tokens, wanted)?;
            let last = x.index_select(&Tensor::new(wanted, &self.device)?, 0)?;
            Ok(Hidden { last: self.norm.rms_norm(&last, self.config.norm_epsilon)?, observed })
        };
        parallel::pass(compute).map_err(inference)
    }

    /// Computes the same tokens up to a layer, counted from 0, and gives its output for the rows asked for. The sequences then
    /// lack these tokens in the layers above it: nothing but the same may follow.
    pub(super) fn states(
        &self,
        layer: usize,
        sequences: &mut [&mut Sequence],
        tokens: &[&[u32]],
        wanted: &[u32],
    ) -> Result<Vec<Vec<f32>>> {
        let compute = || self.blocks(layer + 1, Some(layer), sequences, tokens, wanted);
        let (_, states) = parallel::pass(compute).map_err(inference)?;
        states.as_ref().map_or(Ok(Vec::new()), numbers)
    }

    /// Computes the same tokens for their keys and values alone.
    pub(super) fn advance(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]]) -> Result<()> {
        self.hidden(sequences, tokens, &[0]).map(drop)
    }

    /// The logits of rows of [`Decoder::hidden`]: (rows, vocabulary).
    pub(super) fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        parallel::pass(|| self.head.forward(hidden)).map_err(inference)
    }

    /// Runs the tokens through so many layers: what these give for all rows, and what the observed one gives for those that are
    /// wanted, if any are.
    fn blocks(
        &self,
        layers: usize,
        observed: Option<usize>,
        sequences: &mut [&mut Sequence],
        tokens: &[&[u32]],
        wanted: &[u32],
    ) -> CandleResult<(Tensor, Option<Tensor>)> {
        debug_assert_eq!(sequences.len(), tokens.len());
        for (sequence, tokens) in sequences.iter_mut().zip(tokens) {
            sequence.reserve(tokens.len())?;
        }
        let rows = self.rows(sequences, tokens);
        let mut states = None;
        let (epsilon, gating) = (self.config.norm_epsilon, self.config.gating);
        let mut x = self.embedding.rows(&tokens.concat(), &self.device)?;
        if self.config.embedding_scale != 1.0 {
            x = (x * f64::from(self.config.embedding_scale))?;
        }
        for (index, layer) in self.layers.iter().enumerate().take(layers) {
            let parts = [&layer.query, &layer.key, &layer.value];
            let qkv = normed_products(&x, &layer.attention_norm, epsilon, &parts)?;
            let attended = self.attention(index, layer, &qkv, &rows, sequences)?;
            x = plus_product(x, &attended, &layer.output, layer.output_norm.as_ref(), epsilon)?;
            let gated = gated_products(&x, &layer.ffn_norm, epsilon, gating, &layer.gate, &layer.up)?;
            x = plus_product(x, &gated, &layer.down, layer.down_norm.as_ref(), epsilon)?;
            if observed == Some(index) && !wanted.is_empty() {
                states = Some(x.index_select(&Tensor::new(wanted, &self.device)?, 0)?);
            }
        }
        for (sequence, tokens) in sequences.iter_mut().zip(tokens) {
            sequence.advance(tokens.len());
        }
        Ok((x, states))
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
        let angles = &rows.angles[layer.kind.rotation];
        if blocks.is_empty() {
            let preparation = HeadPreparation {
                query_norm: layer.query_norm.as_ref().map(|n| n.norm(self.config.norm_epsilon)),
                key_norm: layer.key_norm.as_ref().map(|n| n.norm(self.config.norm_epsilon)),
                pairs: self.config.rope_pairs,
                cos: &angles.cos,
                sin: &angles.sin,
                scale: self.config.attention_scale,
            };
            return ops::attention(qkv, self.config.heads, index, layer.kind.window, preparation, &mut pages);
        }
        self.attention_in_tensors(index, layer, qkv, angles, &mut blocks)
    }

    fn attention_in_tensors(
        &self,
        index: usize,
        layer: &Layer,
        qkv: &Tensor,
        angles: &Angles,
        sequences: &mut [(&mut Blocks, std::ops::Range<usize>)],
    ) -> CandleResult<Tensor> {
        let HeadShape { heads, kv_heads, head_dim } = self.config.heads;
        let group = heads / kv_heads;
        let numbers =
            |numbers: &[f32]| Tensor::from_slice(numbers, (numbers.len() / (head_dim / 2), head_dim / 2), &self.device);
        let angles = (numbers(&angles.cos)?, numbers(&angles.sin)?);
        let of = |first: usize, count: usize| qkv.narrow(1, first * head_dim, count * head_dim);
        let query = self.heads(&of(0, heads)?, heads, layer.query_norm.as_ref(), Some(&angles))?;
        let key = self.heads(&of(heads, kv_heads)?, kv_heads, layer.key_norm.as_ref(), Some(&angles))?;
        let value = self.heads(&of(heads + kv_heads, kv_heads)?, kv_heads, None, None)?;

        let mut outputs = Vec::with_capacity(sequences.len());
        for (sequence, range) in sequences {
            let new = range.len();
            let part = |t: &Tensor| t.narrow(1, range.start, new);
            let views = sequence.extend(index, &part(&key)?, &part(&value)?)?;
            let masks = masks(&views, new, group, layer.kind.window, &self.device)?;
            // The heads that share a key-value head stand below one another as rows of one product.
            let query = part(&query)?.contiguous()?.reshape((kv_heads, group * new, head_dim))?;
            let output = attend(&query, &views, &masks, f64::from(self.config.attention_scale))?;
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
/// (kv heads, tokens, head dim), with what each part's mask hides. Scores are multiplied by `scale`.
fn attend(query: &Tensor, parts: &[(Tensor, Tensor)], masks: &[Option<Tensor>], scale: f64) -> CandleResult<Tensor> {
    let scores = |((k, _), mask): (&(Tensor, Tensor), &Option<Tensor>)| {
        let scores = (query.matmul(&k.t()?)? * scale)?;
        match mask {
            Some(mask) => scores.broadcast_add(mask),
            None => Ok(scores),
        }
    };
    let scores = parts.iter().zip(masks).map(scores).collect::<CandleResult<Vec<_>>>()?;
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

/// The rows of one pass: which belong to which sequence, and the angles of their positions for each rotation.
struct Rows {
    ranges: Vec<std::ops::Range<usize>>,
    angles: Vec<Angles>,
}

/// Cosine and sine of each row and pair, (rows, head dim / 2).
struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Decoder {
    fn rows(&self, sequences: &[&mut Sequence], tokens: &[&[u32]]) -> Rows {
        let (mut ranges, mut positions) = (Vec::new(), Vec::new());
        for (sequence, tokens) in sequences.iter().zip(tokens) {
            ranges.push(positions.len()..positions.len() + tokens.len());
            positions.extend(sequence.len()..sequence.len() + tokens.len());
        }
        let angles = |(rotation, frequencies): (&Rotation, &Vec<f32>)| {
            // Exact below 2^24.
            let angles = positions.iter().flat_map(|&position| frequencies.iter().map(move |f| position as f32 * f));
            let (sin, cos) = angles.map(|a| (a.sin() * rotation.magnitude, a.cos() * rotation.magnitude)).unzip();
            Angles { cos, sin }
        };
        Rows { ranges, angles: self.config.rotations.iter().zip(&self.frequencies).map(angles).collect() }
    }
}

/// For each part of what a sequence has, what the `new` tokens at its end must not see of it: (group × new, tokens of the
/// part), 0 or minus infinity; `None` where all see all.
fn masks(
    parts: &[(Tensor, Tensor)],
    new: usize,
    group: usize,
    window: Option<usize>,
    device: &Device,
) -> CandleResult<Vec<Option<Tensor>>> {
    let lens = parts.iter().map(|(k, _)| k.dim(1)).collect::<CandleResult<Vec<_>>>()?;
    let before = lens.iter().sum::<usize>() - new;
    let mut start = 0;
    let mut mask = |len: usize| {
        let tokens = start..start + len;
        start += len;
        let hidden =
            |position: usize, token: usize| token > position || window.is_some_and(|window| token + window <= position);
        // The last new token looks back least far, the first sees least of what is new.
        if !hidden(before + new - 1, tokens.start) && !hidden(before, tokens.end - 1) {
            return Ok(None);
        }
        let row =
            |i: usize| tokens.clone().map(move |token| if hidden(before + i, token) { f32::NEG_INFINITY } else { 0.0 });
        let mask: Vec<f32> = (0..group).flat_map(|_| (0..new).flat_map(row)).collect();
        Tensor::from_vec(mask, (group * new, len), device).map(Some)
    };
    lens.into_iter().map(&mut mask).collect()
}

/// Logits or states as numbers, a list for each row.
pub(super) fn numbers(rows: &Tensor) -> Result<Vec<Vec<f32>>> {
    rows.to_vec2().map_err(|e| Error::new(ErrorKind::Inference, "cannot read what was computed").with_source(e))
}

fn inference(error: candle_core::Error) -> Error {
    Error::new(ErrorKind::Inference, "the model could not be run").with_source(error)
}
