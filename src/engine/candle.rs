//! The engine that runs a GGUF model through Candle.

use std::ops::ControlFlow;
use std::path::Path;

use candle_core::Device;

use super::decoder::Decoder;
use super::gguf::GgufFile;
use super::kv::Sequence;
use super::prefixes::{self, Prefixes};
use super::schedule::{PREFILL_ROWS, Schedule};
use super::scoring::{self, Plan, Scored};
use super::template::ChatTemplate;
use super::tokenizer::ModelTokenizer;
use super::{
    Batch, Continuation, DeviceChoice, Engine, Event, Likelihood, Prompt, Request, check_context, empty_prompt, proceed,
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
}

/// A model in memory.
pub struct CandleEngine {
    info: ModelInfo,
    tokenizer: ModelTokenizer,
    template: ChatTemplate,
    decoder: Decoder,
    prefixes: Prefixes,
    /// Whether guesses at what comes next are made.
    pub(super) speculate: bool,
}

impl CandleEngine {
    /// Loads a GGUF file. `id` and `sha256` are what [`Engine::info`] will say.
    ///
    /// # Errors
    /// `Model` if the file is damaged or its architecture or tokenizer is not known, `Config` if the
    /// device is not there or not built in.
    pub fn load(path: &Path, id: &str, sha256: Option<String>, options: &LoadOptions) -> Result<Self> {
        let gguf = GgufFile::open(path)?;
        let tokenizer = ModelTokenizer::from_gguf(&gguf)?;
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer)?;
        let (device, device_name) = open_device(options.device)?;
        let decoder = Decoder::load(&gguf, device)?;
        let own = decoder.config.context_length;
        let info = ModelInfo {
            id: id.to_owned(),
            sha256,
            architecture: decoder.config.architecture.clone(),
            context_length: options.context_length.map_or(own, |c| c.min(own)),
            device: device_name,
        };
        Ok(Self { info, tokenizer, template, decoder, prefixes: Prefixes::new(KEPT_BYTES), speculate: true })
    }

    /// The tokens of what stands before a text: one at least.
    fn prompt_tokens(&self, prompt: &Prompt) -> Result<Vec<u32>> {
        let tokens = match prompt {
            Prompt::Chat(messages) => self.template.encode(messages, &self.tokenizer)?,
            Prompt::Plain(text) => {
                let mut tokens: Vec<u32> = self.tokenizer.add_bos.into_iter().collect();
                tokens.extend(self.tokenizer.encode_plain(text)?);
                tokens
            }
        };
        if tokens.is_empty() { Err(empty_prompt()) } else { Ok(tokens) }
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
        Ok(self.tokenizer.encode_plain(text)?.len())
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
        let schedule = Schedule {
            decoder: &self.decoder,
            tokenizer: &self.tokenizer,
            prefixes: &mut self.prefixes,
            requests,
            prompts: &prompts,
            speculate: self.speculate,
        };
        schedule.run(on_event)
    }

    fn likelihood(
        &mut self,
        continuations: &[Continuation],
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Likelihood>> {
        let (mut prompts, mut texts) = (Vec::new(), Vec::new());
        for Continuation { prompt, text } in continuations {
            let prompt = self.prompt_tokens(prompt)?;
            let text = self.tokenizer.encode_plain(text)?;
            check_context(prompt.len(), text.len(), self.info.context_length)?;
            prompts.push(prompt);
            texts.push(text);
        }
        let common = shared_length(&prompts);
        let shared = prompts.first().map_or(&[][..], |p| &p[..common]);
        let items = prompts.iter().zip(&texts).map(|(prompt, text)| Scored { prompt: &prompt[common..], text });
        let plan = Plan::new(&items.collect::<Vec<_>>());
        let total = common - self.prefixes.known(shared) + plan.rows();
        let mut meter = Meter { done: 0, total, on_event };
        let prefix = self.beginning(shared, &mut meter)?;
        let log_probs = scoring::log_probs(&self.decoder, &prefix, texts.len(), &plan, &mut |rows| meter.add(rows))?;
        Ok(log_probs.into_iter().map(|log_probs| Likelihood { log_probs }).collect())
    }
}

/// How many tokens all prompts share at the beginning. Each keeps one of its own at least, from which
/// its first logits come.
fn shared_length(prompts: &[Vec<u32>]) -> usize {
    let Some((first, rest)) = prompts.split_first() else { return 0 };
    let shared = rest.iter().fold(first.len(), |n, p| n.min(prefixes::common(first, p)));
    prompts.iter().fold(shared, |n, p| n.min(p.len().saturating_sub(1)))
}

/// The device and its name.
pub(super) fn open_device(choice: DeviceChoice) -> Result<(Device, String)> {
    let unavailable = |name: &str, e: candle_core::Error| {
        Error::new(ErrorKind::Config, format!("the device `{name}` cannot be used")).with_source(e)
    };
    match choice {
        DeviceChoice::Cpu => Ok((Device::Cpu, "cpu".to_owned())),
        DeviceChoice::Cuda(n) => {
            let name = format!("cuda:{n}");
            Device::new_cuda(n).map_err(|e| unavailable(&name, e)).map(|d| (d, name))
        }
        DeviceChoice::Metal => {
            Device::new_metal(0).map_err(|e| unavailable("metal", e)).map(|d| (d, "metal".to_owned()))
        }
        DeviceChoice::Auto => Ok([DeviceChoice::Cuda(0), DeviceChoice::Metal]
            .into_iter()
            .find_map(|gpu| open_device(gpu).ok())
            .unwrap_or((Device::Cpu, "cpu".to_owned()))),
    }
}
