//! `bench.toml`: which systems run over which documents.

mod data;
mod system;

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::data::DataSet;
pub use self::system::{Decoding, OneOrMany, Strategy, SystemSpec, SystemTable};
use self::system::{from_folder, short_name};
use super::baseline::Baseline;
use crate::content::SummaryLength;
use crate::error::{Error, ErrorKind, Result};
use crate::pipeline::{Questions, Target};

/// A benchmark as its file states it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BenchConfig {
    /// How many questions a FAQ block should have: a number, `auto`, or `none` for no FAQ block.
    #[serde(default = "auto")]
    pub questions: Count,
    /// The length of the summary, or `none`.
    #[serde(default = "medium")]
    pub summary: String,
    /// The languages to write in: `source` is that of the article.
    #[serde(default = "source")]
    pub languages: Vec<Target>,
    /// The seed of baselines and statistics, and of the samplers unless a system has its own.
    #[serde(default)]
    pub seed: u64,
    /// Baselines to run beside the systems.
    #[serde(default = "Baseline::all")]
    pub baselines: Vec<Baseline>,
    /// The documents.
    pub data: Vec<DataSet>,
    /// The systems. Each list in a table stands for a system for each of its values.
    #[serde(default, rename = "system", alias = "systems")]
    pub systems: Vec<SystemTable>,
    /// Only the systems of these names; all where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<String>>,
}

fn auto() -> Count {
    Count::Name("auto".to_owned())
}

fn medium() -> String {
    SummaryLength::Medium.name().to_owned()
}

fn source() -> Vec<Target> {
    vec![Target::Source]
}

/// A number of questions, or a word for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Count {
    /// That many.
    Number(usize),
    /// `auto` or `none`.
    Name(String),
}

impl BenchConfig {
    /// Reads a file. Relative paths in it count from its folder.
    ///
    /// # Errors
    /// `Io` if it cannot be read, `Config` if it is not right.
    pub fn read(path: &Path) -> Result<Self> {
        let at = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot read the benchmark").at(&at).with_source(e))?;
        let mut config = Self::parse(&text).map_err(|e| e.at(at))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for path in config
            .data
            .iter_mut()
            .map(|d| &mut d.path)
            .chain(config.systems.iter_mut().filter_map(|s| s.prompts.as_mut()))
        {
            *path = folder.join(&*path);
        }
        for table in &mut config.systems {
            let models = match &mut table.model {
                OneOrMany::One(one) => std::slice::from_mut(one),
                OneOrMany::Many(many) => many,
            };
            for model in models {
                *model = from_folder(model, folder);
            }
        }
        Ok(config)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// `Config`.
    pub fn parse(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)
            .map_err(|e| Error::new(ErrorKind::Config, "the benchmark is not right").with_source(e))?;
        config.summary_length()?;
        config.questions()?;
        config.systems()?;
        if config.data.is_empty() {
            return Err(Error::new(
                ErrorKind::Config,
                "the benchmark has no documents: give it a table `[[data]]` with a `path`",
            ));
        }
        if config.languages.is_empty() {
            return Err(Error::new(
                ErrorKind::Config,
                "`languages` is empty; `[\"source\"]` writes in the article's own",
            ));
        }
        Ok(config)
    }

    /// The length of the summary, if one is wanted.
    ///
    /// # Errors
    /// `Config` for a length that is not one.
    pub fn summary_length(&self) -> Result<Option<SummaryLength>> {
        if self.summary == "none" { Ok(None) } else { self.summary.parse().map(Some) }
    }

    /// The number of questions, if a FAQ block is wanted.
    ///
    /// # Errors
    /// `Config` for a number that is not one.
    pub fn questions(&self) -> Result<Option<Questions>> {
        match &self.questions {
            Count::Name(name) if name == "none" => Ok(None),
            Count::Name(name) => name.parse().map(Some),
            Count::Number(n) => n.to_string().parse().map(Some),
        }
    }

    /// The systems, those of one model behind one another so that it is loaded once.
    ///
    /// # Errors
    /// `Config` if two have the same name.
    pub fn systems(&self) -> Result<Vec<SystemSpec>> {
        let mut systems: Vec<SystemSpec> = Vec::new();
        for table in &self.systems {
            let count = table.model.all().len() * table.strategy.all().len();
            for model in table.model.all() {
                for &strategy in table.strategy.all() {
                    let own = format!("{} {}", short_name(model), strategy.name());
                    let name = match &table.name {
                        Some(name) if count == 1 => name.clone(),
                        Some(name) => format!("{name} {own}"),
                        None => own,
                    };
                    systems.push(SystemSpec {
                        name,
                        model: model.clone(),
                        strategy,
                        languages: table.languages.clone().unwrap_or_else(|| self.languages.clone()),
                        prompts: table.prompts.clone(),
                        decoding: table.decoding,
                    });
                }
            }
        }
        let baselines: Vec<_> = self.baselines.iter().map(|b| b.name()).collect();
        for (i, system) in systems.iter().enumerate() {
            if systems[..i].iter().any(|s| s.name == system.name) || baselines.contains(&system.name.as_str()) {
                let message = format!("two systems have the name `{}`; give each a `name` of its own", system.name);
                return Err(Error::new(ErrorKind::Config, message));
            }
        }
        if let Some(only) = &self.only {
            systems.retain(|s| only.contains(&s.name));
        }
        let models: Vec<String> = systems.iter().map(|s| s.model.clone()).collect();
        systems.sort_by_key(|s| models.iter().position(|m| *m == s.model));
        Ok(systems)
    }

    /// A fingerprint of all that decides what a system writes of a document.
    pub fn fingerprint(&self, system: &SystemSpec) -> String {
        hash(&serde_json::json!([
            self.questions,
            self.summary,
            self.seed,
            system.model,
            system.strategy,
            system.prompts,
            system.decoding
        ]))
    }

    /// The same of a baseline.
    pub fn fingerprint_of_baseline(&self, baseline: Baseline) -> String {
        hash(&serde_json::json!([self.questions, self.summary, self.seed, baseline]))
    }
}

fn hash(value: &serde_json::Value) -> String {
    let digest = Sha256::digest(value.to_string());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Sampling;
    use crate::lang::Language;

    const FILE: &str = r#"
        questions = 4
        languages = ["source", "es"]
        [[data]]
        path = "fixtures"
        languages = ["en"]
        [[system]]
        model = ["a", "b"]
        strategy = ["pipeline", "naive"]
        [[system]]
        name = "warm"
        model = "a"
        temperature = 0.7
    "#;

    #[test]
    fn a_list_is_a_system_for_each_and_models_stay_together() {
        let config = BenchConfig::parse(FILE).unwrap();
        let systems = config.systems().unwrap();
        let names: Vec<_> = systems.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, ["a pipeline", "a naive", "warm", "b pipeline", "b naive"]);
        assert_eq!(config.questions().unwrap(), Some(Questions::Exactly(4)));
        assert_eq!(config.summary_length().unwrap(), Some(SummaryLength::Medium));
        let sampling = systems[2].decoding.over(Sampling { top_k: 9, ..Sampling::default() }, 3);
        assert_eq!((sampling.temperature, sampling.top_k, sampling.seed), (0.7, 9, 3));
        assert_ne!(config.fingerprint(&systems[0]), config.fingerprint(&systems[2]));
        assert_eq!(
            config.languages.iter().map(|w| w.of(Language::EN)).collect::<Vec<_>>(),
            [Language::EN, Language::ES]
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("data = []", "no documents"),
            ("questions = 99\n[[data]]\npath = 'x'", "`99` is not a number of questions"),
            ("summary = 'huge'\n[[data]]\npath = 'x'", "unknown summary length `huge`"),
            ("[[data]]\npath = 'x'\n[[system]]\nmodel = ['a', 'a']", "two systems have the name `a pipeline`"),
            ("[[data]]\npath = 'x'\n[[system]]\nmodel = 'a'\nname = 'lead'", "two systems have the name `lead`"),
            ("[[data]]\npath = 'x'\nlanguages = ['xx']", "the benchmark is not right"),
        ] {
            let error = BenchConfig::parse(text).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn files_count_from_the_folder_of_the_benchmark() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bench.toml");
        std::fs::write(&path, "[[data]]\npath = 'set'\n[[system]]\nmodel = ['scripted:s.toml', 'id']").unwrap();
        let config = BenchConfig::read(&path).unwrap();
        assert_eq!(config.data[0].path, folder.path().join("set"));
        let systems = config.systems().unwrap();
        assert_eq!(systems[0].model, format!("scripted:{}", folder.path().join("s.toml").display()));
        assert_eq!((systems[0].name.as_str(), systems[1].model.as_str()), ("s pipeline", "id"));
    }
}
