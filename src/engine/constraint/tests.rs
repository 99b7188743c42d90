//! Constraints over a small vocabulary, a real one, and with real models.

use std::ops::ControlFlow;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use candle_core::quantized::gguf_file::{Value, write};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use tempfile::NamedTempFile;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;

use super::*;
use crate::chat::Message;
use crate::engine::candle::{CandleEngine, LoadOptions};
use crate::engine::gguf::GgufFile;
use crate::engine::parity::TURN;
use crate::engine::weights::weights;
use crate::engine::{Engine, FinishReason, Line, Request, Sampling, Text};

/// Behind the 256 bytes and what is merged of them.
const MARKUP: [(&str, u32); 4] = [("<|im_start|>", 3), ("<|im_end|>", 3), ("<tool_call>", 4), ("[PAD0]", 5)];

/// A vocabulary of all bytes, a few words and marks, and markup. `ñ` is two tokens, ` ¿` one, and `Q:` is a token
/// that the tokenizer does not use, because it cuts the text before the colon.
fn small() -> Arc<ModelTokenizer> {
    let mut tokens: Vec<_> = ByteLevel::alphabet().into_iter().map(String::from).collect();
    tokens.sort();
    let merges = ["Q :", "Â ¿", "Ġ Â¿", "Ġ W", "h o", "ĠW ho", "? Ċ", ". Ċ", "Ġ p", "Ġp a"];
    tokens.extend(merges.map(|m| m.replace(' ', "")));
    let text = |s: &str| Value::String(s.to_owned());
    let mut kinds = vec![Value::U32(1); tokens.len()];
    for (token, kind) in MARKUP {
        tokens.push(token.to_owned());
        kinds.push(Value::U32(kind));
    }
    let end = tokens.iter().position(|t| t == "<|im_end|>").unwrap();
    let metadata = [
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("qwen2")),
        ("tokenizer.ggml.tokens", Value::Array(tokens.iter().map(|t| text(t)).collect())),
        ("tokenizer.ggml.token_type", Value::Array(kinds)),
        ("tokenizer.ggml.merges", Value::Array(merges.iter().map(|m| text(m)).collect())),
        ("tokenizer.ggml.eos_token_id", Value::U32(end as u32)),
    ];
    let mut file = NamedTempFile::new().unwrap();
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    write(file.as_file_mut(), &metadata, &[]).unwrap();
    Arc::new(ModelTokenizer::from_gguf(&GgufFile::open(file.path()).unwrap()).unwrap())
}

fn real(id: &str) -> Option<Arc<ModelTokenizer>> {
    let gguf = GgufFile::open(&weights(id)?).unwrap();
    Some(Arc::new(ModelTokenizer::from_gguf(&gguf).unwrap()))
}

fn line(mark: &str, text: Text, most: u32) -> Line {
    Line { mark: mark.into(), text, most }
}

fn pair(most: u32) -> [Line; 2] {
    [line("P: ", Text::Question { opening: Some('¿') }, most), line("R: ", Text::Sentences, most)]
}

/// A grammar of each form, with lines of so many characters.
fn forms(most: u32) -> [Grammar; 5] {
    let question = line("Q: ", Text::Question { opening: None }, most);
    [
        Grammar::entries("", &[question], 2..=3).unwrap(),
        Grammar::entries("P:", &pair(most), 1..=2).unwrap(),
        Grammar::entries("", &[line("- ", Text::Sentences, most)], 2..=4).unwrap(),
        Grammar::entries("", &[line("", Text::Sentences, most)], 1..=2).unwrap(),
        Grammar::entries("", &[line("", Text::Title, most)], 1..=1).unwrap(),
    ]
}

/// The vocabulary, and which of its tokens may come next.
struct Pen {
    words: Vec<Option<Vec<u8>>>,
    tokenizer: Arc<ModelTokenizer>,
    constraints: Constraints,
}

impl Pen {
    fn new(tokenizer: Arc<ModelTokenizer>) -> Self {
        let words = tokenizer.token_bytes().collect();
        Self { words, constraints: Constraints::new(tokenizer.clone()).unwrap(), tokenizer }
    }

    fn start(&self, grammar: &Grammar) -> Constraint {
        self.constraints.start(grammar).unwrap()
    }

    fn start_regex(&self, pattern: &str) -> Constraint {
        self.start(&Grammar::regex(pattern).unwrap())
    }

    fn encode(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode_plain(text, Place::Middle).unwrap()
    }

    fn bytes(&self, tokens: &[u32]) -> Vec<u8> {
        tokens.iter().flat_map(|t| self.words[*t as usize].clone().unwrap()).collect()
    }

    /// The tokens that may come next.
    fn allowed(&self, constraint: &mut Constraint) -> Vec<u32> {
        let mut logits = vec![0.0; self.words.len() + 3];
        constraint.mask(&mut logits).unwrap();
        assert!(logits[self.words.len()..].iter().all(|l| *l == f32::NEG_INFINITY), "padding is no token");
        (0..).zip(&logits).filter(|(_, l)| **l == 0.0).map(|(token, _)| token).collect()
    }

    /// Takes any tokens that are allowed until the text is at its end.
    fn scribble(&self, grammar: &Grammar, seed: u64) {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let fits = grammar.by_another();
        let mut constraint = self.start(grammar);
        let mut text = Vec::new();
        while !constraint.is_done() {
            let allowed = self.allowed(&mut constraint);
            let whole = std::str::from_utf8(&text).is_ok_and(|text| fits.is_match(text));
            let mut markup: Vec<_> = allowed.iter().filter(|t| self.words[**t as usize].is_none()).copied().collect();
            markup.sort_unstable();
            let mut ends: Vec<_> = self.tokenizer.stop_tokens.iter().copied().filter(|_| whole).collect();
            ends.sort_unstable();
            assert_eq!(markup, ends, "behind {:?}", String::from_utf8_lossy(&text));
            let token = allowed[rng.random_range(0..allowed.len())];
            assert_eq!(constraint.allows(&[token]).unwrap(), 1);
            constraint.commit(token).unwrap();
            text.extend(self.words[token as usize].iter().flatten());
            assert!(text.len() < 1000, "no end of {:?}", String::from_utf8_lossy(&text));
        }
        let text = String::from_utf8(text).unwrap();
        assert!(fits.is_match(&text), "{text:?} under {}", grammar.pattern());
    }
}

#[test]
fn whatever_is_chosen_the_text_has_its_form_and_ends() {
    let pen = Pen::new(small());
    for grammar in forms(12) {
        for seed in 0..40 {
            pen.scribble(&grammar, seed);
        }
    }
}

#[test]
fn it_does_so_with_the_vocabularies_of_real_models() {
    for id in ["qwen2.5-coder-1.5b-instruct", "smollm2-135m-instruct"] {
        let Some(tokenizer) = real(id) else { continue };
        let pen = Pen::new(tokenizer);
        for grammar in forms(30) {
            for seed in 0..4 {
                pen.scribble(&grammar, seed);
            }
        }
    }
}

#[test]
fn characters_of_several_tokens_are_written_byte_by_byte() {
    let pen = Pen::new(small());
    let tokens = pen.encode(" ¿Cuántos años “duró”?\nR: Señaló: «3 años».");
    assert!(tokens.len() > 40);
    let mut constraint = pen.start(&Grammar::entries("P:", &pair(40), 1..=1).unwrap());
    assert_eq!(constraint.allows(&tokens).unwrap(), tokens.len());
    for token in &tokens {
        constraint.commit(*token).unwrap();
    }
    // The first byte of `ñ` is written: only bytes that make it a character may follow, and a text does not end there.
    let mut half = pen.start_regex("[añ]{1,3}");
    half.commit(pen.encode("ñ")[0]).unwrap();
    assert_eq!(pen.allowed(&mut half), pen.encode("ñ")[1..]);
}

#[test]
fn markup_is_never_text_but_its_characters_are() {
    let pen = Pen::new(small());
    let mut constraint = pen.start_regex("[<>|_a-z]{1,12}");
    let spelled = pen.encode("<|im_start|>");
    assert_eq!(constraint.allows(&spelled).unwrap(), 12);
    let first = pen.words.len() - MARKUP.len();
    for markup in first..pen.words.len() {
        assert!(pen.words[markup].is_none());
        assert_eq!(constraint.allows(&[markup as u32]).unwrap(), 0);
        let error = constraint.clone().commit(markup as u32).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Inference);
    }
}

#[test]
fn forced_tokens_are_those_of_the_tokenizer() {
    let pen = Pen::new(small());
    let question = line("Q: ", Text::Question { opening: None }, 40);
    let mut constraint = pen.start(&Grammar::entries("", &[question], 2..=2).unwrap());
    // The space is not among them: it may begin the next word.
    assert_eq!(constraint.forced(), pen.encode("Q:"));
    assert_eq!(pen.bytes(&constraint.forced()), b"Q:");
    for token in pen.encode("Q: Who pays?") {
        constraint.commit(token).unwrap();
    }
    assert_eq!(constraint.forced(), pen.encode("\nQ:"));
    for token in pen.encode("\nQ: Who") {
        constraint.commit(token).unwrap();
    }
    assert!(constraint.forced().is_empty(), "there is a choice");
    // What the tokenizer would compose, or take for a tool call, is spelled as the grammar has it.
    for text in ["a\u{301}b", "<tool_call>"] {
        let mut constraint = pen.start_regex(text);
        let forced = constraint.forced();
        assert_eq!(pen.bytes(&forced), text.as_bytes());
        for token in forced {
            constraint.commit(token).unwrap();
        }
        assert!(constraint.is_done() && constraint.forced().is_empty());
    }
}

#[test]
fn tokens_are_looked_at_and_taken() {
    let pen = Pen::new(small());
    let mut constraint = pen.start_regex("Who pays[.?]{1,2}");
    let before = pen.allowed(&mut constraint);
    let text = pen.encode("Who pays?");
    let end = *pen.tokenizer.stop_tokens.iter().next().unwrap();
    assert_eq!(constraint.allows(&[&text[..], &[end]].concat()).unwrap(), text.len() + 1);
    assert_eq!(constraint.allows(&[&text[..3], &[end], &text[3..]].concat()).unwrap(), 3);
    assert_eq!(constraint.allows(&[&text[..3], &[9999], &text[3..]].concat()).unwrap(), 3);
    assert_eq!(pen.allowed(&mut constraint), before, "looking changes nothing");

    for token in &text {
        constraint.commit(*token).unwrap();
    }
    let mut other = constraint.clone();
    let behind = pen.allowed(&mut constraint);
    assert!(behind.contains(&end) && behind.len() == 3, "{behind:?}");
    other.commit(end).unwrap();
    assert!(other.is_done() && !constraint.is_done());
    assert_eq!(pen.allowed(&mut other), [end]);
    constraint.commit(pen.encode(".")[0]).unwrap();
    assert!(constraint.is_done(), "the grammar is at its end");
}

#[test]
fn a_grammar_that_is_too_large_is_refused_before_anything_is_written() {
    let pen = Pen::new(small());
    let names: Vec<_> = (0..300_000).map(|n| format!("{n}x")).collect();
    let huge = Grammar::regex(names.join("|")).unwrap();
    let Err(error) = pen.constraints.start(&huge) else { panic!("it was taken") };
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[test]
fn a_mask_costs_little_beside_a_step_of_the_model() {
    let Some(tokenizer) = real("qwen2.5-coder-1.5b-instruct") else { return };
    let started = Instant::now();
    Constraints::new(tokenizer.clone()).unwrap();
    let built = started.elapsed();
    let pen = Pen::new(tokenizer);
    println!("{} tokens, their tree in {built:.2?}", pen.words.len());
    let text = "P: ¿Cuánto costarán los dos ferris eléctricos de la bahía y quién pagará la estación de carga del puerto?\n\
                R: Los dos barcos costarán 3,5 millones de euros, que pagará el Ayuntamiento. La Sra. Peña firmó ayer.";
    let pair = [line("P: ", Text::Question { opening: Some('¿') }, 200), line("R: ", Text::Sentences, 600)];
    let started = Instant::now();
    let mut constraint = pen.start(&Grammar::entries("", &pair, 1..=6).unwrap());
    println!("the grammar read in {:.2?}", started.elapsed());
    let mut logits = vec![0.0; pen.words.len()];
    let mut times: Vec<Duration> = Vec::new();
    for token in pen.encode(text) {
        logits.fill(0.0);
        let started = Instant::now();
        constraint.mask(&mut logits).unwrap();
        times.push(started.elapsed());
        assert_eq!(logits[token as usize], 0.0, "{:?}", pen.words[token as usize]);
        constraint.commit(token).unwrap();
    }
    times.sort_unstable();
    let mean = times.iter().sum::<Duration>() / times.len() as u32;
    let (median, most) = (times[times.len() / 2], times[times.len() - 1]);
    println!("{} masks: mean {mean:.2?}, median {median:.2?}, most {most:.2?}", times.len());
}

/// Whatever the model would like to write, greedily or at random.
fn a_model_keeps_to_its_grammar(id: &str) {
    let Some(path) = weights(id) else { return };
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut engine = CandleEngine::load(&path, id, None, &LoadOptions::default()).unwrap();
    let article = "The town of Calvenor buys two electric ferries for 3.5 million euros. They sail from April 2027.";
    let requests: Vec<_> = forms(60)
        .into_iter()
        .enumerate()
        .flat_map(|(form, grammar)| {
            [0.0, 1.0].map(|temperature| {
                let task = format!("{article}\n\nWrite about this article.");
                let mut messages = vec![Message::user(task)];
                messages.extend((form == 1).then(|| Message::assistant("P:")));
                let sampling = Sampling { temperature, seed: 7, ..Sampling::default() };
                Request { messages, max_tokens: 400, sampling, stop: Vec::new(), grammar: Some(grammar.clone()) }
            })
        })
        .collect();
    let batch = engine.generate(&requests, &mut |_| ControlFlow::Continue(())).unwrap();
    for (request, generation) in requests.iter().zip(&batch.generations) {
        let grammar = request.grammar.as_ref().unwrap();
        println!("{:?}", generation.text);
        assert_eq!(generation.finish, FinishReason::Stop, "{generation:?}");
        assert!(grammar.by_another().is_match(&generation.text), "{generation:?} under {}", grammar.pattern());
    }
}

#[test]
fn smollm2_135m_keeps_to_its_grammar() {
    a_model_keeps_to_its_grammar("smollm2-135m-instruct");
}

#[test]
fn qwen25_coder_05b_keeps_to_its_grammar() {
    a_model_keeps_to_its_grammar("qwen2.5-coder-0.5b-instruct");
}
