//! `faqtory config`: the resolved configuration.

use std::fmt::Write as _;

use clap::Args;
use faqtory::pipeline::Questions;
use toml::Value;

use super::args::{InputArgs, LengthArg, ModelArgs, QuestionsArg, SamplingArgs, TextArgs};
use super::config::{Config, Raw, Sourced};
use super::failure::Failure;
use super::{Context, ui};

/// Print the settings in force, as a configuration file, and where each comes from
#[derive(Debug, Args)]
#[command(after_help = "\
Later wins: built-in defaults, the configuration file, FAQTORY_* environment variables, flags.

Examples:
  faqtory config
  faqtory config --lang es > ~/.config/faqtory/faqtory.toml")]
pub(crate) struct ConfigArgs {
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    questions: QuestionsArg,
    #[command(flatten)]
    length: LengthArg,
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    sampling: SamplingArgs,
}

pub(crate) fn run(args: &ConfigArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw { questions: args.questions.questions, length: args.length.length, ..Raw::default() };
    args.input.add_to(&mut flags);
    args.text.add_to(&mut flags);
    args.model.add_to(&mut flags);
    args.sampling.add_to(&mut flags);
    ui::print(&show(&context.config(flags)?))
}

/// The number of questions as it is given.
pub(crate) fn questions(questions: Questions) -> String {
    match questions {
        Questions::Auto => "auto".to_owned(),
        Questions::Exactly(n) => n.to_string(),
    }
}

fn show(config: &Config) -> String {
    let mut page = Page(String::new());
    let file = match &config.file {
        Some(path) if config.file_found => path.display().to_string(),
        Some(path) => format!("{} (not there)", path.display()),
        None => "none (this user has no configuration folder)".to_owned(),
    };
    page.comment(&format!("configuration file: {file}"));
    page.set("lang", &config.lang, |v| v.to_string().into());
    page.maybe("source_lang", config.source_lang.as_ref(), "detected", |v| v.to_string().into());
    page.set("questions", &config.questions, |v| questions(*v).into());
    page.set("length", &config.length, |v| v.name().into());
    page.set("format", &config.format, |v| v.name().into());
    page.maybe("model", config.model.as_ref(), "the recommended one", |v| v.to_string().into());
    page.set("device", &config.device, |v| v.to_string().into());
    page.maybe("threads", config.threads.as_ref(), "the engine decides", |v| integer(*v as u64));
    page.maybe("context_length", config.context_length.as_ref(), "the engine decides", |v| integer(*v as u64));
    page.set("seed", &config.seed, |v| integer(*v));
    page.set("temperature", &config.temperature, |v| float(*v));
    page.set("top_k", &config.top_k, |v| integer(*v as u64));
    page.set("top_p", &config.top_p, |v| float(*v));
    page.set("min_p", &config.min_p, |v| float(*v));
    page.set("repetition_penalty", &config.repetition_penalty, |v| float(*v));
    page.set("input_format", &config.input_format, |v| v.to_string().into());
    page.set("max_size", &config.max_size, |v| integer(*v));
    page.set("fetch_timeout", &config.fetch_timeout, |v| integer(*v));
    page.set("no_cache", &config.no_cache, |v| (*v).into());
    page.maybe("cache_dir", config.cache_dir.as_ref(), "none", |v| v.display().to_string().into());
    page.maybe("prompts", config.prompts.as_ref(), "the built-in ones", |v| v.display().to_string().into());
    page.set("models_dir", &config.models_dir, |v| v.display().to_string().into());
    page.maybe("manifests", config.manifests.as_ref(), "the built-in ones", |v| v.display().to_string().into());
    page.set("python", &config.python, |v| v.clone().into());
    page.set("offline", &config.offline, |v| (*v).into());
    let hub = &config.hub;
    page.comment("the model hub is set by HF_ENDPOINT, HF_HOME, HF_TOKEN and HF_HUB_OFFLINE:");
    page.comment(&format!("  endpoint {}{}", hub.endpoint, if hub.offline { " (offline)" } else { "" }));
    page.comment(&format!("  cache {}", hub.cache.display()));
    page.comment(&format!("  token {}", if hub.token.is_some() { "set" } else { "not set" }));
    page.0
}

/// TOML has no numbers over that of 63 bits; those are texts, which are read the same.
fn integer(n: u64) -> Value {
    i64::try_from(n).map_or_else(|_| n.to_string().into(), Value::from)
}

/// The shortest decimal that is this `f32`: 0.7 and not 0.699999988079071.
fn float(n: f32) -> Value {
    n.to_string().parse::<f64>().unwrap_or(f64::from(n)).into()
}

struct Page(String);

impl Page {
    fn comment(&mut self, text: &str) {
        // A line break in a path must not end the comment.
        let _ = writeln!(self.0, "# {}", text.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""));
    }

    fn set<T>(&mut self, key: &str, setting: &Sourced<T>, value: impl Fn(&T) -> Value) {
        let line = format!("{key} = {}", value(&setting.value));
        let _ = writeln!(self.0, "{line:<32} # {}", setting.origin.to_string().escape_debug());
    }

    fn maybe<T>(&mut self, key: &str, setting: Option<&Sourced<T>>, unset: &str, value: impl Fn(&T) -> Value) {
        match setting {
            Some(setting) => self.set(key, setting, value),
            None => {
                let _ = writeln!(self.0, "{:<32} # default: {unset}", format!("# {key} ="));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_whole() {
        assert_eq!(float(0.7).to_string(), "0.7");
        assert_eq!(float(0.0).to_string(), "0.0");
        assert_eq!(integer(3).to_string(), "3");
        assert_eq!(integer(u64::MAX).to_string(), format!("\"{}\"", u64::MAX));
    }
}
