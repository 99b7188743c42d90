//! Files that are here already: the store's own, and those that other programs left in the hub's cache.

use std::fs;
use std::path::{Path, PathBuf};

use hf_hub::{Cache, Repo, RepoType};

use super::LocalSource;
use crate::engine::store::has_size;
use crate::engine::store::manifest::{HubFile, Manifest};

/// The file that this store fetched before, or that somebody put there.
pub(super) struct OwnFile;

impl LocalSource for OwnFile {
    fn describe(&self) -> String {
        "the model store".to_owned()
    }

    fn candidates(&self, manifest: &Manifest, target: &Path) -> Vec<PathBuf> {
        Some(target.to_owned()).filter(|path| has_size(path, manifest.size)).into_iter().collect()
    }
}

/// The cache that programs of the hub share; its files are used where they are.
pub(super) struct HubCache<'a> {
    pub(super) file: &'a HubFile,
    pub(super) folder: &'a Path,
}

impl LocalSource for HubCache<'_> {
    fn describe(&self) -> String {
        format!("the hub's cache {}", self.folder.display())
    }

    fn candidates(&self, manifest: &Manifest, _: &Path) -> Vec<PathBuf> {
        let HubFile { repo, revision, file } = self.file;
        let repo = Repo::with_revision(repo.clone(), RepoType::Model, revision.clone());
        let folder = self.folder.join(repo.folder_name());
        let cache = Cache::new(self.folder.to_owned()).repo(repo);
        // The revision as a commit, then as a branch, then whatever revision another program took,
        // then the content by its checksum, which is how the cache names large files.
        let mut paths = vec![cache.pointer_path(revision).join(file)];
        paths.extend(cache.get(file));
        let snapshots = fs::read_dir(folder.join("snapshots")).into_iter().flatten().flatten();
        paths.extend(snapshots.map(|snapshot| snapshot.path().join(file)));
        paths.push(cache.blob_path(&manifest.sha256));
        let mut here: Vec<PathBuf> = Vec::new();
        for path in paths {
            if has_size(&path, manifest.size) && !here.contains(&path) {
                here.push(path);
            }
        }
        here
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::store::testing::manifest_text;

    #[test]
    fn a_file_is_found_by_commit_branch_other_revision_and_checksum() {
        let file = HubFile { repo: "o/n".into(), revision: "main".into(), file: "sub/m.gguf".into() };
        let text = manifest_text(b"hello") + "[[source]]\nkind = 'path'\npath = 'x'\n";
        let manifest = Manifest::parse("m", &text, Path::new("")).unwrap();
        let put = |folder: &Path, place: &str, content: &str| {
            let path = folder.join("models--o--n").join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        let blob = format!("blobs/{}", manifest.sha256);
        for place in ["snapshots/main/sub/m.gguf", "snapshots/abc/sub/m.gguf", blob.as_str()] {
            let folder = tempfile::tempdir().unwrap();
            let source = HubCache { file: &file, folder: folder.path() };
            assert!(source.candidates(&manifest, Path::new("")).is_empty());
            put(folder.path(), place, "hell");
            assert!(source.candidates(&manifest, Path::new("")).is_empty(), "wrong size");
            put(folder.path(), place, "hello");
            let found = source.candidates(&manifest, Path::new(""));
            assert_eq!(found, [folder.path().join("models--o--n").join(place)]);
        }
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "refs/main", "abc");
        put(folder.path(), "snapshots/abc/sub/m.gguf", "hello");
        put(folder.path(), "snapshots/aaa/sub/m.gguf", "HELLO");
        let found = HubCache { file: &file, folder: folder.path() }.candidates(&manifest, Path::new(""));
        assert_eq!(found.len(), 2);
        assert!(found[0].ends_with("abc/sub/m.gguf"), "the branch before other revisions");
    }
}
