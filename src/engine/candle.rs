//! The engine that runs a GGUF model through Candle.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use candle_core::Device;

use super::constraint::{Constraint, Constraints};
use super::decoder::Decoder;
use super::gguf::GgufFile;
use super::kv::{KvBlock, Prefix, Sequence};
use super::sampler::Sampler;
use super::scoring::{self, Plan, Scored};
use super::stop::StopText;
use super::template::ChatTemplate;
use super::tokenizer::{ModelTokenizer, TextDecoder};
use super::{
    Batch, Continuation, DeviceChoice, Engine, Event, FinishReason, Generation, Likelihood, Prompt, Request,
    check_context, empty_prompt,
};
use crate::content::ModelInfo;
use crate::error::{Error, ErrorKind, Result};

/// Tokens of a prompt that are computed in one pass: enough to keep the matrix kernels busy, few
/// enough for steady progress and a bounded attention matrix.
const PREFILL_CHUNK: usize = 256;

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
    tokenizer: Arc<ModelTokenizer>,
    /// Made for the first request with a grammar.
    constraints: Option<Constraints>,
    template: ChatTemplate,
    decoder: Decoder,
    /// The beginning that the last call's prompts shared, kept for the next call.
    kept: Option<(Vec<u32>, Prefix)>,
}

impl CandleEngine {
    /// Loads a GGUF file. `id` and `sha256` are what [`Engine::info`] will say.
    ///
    /// # Errors
    /// `Model` if the file is damaged or its architecture or tokenizer is not known, `Config` if the
    /// device is not there or not built in.
    pub fn load(path: &Path, id: &str, sha256: Option<String>, options: &LoadOptions) -> Result<Self> {
        let mut gguf = GgufFile::open(path)?;
        let tokenizer = Arc::new(ModelTokenizer::from_gguf(&gguf)?);
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer)?;
        let (device, device_name) = open_device(options.device)?;
        let decoder = Decoder::load(&mut gguf, device)?;
        let own = decoder.config.context_length;
        let info = ModelInfo {
            id: id.to_owned(),
            sha256,
            architecture: decoder.config.architecture.clone(),
            context_length: options.context_length.map_or(own, |c| c.min(own)),
            device: device_name,
        };
        Ok(Self { info, tokenizer, constraints: None, template, decoder, kept: None })
    }

    /// An empty sequence behind a prefix, with room for so many tokens.
    fn sequence(&self, prefix: Prefix, capacity: usize) -> Result<Sequence> {
        let own = KvBlock::new(self.decoder.config.kv_shape(), capacity, &self.decoder.device)
            .map_err(|e| Error::new(ErrorKind::Inference, "no memory for the KV cache").with_source(e))?;
        Ok(Sequence::new(prefix, own))
    }

    /// What keeps the text of a request to its grammar.
    fn constraint(&mut self, request: &Request) -> Result<Option<Constraint>> {
        let Some(grammar) = &request.grammar else { return Ok(None) };
        if self.constraints.is_none() {
            self.constraints = Some(Constraints::new(self.tokenizer.clone())?);
        }
        self.constraints.as_ref().map(|c| c.start(grammar)).transpose()
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

    /// How many tokens of `common` need not be computed again. What is kept of another article is let go
    /// instead: so little would be reused that it is worth neither its memory nor a text that depends on
    /// what was written before.
    fn known(&mut self, common: &[u32]) -> usize {
        let Some((kept, _)) = &self.kept else { return 0 };
        let known = common_prefix(kept, common);
        if 2 * known < kept.len() {
            self.kept = None;
            return 0;
        }
        known
    }

    /// The prefix for `common`, whose first `known` tokens come from the last call.
    fn shared_prefix(&mut self, common: &[u32], known: usize, meter: &mut Meter<'_>) -> Result<Prefix> {
        let base = self.kept.as_ref().map(|(_, p)| p.truncated(known)).unwrap_or_default();
        if known == common.len() {
            return Ok(base);
        }
        let mut sequence = self.sequence(base, common.len() - known)?;
        for chunk in common[known..].chunks(PREFILL_CHUNK) {
            self.decoder.forward(&mut [&mut sequence], &[chunk])?;
            meter.add(chunk.len())?;
        }
        let prefix = sequence.into_prefix();
        self.kept = Some((common.to_vec(), prefix.clone()));
        Ok(prefix)
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

/// One text being written.
struct Writer<'a> {
    request: usize,
    sequence: Sequence,
    sampler: Sampler,
    constraint: Option<Constraint>,
    decoder: TextDecoder<'a>,
    text: StopText,
    tokens: usize,
    last: u32,
    finish: Option<FinishReason>,
}

impl Writer<'_> {
    /// Takes the next token from the logits and passes on the text that is certain by now.
    fn step(
        &mut self,
        logits: &mut [f32],
        tokenizer: &ModelTokenizer,
        max_tokens: usize,
        on_event: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
    ) -> Result<()> {
        if let Some(constraint) = &mut self.constraint {
            constraint.mask(logits)?;
        }
        self.last = self.sampler.next(logits);
        if let Some(constraint) = &mut self.constraint {
            constraint.commit(self.last)?;
        }
        if tokenizer.stop_tokens.contains(&self.last) {
            self.finish = Some(FinishReason::Stop);
        } else {
            self.tokens += 1;
            let whole = self.constraint.as_ref().is_some_and(Constraint::is_done);
            if self.text.push(&self.decoder.push(self.last)) || whole {
                self.finish = Some(FinishReason::Stop);
            } else if self.tokens >= max_tokens {
                self.finish = Some(FinishReason::Length);
            }
        }
        if self.finish.is_some() {
            self.text.finish();
        }
        let text = self.text.take_new();
        proceed(on_event(Event::Text { request: self.request, text, tokens: self.tokens }))?;
        if self.finish.is_some() {
            proceed(on_event(Event::Finished { request: self.request }))?;
        }
        Ok(())
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
        let started = Instant::now();
        let prompts = requests
            .iter()
            .map(|request| {
                let tokens = self.template.encode(&request.messages, &self.tokenizer)?;
                check_context(tokens.len(), request.max_tokens, self.info.context_length)?;
                Ok(tokens)
            })
            .collect::<Result<Vec<_>>>()?;
        let constraints = requests.iter().map(|request| self.constraint(request)).collect::<Result<Vec<_>>>()?;
        let common = shared_length(&prompts);
        let shared = prompts.first().map_or(&[][..], |p| &p[..common]);
        let known = self.known(shared);
        let total = common - known + prompts.iter().map(|p| p.len() - common).sum::<usize>();
        let mut meter = Meter { done: 0, total, on_event };
        let prefix = self.shared_prefix(shared, known, &mut meter)?;

        let mut writers = Vec::with_capacity(requests.len());
        for (index, ((request, prompt), constraint)) in requests.iter().zip(&prompts).zip(constraints).enumerate() {
            let own = &prompt[common..];
            let mut sequence = self.sequence(prefix.clone(), own.len() + request.max_tokens)?;
            let mut logits = Vec::new();
            for chunk in own.chunks(PREFILL_CHUNK) {
                let last = self.decoder.forward(&mut [&mut sequence], &[chunk])?;
                logits = to_rows(&last)?.remove(0);
                meter.add(chunk.len())?;
            }
            let writer = Writer {
                request: index,
                sequence,
                sampler: Sampler::new(request.sampling, index as u64),
                constraint,
                decoder: self.tokenizer.decoder(),
                text: StopText::new(&request.stop),
                tokens: 0,
                last: 0,
                finish: None,
            };
            writers.push((writer, logits));
        }
        let prefill_seconds = started.elapsed().as_secs_f64();

        let started = Instant::now();
        let mut active = Vec::with_capacity(writers.len());
        for (mut writer, mut logits) in writers {
            let max_tokens = requests[writer.request].max_tokens;
            writer.step(&mut logits, &self.tokenizer, max_tokens, meter.on_event)?;
            active.push(writer);
        }
        loop {
            let mut writing: Vec<_> = active.iter_mut().filter(|w| w.finish.is_none()).collect();
            if writing.is_empty() {
                break;
            }
            let tokens: Vec<[u32; 1]> = writing.iter().map(|w| [w.last]).collect();
            let tokens: Vec<&[u32]> = tokens.iter().map(<[u32; 1]>::as_slice).collect();
            let mut sequences: Vec<_> = writing.iter_mut().map(|w| &mut w.sequence).collect();
            let logits = self.decoder.forward(&mut sequences, &tokens)?;
            for (writer, mut logits) in writing.into_iter().zip(to_rows(&logits)?) {
                let max_tokens = requests[writer.request].max_tokens;
                writer.step(&mut logits, &self.tokenizer, max_tokens, meter.on_event)?;
            }
        }
        let generations = active
            .into_iter()
            .zip(&prompts)
            .map(|(writer, prompt)| Generation {
                text: writer.text.into_text(),
                finish: writer.finish.unwrap_or(FinishReason::Stop),
                prompt_tokens: prompt.len(),
                reused_tokens: if writer.request == 0 { known } else { common },
                generated_tokens: writer.tokens,
            })
            .collect();
        Ok(Batch { generations, prefill_seconds, decode_seconds: started.elapsed().as_secs_f64() })
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
        let known = self.known(shared);
        let total = common - known + plan.rows();
        let mut meter = Meter { done: 0, total, on_event };
        let prefix = self.shared_prefix(shared, known, &mut meter)?;
        let log_probs = scoring::log_probs(&self.decoder, &prefix, texts.len(), &plan, &mut |rows| meter.add(rows))?;
        Ok(log_probs.into_iter().map(|log_probs| Likelihood { log_probs }).collect())
    }
}

/// How many tokens all prompts share at the beginning. Each keeps one of its own at least, from which
/// its first logits come.
fn shared_length(prompts: &[Vec<u32>]) -> usize {
    let Some((first, rest)) = prompts.split_first() else { return 0 };
    let shared = rest.iter().fold(first.len(), |n, p| n.min(common_prefix(first, p)));
    prompts.iter().fold(shared, |n, p| n.min(p.len().saturating_sub(1)))
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(x, y)| x == y).count()
}

/// The logits of each row as numbers.
///
/// # Errors
/// `Inference` if a row holds no number at all, as after an overflow or with damaged weights: any token
/// chosen from it would be noise.
fn to_rows(logits: &candle_core::Tensor) -> Result<Vec<Vec<f32>>> {
    let rows: Vec<Vec<f32>> =
        logits.to_vec2().map_err(|e| Error::new(ErrorKind::Inference, "cannot read the logits").with_source(e))?;
    if rows.iter().any(|row| !row.iter().any(|l| l.is_finite())) {
        return Err(Error::new(ErrorKind::Inference, "the model computes no finite numbers"));
    }
    Ok(rows)
}

fn proceed(flow: ControlFlow<()>) -> Result<()> {
    match flow {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
    }
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
