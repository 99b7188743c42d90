//! The engine that runs a GGUF model through Candle.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::constraint::Constraints;
use super::decoder::Decoder;
use super::device::{self, Opened};
use super::gguf::GgufFile;
use super::kv::Sequence;
use super::memory;
use super::prefixes::{self, Prefixes};
use super::probe::{Probe, TextStates};
use super::schedule::{PREFILL_ROWS, Schedule};
use super::scoring::{self, Done, Plan, Scored};
use super::template::ChatTemplate;
use super::tokenizer::{ModelTokenizer, Place};
use super::{
    Batch, Continuation, DeviceChoice, Engine, Event, Likelihood, Prompt, Request, check_context, empty_prompt,
    no_probe, proceed,
};
use crate::content::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

/// Memory that computed beginnings may hold between calls.
const KEPT_BYTES: usize = 256 << 20;

/// How to load a model. On the CPU it takes all cores, or as many as `RAYON_NUM_THREADS` says.
#[derive(Debug, Clone, Default)]
pub struct LoadOptions {
    /// Where to run it.
    pub device: DeviceChoice,
    /// Use less than the model's own context, in tokens.
    pub context_length: Option<usize>,
    /// What reads the model's states. Only their number is checked: that it was fitted to this model is up to the caller.
    pub probe: Option<Probe>,
}

/// A model in memory.
pub struct CandleEngine {
    info: ModelInfo,
    pub(super) tokenizer: Arc<ModelTokenizer>,
    /// Made for the first request with a grammar.
    constraints: Option<Constraints>,
    template: ChatTemplate,
    pub(super) decoder: Decoder,
    prefixes: Prefixes,
    /// Whether guesses at what comes next are made.
    pub(super) speculate: bool,
    probe: Option<Probe>,
    fallback: Option<String>,
}

impl CandleEngine {
    /// Loads a GGUF file. `id` and `sha256` are what [`Engine::info`] will say.
    ///
    /// # Errors
    /// `Model` if the file is damaged, its architecture or tokenizer is not known, or the probe is for a model of
    /// another size, `Config` if the device is not there or not built in.
    pub fn load(path: &Path, id: &str, sha256: Option<String>, options: &LoadOptions) -> Result<Self> {
        let gguf = GgufFile::open(path)?;
        let Opened { device, name, fallback } = device::open(options.device)?;
        if device.is_cpu() {
            // Packed weights are hardly larger than those of the file.
            memory::check(gguf.size() + gguf.size() / 16, "the model")?;
        }
        // The tokenizer is made by one thread while the others pack the weights.
        let (tokenizer, decoder) = rayon::join(|| ModelTokenizer::from_gguf(&gguf), || Decoder::load(&gguf, device));
        let (tokenizer, decoder) = (Arc::new(tokenizer?), decoder?);
        if let Some(probe) = &options.probe {
            probe.check(decoder.config.layers, decoder.config.hidden)?;
        }
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer)?;
        let own = decoder.config.context_length;
        let info = ModelInfo {
            id: id.to_owned(),
            sha256,
            architecture: decoder.config.architecture.clone(),
            context_length: options.context_length.map_or(own, |c| c.min(own)),
            device: name,
        };
        Ok(Self {
            info,
            tokenizer,
            constraints: None,
            template,
            decoder,
            prefixes: Prefixes::new(KEPT_BYTES),
            speculate: true,
            probe: options.probe.clone(),
            fallback,
        })
    }

    /// Why the processor is used although the program is built for a GPU and was free to take it.
    pub fn fallback(&self) -> Option<&str> {
        self.fallback.as_deref()
    }

    /// The tokens of what stands before a text: one at least.
    fn prompt_tokens(&self, prompt: &Prompt) -> Result<Vec<u32>> {
        let tokens = match prompt {
            Prompt::Chat(messages) => self.template.encode(messages, &self.tokenizer)?,
            Prompt::Plain(text) => {
                let mut tokens: Vec<u32> = self.tokenizer.add_bos.into_iter().collect();
                tokens.extend(self.tokenizer.encode_plain(text, Place::Beginning)?);
                tokens
            }
        };
        if tokens.is_empty() { Err(empty_prompt()) } else { Ok(tokens) }
    }

    /// What a layer, counted from 0, gives behind the last token of each prompt and all tokens of its text: what a [`Probe`] is
    /// fitted to.
    ///
    /// # Errors
    /// Those of [`Engine::likelihood`], and `Config` if the model has no such layer.
    pub fn states(
        &mut self,
        layer: usize,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<TextStates>> {
        if layer >= self.decoder.config.layers {
            let message = format!("the model has no layer {layer}: the last one is {}", self.decoder.config.layers - 1);
            return Err(Error::new(ErrorKind::Config, message));
        }
        let mut tokens = self.tokens(continuations)?;
        // What stands last is never computed, whatever it is; here that is not the last token of the text.
        tokens.iter_mut().for_each(|(_, text)| text.push(0));
        let items = tokens.len();
        let found = self.read(&tokens, on_event, |decoder, prefix, plan, done| {
            scoring::states(decoder, layer, prefix, items, plan, done)
        })?;
        let nothing = || Error::new(ErrorKind::Inference, "the model computes no states");
        found.into_iter().map(|sum| sum.finish().ok_or_else(nothing)).collect()
    }

    /// The tokens of each prompt and of the text behind it.
    pub(super) fn tokens(&self, continuations: &[Continuation]) -> Result<Vec<(Vec<u32>, Vec<u32>)>> {
        let of = |Continuation { prompt, text }: &Continuation| {
            let prompt = self.prompt_tokens(prompt)?;
            let text = self.tokenizer.encode_plain(text, self.tokenizer.place_behind(&prompt))?;
            check_context(prompt.len(), text.len(), self.info.context_length)?;
            Ok((prompt, text))
        };
        continuations.iter().map(of).collect()
    }

    /// Computes what all prompts have in common at the beginning, and has `read` do the rest.
    fn read<T>(
        &mut self,
        tokens: &[(Vec<u32>, Vec<u32>)],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
        read: impl FnOnce(&Decoder, &Sequence, &Plan<'_>, &mut Done<'_>) -> Result<T>,
    ) -> Result<T> {
        let common = shared_length(tokens);
        let shared = tokens.first().map_or(&[][..], |(prompt, _)| &prompt[..common]);
        let items = tokens.iter().map(|(prompt, text)| Scored { prompt: &prompt[common..], text });
        let plan = Plan::new(&items.collect::<Vec<_>>());
        let total = common - self.prefixes.known(shared) + plan.rows();
        let mut meter = Meter { done: 0, total, on_event };
        let prefix = self.beginning(shared, &mut meter)?;
        read(&self.decoder, &prefix, &plan, &mut |rows| meter.add(rows))
    }

    /// The sequence of the tokens that all prompts begin with, of which the first may be kept from before.
    fn beginning(&mut self, common: &[u32], meter: &mut Meter<'_>) -> Result<Sequence> {
        let mut sequence = self.prefixes.find(common).unwrap_or_else(|| self.decoder.sequence());
        for chunk in common[sequence.len()..].chunks(PREFILL_ROWS) {
            self.decoder.advance(&mut [&mut sequence], &[chunk])?;
            meter.add(chunk.len())?;
        }
        self.prefixes.keep(common, &sequence);
        Ok(sequence)
    }
}

/// Reports how much of the prompts is computed.
struct Meter<'a> {
    done: usize,
    total: usize,
    on_event: &'a mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
}

impl Meter<'_> {
    fn add(&mut self, tokens: usize) -> Result<()> {
        self.done += tokens;
        proceed((self.on_event)(Event::Prefill { done: self.done, total: self.total }))
    }
}

impl Engine for CandleEngine {
    fn info(&self) -> &ModelInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> Result<usize> {
        Ok(self.tokenizer.encode_plain(text, Place::Beginning)?.len())
    }

    fn generate(
        &mut self,
        requests: &[Request],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Batch> {
        let prompts = requests
            .iter()
            .map(|request| {
                let tokens = self.template.encode(&request.messages, &self.tokenizer)?;
                check_context(tokens.len(), request.max_tokens, self.info.context_length)?;
                Ok(tokens)
            })
            .collect::<Result<Vec<_>>>()?;
        if self.constraints.is_none() && requests.iter().any(|request| request.grammar.is_some()) {
            self.constraints = Some(Constraints::new(Arc::clone(&self.tokenizer))?);
        }
        let constraint = |request: &Request| match (&request.grammar, &self.constraints) {
            (Some(grammar), Some(constraints)) => constraints.start(grammar).map(Some),
            _ => Ok(None),
        };
        let constraints = requests.iter().map(constraint).collect::<Result<Vec<_>>>()?;
        let schedule = Schedule {
            decoder: &self.decoder,
            tokenizer: &self.tokenizer,
            prefixes: &mut self.prefixes,
            requests,
            prompts: &prompts,
            constraints,
            speculate: self.speculate,
            probe: self.probe.as_ref(),
        };
        if self.decoder.device.is_cpu() {
            let tokens = schedule.most_tokens() as u64;
            memory::check(
                tokens * self.decoder.config.kv_shape().token_bytes() as u64,
                "what was computed of the texts",
            )?;
        }
        schedule.run(on_event)
    }

    fn likelihood(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Likelihood>> {
        let tokens = self.tokens(continuations)?;
        let items = tokens.len();
        let found = self.read(&tokens, on_event, |decoder, prefix, plan, done| {
            scoring::log_probs(decoder, prefix, items, plan, done)
        })?;
        Ok(found.into_iter().map(|log_probs| Likelihood { log_probs }).collect())
    }

    fn has_probe(&self) -> bool {
        self.probe.is_some()
    }

    fn appraise(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<f64>> {
        let probe = self.probe.clone().ok_or_else(no_probe)?;
        let states = self.states(probe.layer(), continuations, on_event)?;
        let read: Vec<f64> = states.iter().map(|states| probe.read(states)).collect();
        if read.iter().all(|appraisal| appraisal.is_finite()) {
            return Ok(read);
        }
        Err(Error::new(ErrorKind::Inference, "the model computes no finite states"))
    }
}

/// How many tokens all prompts share at the beginning. Each keeps one of its own at least, from which
/// its first logits come.
fn shared_length(tokens: &[(Vec<u32>, Vec<u32>)]) -> usize {
    let Some(((first, _), rest)) = tokens.split_first() else { return 0 };
    let shared = rest.iter().fold(first.len(), |n, (prompt, _)| n.min(prefixes::common(first, prompt)));
    tokens.iter().fold(shared, |n, (prompt, _)| n.min(prompt.len().saturating_sub(1)))
}
