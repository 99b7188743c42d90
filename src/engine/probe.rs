//! Probes: what a model's own states tell of a text that it has read or written, beyond what it says of it.
//!
//! A probe is a linear readout of the states of one layer (Alain and Bengio, “Understanding intermediate layers using linear
//! classifier probes”, 2016): of their mean over the tokens of a text, and of the one behind its last token. It was fitted to
//! grades that people or larger models gave to such texts, so it belongs to the model whose states it reads, and to the task that
//! the texts were written for. It costs two dot products a text.

use candle_core::safetensors::SliceSafetensors;
use candle_core::{DType, Device};

use crate::error::{Error, ErrorKind, Result};

/// A linear readout of the states of one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The layer whose output is read, counted from 0.
    layer: usize,
    /// What each number of the mean state counts.
    mean: Vec<f32>,
    /// What each number of the last state counts.
    last: Vec<f32>,
    bias: f32,
}

/// The states of a layer behind the tokens of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextStates {
    /// Their mean over the last token of the prompt and all tokens of the text.
    pub mean: Vec<f32>,
    /// The one behind the last token of the text.
    pub last: Vec<f32>,
}

impl Probe {
    /// Reads a probe from a safetensors file: `mean` and `last` (hidden size), `bias` (1) and, as a 32-bit
    /// integer without a sign, `layer` (1).
    ///
    /// # Errors
    /// `Model` if it is none.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self> {
        let wrong = |e: candle_core::Error| Error::new(ErrorKind::Model, "this is no probe").with_source(e);
        let file = SliceSafetensors::new(bytes).map_err(wrong)?;
        let tensor = |name: &str| file.load(name, &Device::Cpu)?.flatten_all();
        let numbers = |name: &str| tensor(name).and_then(|t| t.to_dtype(DType::F32)?.to_vec1::<f32>()).map_err(wrong);
        let (mean, last, bias) = (numbers("mean")?, numbers("last")?, numbers("bias")?);
        let layer = tensor("layer").and_then(|t| t.to_vec1::<u32>()).map_err(wrong)?;
        let fit = !mean.is_empty() && mean.len() == last.len();
        match (bias.as_slice(), layer.as_slice()) {
            (&[bias], &[layer]) if fit && mean.iter().chain(&last).chain([&bias]).all(|x| x.is_finite()) => {
                Ok(Self { layer: layer as usize, mean, last, bias })
            }
            _ => Err(Error::new(ErrorKind::Model, "this is no probe: its numbers do not fit together")),
        }
    }

    /// The layer whose output is read, counted from 0.
    pub(super) fn layer(&self) -> usize {
        self.layer
    }

    /// What the states of a text say: the grade that it would get, as far as they tell.
    pub(super) fn read(&self, states: &TextStates) -> f64 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        dot(&self.mean, &states.mean) + dot(&self.last, &states.last) + f64::from(self.bias)
    }

    /// Refuses a model that has other states than those that the probe was fitted to.
    pub(super) fn check(&self, layers: usize, hidden: usize) -> Result<()> {
        if self.layer < layers && self.mean.len() == hidden {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Model,
            format!(
                "the probe reads layer {} with {} numbers, but the model has {layers} layers with {hidden}",
                self.layer,
                self.mean.len()
            ),
        ))
    }
}

/// States as they come, row by row.
#[derive(Debug, Clone, Default)]
pub(super) struct StateSum {
    sum: Vec<f32>,
    last: Vec<f32>,
    rows: usize,
}

impl StateSum {
    pub(super) fn add(&mut self, state: Vec<f32>) {
        self.sum.resize(state.len(), 0.0);
        self.sum.iter_mut().zip(&state).for_each(|(sum, x)| *sum += x);
        self.last = state;
        self.rows += 1;
    }

    /// Nothing if no state was added.
    pub(super) fn finish(mut self) -> Option<TextStates> {
        if self.rows == 0 {
            return None;
        }
        self.sum.iter_mut().for_each(|sum| *sum /= self.rows as f32);
        Some(TextStates { mean: self.sum, last: self.last })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use std::ops::ControlFlow;

    use candle_core::Tensor;

    use super::*;
    use crate::chat::Message;
    use crate::engine::candle::{CandleEngine, LoadOptions};
    use crate::engine::decoder::{Backend, Decoder};
    use crate::engine::gguf::GgufFile;
    use crate::engine::{Continuation, Engine, Prompt, Request, Sampling, parity, weights};

    fn file(mean: &[f32], last: &[f32], layer: u32) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("probe");
        let tensor = |numbers: &[f32]| Tensor::new(numbers, &Device::Cpu).unwrap().to_dtype(DType::F16).unwrap();
        let layer = Tensor::new(&[layer], &Device::Cpu).unwrap();
        let tensors = [("mean", tensor(mean)), ("last", tensor(last)), ("bias", tensor(&[0.5])), ("layer", layer)];
        candle_core::safetensors::save(&HashMap::from(tensors), &path).unwrap();
        std::fs::read(path).unwrap()
    }

    #[test]
    fn a_probe_reads_the_mean_state_and_the_last_one() {
        let probe = Probe::from_safetensors(&file(&[1.0, 0.0], &[0.0, 10.0], 19)).unwrap();
        assert_eq!(probe.layer(), 19);
        let mut states = StateSum::default();
        assert_eq!(states.clone().finish(), None);
        for state in [[1.0, 9.0], [5.0, 2.0]] {
            states.add(state.to_vec());
        }
        let states = states.finish().unwrap();
        assert_eq!(states, TextStates { mean: vec![3.0, 5.5], last: vec![5.0, 2.0] });
        assert_eq!(probe.read(&states), 3.0 + 20.0 + 0.5);
        assert!(probe.check(20, 2).is_ok());
        for (layers, hidden) in [(19, 2), (28, 3)] {
            let error = probe.check(layers, hidden).unwrap_err();
            assert!(error.message().contains("layer 19 with 2 numbers"), "{error}");
        }
    }

    #[test]
    fn what_is_no_probe_is_refused() {
        for bytes in [b"".to_vec(), b"GGUF".to_vec(), file(&[1.0], &[1.0, 2.0], 1), file(&[f32::NAN], &[1.0], 1)] {
            assert_eq!(Probe::from_safetensors(&bytes).unwrap_err().kind(), ErrorKind::Model);
        }
    }

    #[test]
    fn what_is_written_is_read_like_what_is_given_and_like_what_nothing_rounds() {
        let Some(path) = weights::weights("smollm2-135m-instruct") else { return };
        let _turn = parity::TURN.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (layer, hidden) = (20, 576);
        let wave = |step: f32| (0..hidden).map(|i| (i as f32 * step).sin()).collect::<Vec<_>>();
        let probe = Probe::from_safetensors(&file(&wave(0.7), &wave(1.3), layer)).unwrap();
        let load = |probe| {
            CandleEngine::load(&path, "m", None, &LoadOptions { probe, ..LoadOptions::default() }).map_err(|e| e.kind())
        };
        let wide = Probe::from_safetensors(&file(&[1.0], &[1.0], layer)).unwrap();
        assert_eq!(load(Some(wide)).err(), Some(ErrorKind::Model));

        let go_on = &mut |_: crate::engine::Event<'_>| ControlFlow::Continue(());
        let mut engine = load(Some(probe.clone())).unwrap();
        let requests: Vec<Request> = ["Name a colour.", "Name the capital of France in one sentence."]
            .map(|task| Request {
                messages: vec![Message::user(task)],
                max_tokens: 160,
                sampling: Sampling::default(),
                stop: Vec::new(),
                grammar: None,
            })
            .to_vec();
        let written = engine.generate(&requests, go_on).unwrap().generations;
        let given: Vec<Continuation> = requests
            .iter()
            .zip(&written)
            .map(|(r, g)| Continuation { prompt: Prompt::Chat(r.messages.clone()), text: g.text.clone() })
            .collect();
        let appraisals = engine.appraise(&given, go_on).unwrap();
        assert_eq!(appraisals.len(), 2);
        assert!((appraisals[0] - appraisals[1]).abs() > 0.1, "they are different texts: {appraisals:?}");
        for (generation, appraisal) in written.iter().zip(&appraisals) {
            let own = generation.appraisal.unwrap_or_else(|| panic!("the model did not end it: {generation:?}"));
            assert!((own - appraisal).abs() < 1e-3 * appraisal.abs().max(1.0), "{own} {appraisal}");
        }
        // Where something else ended it, there is no state behind its last token.
        let cut = Request { max_tokens: 2, ..requests[1].clone() };
        assert_eq!(engine.generate(&[cut], go_on).unwrap().generations[0].appraisal, None);

        // The same tokens where neither weights nor inputs are rounded.
        let gguf = GgufFile::open(&path).unwrap();
        let decoder = Decoder::load_for(&gguf, Device::Cpu, Backend::Dense).unwrap();
        let states = engine.states(layer as usize, &given[..1], go_on).unwrap();
        let mut tokens = engine.tokens(&given[..1]).unwrap().remove(0);
        let first = tokens.0.len() - 1;
        tokens.0.extend(&tokens.1);
        let wanted: Vec<u32> = (first as u32..tokens.0.len() as u32).collect();
        let exact = decoder.states(layer as usize, &mut [&mut decoder.sequence()], &[&tokens.0], &wanted).unwrap();
        let mut sum = StateSum::default();
        exact.into_iter().for_each(|state| sum.add(state));
        let exact = sum.finish().unwrap();
        for (ours, exact) in [(&states[0].mean, &exact.mean), (&states[0].last, &exact.last)] {
            let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
            let cosine = dot(ours, exact) / (dot(ours, ours) * dot(exact, exact)).sqrt();
            assert!(cosine > 0.99, "{cosine}");
        }

        // A model without a probe has nothing to say.
        let mut plain = load(None).unwrap();
        assert_eq!(plain.appraise(&given, go_on).unwrap_err().kind(), ErrorKind::Config);
        let generation = plain.generate(&requests[..1], go_on).unwrap().generations.remove(0);
        assert_eq!((generation.text, generation.appraisal), (written[0].text.clone(), None));
        assert_eq!(plain.states(30, &given, go_on).unwrap_err().kind(), ErrorKind::Config);
    }
}
