//! Token ids against reference implementations.
//!
//! `testdata/pieces.json` holds a vocabulary of SentencePiece's byte-pair encoding that was trained on our own fixtures, and texts
//! with the ids that the SentencePiece library gives them, with a space put before a text (`prefixed`) and without.
//!
//! `testdata/token_ids.json` holds texts and conversations of our own with the ids that they must have.
//! For `qwen2` they are those of the `tokenizers` library with the tokenizer file that Qwen2.5 is
//! published with; for `smollm` those of llama.cpp on the GGUF file, to which the `tokenizers` library
//! agrees when it is given that vocabulary, split at every digit and then by its byte-level rule. In the
//! texts special tokens count as ordinary characters. Conversations were rendered by Jinja2 with
//! `trim_blocks` and `lstrip_blocks`, contents without surrounding space, ready for the answer; of the
//! result special tokens are parsed, but not those in contents. The file is ASCII, so that no editor can
//! compose the accents that are decomposed on purpose.

use std::time::Instant;

use candle_core::quantized::gguf_file::{Value, write};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::{ModelTokenizer, Place};
use crate::chat::Message;
use crate::engine::gguf::GgufFile;
use crate::engine::template::ChatTemplate;
use crate::engine::weights::weights;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<Text>,
    conversations: Vec<Conversation>,
}

#[derive(Deserialize)]
struct Text {
    name: String,
    text: String,
    #[serde(flatten)]
    ids: Ids,
}

#[derive(Deserialize)]
struct Conversation {
    name: String,
    messages: Vec<Message>,
    #[serde(flatten)]
    ids: Ids,
}

#[derive(Deserialize)]
struct Ids {
    qwen2: Vec<u32>,
    smollm: Vec<u32>,
}

/// A model's header, with the ids that are its.
struct Model {
    tokenizer: ModelTokenizer,
    template: ChatTemplate,
    golden: Golden,
    ids: fn(&Ids) -> &[u32],
    /// What the tokenizer makes of a text before it cuts it.
    normal: fn(&str) -> String,
}

impl Model {
    fn qwen2(id: &str) -> Option<Self> {
        Self::load(id, |ids| &ids.qwen2, |text| text.nfc().collect())
    }

    fn smollm(id: &str) -> Option<Self> {
        Self::load(id, |ids| &ids.smollm, str::to_owned)
    }

    fn load(id: &str, ids: fn(&Ids) -> &[u32], normal: fn(&str) -> String) -> Option<Self> {
        let gguf = GgufFile::open(&weights(id)?).unwrap();
        let started = Instant::now();
        let tokenizer = ModelTokenizer::from_gguf(&gguf).unwrap();
        println!("{id}: the tokenizer was built in {:.2} s", started.elapsed().as_secs_f64());
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer).unwrap();
        let golden = serde_json::from_str(include_str!("../testdata/token_ids.json")).unwrap();
        Some(Self { tokenizer, template, golden, ids, normal })
    }

    fn agrees_with_the_reference(&self) {
        let Golden { texts, conversations } = &self.golden;
        assert!(texts.len() > 20 && conversations.len() > 5);
        for Text { name, text, ids } in texts {
            let ids = (self.ids)(ids);
            assert_eq!(self.tokenizer.encode_plain(text, Place::Beginning).unwrap(), ids, "{name}: {text:?}");
            let whole = (self.normal)(text);
            for cut in 0..=ids.len() {
                assert_eq!(self.streamed(&ids[..cut]), self.whole_characters(&whole, &ids[..cut]), "{name}, {cut}");
            }
            assert_eq!(self.streamed(ids), whole, "{name}");
        }
        for Conversation { name, messages, ids } in conversations {
            assert_eq!(self.template.encode(messages, &self.tokenizer).unwrap(), (self.ids)(ids), "{name}");
        }
    }

    /// What a stream of these tokens gives in all, however short.
    fn streamed(&self, ids: &[u32]) -> String {
        let mut decoder = self.tokenizer.decoder();
        ids.iter().map(|id| decoder.push(*id)).collect()
    }

    /// As much of the text as these tokens cover, without a character of which only a part is there. In the
    /// spelling of a byte-level vocabulary each byte is a character.
    fn whole_characters<'a>(&self, text: &'a str, ids: &[u32]) -> &'a str {
        let bytes = |id: &u32| self.tokenizer.markup.id_to_token(*id).unwrap().chars().count();
        &text[..text.floor_char_boundary(ids.iter().map(bytes).sum())]
    }
}

#[test]
fn tokens_of_qwen25_coder_15b_are_those_of_the_reference() {
    if let Some(model) = Model::qwen2("qwen2.5-coder-1.5b-instruct") {
        model.agrees_with_the_reference();
    }
}

#[test]
fn tokens_of_qwen25_coder_05b_are_those_of_the_reference() {
    if let Some(model) = Model::qwen2("qwen2.5-coder-0.5b-instruct") {
        model.agrees_with_the_reference();
    }
}

#[test]
fn tokens_of_smollm2_135m_are_those_of_the_reference() {
    if let Some(model) = Model::smollm("smollm2-135m-instruct") {
        model.agrees_with_the_reference();
    }
}

/// A vocabulary of pieces, and texts with their ids.
#[derive(Deserialize)]
struct Pieces {
    tokens: Vec<String>,
    scores: Vec<f32>,
    kinds: Vec<i32>,
    texts: Vec<PiecesText>,
}

#[derive(Deserialize)]
struct PiecesText {
    text: String,
    prefixed: Vec<u32>,
    plain: Vec<u32>,
}

impl Pieces {
    fn load() -> Self {
        serde_json::from_str(include_str!("../testdata/pieces.json")).unwrap()
    }

    /// The tokenizer of a file with this vocabulary, and its template.
    fn tokenizer(&self, architecture: &str, add_space_prefix: bool, template: &str) -> (ModelTokenizer, ChatTemplate) {
        let id = |token: &str| Value::U32(self.tokens.iter().position(|t| t == token).unwrap() as u32);
        let metadata = [
            ("general.architecture", Value::String(architecture.to_owned())),
            ("tokenizer.ggml.model", Value::String("llama".to_owned())),
            ("tokenizer.ggml.tokens", Value::Array(self.tokens.iter().cloned().map(Value::String).collect())),
            ("tokenizer.ggml.scores", Value::Array(self.scores.iter().copied().map(Value::F32).collect())),
            ("tokenizer.ggml.token_type", Value::Array(self.kinds.iter().copied().map(Value::I32).collect())),
            ("tokenizer.ggml.bos_token_id", id("<s>")),
            ("tokenizer.ggml.eos_token_id", id("</s>")),
            ("tokenizer.ggml.unknown_token_id", id("<unk>")),
            ("tokenizer.ggml.add_space_prefix", Value::Bool(add_space_prefix)),
            ("tokenizer.chat_template", Value::String(template.to_owned())),
        ];
        let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        write(file.as_file_mut(), &metadata, &[]).unwrap();
        let gguf = GgufFile::open(file.path()).unwrap();
        let tokenizer = ModelTokenizer::from_gguf(&gguf).unwrap();
        let template = ChatTemplate::from_gguf(&gguf, &tokenizer).unwrap();
        (tokenizer, template)
    }
}

#[test]
fn pieces_are_those_of_sentencepiece() {
    let pieces = Pieces::load();
    let (prefixed, _) = pieces.tokenizer("llama", true, "");
    let (plain, _) = pieces.tokenizer("gemma3", false, "");
    assert!(pieces.texts.len() > 30);
    for PiecesText { text, prefixed: with_space, plain: without } in &pieces.texts {
        assert_eq!(plain.encode_plain(text, Place::Beginning).unwrap(), *without, "{text:?}");
        assert_eq!(prefixed.encode_plain(text, Place::Middle).unwrap(), *without, "{text:?}");
        if !text.starts_with(' ') {
            assert_eq!(prefixed.encode_plain(text, Place::Beginning).unwrap(), *with_space, "{text:?}");
        }
        for (tokenizer, ids) in [(&prefixed, with_space), (&plain, without)] {
            let mut decoder = tokenizer.decoder();
            assert_eq!(ids.iter().map(|id| decoder.push(*id)).collect::<String>(), *text);
        }
        let bytes: Vec<Option<Vec<u8>>> = plain.token_bytes().collect();
        let spelled = without.iter().filter_map(|id| bytes[*id as usize].clone()).collect::<Vec<_>>().concat();
        assert_eq!(String::from_utf8(spelled).unwrap(), text.replace("<tool>", "").replace("\n\n", ""));
    }
}

#[test]
fn passages_in_a_template_of_pieces_begin_as_they_were_trained() {
    let pieces = Pieces::load();
    let messages = [Message::user("¿Qué cambia? <|end|>"), Message::assistant("El puente"), Message::user("x")];
    let ids = |template: &str, architecture: &str, space: bool| {
        let (tokenizer, template) = pieces.tokenizer(architecture, space, template);
        (template.encode(&messages, &tokenizer).unwrap(), tokenizer)
    };
    let mark = |token: &str| vec![pieces.tokens.iter().position(|t| t == token).unwrap() as u32];

    // Phi-3's: every line break behind a special token is left out, each content is a passage of its own.
    let source = "{% for m in messages %}<|user|>\n{{ m.content }}<|end|>\n{% endfor %}{{ '<|user|>\\n' }}";
    let (phi3, tokenizer) = ids(source, "phi3", true);
    let passage = |text: &str| tokenizer.encode_plain(text, Place::Beginning).unwrap();
    let turn = |text: &str| [mark("<|user|>"), passage(text), mark("<|end|>")].concat();
    let turns = messages.iter().flat_map(|m| turn(&m.content)).collect::<Vec<_>>();
    assert_eq!(phi3, [mark("<s>"), turns, mark("<|user|>")].concat());
    // The same for a model that keeps them.
    let (kept, _) = ids(source, "llama", true);
    let goes_on = |text: &str| tokenizer.encode_plain(text, Place::Middle).unwrap();
    let turn = |(i, text): (usize, &str)| {
        let before = if i == 0 { vec![] } else { passage("\n") };
        [before, mark("<|user|>"), passage("\n"), goes_on(text), mark("<|end|>")].concat()
    };
    let turns: Vec<u32> = messages.iter().map(|m| m.content.as_str()).enumerate().flat_map(turn).collect();
    assert_eq!(kept, [mark("<s>"), turns, passage("\n"), mark("<|user|>"), passage("\n")].concat());

    // Mistral's first: markup is text too, and a word keeps the space before it.
    let source = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}[INST] {{ m.content }} [/INST]\
                  {% else %} {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}";
    let (mistral, _) = ids(source, "llama", true);
    let first = goes_on(&format!(" [INST] {} [/INST] {}", messages[0].content, messages[1].content));
    assert_eq!(mistral, [mark("<s>"), first, mark("</s>"), passage("[INST] x [/INST]")].concat());

    // Gemma's: no space is put anywhere.
    let source = "{{ bos_token }}{% for m in messages %}<|user|>{{ m.role }}\n{{ m.content }}<|end|>\n{% endfor %}";
    let (gemma, _) = ids(source, "gemma3", false);
    let turn = |m: &Message, role: &str| {
        [mark("<|user|>"), goes_on(&format!("{role}\n{}", m.content)), mark("<|end|>"), goes_on("\n")].concat()
    };
    let turns = [turn(&messages[0], "user"), turn(&messages[1], "assistant"), turn(&messages[2], "user")].concat();
    assert_eq!(gemma, [mark("<s>"), turns].concat());
}

#[test]
fn a_mark_without_text_is_nowhere() {
    let mut pieces = Pieces::load();
    pieces.tokens.push(String::new());
    pieces.scores.push(0.0);
    pieces.kinds.push(3);
    let (tokenizer, _) = pieces.tokenizer("llama", true, "");
    let user = pieces.tokens.iter().position(|token| token == "<|user|>").unwrap() as u32;
    let x = tokenizer.encode_plain("x", Place::Beginning).unwrap();
    assert_eq!(tokenizer.encode_markup("<|user|>x", Place::Middle).unwrap(), [&[user][..], &x].concat());
}

#[test]
fn a_vocabulary_of_another_kind_is_refused_by_name() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let metadata = [
        ("tokenizer.ggml.model", Value::String("bert".to_owned())),
        ("tokenizer.ggml.tokens", Value::Array(vec![Value::String("a".to_owned())])),
        ("tokenizer.ggml.token_type", Value::Array(vec![Value::I32(1)])),
    ];
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    write(file.as_file_mut(), &metadata, &[]).unwrap();
    let error = ModelTokenizer::from_gguf(&GgufFile::open(file.path()).unwrap()).err().unwrap();
    assert!(error.to_string().contains("of the kind `bert`; known are `gpt2`"), "{error}");
}
