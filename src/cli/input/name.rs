//! The names of results: after the file, the address or the record that an article came from.

use std::path::{Component, Path, PathBuf};

/// Bytes of a name, or a part of one, that was made of an address or an id.
const MAX_PART: usize = 100;
/// Bytes of a whole name without number and end: file systems allow 255 with them, and some 143 where they encrypt.
const MAX_STEM: usize = 120;

/// What the files with the results of an article are called, before language and format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Folders below the one of the results.
    pub(crate) folder: PathBuf,
    /// The name without its end.
    pub(crate) stem: String,
}

impl Name {
    /// A name in a folder below that of the results.
    pub(crate) fn new(folder: impl Into<PathBuf>, stem: impl Into<String>) -> Self {
        Self { folder: folder.into(), stem: stem.into() }
    }

    /// That of a file which was named.
    pub(crate) fn of_file(path: &Path) -> Self {
        let stem = path.file_stem().map_or_else(|| "article".into(), |s| s.to_string_lossy());
        // The page in `page.html.gz` is `page`.
        let packed = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
        let stem = match stem.rsplit_once('.') {
            Some((inner, _)) if packed && !inner.is_empty() => inner.to_owned(),
            _ => stem.into_owned(),
        };
        Self::new("", stem)
    }

    /// That of a file which was found below `root`: in the same folders.
    pub(crate) fn of_file_in(path: &Path, root: &Path) -> Self {
        let below = path.strip_prefix(root).ok().and_then(Path::parent).unwrap_or(Path::new(""));
        // Only folders below that of the results.
        let folder: PathBuf = below.components().filter(|c| matches!(c, Component::Normal(_))).collect();
        Self { folder, ..Self::of_file(path) }
    }

    /// That of a page: its host and path.
    pub(crate) fn of_url(url: &str) -> Self {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (rest, query) = rest.split('#').next().unwrap_or_default().split_once('?').unwrap_or((rest, ""));
        let rest = rest.split('#').next().unwrap_or_default().trim_end_matches('/');
        // A login stands before the host; an `@` in the path is the path's.
        let host = rest.find('/').unwrap_or(rest.len());
        let rest = rest[..host].rfind('@').map_or(rest, |at| &rest[at + 1..]);
        let page = [".html", ".htm", ".xhtml", ".md", ".txt", ".pdf", ".docx", ".epub", ".jsonl", ".ndjson"];
        // The name of the host ends like a file too.
        let rest = match rest.contains('/') {
            true => {
                let plain = rest.strip_suffix(".gz").unwrap_or(rest);
                page.iter().find_map(|end| plain.strip_suffix(end)).unwrap_or(rest)
            }
            false => rest,
        };
        Self::new("", slug(&format!("{rest} {query}")))
    }

    /// That of a record in a file: its id, or else the number of its line.
    pub(crate) fn of_record(&self, id: Option<&str>, line: u64) -> Self {
        let record = id.map_or_else(|| line.to_string(), slug);
        // What tells one record from another is not what is cut off.
        let file = cut(&self.stem, MAX_STEM.saturating_sub(record.len() + 1));
        Self { folder: self.folder.clone(), stem: format!("{file}-{record}") }
    }

    /// The stem, cut to what every file system takes with a number and an end behind it.
    pub(crate) fn short_stem(&self) -> &str {
        cut(&self.stem, MAX_STEM)
    }
}

/// The beginning of a text, of so many bytes at most.
fn cut(text: &str, bytes: usize) -> &str {
    text[..text.floor_char_boundary(bytes)].trim_end_matches(['-', '.', ' '])
}

/// A text as a part of a file name: letters, digits, full stops and single hyphens.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars().take(4 * MAX_PART) {
        if c.is_alphanumeric() || c == '_' || (c == '.' && !out.is_empty()) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
    }
    let out = cut(&out, MAX_PART);
    if out.is_empty() { "article".to_owned() } else { out.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_called_by_host_and_path() {
        for (url, name) in [
            ("https://diario.example/", "diario.example"),
            ("https://diario.example/2026/05/la-ría.html#top", "diario.example-2026-05-la-ría"),
            ("http://me:pw@a.example:8080/x?id=7&p=2", "a.example-8080-x-id-7-p-2"),
            ("http://a.example/../../etc", "a.example-..-..-etc"),
            ("http://a.example/?q", "a.example-q"),
            ("http://a.example/all.jsonl.gz", "a.example-all"),
            ("http://a.example/x.gz", "a.example-x.gz"),
            ("http://", "article"),
        ] {
            assert_eq!(Name::of_url(url), Name::new("", name), "{url}");
        }
        assert_eq!(Name::of_url(&format!("http://a/{}", "ñ".repeat(900))).stem, format!("a-{}", "ñ".repeat(49)));
        assert_eq!(Name::of_url(&format!("http://a/{}", "語".repeat(900))).stem, format!("a-{}", "語".repeat(32)));
    }

    #[test]
    fn files_keep_their_place_below_the_folder() {
        assert_eq!(Name::of_file(Path::new("x/a.b.txt")), Name::new("", "a.b"));
        assert_eq!(Name::of_file(Path::new("page.html.gz")), Name::new("", "page"));
        assert_eq!(Name::of_file_in(Path::new("docs/a/b.md"), Path::new("docs")), Name::new("a", "b"));
        assert_eq!(Name::of_file_in(Path::new("../docs/b.md"), Path::new("../docs")), Name::new("", "b"));
        assert_eq!(Name::of_file_in(Path::new("./a/b.md"), Path::new(".")), Name::new("a", "b"));
    }

    #[test]
    fn records_are_called_by_id_or_line() {
        let file = Name::new("a", "news");
        assert_eq!(file.of_record(None, 12), Name::new("a", "news-12"));
        assert_eq!(file.of_record(Some("../x/ y"), 12), Name::new("a", "news-x-y"));
        let long = Name::new("", "語".repeat(80)).of_record(Some(&"ñ".repeat(80)), 1);
        assert_eq!(long.stem, format!("{}-{}", "語".repeat(6), "ñ".repeat(50)));
    }
}
