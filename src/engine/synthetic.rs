//! Tests of the decoder on tiny models of random weights, for architectures that no small model at hand has.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::smol::smollm3;
use candle_transformers::models::{gemma3, phi3, quantized_llama, quantized_qwen3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::{Value as Json, json};

use super::decoder::{Backend, Decoder};
use super::gguf::GgufFile;
use super::kv::Sequence;

mod reading;

const VOCABULARY: usize = 40;
const HIDDEN: usize = 32;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const FEED_FORWARD: usize = 48;

/// A model to be written: an architecture and what it has beyond the blocks of Llama.
struct Sketch {
    architecture: &'static str,
    layers: usize,
    /// It need not be hidden / heads.
    head_dim: usize,
    head_norms: bool,
    /// Norms of what attention and the feed-forward block add.
    post_norms: bool,
    /// Products of the same inputs as one tensor.
    fused: bool,
    /// The table of embeddings is the output matrix too.
    tied: bool,
    /// A tensor of factors of wavelengths.
    factors: Option<(&'static str, Vec<f32>)>,
    metadata: Vec<(&'static str, Value)>,
}

impl Sketch {
    fn of(architecture: &'static str) -> Self {
        Self {
            architecture,
            layers: 2,
            head_dim: 8,
            head_norms: false,
            post_norms: false,
            fused: false,
            tied: false,
            factors: None,
            metadata: Vec::new(),
        }
    }

    /// Weights that look random, by the names of a GGUF file.
    fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut rng = ChaCha12Rng::seed_from_u64(11);
        let mut tensors: Vec<(String, Tensor)> = Vec::new();
        let mut random = |name: String, shape: &[usize], around: f32| {
            let n = shape.iter().product();
            let values: Vec<f32> = (0..n).map(|_| around + rng.random::<f32>() * 0.6 - 0.3).collect();
            tensors.push((name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap()));
        };
        let head_dim = self.head_dim;
        random("token_embd.weight".into(), &[VOCABULARY, HIDDEN], 0.0);
        random("output_norm.weight".into(), &[HIDDEN], 1.0);
        if !self.tied {
            random("output.weight".into(), &[VOCABULARY, HIDDEN], 0.0);
        }
        for layer in 0..self.layers {
            let name = |part: &str| format!("blk.{layer}.{part}.weight");
            for norm in ["attn_norm", "ffn_norm"] {
                random(name(norm), &[HIDDEN], 1.0);
            }
            for norm in ["attn_q_norm", "attn_k_norm"].iter().filter(|_| self.head_norms) {
                random(name(norm), &[head_dim], 1.0);
            }
            for norm in ["post_attention_norm", "post_ffw_norm"].iter().filter(|_| self.post_norms) {
                random(name(norm), &[HIDDEN], 1.0);
            }
            if self.fused {
                random(name("attn_qkv"), &[(HEADS + 2 * KV_HEADS) * head_dim, HIDDEN], 0.0);
                random(name("ffn_up"), &[2 * FEED_FORWARD, HIDDEN], 0.0);
            } else {
                random(name("attn_q"), &[HEADS * head_dim, HIDDEN], 0.0);
                random(name("attn_k"), &[KV_HEADS * head_dim, HIDDEN], 0.0);
                random(name("attn_v"), &[KV_HEADS * head_dim, HIDDEN], 0.0);
                random(name("ffn_gate"), &[FEED_FORWARD, HIDDEN], 0.0);
                random(name("ffn_up"), &[FEED_FORWARD, HIDDEN], 0.0);
            }
            random(name("attn_output"), &[HIDDEN, HEADS * head_dim], 0.0);
            random(name("ffn_down"), &[HIDDEN, FEED_FORWARD], 0.0);
        }
        if let Some((name, factors)) = &self.factors {
            tensors.push(((*name).to_owned(), Tensor::new(factors.as_slice(), &Device::Cpu).unwrap()));
        }
        tensors
    }

    /// Writes the model and gives its weights.
    fn write(&self, path: &Path) -> Vec<(String, Tensor)> {
        let number = |n: usize| Value::U32(n as u32);
        let own = self.metadata.iter().map(|(key, value)| (*key, value.clone()));
        let metadata: Vec<(String, Value)> = [
            ("embedding_length", number(HIDDEN)),
            ("attention.head_count", number(HEADS)),
            ("attention.head_count_kv", number(KV_HEADS)),
            ("attention.key_length", number(self.head_dim)),
            ("rope.dimension_count", number(self.head_dim)),
            ("block_count", number(self.layers)),
            ("feed_forward_length", number(FEED_FORWARD)),
            ("context_length", number(64)),
            ("attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
            ("rope.freq_base", Value::F32(10_000.0)),
        ]
        .into_iter()
        .filter(|(key, _)| self.metadata.iter().all(|(own, _)| own != key))
        .chain(own)
        .map(|(key, value)| (format!("{}.{key}", self.architecture), value))
        .chain([
            ("general.architecture".to_owned(), Value::String(self.architecture.to_owned())),
            // The oracle for Qwen3 would else round its rotation angles to f16.
            ("general.dtype".to_owned(), Value::U32(0)),
            (
                "tokenizer.ggml.tokens".to_owned(),
                Value::Array((0..VOCABULARY).map(|i| Value::String(format!("t{i}"))).collect()),
            ),
        ])
        .collect();
        let metadata: Vec<_> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
        let dense = self.tensors();
        let stored: Vec<_> =
            dense.iter().map(|(k, t)| (k.as_str(), QTensor::quantize(t, GgmlDType::F32).unwrap())).collect();
        let tensors: Vec<_> = stored.iter().map(|(k, t)| (*k, t)).collect();
        write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
        dense
    }
}

/// The same weights by the names that models are published under, for oracles that read no GGUF. `names` are those parts of a
/// block that are called otherwise than in Llama.
fn published(weights: Vec<(String, Tensor)>, names: &[(&str, &str)]) -> VarBuilder<'static> {
    const NAMES: [(&str, &str); 15] = [
        ("attn_norm", "input_layernorm"),
        ("ffn_norm", "post_attention_layernorm"),
        ("post_attention_norm", "post_attention_layernorm"),
        ("post_ffw_norm", "post_feedforward_layernorm"),
        ("attn_q", "self_attn.q_proj"),
        ("attn_k", "self_attn.k_proj"),
        ("attn_v", "self_attn.v_proj"),
        ("attn_q_norm", "self_attn.q_norm"),
        ("attn_k_norm", "self_attn.k_norm"),
        ("attn_qkv", "self_attn.qkv_proj"),
        ("attn_output", "self_attn.o_proj"),
        ("ffn_gate", "mlp.gate_proj"),
        ("ffn_up", "mlp.up_proj"),
        ("ffn_down", "mlp.down_proj"),
        ("output_norm", "norm"),
    ];
    let named = |name: &str| {
        let part = name.trim_end_matches(".weight");
        match part.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) {
            Some((layer, part)) => {
                let (_, published) = names.iter().chain(&NAMES).find(|(own, _)| *own == part).unwrap();
                format!("model.layers.{layer}.{published}.weight")
            }
            None if part == "token_embd" => "model.embed_tokens.weight".to_owned(),
            None if part == "output_norm" => "model.norm.weight".to_owned(),
            None => "lm_head.weight".to_owned(),
        }
    };
    let weights: HashMap<_, _> = weights.into_iter().map(|(name, tensor)| (named(&name), tensor)).collect();
    VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu)
}

/// What all configurations of published models say.
fn configuration(sketch: &Sketch, own: Json) -> Json {
    let mut all = json!({
        "vocab_size": VOCABULARY, "hidden_size": HIDDEN, "intermediate_size": FEED_FORWARD, "head_dim": sketch.head_dim,
        "num_hidden_layers": sketch.layers, "num_attention_heads": HEADS, "num_key_value_heads": KV_HEADS,
        "max_position_embeddings": 64, "rope_theta": 10_000.0, "rms_norm_eps": 1e-6, "tie_word_embeddings": sketch.tied,
        "hidden_act": "silu",
    });
    all.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    all
}

/// Logits after each of the tokens, which are computed as a shared prefix, a piece, and one by one.
fn ours(path: &Path, tokens: &[u32], backend: Backend) -> Vec<Vec<f32>> {
    let decoder = Decoder::load_for(&GgufFile::open(path).unwrap(), Device::Cpu, backend).unwrap();
    let run = |sequence: &mut Sequence, part: &[u32]| {
        decoder.forward(&mut [sequence], &[part]).unwrap().squeeze(0).unwrap().to_vec1::<f32>().unwrap()
    };
    let mut base = decoder.sequence();
    let mut logits = vec![run(&mut base, &tokens[..3])];
    let mut sequence = base.clone();
    logits.push(run(&mut sequence, &tokens[3..6]));
    logits.extend(tokens[6..].iter().map(|t| run(&mut sequence, &[*t])));
    logits
}

fn content(path: &Path) -> (Content, File) {
    let mut file = File::open(path).unwrap();
    (Content::read(&mut file).unwrap(), file)
}

/// The weights are f32, so that only the order of sums may differ, and with kernels of our own the eight bits of a bf16 in
/// queries, keys and values.
const BACKENDS: [(Backend, f32); 2] = [(Backend::Candle, 1e-4), (Backend::Kernels, 6e-2)];

fn close(ours: &[Vec<f32>], theirs: &[Vec<f32>], tolerance: f32) -> bool {
    assert_eq!(ours.len(), theirs.len());
    let gaps = ours.iter().flatten().zip(theirs.iter().flatten()).map(|(a, b)| (a - b).abs());
    let largest = gaps.fold(0.0, f32::max);
    println!("largest gap {largest:.1e}, tolerance {tolerance:.1e}");
    largest <= tolerance
}

/// Whether the model at `path` gives these logits, whoever does the work.
fn assert_agrees(path: &Path, expected: &[Vec<f32>]) {
    for (backend, tolerance) in BACKENDS {
        assert!(close(&ours(path, &TOKENS, backend), expected, tolerance), "{backend:?}");
    }
}

const TOKENS: [u32; 9] = [3, 17, 5, 39, 0, 21, 8, 8, 30];

/// The same positions by an oracle that takes (tokens, offset).
fn theirs(forward: impl FnMut(&Tensor, usize) -> candle_core::Result<Tensor>) -> Vec<Vec<f32>> {
    in_steps(&[3, 3, 1, 1, 1], forward)
}

/// Logits after each of so many tokens.
fn in_steps(steps: &[usize], mut forward: impl FnMut(&Tensor, usize) -> candle_core::Result<Tensor>) -> Vec<Vec<f32>> {
    let mut at = 0;
    steps
        .iter()
        .map(|n| {
            let input = Tensor::new(&TOKENS[at..at + n], &Device::Cpu).unwrap().unsqueeze(0).unwrap();
            let logits = forward(&input, at).unwrap().flatten_all().unwrap().to_vec1().unwrap();
            at += n;
            logits
        })
        .collect()
}

#[test]
fn qwen3_with_its_head_norms_agrees_with_the_oracle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("qwen3.gguf");
    Sketch { head_dim: 16, head_norms: true, ..Sketch::of("qwen3") }.write(&path);
    let (content, mut file) = content(&path);
    let mut oracle = quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    assert_agrees(&path, &expected);
}

#[test]
fn llama_agrees_with_the_oracle_and_heeds_its_rope_factors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("llama.gguf");
    Sketch::of("llama").write(&path);
    let (content, mut file) = content(&path);
    let mut oracle = quantized_llama::ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    for (backend, tolerance) in BACKENDS {
        Sketch::of("llama").write(&path);
        let plain = ours(&path, &TOKENS, backend);
        assert!(close(&plain, &expected, tolerance), "{backend:?}");
        // The oracle knows no factors. Those of 1 change nothing, and others do.
        let stretched =
            |factor| Sketch { factors: Some(("rope_freqs.weight", vec![factor; 4])), ..Sketch::of("llama") };
        stretched(1.0).write(&path);
        assert_eq!(ours(&path, &TOKENS, backend), plain);
        stretched(4.0).write(&path);
        assert!(!close(&ours(&path, &TOKENS, backend), &plain, 10.0 * tolerance), "{backend:?}");
    }
}

#[test]
fn gemma3_agrees_with_the_oracle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gemma3.gguf");
    // Seven layers, of which the sixth looks at everything and turns more slowly; the others look at four tokens.
    let metadata = vec![
        ("attention.sliding_window", Value::U32(4)),
        ("rope.freq_base", Value::F32(1_000_000.0)),
        ("rope.freq_base_swa", Value::F32(5000.0)),
    ];
    let sketch = Sketch {
        layers: 7,
        head_dim: 16,
        head_norms: true,
        post_norms: true,
        tied: true,
        metadata,
        ..Sketch::of("gemma3")
    };
    let mut weights = sketch.write(&path);
    // A published norm says how far it is from 1.
    for (_, tensor) in weights.iter_mut().filter(|(name, _)| name.contains("norm")) {
        *tensor = (&*tensor - 1.0).unwrap();
    }
    let config: gemma3::Config = serde_json::from_value(configuration(
        &sketch,
        json!({
            "attention_bias": false, "hidden_activation": "gelu_pytorch_tanh", "rope_theta": 1_000_000.0,
            "rope_local_base_freq": 5000.0, "query_pre_attn_scalar": 16, "sliding_window": 4, "sliding_window_pattern": 6,
        }),
    ))
    .unwrap();
    let names = [("ffn_norm", "pre_feedforward_layernorm")];
    let mut oracle = gemma3::Model::new(false, &config, published(weights, &names)).unwrap();
    // Token by token: several at once see one more token than the window has.
    let mut expected = in_steps(&[1; 9], |input, at| oracle.forward(input, at));
    expected = [2, 5, 6, 7, 8].map(|i| expected[i].clone()).to_vec();
    assert_agrees(&path, &expected);
}

#[test]
fn smollm3_agrees_with_the_oracle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("smollm3.gguf");
    let sketch = Sketch { layers: 5, tied: true, ..Sketch::of("smollm3") };
    let mut weights = sketch.write(&path);
    // The pairs that turn together are neighbours in a GGUF file; as published, they are half a head apart.
    for (_, tensor) in weights.iter_mut().filter(|(name, _)| name.contains("attn_q") || name.contains("attn_k")) {
        let pairs = tensor.reshape(((), sketch.head_dim / 2, 2, HIDDEN)).unwrap();
        *tensor = pairs.transpose(1, 2).unwrap().reshape(((), HIDDEN)).unwrap();
    }
    let config: smollm3::Config =
        serde_json::from_value(configuration(&sketch, json!({ "no_rope_layer_interval": 4 }))).unwrap();
    let mut oracle = smollm3::ModelForCausalLM::new(&config, published(weights, &[])).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    assert_agrees(&path, &expected);
}

#[test]
fn phi3_with_its_factors_agrees_with_the_oracle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phi3.gguf");
    let (factors, magnitude) = (vec![1.25, 2.0, 1.6, 4.0], 1.25f32);
    let sketch = Sketch {
        fused: true,
        factors: Some(("rope_factors_short.weight", factors.clone())),
        metadata: vec![
            ("rope.scaling.original_context_length", Value::U32(32)),
            ("rope.scaling.attn_factor", Value::F32(magnitude)),
        ],
        ..Sketch::of("phi3")
    };
    let mut weights = sketch.write(&path);
    weights.pop();
    // The oracle knows no magnitude: larger queries and keys are the same.
    for (_, tensor) in weights.iter_mut().filter(|(name, _)| name.contains("attn_qkv")) {
        let turned = (HEADS + KV_HEADS) * sketch.head_dim;
        let larger = (tensor.narrow(0, 0, turned).unwrap() * f64::from(magnitude)).unwrap();
        let values = tensor.narrow(0, turned, KV_HEADS * sketch.head_dim).unwrap();
        *tensor = Tensor::cat(&[larger, values], 0).unwrap();
    }
    // And it multiplies by what should divide.
    let inverse: Vec<f32> = factors.iter().map(|f| 1.0 / f).collect();
    let scaling = json!({ "short_factor": inverse, "long_factor": inverse, "type": "longrope" });
    let config: phi3::Config =
        serde_json::from_value(configuration(&sketch, json!({ "rope_scaling": scaling }))).unwrap();
    let mut oracle = phi3::Model::new(&config, published(weights, &[("ffn_up", "mlp.gate_up_proj")])).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    assert_agrees(&path, &expected);
    let decoder = Decoder::load(&GgufFile::open(&path).unwrap(), Device::Cpu).unwrap();
    assert_eq!(decoder.config.context_length, 32, "longer texts need other factors");
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.gguf");
    let number = |n: u32| Value::U32(n);
    for (sketch, complaint) in [
        (Sketch::of("gemma4"), "`gemma4` is not known; known are llama"),
        (Sketch::of("gemma3"), "how far its layers look back"),
        (Sketch { head_dim: 7, ..Sketch::of("llama") }, "4 heads of 7 values cannot be right"),
        (Sketch { metadata: vec![("attention.head_count_kv", number(3))], ..Sketch::of("llama") }, "cannot share 3"),
        (
            Sketch { metadata: vec![("rope.dimension_count", number(4))], ..Sketch::of("phi3") },
            "only a part of each head",
        ),
        (
            Sketch { metadata: vec![("rope.scaling.type", Value::String("yarn".to_owned()))], ..Sketch::of("qwen3") },
            "uses `yarn` scaling",
        ),
        (
            Sketch {
                metadata: vec![("rope.scaling.type", Value::String("longrope".to_owned()))],
                ..Sketch::of("llama")
            },
            "uses `longrope` scaling",
        ),
    ] {
        sketch.write(&path);
        let error = Decoder::load(&GgufFile::open(&path).unwrap(), Device::Cpu).err().unwrap();
        assert!(error.to_string().contains(complaint), "{error}");
    }
    Sketch::of("llama").write(&path);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let error = Decoder::load(&GgufFile::open(&path).unwrap(), Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("odd.gguf: cannot read tensor"), "{error}");
}
