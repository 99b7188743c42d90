//! What is read of given texts, against decoding them step by step.

use candle_core::Device;

use super::{BACKENDS, Sketch, TOKENS, VOCABULARY};
use crate::engine::decoder::{self, Backend, Decoder};
use crate::engine::gguf::GgufFile;
use crate::engine::kv::Sequence;
use crate::engine::probe::StateSum;
use crate::engine::scoring::{self, Plan, Scored};

/// A tiny model with a prefix that was read, and texts behind it.
struct Reading {
    decoder: Decoder,
    prefix: Sequence,
    long: Vec<u32>,
}

impl Reading {
    fn new(backend: Backend) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("llama.gguf");
        Sketch::of("llama").write(&path);
        let decoder = Decoder::load_for(&GgufFile::open(&path).unwrap(), Device::Cpu, backend).unwrap();
        let prefix = Self::prefix(&decoder);
        Self { decoder, prefix, long: (0..300).map(|i| (i * 7 + i / 11) % VOCABULARY as u32).collect() }
    }

    fn prefix(decoder: &Decoder) -> Sequence {
        let mut prefix = decoder.sequence();
        decoder.forward(&mut [&mut prefix], &[&TOKENS[..4]]).unwrap();
        prefix
    }

    /// The third is longer than a pass, the last is empty, and a prompt stands before three of them.
    fn texts(&self) -> [Scored<'_>; 6] {
        let text = |prompt, text| Scored { prompt, text };
        [
            text(&[9], &[1, 2, 3]),
            text(&[9, 30, 4], &[5]),
            text(&[12, 13], &self.long),
            text(&[9, 30, 4], &[1, 2]),
            text(&[9, 30, 4], &[6]),
            text(&[7], &[]),
        ]
    }
}

#[test]
fn likelihoods_are_those_of_decoding_step_by_step() {
    for (backend, tolerance) in BACKENDS {
        likelihoods(&Reading::new(backend), f64::from(tolerance));
    }
}

fn likelihoods(reading: &Reading, tolerance: f64) {
    let Reading { decoder, prefix, .. } = reading;
    let items = reading.texts();
    let mut rows = 0;
    let count = &mut |n| {
        rows += n;
        Ok(())
    };
    let plan = Plan::new(&items);
    let found = scoring::log_probs(decoder, prefix, items.len(), &plan, count).unwrap();
    assert_eq!(rows, 3 + (2 + 1 + 2 + 1) + 301);
    assert_eq!(rows, plan.rows());

    for (Scored { prompt, text }, found) in items.iter().zip(&found) {
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
fn states_are_those_of_decoding_step_by_step() {
    for (backend, tolerance) in BACKENDS {
        let reading = Reading::new(backend);
        let last = reading.decoder.config.layers - 1;
        [0, last].into_iter().for_each(|layer| states(&reading, layer, tolerance));
    }
}

/// A layer gives the same where those above it are not computed, and behind the last token of a text nothing is.
fn states(reading: &Reading, layer: usize, tolerance: f32) {
    let Reading { decoder, prefix, .. } = reading;
    let items = reading.texts();
    let found = scoring::states(decoder, layer, prefix, items.len(), &Plan::new(&items), &mut |_| Ok(())).unwrap();
    for (Scored { prompt, text }, found) in items.iter().zip(found) {
        let Some((_, text)) = text.split_last() else {
            assert_eq!(found.finish(), None);
            continue;
        };
        let mut alone = Reading::prefix(decoder);
        let (first, before) = prompt.split_last().unwrap();
        before.iter().for_each(|token| decoder.advance(&mut [&mut alone], &[&[*token]]).unwrap());
        let mut expected = StateSum::default();
        for token in [first].into_iter().chain(text) {
            let hidden = decoder.observe(Some(layer), &mut [&mut alone], &[&[*token]], &[0]).unwrap();
            expected.add(decoder::numbers(&hidden.observed.unwrap()).unwrap().remove(0));
        }
        let (found, expected) = (found.finish().unwrap(), expected.finish().unwrap());
        let of = |mean: &[f32], last: &[f32]| [mean, last].concat();
        let both = of(&found.mean, &found.last).into_iter().zip(of(&expected.mean, &expected.last));
        for (found, expected) in both {
            assert!((found - expected).abs() < tolerance * expected.abs().max(1.0), "{found} {expected}");
        }
    }
}
