//! Tests of the encoder: the real model beside the program that its file was made for, and damaged files.

use candle_core::Device;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::engine::weights::weights;

const MODEL: &str = "multilingual-e5-small";

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

fn golden() -> (Vec<String>, Value) {
    let golden: Value = serde_json::from_str(include_str!("golden.json")).unwrap();
    let listed = golden["texts"].as_array().unwrap();
    let short: Vec<String> = listed.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect();
    // The last text is longer than two windows.
    let (of, repeat) = (listed[6]["of"].as_u64().unwrap() as usize, listed[6]["repeat"].as_u64().unwrap() as usize);
    let long = vec![short[..of].join(" "); repeat].join(" ");
    (short.into_iter().chain([long]).collect(), golden)
}

#[test]
fn parity_of_vectors_with_the_package_that_the_file_comes_from() {
    let Some(path) = weights(MODEL) else { return };
    let encoder = Encoder::load(&path, DeviceChoice::Cpu).unwrap();
    let (texts, golden) = golden();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for (role, name) in [(Role::Query, "query"), (Role::Passage, "passage")] {
        let vectors = encoder.embed(&texts, role).unwrap();
        for (i, vector) in vectors.iter().enumerate() {
            let theirs: Vec<f32> =
                golden[name][i].as_array().unwrap().iter().map(|v| v.as_f64().unwrap() as f32).collect();
            assert_eq!((vector.len(), theirs.len()), (encoder.dimensions(), encoder.dimensions()));
            assert!((cosine(vector, vector) - 1.0).abs() < 1e-5);
            let same = cosine(vector, &theirs);
            assert!(same > 0.999, "{name} {i}: {same}");
        }
        // What means the same in two languages is closer than what does not.
        let near = cosine(&vectors[0], &vectors[1]).min(cosine(&vectors[2], &vectors[3]));
        let far = cosine(&vectors[0], &vectors[3]).max(cosine(&vectors[1], &vectors[4]));
        assert!(near > far, "{near} {far}");
    }

    let tokens = encoder.embed_tokens(&texts, Role::Query).unwrap();
    assert!(tokens[6].ids.len() > 2 * encoder.bert.window(), "nothing of a long text is cut: {}", tokens[6].ids.len());
    for (text, of) in texts.iter().zip(&tokens) {
        assert_eq!(of.ids, encoder.pieces.encode(text).unwrap(), "the prefix is not among the tokens");
        assert_eq!(of.ids.len(), of.vectors.len());
    }
    // Together with others or alone, in whatever order: the same vector.
    let alone = encoder.embed(&texts[3..4], Role::Query).unwrap();
    let turned: Vec<&str> = texts.iter().rev().copied().collect();
    let together = encoder.embed(&turned, Role::Query).unwrap();
    assert!(cosine(&alone[0], &together[3]) > 0.999_999);
    assert!(encoder.embed(&[], Role::Query).unwrap().is_empty());
    assert_eq!(encoder.embed_tokens(&[""], Role::Query).unwrap()[0].ids, Vec::<u32>::new());
}

#[test]
fn files_that_are_no_encoders_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.bin");
    let message = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let error = Encoder::load(&path, DeviceChoice::Cpu).err().expect("no encoder");
        assert_eq!(error.kind(), ErrorKind::Model);
        error.to_string()
    };
    assert!(message(b"GGUF").contains("E5S1"));
    assert!(message(b"E5S1\x01\0\0\0\x80").contains("it ends at byte 9"));
    let missing = Encoder::load(&folder.path().join("x.bin"), DeviceChoice::Cpu).err().expect("no file");
    assert_eq!(missing.kind(), ErrorKind::Io);
    let no_weights = Encoder::load(folder.path(), DeviceChoice::Cpu).err().expect("an empty folder");
    assert!(no_weights.to_string().contains("model.safetensors"), "{no_weights}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(sizes in prop::collection::vec(0u32..100_000, 9), rest in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = b"E5S1\x01\0\0\0".to_vec();
        bytes.extend(sizes.iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend(rest);
        prop_assert!(pack::read(&bytes, &Device::Cpu).is_err());
    }
}
