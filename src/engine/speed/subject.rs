//! The model that is measured: the one place here that knows the decoder and its cache.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use candle_core::quantized::gguf_file::Value;

use super::report::Work;
use crate::content::ModelInfo;
use crate::engine::candle::{CandleEngine, LoadOptions};
use crate::engine::gguf::{GgufFile, as_number};
use crate::engine::kv::Sequence;
use crate::engine::schedule::PREFILL_ROWS;
use crate::engine::tokenizer::ModelTokenizer;
use crate::engine::{Engine, decoder, kernels};
use crate::error::Result;

/// Tokens of an ordinary kind, `token_type` of a GGUF vocabulary.
const NORMAL: usize = 1;

/// A model in memory, and tokens to measure it with.
pub(super) struct Subject {
    pub(super) work: Work,
    engine: CandleEngine,
    ordinary: Vec<u32>,
}

/// A prompt that was read: what it left, and when which part of it was done.
pub(super) struct Reading {
    /// The computed tokens.
    pub(super) prefix: Sequence,
    /// After each pass, tokens read so far and seconds since the beginning.
    marks: Vec<(usize, f64)>,
}

impl Reading {
    /// Seconds until so many tokens were read: of the pass that reaches them, or, within it, in proportion.
    pub(super) fn seconds_at(&self, tokens: usize) -> f64 {
        let (mut from, mut since) = (0, 0.0);
        for &(to, until) in &self.marks {
            if tokens <= to {
                return since + (until - since) * (tokens - from) as f64 / (to - from) as f64;
            }
            (from, since) = (to, until);
        }
        since
    }

    /// Seconds for the whole prompt.
    pub(super) fn seconds(&self) -> f64 {
        self.marks.last().map_or(0.0, |mark| mark.1)
    }
}

impl Subject {
    /// Loads the model, and says in how many seconds the engine was ready.
    ///
    /// # Errors
    /// Those of [`CandleEngine::load`].
    pub(super) fn load(path: &Path, id: &str, sha256: Option<String>, options: &LoadOptions) -> Result<(Self, f64)> {
        let started = Instant::now();
        let engine = CandleEngine::load(path, id, sha256, options)?;
        let seconds = started.elapsed().as_secs_f64();
        let gguf = GgufFile::open(path)?;
        let ordinary = ordinary_tokens(&gguf, &engine.tokenizer)?;
        Ok((Self { work: work(&gguf), engine, ordinary }, seconds))
    }

    pub(super) fn info(&self) -> &ModelInfo {
        self.engine.info()
    }

    /// The kernels that do the work, if they are our own.
    pub(super) fn kernels(&self) -> Option<String> {
        self.engine.decoder.device.is_cpu().then(kernels::name)
    }

    /// One pass. Its logits are brought here, as a sampler needs them; a GPU would else only have begun.
    fn pass(&self, sequences: &mut [&mut Sequence], tokens: &[&[u32]]) -> Result<()> {
        decoder::numbers(&self.engine.decoder.forward(sequences, tokens)?).map(drop)
    }

    /// Reads a prompt of so many tokens. `tick` is told how many each pass read.
    pub(super) fn read(&self, tokens: usize, tick: &mut dyn FnMut(usize) -> Result<()>) -> Result<Reading> {
        let ids = spread(&self.ordinary, 0, tokens);
        let started = Instant::now();
        let mut sequence = self.engine.decoder.sequence();
        let (mut marks, mut read) = (Vec::new(), 0);
        for chunk in ids.chunks(PREFILL_ROWS) {
            self.pass(&mut [&mut sequence], &[chunk])?;
            read += chunk.len();
            marks.push((read, started.elapsed().as_secs_f64()));
            tick(chunk.len())?;
        }
        Ok(Reading { prefix: sequence, marks })
    }

    /// Writes so many texts of so many tokens together behind a prefix, and says in how many seconds. `tick` is told how
    /// many tokens each step wrote.
    pub(super) fn write(
        &self,
        prefix: &Sequence,
        texts: usize,
        tokens: usize,
        tick: &mut dyn FnMut(usize) -> Result<()>,
    ) -> Result<f64> {
        // What the texts say does not matter to the speed, only that each has its own.
        let ids: Vec<_> = (0..texts).map(|text| spread(&self.ordinary, 1 + text * tokens, tokens)).collect();
        let started = Instant::now();
        let mut sequences = vec![prefix.clone(); texts];
        for step in 0..tokens {
            let new: Vec<&[u32]> = ids.iter().map(|text| &text[step..=step]).collect();
            self.pass(&mut sequences.iter_mut().collect::<Vec<_>>(), &new)?;
            tick(texts)?;
        }
        Ok(started.elapsed().as_secs_f64())
    }
}

/// The tokens of the vocabulary that stand for pieces of text.
fn ordinary_tokens(gguf: &GgufFile, tokenizer: &ModelTokenizer) -> Result<Vec<u32>> {
    let types = match gguf.value("tokenizer.ggml.token_type") {
        Some(Value::Array(types)) => types.as_slice(),
        _ => &[],
    };
    let ordinary: Vec<u32> = (0u32..)
        .zip(types)
        .filter(|(id, kind)| as_number(kind) == Some(NORMAL) && !tokenizer.stop_tokens.contains(id))
        .map(|(id, _)| id)
        .collect();
    if ordinary.is_empty() {
        return Err(gguf.error("its vocabulary has no ordinary token"));
    }
    Ok(ordinary)
}

/// So many tokens from all over the list, after the first `skipped`: steps of the golden section come near every place
/// before they come near one again. The same call gives the same tokens.
fn spread(list: &[u32], skipped: usize, count: usize) -> Vec<u32> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let at = |i: usize| ((i as f64 * GOLDEN).fract() * list.len() as f64) as usize;
    (skipped..skipped + count).map(|i| list[at(i).min(list.len() - 1)]).collect()
}

/// What a token needs of the model, from the list of its tensors.
fn work(gguf: &GgufFile) -> Work {
    let output = if gguf.has_tensor("output.weight") { "output.weight" } else { "token_embd.weight" };
    let mut work = Work { weight_bytes: 0, weights: 0, output_weights: 0, types: BTreeMap::new() };
    for (name, shape, dtype) in gguf.tensors() {
        if shape.len() != 2 || (name == "token_embd.weight" && name != output) {
            continue;
        }
        let elements = shape.iter().product::<usize>() as u64;
        work.weights += elements;
        work.weight_bytes += elements / dtype.block_size() as u64 * dtype.type_size() as u64;
        if name == output {
            work.output_weights = elements;
        }
        *work.types.entry(format!("{dtype:?}")).or_default() += 1;
    }
    work
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use candle_core::Device;

    use super::*;
    use crate::engine::kernels::attention::HeadShape;
    use crate::engine::kv::KvShape;

    #[test]
    fn tokens_are_spread_over_the_list_and_differ() {
        let list: Vec<u32> = (100..50_100).collect();
        let tokens = spread(&list, 0, 8192);
        assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), tokens.len());
        let tenth = |t: &u32| (t - 100) / 5000;
        for part in 0..10 {
            let there = tokens.iter().filter(|t| tenth(t) == part).count();
            assert!((790..=850).contains(&there), "{there} of 8192 in tenth {part}");
        }
        assert_eq!(spread(&list, 10, 5), tokens[10..15]);
    }

    #[test]
    fn a_short_list_is_used_again() {
        assert_eq!(spread(&[7], 3, 4), [7; 4]);
        assert!(spread(&[7, 8, 9], 0, 100).iter().all(|t| (7..=9).contains(t)));
    }

    #[test]
    fn times_within_a_pass_are_in_proportion() {
        let shape = KvShape { layers: 1, heads: HeadShape { heads: 1, kv_heads: 1, head_dim: 16 } };
        let prefix = Sequence::new(shape, &Device::Cpu, true);
        let reading = Reading { prefix, marks: vec![(256, 2.0), (512, 6.0), (600, 7.0)] };
        for (tokens, seconds) in [(0, 0.0), (128, 1.0), (256, 2.0), (384, 4.0), (512, 6.0), (600, 7.0)] {
            assert!((reading.seconds_at(tokens) - seconds).abs() < 1e-12, "{tokens}");
        }
        assert!((reading.seconds() - 7.0).abs() < 1e-12);
    }
}
