//! Settings as they were given: one layer each for the configuration file, the environment and the flags.

use std::fmt;
use std::path::PathBuf;

use faqtory::content::SummaryLength;
use faqtory::engine::DeviceChoice;
use faqtory::lang::Language;
use faqtory::pipeline::{Questions, Targets};
use faqtory::render::Format;

use super::values::{self, InputFormat, ModelChoice};

/// The names of one setting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its key in the configuration file.
    pub(crate) name: &'static str,
    /// Its environment variable.
    pub(crate) env: &'static str,
    /// Its flag, empty if it has none.
    pub(crate) flag: &'static str,
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Built in.
    Default,
    /// The configuration file.
    File(PathBuf),
    /// An environment variable.
    Env(&'static str),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Env(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sourced<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// Why a value was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SetError {
    /// No setting has that name.
    UnknownKey,
    /// The value is not one that the setting can have.
    BadValue(String),
}

/// Makes the layer, its table of keys and the merged layers from one list of the settings.
macro_rules! settings {
    ($($(#[doc = $doc:literal])* $name:ident: $type:ty, $env:literal, $flag:literal, $parse:expr;)*) => {
        /// One layer of settings: what was given, nothing else.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Raw {
            $($(#[doc = $doc])* pub(crate) $name: Option<$type>,)*
        }

        impl Raw {
            /// All settings.
            pub(crate) const KEYS: &'static [Key] =
                &[$(Key { name: stringify!($name), env: $env, flag: $flag }),*];

            /// Reads a value of the setting called `key`.
            pub(crate) fn set(&mut self, key: &str, text: &str) -> Result<(), SetError> {
                match key {
                    $(stringify!($name) => self.$name = Some(($parse)(text).map_err(SetError::BadValue)?),)*
                    _ => return Err(SetError::UnknownKey),
                }
                Ok(())
            }
        }

        /// Layers laid over one another, with the origin of each value.
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Merged {
            $($(#[doc = $doc])* pub(crate) $name: Option<Sourced<$type>>,)*
        }

        impl Merged {
            /// Lays a layer over the ones before: what it has wins.
            pub(crate) fn lay_over(&mut self, raw: Raw, origin: impl Fn(&Key) -> Origin) {
                $(if let Some(value) = raw.$name {
                    let key = Key { name: stringify!($name), env: $env, flag: $flag };
                    self.$name = Some(Sourced { value, origin: origin(&key) });
                })*
            }
        }
    };
}

settings! {
    /// The languages to write in.
    lang: Targets, "FAQTORY_LANG", "--lang", values::parsed;
    /// The language of the article.
    source_lang: Language, "FAQTORY_SOURCE_LANG", "--source-lang", values::parsed;
    /// How many questions.
    questions: Questions, "FAQTORY_QUESTIONS", "--questions", values::parsed;
    /// How long the summary.
    length: SummaryLength, "FAQTORY_LENGTH", "--length", values::parsed;
    /// The output format.
    format: Format, "FAQTORY_FORMAT", "--format", values::parsed;
    /// The model.
    model: ModelChoice, "FAQTORY_MODEL", "--model", values::model;
    /// The device.
    device: DeviceChoice, "FAQTORY_DEVICE", "--device", values::parsed;
    /// Processor threads.
    threads: usize, "FAQTORY_THREADS", "--threads", values::at_least_one;
    /// Tokens of the context.
    context_length: usize, "FAQTORY_CONTEXT_LENGTH", "--context-length", values::at_least_one;
    /// Seed of the sampler.
    seed: u64, "FAQTORY_SEED", "--seed", values::whole;
    /// Temperature of the sampler.
    temperature: f32, "FAQTORY_TEMPERATURE", "--temperature", values::temperature;
    /// Top-k of the sampler.
    top_k: usize, "FAQTORY_TOP_K", "--top-k", values::whole;
    /// Top-p of the sampler.
    top_p: f32, "FAQTORY_TOP_P", "--top-p", values::positive_probability;
    /// Min-p of the sampler.
    min_p: f32, "FAQTORY_MIN_P", "--min-p", values::probability;
    /// Repetition penalty of the sampler.
    repetition_penalty: f32, "FAQTORY_REPETITION_PENALTY", "--repetition-penalty", values::penalty;
    /// What the articles are read as.
    input_format: InputFormat, "FAQTORY_INPUT_FORMAT", "--input-format", values::parsed;
    /// The largest article in MiB.
    max_size: u64, "FAQTORY_MAX_SIZE", "--max-size", values::amount;
    /// The longest that fetching a page may take, in seconds.
    fetch_timeout: u64, "FAQTORY_FETCH_TIMEOUT", "--fetch-timeout", values::amount;
    /// Keep no web pages.
    no_cache: bool, "FAQTORY_NO_CACHE", "--no-cache", values::switch;
    /// The folder of the kept web pages.
    cache_dir: PathBuf, "FAQTORY_CACHE_DIR", "", values::path;
    /// A folder of prompt templates.
    prompts: PathBuf, "FAQTORY_PROMPTS", "--prompts", values::path;
    /// The folder of the model files.
    models_dir: PathBuf, "FAQTORY_MODELS_DIR", "", values::path;
    /// A folder of further model manifests.
    manifests: PathBuf, "FAQTORY_MANIFESTS", "", values::path;
    /// The Python that fetches packages.
    python: String, "FAQTORY_PYTHON", "", values::program;
    /// Never use the network.
    offline: bool, "FAQTORY_OFFLINE", "--offline", values::switch;
}

impl Raw {
    /// The same layer with relative paths taken from `folder`.
    pub(crate) fn relative_to(mut self, folder: &std::path::Path) -> Self {
        for path in
            [&mut self.prompts, &mut self.models_dir, &mut self.manifests, &mut self.cache_dir].into_iter().flatten()
        {
            *path = folder.join(&*path);
        }
        self.model = self.model.map(|m| m.relative_to(folder));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_layers_win_and_keep_their_origin() {
        let mut file = Raw::default();
        file.set("seed", "1").unwrap();
        file.set("threads", "2").unwrap();
        let mut env = Raw::default();
        env.set("seed", "3").unwrap();
        let mut merged = Merged::default();
        merged.lay_over(file, |_| Origin::File("f".into()));
        merged.lay_over(env, |key| Origin::Env(key.env));
        assert_eq!(merged.seed, Some(Sourced { value: 3, origin: Origin::Env("FAQTORY_SEED") }));
        assert_eq!(merged.threads, Some(Sourced { value: 2, origin: Origin::File("f".into()) }));
        assert_eq!(merged.model, None);
    }

    #[test]
    fn wrong_keys_and_values_are_told_apart() {
        let mut raw = Raw::default();
        assert_eq!(raw.set("sed", "1"), Err(SetError::UnknownKey));
        assert!(matches!(raw.set("seed", "x"), Err(SetError::BadValue(why)) if why.contains('x')));
        assert_eq!(raw.seed, None);
    }

    #[test]
    fn names_of_a_setting_follow_from_each_other() {
        for key in Raw::KEYS {
            assert_eq!(key.env, format!("FAQTORY_{}", key.name.to_uppercase()));
            assert!(key.flag.is_empty() || key.flag == format!("--{}", key.name.replace('_', "-")), "{key:?}");
        }
    }
}
