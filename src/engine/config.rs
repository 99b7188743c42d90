//! The sizes and constants of a model, from the header of its file: all that sets one architecture apart from another.
//!
//! The blocks are those of Llama (Touvron et al. 2023) everywhere. What the names of tensors tell is not here: biases, norms of
//! heads or behind a product, and products that are stored as one are taken where a file has them.

use super::gguf::GgufFile;
use super::kernels::attention::{HeadShape, RopePairs};
use super::kernels::elementwise::Gating;
use super::kv::KvShape;
use crate::error::Result;

/// The architectures that are known, by `general.architecture`.
const KNOWN: [&str; 6] = ["llama", "qwen2", "qwen3", "smollm3", "gemma3", "phi3"];

/// The sizes and constants of a model.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DecoderConfig {
    pub(super) architecture: String,
    pub(super) context_length: usize,
    pub(super) layers: usize,
    pub(super) hidden: usize,
    pub(super) feed_forward: usize,
    pub(super) heads: HeadShape,
    pub(super) norm_epsilon: f32,
    pub(super) gating: Gating,
    /// Factor of the token embeddings.
    pub(super) embedding_scale: f32,
    /// Factor of the products of queries and keys.
    pub(super) attention_scale: f32,
    pub(super) rope_pairs: RopePairs,
    /// The rotations that layers choose from.
    pub(super) rotations: Vec<Rotation>,
    /// Of every so many layers the last is not like the others; 0 where all are alike.
    period: usize,
    /// How far the others look back, in tokens.
    window: Option<usize>,
}

/// How a position turns the pairs of a head (Su et al. 2021).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rotation {
    /// Base of the wavelengths; without one nothing is turned, whatever the position.
    base: Option<f32>,
    /// Positions are divided by it (Chen et al. 2023).
    stretch: f32,
    /// Factor of what is turned.
    pub(super) magnitude: f32,
}

impl Rotation {
    fn of_base(base: f32) -> Self {
        Self { base: Some(base), stretch: 1.0, magnitude: 1.0 }
    }

    /// Angular frequency of each pair of a head, (head dim / 2). Some files stretch each wavelength by a factor of its own.
    pub(super) fn frequencies(&self, head_dim: usize, factors: Option<&[f32]>) -> Vec<f32> {
        let exponents = (0..head_dim).step_by(2).map(|i| i as f32 / head_dim as f32);
        let of = |exponent| self.base.map_or(0.0, |base| 1.0 / base.powf(exponent) / self.stretch);
        let mut frequencies: Vec<f32> = exponents.map(of).collect();
        for (frequency, factor) in frequencies.iter_mut().zip(factors.unwrap_or_default()) {
            *frequency /= factor;
        }
        frequencies
    }
}

/// What attention does in one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LayerKind {
    /// Which of the rotations.
    pub(super) rotation: usize,
    /// How many tokens it looks back over, itself included; all where there is none.
    pub(super) window: Option<usize>,
}

/// Metadata of one architecture.
struct Keys<'a> {
    gguf: &'a GgufFile,
    architecture: &'a str,
}

impl Keys<'_> {
    fn name(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn number(&self, key: &str) -> Result<usize> {
        self.gguf.number(&self.name(key))
    }

    fn optional_number(&self, key: &str) -> Option<usize> {
        self.gguf.optional_number(&self.name(key))
    }

    fn float(&self, key: &str) -> Result<f32> {
        self.gguf.float(&self.name(key))
    }

    fn float_or(&self, key: &str, otherwise: f32) -> Result<f32> {
        if self.gguf.value(&self.name(key)).is_some() { self.float(key) } else { Ok(otherwise) }
    }
}

impl DecoderConfig {
    /// # Errors
    /// `Model` if the architecture is not known or its sizes cannot be right.
    pub(super) fn from_gguf(gguf: &GgufFile) -> Result<Self> {
        let architecture = gguf.string("general.architecture")?;
        if !KNOWN.contains(&architecture) {
            let known = KNOWN.join(", ");
            return Err(gguf.error(format!("its architecture `{architecture}` is not known; known are {known}")));
        }
        let keys = Keys { gguf, architecture };
        let (heads, hidden) = (head_shape(&keys)?, keys.number("embedding_length")?);
        let layers = keys.number("block_count")?;
        let mut rotation = Rotation::of_base(keys.float_or("rope.freq_base", 10_000.0)?);
        let mut context_length = keys.number("context_length")?;
        match gguf.string(&keys.name("rope.scaling.type")) {
            Ok("linear") => rotation.stretch = keys.float("rope.scaling.factor")?,
            Ok(scaling @ ("yarn" | "longrope")) if scaling == "yarn" || !gguf.has_tensor(SHORT_FACTORS) => {
                return Err(gguf.error(format!("uses `{scaling}` scaling of positions, which is not supported")));
            }
            _ => {}
        }
        // Phi-3's long versions have two sets of factors (Ding et al. 2024). Those for short texts are right up to the length
        // that the model was first trained for, and no text may be longer.
        if gguf.has_tensor(SHORT_FACTORS) {
            context_length = context_length.min(keys.number("rope.scaling.original_context_length")?);
            rotation.magnitude = keys.float_or("rope.scaling.attn_factor", 1.0)?;
        }
        let by_head = |size: usize| 1.0 / (size as f32).sqrt();
        let window = keys.optional_number("attention.sliding_window").filter(|window| *window > 0);
        let mut config = Self {
            architecture: architecture.to_owned(),
            context_length,
            layers,
            hidden,
            feed_forward: keys.number("feed_forward_length")?,
            heads,
            norm_epsilon: keys.float("attention.layer_norm_rms_epsilon")?,
            gating: Gating::Silu,
            embedding_scale: 1.0,
            attention_scale: by_head(heads.head_dim),
            rope_pairs: RopePairs::Halves,
            rotations: vec![rotation],
            period: 0,
            window: None,
        };
        match architecture {
            "llama" => config.rope_pairs = RopePairs::Neighbours,
            "smollm3" => {
                config.rope_pairs = RopePairs::Neighbours;
                config.period = 4;
                config.rotations.push(Rotation { base: None, ..rotation });
            }
            "gemma3" => {
                config.gating = Gating::Gelu;
                config.embedding_scale = (hidden as f32).sqrt();
                // The one of 27 billion parameters does not divide by the size of its heads.
                if layers == 62 {
                    config.attention_scale = by_head(hidden / heads.heads);
                }
                config.period = 6;
                if window.is_none() {
                    return Err(gguf.error("does not say how far its layers look back (`attention.sliding_window`)"));
                }
                config.window = window;
                // The last of six looks at everything; the others turn as they did before the context was made longer.
                let local = Rotation::of_base(keys.float_or("rope.freq_base_swa", 10_000.0)?);
                config.rotations = vec![local, rotation];
            }
            "phi3" => config.window = window,
            _ => {}
        }
        Ok(config)
    }

    pub(super) fn kv_shape(&self) -> KvShape {
        KvShape { layers: self.layers, heads: self.heads }
    }

    pub(super) fn layer(&self, index: usize) -> LayerKind {
        if self.period > 0 && (index + 1).is_multiple_of(self.period) {
            LayerKind { rotation: 1, window: None }
        } else {
            LayerKind { rotation: 0, window: self.window }
        }
    }
}

/// Factors of wavelengths in files of Llama 3.1 and later.
pub(super) const FACTORS: &str = "rope_freqs.weight";
/// The same for short texts in files of Phi-3.
pub(super) const SHORT_FACTORS: &str = "rope_factors_short.weight";

fn head_shape(keys: &Keys<'_>) -> Result<HeadShape> {
    let heads = keys.number("attention.head_count")?;
    let kv_heads = keys.optional_number("attention.head_count_kv").unwrap_or(heads);
    if heads == 0 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
        return Err(keys.gguf.error(format!("{heads} heads cannot share {kv_heads} key-value heads")));
    }
    let head_dim = match keys.optional_number("attention.key_length") {
        Some(head_dim) => head_dim,
        None => keys.number("embedding_length")? / heads,
    };
    let too_large = |n: usize| n.checked_mul(head_dim).is_none_or(|n| n > 1 << 24);
    if head_dim == 0 || head_dim % 2 == 1 || too_large(heads) || too_large(kv_heads) {
        return Err(keys.gguf.error(format!("{heads} heads of {head_dim} values cannot be right")));
    }
    // Partial rotation would need other code; none of the models known has it.
    if keys.optional_number("rope.dimension_count").is_some_and(|d| d != head_dim) {
        return Err(keys.gguf.error("rotates only a part of each head, which is not supported"));
    }
    Ok(HeadShape { heads, kv_heads, head_dim })
}
