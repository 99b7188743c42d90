//! Chat templates: messages to tokens in the markup that a model was trained on.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error as TemplateError, ErrorKind as TemplateErrorKind, context};

use super::gguf::GgufFile;
use super::tokenizer::ModelTokenizer;
use crate::chat::{Message, Role};
use crate::error::{Error, ErrorKind, Result};

/// A model's own chat template (Jinja).
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

/// Stands for the content of message `n` while a template is rendered, so that content and markup can
/// be told apart afterwards: only markup may hold special tokens. Private-use characters are not in any
/// template.
fn placeholder(n: usize) -> String {
    format!("\u{F0000}{n}\u{F0001}")
}

impl ChatTemplate {
    pub(super) fn from_gguf(gguf: &GgufFile, tokenizer: &ModelTokenizer) -> Result<Self> {
        let source = gguf.string("tokenizer.chat_template")?;
        Self::new(source, &tokenizer.bos, &tokenizer.eos)
            .map_err(|e| gguf.error("its chat template cannot be used").with_source(e))
    }

    fn new(source: &str, bos: &str, eos: &str) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // Templates are written for Python's Jinja with these settings.
        environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<String, TemplateError> {
            Err(TemplateError::new(TemplateErrorKind::InvalidOperation, message))
        });
        environment.add_template_owned("chat", source.to_owned())?;
        Ok(Self { environment, bos: bos.to_owned(), eos: eos.to_owned() })
    }

    /// The markup around the messages, with placeholders for their contents.
    fn render(&self, messages: &[Message]) -> Result<String> {
        let stand_ins: Vec<_> =
            messages.iter().enumerate().map(|(n, m)| Message { role: m.role, content: placeholder(n) }).collect();
        self.environment
            .get_template("chat")
            .and_then(|t| {
                t.render(context! {
                    messages => Value::from(Serde(&stand_ins)), add_generation_prompt => true, bos_token => self.bos.as_str(), eos_token => self.eos.as_str(),
                    enable_thinking => false,
                })
            })
            .map_err(|e| Error::new(ErrorKind::Model, "the chat template refuses these messages").with_source(e))
    }

    /// The tokens of a conversation, up to where the model goes on. Contents are trimmed, so that cutting
    /// the text between markup and content gives the same tokens as the whole text would.
    pub(super) fn encode(&self, messages: &[Message], tokenizer: &ModelTokenizer) -> Result<Vec<u32>> {
        let (messages, begun) = match messages.split_last() {
            Some((last, rest)) if last.role == Role::Assistant => (rest, Some(&last.content)),
            _ => (messages, None),
        };
        let rendered = self.render(messages)?;
        let mut tokens: Vec<u32> = Vec::new();
        if let Some(bos) = tokenizer.add_bos.filter(|_| !rendered.starts_with(&self.bos)) {
            tokens.push(bos);
        }
        let mut rest = rendered.as_str();
        for (n, message) in messages.iter().enumerate() {
            let (markup, after) = rest.split_once(&placeholder(n)).ok_or_else(|| {
                Error::new(ErrorKind::Model, format!("the chat template leaves out message {}", n + 1))
            })?;
            // A space belongs to the word behind it.
            let spaces = markup.len() - markup.trim_end_matches(' ').len();
            let (markup, spaces) = markup.split_at(markup.len() - spaces);
            tokens.extend(tokenizer.encode_markup(markup, tokenizer.place_behind(&tokens))?);
            let content = format!("{spaces}{}", message.content.trim());
            tokens.extend(tokenizer.encode_plain(&content, tokenizer.place_behind(&tokens))?);
            rest = after;
        }
        tokens.extend(tokenizer.encode_markup(rest, tokenizer.place_behind(&tokens))?);
        if let Some(begun) = begun {
            tokens.extend(tokenizer.encode_plain(begun, tokenizer.place_behind(&tokens))?);
        }
        Ok(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_with_python_methods_is_rendered() {
        let source = "{% for m in messages %}\n{{ m['role'].upper() }}: {{ m.content.strip() }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}GO{% endif %}";
        let template = ChatTemplate::new(source, "<s>", "</s>").unwrap();
        let rendered = template.render(&[Message::system("a"), Message::user("b")]).unwrap();
        assert_eq!(rendered, format!("SYSTEM: {}</s>\nUSER: {}</s>\nGO", placeholder(0), placeholder(1)));
    }

    #[test]
    fn a_template_may_refuse_messages() {
        let template = ChatTemplate::new("{{ raise_exception('no system role') }}", "", "").unwrap();
        let error = template.render(&[Message::system("a")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Model);
    }
}
