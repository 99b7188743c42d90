//! Manifests: what is known of a model, and where its file can be had, as read from `<id>.toml`.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::engine::Sampling;
use crate::error::{Error, ErrorKind, Result};

/// One known model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The model's id, the stem of its manifest's file name.
    #[serde(skip_deserializing)]
    pub id: String,
    /// The model's name for people.
    pub name: String,
    /// One line: what it is good for.
    pub summary: String,
    /// What it does.
    #[serde(default)]
    pub task: Task,
    /// The licence of the weights.
    pub licence: String,
    /// The architecture, as `general.architecture` of the GGUF file says it.
    pub architecture: String,
    /// The number of parameters.
    pub parameters: u64,
    /// The languages it is known to write, as BCP 47 tags.
    pub languages: Vec<String>,
    /// Tokens that prompt and answer may have together.
    pub context_length: usize,
    /// The size of the file in bytes.
    pub size: u64,
    /// The SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// The name of the file in the store, where it is not the id with the usual extension.
    #[serde(default)]
    pub file: Option<String>,
    /// Files that the model needs beside this one.
    #[serde(default, rename = "companion")]
    pub companions: Vec<Companion>,
    /// The quantization, such as `Q4_K_M`.
    pub quantization: String,
    /// Bytes that one token takes in the KV cache at 32 bits a number:
    /// `2 × layers × key-value heads × head size × 4`.
    pub kv_bytes_per_token: u64,
    /// How to sample from this model if the caller does not say.
    #[serde(default)]
    pub sampling: Option<Sampling>,
    /// A file that reads from its states how good an answer is ([`crate::engine::Probe`]); a relative path counts from the
    /// manifest's folder.
    #[serde(default)]
    pub probe: Option<PathBuf>,
    /// Where it stands in the recommended order; 1 comes first.
    pub rank: u32,
    /// Whether it is the model that is used if none is named.
    #[serde(default)]
    pub default: bool,
    /// What was tried with it.
    pub verified: Verified,
    /// Where its file can be had.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

/// A file that stands beside the model's own, in the store as on the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// Its name.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
}

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// It writes texts: a GGUF file.
    #[default]
    Write,
    /// It makes vectors of texts, to compare what they mean.
    Encode,
}

/// What the authors of a manifest tried themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The file was fetched from one of the sources and its checksum compared.
    pub fetched: bool,
    /// The model was run by this program.
    pub run: bool,
    /// What exactly was done, or why not.
    pub note: String,
}

/// A place where a model's file can be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Source {
    /// A file on this machine.
    Path(LocalFile),
    /// A file of a repository on the hub.
    Hub(HubFile),
    /// Members of Python wheels, which joined make the file.
    Package(Package),
}

/// A file on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalFile {
    /// The file; a relative path counts from the manifest's folder.
    pub path: PathBuf,
}

/// A file of a repository on the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// `owner/name`.
    pub repo: String,
    /// A commit, branch or tag.
    pub revision: String,
    /// The file's path in the repository.
    pub file: String,
}

/// Members of Python wheels, which joined make the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// The packages.
    pub requirements: Requirements,
    /// The members of their wheels, in the order in which they are joined.
    pub members: Members,
}

/// Which packages hold a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a list of `NAME==VERSION`, or a table of `prefix`, `parts` and `version`")]
pub enum Requirements {
    /// Each as `NAME==VERSION`.
    List(Vec<String>),
    /// `prefix1==version`, `prefix2==version` and so on.
    Numbered(Numbered),
}

/// Packages that are numbered from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbered {
    /// The packages' name without the number.
    pub prefix: String,
    /// How many packages there are.
    pub parts: usize,
    /// The version of each.
    pub version: String,
}

/// Which members of the wheels make a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, expecting = "a list of paths, or a path with `{n}` or `{nn}` for the package's number")]
pub enum Members {
    /// Each by its path.
    List(Vec<String>),
    /// One for each package; `{n}` is its number from 1, `{nn}` the same with two digits at least.
    Pattern(String),
}

impl Package {
    /// The packages, each as `NAME==VERSION`.
    pub fn requirements(&self) -> Vec<String> {
        match &self.requirements {
            Requirements::List(list) => list.clone(),
            Requirements::Numbered(n) => {
                (1..=n.parts).map(|part| format!("{}{part}=={}", n.prefix, n.version)).collect()
            }
        }
    }

    /// The members' paths, in order.
    pub fn members(&self) -> Vec<String> {
        match &self.members {
            Members::List(list) => list.clone(),
            Members::Pattern(pattern) => (1..=self.requirements().len())
                .map(|n| pattern.replace("{nn}", &format!("{n:02}")).replace("{n}", &n.to_string()))
                .collect(),
        }
    }
}

/// Tokens of the job that [`Manifest::memory`] counts with: an article of some 5000 words and its answers.
pub const JOB_TOKENS: u64 = 8192;

/// What the program needs beside weights and KV cache: tokenizer, activations, language models. Measured
/// with the built-in models at 2,500 tokens: 90 to 330 MB.
const OVERHEAD: u64 = 384 << 20;

/// Parameters of the blocks of the encoder, which run in 32 bits.
const ENCODER_BLOCKS: u64 = 21_300_000;

impl Manifest {
    /// Reads a manifest. `folder` is what relative paths in it count from.
    ///
    /// # Errors
    /// `Config` if the text is no manifest, or something in it cannot be.
    pub fn parse(id: &str, text: &str, folder: &Path) -> Result<Self> {
        let mut manifest: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map(|s| format!(" in line {}", text[..s.start].matches('\n').count() + 1));
            wrong(format!("the manifest cannot be read{}: {}", line.unwrap_or_default(), e.message()))
        })?;
        id.clone_into(&mut manifest.id);
        manifest.check()?;
        manifest.probe = manifest.probe.map(|path| folder.join(path));
        for source in &mut manifest.sources {
            if let Source::Path(local) = source {
                local.path = folder.join(&local.path);
            }
        }
        Ok(manifest)
    }

    /// The name of the model's file in the store.
    pub fn file_name(&self) -> String {
        if let Some(file) = &self.file {
            return file.clone();
        }
        let extension = match self.task {
            Task::Write => "gguf",
            Task::Encode => "bin",
        };
        format!("{}.{extension}", self.id)
    }

    /// The model's files, its own first, each with a manifest that knows of no other file.
    pub(super) fn parts(&self) -> Vec<Self> {
        let own = Self { companions: Vec::new(), ..self.clone() };
        let beside = |source: &Source, name: &str| match source {
            Source::Path(local) => Source::Path(LocalFile { path: local.path.with_file_name(name) }),
            Source::Hub(hub) => {
                let folder = hub.file.rfind('/').map_or("", |slash| &hub.file[..=slash]);
                Source::Hub(HubFile { file: format!("{folder}{name}"), ..hub.clone() })
            }
            Source::Package(package) => Source::Package(package.clone()),
        };
        let companions = self.companions.iter().map(|companion| Self {
            file: Some(companion.file.clone()),
            size: companion.size,
            sha256: companion.sha256.clone(),
            sources: own.sources.iter().map(|source| beside(source, &companion.file)).collect(),
            ..own.clone()
        });
        std::iter::once(own.clone()).chain(companions).collect()
    }

    /// Bytes of all files.
    pub fn total_size(&self) -> u64 {
        self.size + self.companions.iter().map(|companion| companion.size).sum::<u64>()
    }

    /// Bytes of memory that a job of [`JOB_TOKENS`] tokens needs at most, estimated: the weights (packed, hardly
    /// larger than the file), the KV cache of those tokens (fewer if the context is shorter) and a fixed amount for
    /// everything else.
    pub fn memory(&self) -> u64 {
        if self.task == Task::Encode {
            // The vocabulary stays as it is stored, the blocks are unpacked.
            return self.size + 4 * ENCODER_BLOCKS + OVERHEAD;
        }
        self.size + self.size / 16 + self.kv_bytes_per_token * JOB_TOKENS.min(self.context_length as u64) + OVERHEAD
    }

    fn check(&self) -> Result<()> {
        // The id becomes the name of a folder.
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
        if !self.id.starts_with(|c: char| c.is_ascii_alphanumeric()) || !self.id.chars().all(plain) {
            return Err(wrong(format!("`{}` is no model id: use a-z, 0-9, `.`, `_` and `-`", self.id)));
        }
        let sums = std::iter::once(&self.sha256).chain(self.companions.iter().map(|companion| &companion.sha256));
        for sum in sums {
            if sum.len() != 64 || !sum.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(wrong("`sha256` must be 64 lower-case hexadecimal digits"));
            }
        }
        if self.size == 0 || self.context_length == 0 || self.companions.iter().any(|companion| companion.size == 0) {
            return Err(wrong("`size` and `context_length` must be more than 0"));
        }
        // They become names of files in the model's folder.
        let names = self.file.iter().chain(self.companions.iter().map(|companion| &companion.file));
        let usable = |name: &str| {
            name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(|c| plain(c) || c.is_ascii_uppercase())
        };
        if let Some(name) = names.clone().find(|name| !usable(name)) {
            return Err(wrong(format!("`{name}` is no name of a file: use letters, digits, `.`, `_` and `-`")));
        }
        let mut all: Vec<_> = names.cloned().chain([self.file_name()]).collect();
        all.sort_unstable();
        all.dedup();
        if all.len() != self.companions.len() + 1 {
            return Err(wrong("two files of the model have the same name"));
        }
        if !self.companions.is_empty() && self.sources.iter().any(|source| matches!(source, Source::Package(_))) {
            return Err(wrong("a package source makes one file, so such a model has no `[[companion]]`"));
        }
        if self.sources.is_empty() {
            return Err(wrong("the manifest has no `[[source]]`"));
        }
        self.sources.iter().try_for_each(Source::check)
    }
}

impl Source {
    fn check(&self) -> Result<()> {
        match self {
            Self::Path(local) if local.path.as_os_str().is_empty() => Err(wrong("`path` is empty")),
            Self::Path(_) => Ok(()),
            Self::Hub(hub) => {
                let parts = |s: &str| s.split('/').all(|p| !p.is_empty() && p != "." && p != "..");
                let repo = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
                if hub.repo.split('/').count() != 2 || !parts(&hub.repo) || !hub.repo.chars().all(repo) {
                    return Err(wrong(format!("`repo` must be OWNER/NAME, not `{}`", hub.repo)));
                }
                if !parts(&hub.file) || !parts(&hub.revision) || hub.file.contains('\\') {
                    return Err(wrong("`file` and `revision` must be plain names, with `/` between their parts"));
                }
                Ok(())
            }
            Self::Package(package) => {
                let requirements = package.requirements();
                if requirements.is_empty() || package.members().is_empty() {
                    return Err(wrong("a package source needs `requirements` and `members`"));
                }
                // They become arguments of a command, so none may look like an option.
                match requirements.iter().find(|r| !is_pinned(r)) {
                    Some(bad) => Err(wrong(format!("`{bad}` is no requirement of the form NAME==VERSION"))),
                    None => Ok(()),
                }
            }
        }
    }
}

fn is_pinned(requirement: &str) -> bool {
    let word = |s: &str, more: &str| {
        s.starts_with(|c: char| c.is_ascii_alphanumeric())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    requirement.split_once("==").is_some_and(|(name, version)| word(name, "._-") && word(version, ".+!_-"))
}

fn wrong(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Config, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::store::testing::manifest_text;

    fn error(text: &str) -> String {
        Manifest::parse("m", text, Path::new("/there")).unwrap_err().to_string()
    }

    #[test]
    fn packages_may_be_numbered_or_listed() {
        let text = manifest_text(b"x")
            + "[[source]]\nkind = 'package'\nrequirements = { prefix = 'part', parts = 11, version = '0.2.0' }\n\
               members = 'part{n}/data/{nn}.bin'\n\
               [[source]]\nkind = 'package'\nrequirements = ['a==1', 'b==2']\nmembers = ['a/x', 'b/y', 'b/z']\n";
        let manifest = Manifest::parse("m", &text, Path::new("/there")).unwrap();
        let [Source::Package(numbered), Source::Package(listed)] = &manifest.sources[..] else { panic!() };
        assert_eq!(numbered.requirements()[10], "part11==0.2.0");
        assert_eq!(numbered.members()[..2], ["part1/data/01.bin", "part2/data/02.bin"]);
        assert_eq!(numbered.members()[10], "part11/data/11.bin");
        assert_eq!(listed.requirements(), ["a==1", "b==2"]);
        assert_eq!(listed.members(), ["a/x", "b/y", "b/z"]);
    }

    #[test]
    fn relative_paths_count_from_the_manifests_folder() {
        let text = manifest_text(b"x") + "[[source]]\nkind = 'path'\npath = 'w/x.gguf'\n";
        let manifest = Manifest::parse("m", &text, Path::new("there")).unwrap();
        assert_eq!(manifest.sources, [Source::Path(LocalFile { path: Path::new("there").join("w/x.gguf") })]);
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let path = "[[source]]\nkind = 'path'\npath = 'x'\n";
        let good = manifest_text(b"x") + path;
        assert!(Manifest::parse("m", &good, Path::new("")).is_ok());
        assert!(error(&good.replace("rank = 1", "rnak = 1")).contains("in line "));
        assert!(error(&good.replace("sha256 = '", "sha256 = 'G")).contains("64 lower-case"));
        assert!(error(&manifest_text(b"x")).contains("source"));
        assert!(error(&format!("{good}more = 1\n")).contains("more"));
        for id in ["", "../up", ".hidden", "Big", "a b"] {
            assert!(Manifest::parse(id, &good, Path::new("")).is_err(), "{id}");
        }
        for requirement in ["-r==1", "a", "a>=1", "--index-url=x==1", "a==1 b"] {
            let text = format!(
                "{}[[source]]\nkind = 'package'\nrequirements = ['{requirement}']\nmembers = ['x']\n",
                manifest_text(b"x")
            );
            assert!(error(&text).contains("NAME==VERSION"), "{requirement}");
        }
        for (repo, file) in [("only", "f"), ("a/../b", "f"), ("a/b?c", "f"), ("a/b", "../f"), ("a/b", "/f")] {
            let text = format!(
                "{}[[source]]\nkind = 'hub'\nrepo = '{repo}'\nrevision = 'main'\nfile = '{file}'\n",
                manifest_text(b"x")
            );
            assert!(Manifest::parse("m", &text, Path::new("")).is_err(), "{repo} {file}");
        }
    }

    #[test]
    fn memory_counts_the_file_the_cache_of_a_job_and_the_rest() {
        let text = manifest_text(b"0123456789") + "[[source]]\nkind = 'path'\npath = 'x'\n";
        let manifest = Manifest::parse("m", &text, Path::new("")).unwrap();
        assert_eq!((manifest.context_length, manifest.kv_bytes_per_token), (512, 100));
        assert_eq!(manifest.memory(), 10 + 512 * 100 + (384 << 20));
    }
}
