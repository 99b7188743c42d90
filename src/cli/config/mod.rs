//! The configuration: built-in defaults, the configuration file, the environment and the flags, in
//! that order, made into one resolved [`Config`].

use std::path::PathBuf;
use std::time::Duration;

use faqtory::content::SummaryLength;
use faqtory::engine::store::{HubConfig, StoreConfig};
use faqtory::engine::{DeviceChoice, Sampling};
use faqtory::fetch::{CacheOptions, FetchOptions};
use faqtory::lang::Language;
use faqtory::loader::LoadOptions;
use faqtory::pipeline::{Questions, Target, Targets};
use faqtory::prompt::PromptLibrary;
use faqtory::render::Format;
use faqtory::{Error, ErrorKind};

pub(crate) use env::Environment;
pub(crate) use raw::{Origin, Raw, Sourced};
pub(crate) use values::{InputFormat, ModelChoice};

use raw::Merged;

mod env;
mod file;
mod raw;
pub(crate) mod values;

/// The size of all kept web pages.
const CACHE_BYTES: u64 = 256 << 20;

/// Everything that can be set, resolved, each value with its origin.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// The configuration file that was looked for, if there is a place for one.
    pub(crate) file: Option<PathBuf>,
    /// Whether that file was there.
    pub(crate) file_found: bool,
    /// The languages to write in.
    pub(crate) lang: Sourced<Targets>,
    /// The language of the article; `None` detects it.
    pub(crate) source_lang: Option<Sourced<Language>>,
    /// How many questions.
    pub(crate) questions: Sourced<Questions>,
    /// How long the summary.
    pub(crate) length: Sourced<SummaryLength>,
    /// The output format.
    pub(crate) format: Sourced<Format>,
    /// The model; `None` is the recommended one of the store.
    pub(crate) model: Option<Sourced<ModelChoice>>,
    /// The device.
    pub(crate) device: Sourced<DeviceChoice>,
    /// Processor threads; `None` leaves it to the engine.
    pub(crate) threads: Option<Sourced<usize>>,
    /// Tokens of the context; `None` is the model's own.
    pub(crate) context_length: Option<Sourced<usize>>,
    /// Seed of the sampler.
    pub(crate) seed: Sourced<u64>,
    /// Temperature of the sampler.
    pub(crate) temperature: Sourced<f32>,
    /// Top-k of the sampler.
    pub(crate) top_k: Sourced<usize>,
    /// Top-p of the sampler.
    pub(crate) top_p: Sourced<f32>,
    /// Min-p of the sampler.
    pub(crate) min_p: Sourced<f32>,
    /// Repetition penalty of the sampler.
    pub(crate) repetition_penalty: Sourced<f32>,
    /// What the articles are read as.
    pub(crate) input_format: Sourced<InputFormat>,
    /// The largest article in MiB.
    pub(crate) max_size: Sourced<u64>,
    /// The longest that fetching a page may take, in seconds.
    pub(crate) fetch_timeout: Sourced<u64>,
    /// Keep no web pages.
    pub(crate) no_cache: Sourced<bool>,
    /// The folder of the kept web pages; without a home folder there is none.
    pub(crate) cache_dir: Option<Sourced<PathBuf>>,
    /// A folder of prompt templates over the built-in ones.
    pub(crate) prompts: Option<Sourced<PathBuf>>,
    /// The folder of the model files.
    pub(crate) models_dir: Sourced<PathBuf>,
    /// A folder of further model manifests.
    pub(crate) manifests: Option<Sourced<PathBuf>>,
    /// The Python that fetches packages.
    pub(crate) python: Sourced<String>,
    /// Never use the network.
    pub(crate) offline: Sourced<bool>,
    /// The hub.
    pub(crate) hub: HubConfig,
}

impl Config {
    /// Resolves the flags with the environment and the configuration file: the file named with
    /// `--config`, which must be there, or else the user's own, which need not.
    ///
    /// # Errors
    /// `Io` if the file cannot be read, `Config` if it or the environment has a wrong value.
    pub(crate) fn resolve(flags: Raw, named: Option<PathBuf>, environment: &Environment) -> Result<Self, Error> {
        let must_be_there = named.is_some();
        let file = named.or_else(|| Some(environment.config_dir.as_ref()?.join("faqtory").join("faqtory.toml")));
        let mut merged = Merged::default();
        let mut file_found = false;
        if let Some(path) = &file {
            match file::read(path)? {
                Some(raw) => {
                    file_found = true;
                    merged.lay_over(raw, |_| Origin::File(path.clone()));
                }
                None if must_be_there => {
                    let error = Error::new(ErrorKind::Config, "there is no such configuration file");
                    return Err(error.at(path.display().to_string()));
                }
                None => {}
            }
        }
        merged.lay_over(environment.settings()?, |key| Origin::Env(key.env));
        merged.lay_over(flags, |key| Origin::Flag(key.flag));
        Self::with_defaults(merged, file, file_found, environment)
    }

    fn with_defaults(
        merged: Merged,
        file: Option<PathBuf>,
        file_found: bool,
        environment: &Environment,
    ) -> Result<Self, Error> {
        fn or<T>(given: Option<Sourced<T>>, value: T) -> Sourced<T> {
            given.unwrap_or(Sourced { value, origin: Origin::Default })
        }
        let sampling = Sampling::default();
        let offline = or(merged.offline, false);
        let default_models_dir = environment.data_dir.as_ref().map(|d| d.join("faqtory").join("models"));
        let models_dir = match (merged.models_dir, default_models_dir) {
            (Some(given), _) => given,
            (None, Some(value)) => Sourced { value, origin: Origin::Default },
            (None, None) => {
                let what = "this user has no home folder to keep models in; say where with FAQTORY_MODELS_DIR";
                return Err(Error::new(ErrorKind::Config, what));
            }
        };
        let default_cache_dir = environment.cache_dir.as_ref().map(|d| d.join("faqtory").join("pages"));
        let cache_dir = default_cache_dir.map(|value| Sourced { value, origin: Origin::Default });
        Ok(Self {
            input_format: or(merged.input_format, InputFormat::Auto),
            max_size: or(merged.max_size, LoadOptions::default().max_bytes >> 20),
            fetch_timeout: or(merged.fetch_timeout, FetchOptions::default().timeout.as_secs()),
            no_cache: or(merged.no_cache, false),
            cache_dir: merged.cache_dir.or(cache_dir),
            file,
            file_found,
            lang: or(merged.lang, Target::Source.into()),
            source_lang: merged.source_lang,
            questions: or(merged.questions, Questions::default()),
            length: or(merged.length, SummaryLength::default()),
            format: or(merged.format, Format::default()),
            model: merged.model,
            device: or(merged.device, DeviceChoice::default()),
            threads: merged.threads,
            context_length: merged.context_length,
            seed: or(merged.seed, sampling.seed),
            temperature: or(merged.temperature, sampling.temperature),
            top_k: or(merged.top_k, sampling.top_k),
            top_p: or(merged.top_p, sampling.top_p),
            min_p: or(merged.min_p, sampling.min_p),
            repetition_penalty: or(merged.repetition_penalty, sampling.repetition_penalty),
            prompts: merged.prompts,
            models_dir,
            manifests: merged.manifests,
            python: or(merged.python, default_python().to_owned()),
            hub: environment.hub(offline.value),
            offline,
        })
    }

    /// How tokens are chosen: what was set, and the rest as the model's manifest says.
    pub(crate) fn sampling(&self, model: Sampling) -> Sampling {
        fn or<T: Copy>(setting: &Sourced<T>, model: T) -> T {
            if setting.origin == Origin::Default { model } else { setting.value }
        }
        Sampling {
            temperature: or(&self.temperature, model.temperature),
            top_k: or(&self.top_k, model.top_k),
            top_p: or(&self.top_p, model.top_p),
            min_p: or(&self.min_p, model.min_p),
            repetition_penalty: or(&self.repetition_penalty, model.repetition_penalty),
            seed: or(&self.seed, model.seed),
        }
    }

    /// How articles are loaded.
    pub(crate) fn load_options(&self) -> LoadOptions {
        LoadOptions {
            language: self.source_lang.as_ref().map(|l| l.value),
            format: match self.input_format.value {
                InputFormat::Article(format) => Some(format),
                InputFormat::Auto | InputFormat::JsonLines => None,
            },
            max_bytes: self.max_size.value << 20,
            pdf_worker: crate::cli::read_pdf::worker(),
            ..LoadOptions::default()
        }
    }

    /// How web pages are fetched; `refresh` asks the server even for those that are kept.
    pub(crate) fn fetch_options(&self, refresh: bool) -> FetchOptions {
        let cache = self.cache_dir.as_ref().filter(|_| !self.no_cache.value);
        FetchOptions {
            timeout: Duration::from_secs(self.fetch_timeout.value),
            max_bytes: self.max_size.value << 20,
            cache: cache.map(|folder| CacheOptions { folder: folder.value.clone(), max_bytes: CACHE_BYTES }),
            refresh,
            offline: self.offline.value,
            ..FetchOptions::default()
        }
    }

    /// Where models are kept and fetched from.
    pub(crate) fn store(&self) -> StoreConfig {
        StoreConfig {
            root: self.models_dir.value.clone(),
            manifests: self.manifests.iter().map(|m| m.value.clone()).collect(),
            hub: self.hub.clone(),
            python: self.python.value.clone(),
            offline: self.offline.value,
        }
    }

    /// The prompt templates.
    pub(crate) fn prompt_library(&self) -> Result<PromptLibrary, Error> {
        let library = PromptLibrary::builtin();
        match &self.prompts {
            Some(folder) if !folder.value.is_dir() => {
                let error = Error::new(ErrorKind::Config, "there is no such folder of prompt templates");
                Err(error.at(folder.value.display().to_string()))
            }
            Some(folder) => library.with_folder(&folder.value),
            None => Ok(library),
        }
    }
}

fn default_python() -> &'static str {
    if cfg!(windows) { "python" } else { "python3" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(vars: &[(&str, &str)]) -> Environment {
        let vars = vars.iter().map(|(k, v)| (k.into(), v.into())).collect();
        Environment { vars, data_dir: Some("/data".into()), ..Environment::default() }
    }

    #[test]
    fn file_then_environment_then_flags() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "seed = 1\nthreads = 1\nquestions = 1").unwrap();
        let environment = environment(&[("FAQTORY_SEED", "2"), ("FAQTORY_THREADS", "2")]);
        let flags = Raw { seed: Some(3), ..Raw::default() };
        let config = Config::resolve(flags, Some(path.clone()), &environment).unwrap();
        assert_eq!(config.seed, Sourced { value: 3, origin: Origin::Flag("--seed") });
        assert_eq!(config.threads, Some(Sourced { value: 2, origin: Origin::Env("FAQTORY_THREADS") }));
        assert_eq!(config.questions, Sourced { value: Questions::Exactly(1), origin: Origin::File(path) });
        assert_eq!(config.lang, Sourced { value: Target::Source.into(), origin: Origin::Default });
        assert_eq!(config.models_dir.value, PathBuf::from("/data/faqtory/models"));
    }

    #[test]
    fn a_named_file_must_be_there_and_wrong_values_count_even_if_overridden() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        let error = Config::resolve(Raw::default(), Some(path.clone()), &environment(&[])).unwrap_err();
        assert!(error.to_string().contains("no such configuration file"), "{error}");
        std::fs::write(&path, "seed = 'x'").unwrap();
        let flags = Raw { seed: Some(3), ..Raw::default() };
        let error = Config::resolve(flags, Some(path), &environment(&[])).unwrap_err();
        assert!(error.to_string().contains("c.toml: bad value of `seed`"), "{error}");
    }

    #[test]
    fn the_models_own_sampling_holds_where_nothing_is_set() {
        let flags = Raw { temperature: Some(0.0), ..Raw::default() };
        let config = Config::resolve(flags, None, &environment(&[("FAQTORY_TOP_K", "7")])).unwrap();
        let model = Sampling { temperature: 0.9, top_k: 40, top_p: 0.8, ..Sampling::default() };
        let expected = Sampling { temperature: 0.0, top_k: 7, top_p: 0.8, ..Sampling::default() };
        assert_eq!(config.sampling(model), expected);
    }

    #[test]
    fn offline_is_offline_for_the_hub_too() {
        let config = Config::resolve(Raw::default(), None, &environment(&[("FAQTORY_OFFLINE", "1")])).unwrap();
        assert!(config.offline.value && config.store().hub.offline);
    }

    #[test]
    fn without_a_home_the_models_need_a_place() {
        let error = Config::resolve(Raw::default(), None, &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("FAQTORY_MODELS_DIR"), "{error}");
    }
}
