//! A model of several files: an encoder as a hub has it, made here with random weights, fetched, verified and run.

use std::collections::HashMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config};
use faqtory::engine::DeviceChoice;
use faqtory::engine::encoder::{Encoder, Role};
use faqtory::engine::store::{HubConfig, ModelStore, Progress, StoreConfig};
use faqtory::error::ErrorKind;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::harness::server::{Server, send};

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz:";
const HIDDEN: usize = 16;
const FEED_FORWARD: usize = 24;
const POSITIONS: usize = 64;
const LAYERS: usize = 2;

type Files = HashMap<&'static str, Vec<u8>>;

/// What the hub has: `model.safetensors`, `tokenizer.json` and `config.json`.
fn model() -> Files {
    let vocabulary: Vec<_> = ["<s>", "<pad>", "</s>", "<unk>", "▁"]
        .into_iter()
        .map(str::to_owned)
        .chain(LETTERS.chars().map(String::from))
        .collect();
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let mut tensors = HashMap::new();
    let mut random = |name: String, shape: &[usize]| {
        let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random::<f32>() - 0.5).collect();
        tensors.insert(name, Tensor::from_vec(values, shape, &Device::Cpu).unwrap());
    };
    for (name, rows) in [("word", vocabulary.len()), ("position", POSITIONS), ("token_type", 2)] {
        random(format!("embeddings.{name}_embeddings.weight"), &[rows, HIDDEN]);
    }
    let mut linear = |name: String, out: usize, of: usize| {
        random(format!("{name}.weight"), &if of > 0 { vec![out, of] } else { vec![out] });
        random(format!("{name}.bias"), &[out]);
    };
    linear("embeddings.LayerNorm".into(), HIDDEN, 0);
    for layer in 0..LAYERS {
        let part = |name: &str| format!("encoder.layer.{layer}.{name}");
        for name in ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"] {
            linear(part(name), HIDDEN, HIDDEN);
        }
        linear(part("intermediate.dense"), FEED_FORWARD, HIDDEN);
        linear(part("output.dense"), HIDDEN, FEED_FORWARD);
        linear(part("attention.output.LayerNorm"), HIDDEN, 0);
        linear(part("output.LayerNorm"), HIDDEN, 0);
    }
    let folder = tempfile::tempdir().unwrap();
    let weights = folder.path().join("w");
    candle_core::safetensors::save(&tensors, &weights).unwrap();
    let marks: Vec<_> = (0..4).map(|id| json!({ "id": id, "content": vocabulary[id], "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true })).collect();
    let pieces: Vec<_> = vocabulary.iter().map(|piece| json!([piece, -1.0])).collect();
    let metaspace = json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true });
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": marks, "normalizer": null,
        "pre_tokenizer": metaspace, "post_processor": null, "decoder": metaspace,
        "model": { "type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": false },
    });
    let config = json!({
        "vocab_size": vocabulary.len(), "hidden_size": HIDDEN, "num_hidden_layers": LAYERS, "num_attention_heads": 4,
        "intermediate_size": FEED_FORWARD, "hidden_act": "gelu", "hidden_dropout_prob": 0.0,
        "max_position_embeddings": POSITIONS, "type_vocab_size": 2, "initializer_range": 0.02, "layer_norm_eps": 1e-12,
        "pad_token_id": 1, "model_type": "bert",
    });
    HashMap::from([
        ("model.safetensors", fs::read(weights).unwrap()),
        ("tokenizer.json", tokenizer.to_string().into_bytes()),
        ("config.json", config.to_string().into_bytes()),
    ])
}

/// A hub that has these files below `sub/`.
fn hub(files: &Arc<Mutex<Files>>) -> Server {
    let files = Arc::clone(files);
    Server::new(move |got, stream| {
        let files = files.lock().unwrap();
        match got.path.strip_prefix("/o/e/resolve/r1/sub/").and_then(|name| files.get(name)) {
            Some(content) => send(stream, "200 OK", "", content),
            None => send(stream, "404 Not Found", "", b""),
        }
    })
}

fn store(folder: &Path, files: &Files, endpoint: &str) -> ModelStore {
    let sum = |name: &str| Sha256::digest(&files[name]).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let mut manifest = format!(
        "name = 'Tiny'\nsummary = 'For tests'\ntask = 'encode'\nlicence = 'MIT'\narchitecture = 'bert'\nparameters = 1\n\
         languages = ['en']\ncontext_length = {POSITIONS}\nfile = 'model.safetensors'\nsize = {}\nsha256 = '{}'\n\
         quantization = 'F32'\nkv_bytes_per_token = 0\nrank = 1\n\
         verified = {{ fetched = false, run = false, note = 'a test' }}\n\
         [[source]]\nkind = 'hub'\nrepo = 'o/e'\nrevision = 'r1'\nfile = 'sub/model.safetensors'\n",
        files["model.safetensors"].len(),
        sum("model.safetensors"),
    );
    for name in ["tokenizer.json", "config.json"] {
        manifest +=
            &format!("[[companion]]\nfile = '{name}'\nsize = {}\nsha256 = '{}'\n", files[name].len(), sum(name));
    }
    let manifests = folder.join("manifests");
    fs::create_dir_all(&manifests).unwrap();
    fs::write(manifests.join("tiny.toml"), manifest).unwrap();
    ModelStore::new(StoreConfig {
        root: folder.join("root"),
        manifests: vec![manifests],
        hub: HubConfig {
            endpoint: endpoint.to_owned(),
            token: None,
            cache: folder.join("cache"),
            offline: false,
            timeout: Duration::from_secs(5),
        },
        python: "there-is-no-such-python".to_owned(),
        offline: false,
    })
    .unwrap()
}

fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// The mean of the hidden states by the reference implementation, of a text of letters in the role of a query.
fn reference(folder: &Path, text: &str) -> Vec<f32> {
    let config: Config = serde_json::from_slice(&fs::read(folder.join("config.json")).unwrap()).unwrap();
    let tensors = candle_core::safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap();
    let weights = VarBuilder::from_tensors(tensors, candle_core::DType::F32, &Device::Cpu);
    let bert = BertModel::load(weights, &config).unwrap();
    let id = |c: char| if c == ' ' { 4 } else { 5 + LETTERS.find(c).unwrap() as u32 };
    let text = format!(" query: {text}");
    let ids: Vec<u32> = [0].into_iter().chain(text.chars().map(id)).chain([2]).collect();
    let ids = Tensor::new(&ids[..], &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let hidden = bert.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
    hidden.mean(1).unwrap().squeeze(0).unwrap().to_vec1().unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn an_encoder_is_fetched_whole_and_makes_the_vectors_of_the_reference() {
    let (folder, files) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(model())));
    let hub = hub(&files);
    let store = store(folder.path(), &files.lock().unwrap(), &hub.url(""));
    assert_eq!(store.find("tiny").unwrap(), None);
    let file = store.ensure("tiny", &mut go_on).unwrap();
    assert_eq!(file.path, folder.path().join("root/tiny/model.safetensors"));
    let asked: Vec<_> = hub.got().into_iter().map(|got| got.path.rsplit('/').next().unwrap().to_owned()).collect();
    assert_eq!(asked, ["model.safetensors", "tokenizer.json", "config.json"]);
    let encoder = Encoder::load(&file.path, DeviceChoice::Cpu).unwrap();
    let texts = ["the old quay closes", "a"];
    for (text, vector) in texts.iter().zip(encoder.embed(&texts, Role::Query).unwrap()) {
        let theirs = reference(file.path.parent().unwrap(), text);
        let same = cosine(&vector, &theirs);
        assert!(same > 0.999_99, "{text}: {same}");
    }
    store.ensure("tiny", &mut |p| panic!("nothing is left to do: {p:?}")).unwrap();
    assert_eq!(store.verify("tiny", &mut go_on).unwrap(), file);

    // A damaged companion is noticed, and fetched alone.
    fs::write(file.path.with_file_name("config.json"), "{}").unwrap();
    assert_eq!(store.find("tiny").unwrap(), None, "the model is not whole");
    store.ensure("tiny", &mut go_on).unwrap();
    assert_eq!(hub.got().last().unwrap().path, "/o/e/resolve/r1/sub/config.json");
    assert_eq!(hub.got().len(), 4);
    assert!(store.remove("tiny").unwrap() > 0);
    assert!(!file.path.with_file_name("tokenizer.json").exists());
}

#[test]
fn a_companion_of_other_content_is_refused_and_the_rest_is_kept() {
    let (folder, files) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(model())));
    let hub = hub(&files);
    let store = store(folder.path(), &files.lock().unwrap(), &hub.url(""));
    let right = std::mem::take(files.lock().unwrap().get_mut("tokenizer.json").unwrap());
    let mut wrong = right.clone();
    *wrong.last_mut().unwrap() = b' ';
    files.lock().unwrap().insert("tokenizer.json", wrong);
    let error = store.ensure("tiny", &mut go_on).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    let said = error.to_string();
    assert!(said.contains("expected SHA-256") && said.contains("tokenizer.json"), "{said}");
    assert_eq!(store.find("tiny").unwrap(), None);

    files.lock().unwrap().insert("tokenizer.json", right);
    store.ensure("tiny", &mut go_on).unwrap();
    let weights = hub.got().iter().filter(|got| got.path.ends_with("model.safetensors")).count();
    assert_eq!(weights, 1, "what is right is not fetched again");
}

#[test]
fn in_the_hubs_cache_only_a_whole_model_is_taken() {
    let (folder, files) = (tempfile::tempdir().unwrap(), model());
    let store = store(folder.path(), &files, "http://127.0.0.1:9");
    let snapshot = folder.path().join("cache/models--o--e/snapshots/r1/sub");
    fs::create_dir_all(&snapshot).unwrap();
    for name in ["model.safetensors", "tokenizer.json"] {
        fs::write(snapshot.join(name), &files[name]).unwrap();
    }
    assert_eq!(store.find("tiny").unwrap(), None, "without its configuration");
    fs::write(snapshot.join("config.json"), &files["config.json"]).unwrap();
    let file = store.ensure("tiny", &mut go_on).unwrap();
    assert_eq!(file.path, snapshot.join("model.safetensors"));
}
