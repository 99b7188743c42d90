//! Tests of the decoder on tiny models of random weights, for architectures that no small model at hand has.

use std::fs::File;
use std::path::Path;

use candle_core::quantized::gguf_file::{Content, Value, write};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_qwen3};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

use super::decoder::{Backend, Decoder};
use super::gguf::GgufFile;
use super::kv::Sequence;
use super::scoring::{self, Plan, Scored};

const VOCABULARY: usize = 40;
const HIDDEN: usize = 32;
const HEADS: usize = 4;
const KV_HEADS: usize = 2;
const FEED_FORWARD: usize = 48;
const LAYERS: usize = 2;

/// Writes a model of that architecture. `head_dim` need not be hidden / heads.
fn write_model(path: &Path, architecture: &str, head_dim: usize, head_norms: bool, rope_factors: Option<f32>) {
    let mut rng = ChaCha12Rng::seed_from_u64(11);
    let mut tensors: Vec<(String, QTensor)> = Vec::new();
    let mut random = |name: String, shape: &[usize], around: f32| {
        let n = shape.iter().product();
        let values: Vec<f32> = (0..n).map(|_| around + rng.random::<f32>() * 0.6 - 0.3).collect();
        let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
        tensors.push((name, QTensor::quantize(&tensor, GgmlDType::F32).unwrap()));
    };
    random("token_embd.weight".into(), &[VOCABULARY, HIDDEN], 0.0);
    random("output_norm.weight".into(), &[HIDDEN], 1.0);
    random("output.weight".into(), &[VOCABULARY, HIDDEN], 0.0);
    for layer in 0..LAYERS {
        let name = |part: &str| format!("blk.{layer}.{part}.weight");
        for norm in ["attn_norm", "ffn_norm"] {
            random(name(norm), &[HIDDEN], 1.0);
        }
        for norm in ["attn_q_norm", "attn_k_norm"].iter().filter(|_| head_norms) {
            random(name(norm), &[head_dim], 1.0);
        }
        random(name("attn_q"), &[HEADS * head_dim, HIDDEN], 0.0);
        random(name("attn_k"), &[KV_HEADS * head_dim, HIDDEN], 0.0);
        random(name("attn_v"), &[KV_HEADS * head_dim, HIDDEN], 0.0);
        random(name("attn_output"), &[HIDDEN, HEADS * head_dim], 0.0);
        random(name("ffn_gate"), &[FEED_FORWARD, HIDDEN], 0.0);
        random(name("ffn_up"), &[FEED_FORWARD, HIDDEN], 0.0);
        random(name("ffn_down"), &[HIDDEN, FEED_FORWARD], 0.0);
    }
    if let Some(factor) = rope_factors {
        let factors = Tensor::full(factor, head_dim / 2, &Device::Cpu).unwrap();
        tensors.push(("rope_freqs.weight".into(), QTensor::quantize(&factors, GgmlDType::F32).unwrap()));
    }
    let number = |n: usize| Value::U32(n as u32);
    let metadata: Vec<(String, Value)> = [
        ("embedding_length", number(HIDDEN)),
        ("attention.head_count", number(HEADS)),
        ("attention.head_count_kv", number(KV_HEADS)),
        ("attention.key_length", number(head_dim)),
        ("rope.dimension_count", number(head_dim)),
        ("block_count", number(LAYERS)),
        ("feed_forward_length", number(FEED_FORWARD)),
        ("context_length", number(64)),
        ("attention.layer_norm_rms_epsilon", Value::F32(1e-6)),
        ("rope.freq_base", Value::F32(10_000.0)),
    ]
    .into_iter()
    .map(|(key, value)| (format!("{architecture}.{key}"), value))
    .chain([
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        // The oracle for Qwen3 would else round its rotation angles to f16.
        ("general.dtype".to_owned(), Value::U32(0)),
        (
            "tokenizer.ggml.tokens".to_owned(),
            Value::Array((0..VOCABULARY).map(|i| Value::String(format!("t{i}"))).collect()),
        ),
    ])
    .collect();
    let metadata: Vec<_> = metadata.iter().map(|(k, v)| (k.as_str(), v)).collect();
    let tensors: Vec<_> = tensors.iter().map(|(k, t)| (k.as_str(), t)).collect();
    write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
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

const TOKENS: [u32; 9] = [3, 17, 5, 39, 0, 21, 8, 8, 30];

/// The same positions by an oracle that takes (tokens, offset).
fn theirs(mut forward: impl FnMut(&Tensor, usize) -> candle_core::Result<Tensor>) -> Vec<Vec<f32>> {
    let mut at = 0;
    [3, 3, 1, 1, 1]
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
    write_model(&path, "qwen3", 16, true, None);
    let (content, mut file) = content(&path);
    let mut oracle = quantized_qwen3::ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    for (backend, tolerance) in BACKENDS {
        assert!(close(&ours(&path, &TOKENS, backend), &expected, tolerance), "{backend:?}");
    }
}

#[test]
fn llama_agrees_with_the_oracle_and_heeds_its_rope_factors() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("llama.gguf");
    write_model(&path, "llama", 8, false, None);
    let (content, mut file) = content(&path);
    let mut oracle = quantized_llama::ModelWeights::from_gguf(content, &mut file, &Device::Cpu).unwrap();
    let expected = theirs(|input, at| oracle.forward(input, at));
    for (backend, tolerance) in BACKENDS {
        write_model(&path, "llama", 8, false, None);
        let plain = ours(&path, &TOKENS, backend);
        assert!(close(&plain, &expected, tolerance), "{backend:?}");
        // The oracle knows no factors. Those of 1 change nothing, and others do.
        write_model(&path, "llama", 8, false, Some(1.0));
        assert_eq!(ours(&path, &TOKENS, backend), plain);
        write_model(&path, "llama", 8, false, Some(4.0));
        assert!(!close(&ours(&path, &TOKENS, backend), &plain, 10.0 * tolerance), "{backend:?}");
    }
}

#[test]
fn likelihoods_are_those_of_decoding_step_by_step() {
    for (backend, tolerance) in BACKENDS {
        likelihoods(backend, f64::from(tolerance));
    }
}

fn likelihoods(backend: Backend, tolerance: f64) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("llama.gguf");
    write_model(&path, "llama", 8, false, None);
    let decoder = Decoder::load_for(&GgufFile::open(&path).unwrap(), Device::Cpu, backend).unwrap();
    let mut prefix = decoder.sequence();
    decoder.forward(&mut [&mut prefix], &[&TOKENS[..4]]).unwrap();

    // The third is longer than a pass, the last is empty, and a prompt stands before three of them.
    let long: Vec<u32> = (0..300).map(|i| (i * 7 + i / 11) % VOCABULARY as u32).collect();
    let texts: [(&[u32], &[u32]); 6] = [
        (&[9], &[1, 2, 3]),
        (&[9, 30, 4], &[5]),
        (&[12, 13], &long),
        (&[9, 30, 4], &[1, 2]),
        (&[9, 30, 4], &[6]),
        (&[7], &[]),
    ];
    let items: Vec<_> = texts.iter().map(|&(prompt, text)| Scored { prompt, text }).collect();
    let mut rows = 0;
    let count = &mut |n| {
        rows += n;
        Ok(())
    };
    let plan = Plan::new(&items);
    let found = scoring::log_probs(&decoder, &prefix, items.len(), &plan, count).unwrap();
    assert_eq!(rows, 3 + (2 + 1 + 2 + 1) + 301);
    assert_eq!(rows, plan.rows());

    for ((prompt, text), found) in texts.iter().zip(&found) {
        let mut alone = decoder.sequence();
        let mut step = |tokens: &[u32]| {
            decoder.forward(&mut [&mut alone], &[tokens]).unwrap().squeeze(0).unwrap().to_vec1::<f32>().unwrap()
        };
        step(&TOKENS[..4]);
        let mut logits = prompt.iter().map(|&token| step(&[token])).last().unwrap();
        assert_eq!(found.len(), text.len());
        for (&token, found) in text.iter().zip(found) {
            let sum: f64 = logits.iter().map(|&l| f64::from(l).exp()).sum();
            let expected = f64::from(logits[token as usize]) - sum.ln();
            assert!((found - expected).abs() < tolerance, "{found} {expected}");
            logits = step(&[token]);
        }
    }
    assert!(found.iter().flatten().all(|l| *l < 0.0));
}

#[test]
fn what_does_not_fit_together_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("odd.gguf");
    write_model(&path, "gemma3", 8, false, None);
    let error = Decoder::load(&GgufFile::open(&path).unwrap(), Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("`gemma3` is not known"), "{error}");
    write_model(&path, "llama", 8, false, None);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let error = Decoder::load(&GgufFile::open(&path).unwrap(), Device::Cpu).err().unwrap();
    assert!(error.to_string().contains("odd.gguf: cannot read tensor"), "{error}");
}
