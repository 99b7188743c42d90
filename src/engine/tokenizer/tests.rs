//! Token ids of real vocabularies against reference implementations.
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

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::ModelTokenizer;
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
            assert_eq!(self.tokenizer.encode_plain(text).unwrap(), ids, "{name}: {text:?}");
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
