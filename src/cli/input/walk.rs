//! Folders and patterns: the files below, in order, without hidden ones and those that are no articles.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use faqtory::loader::records;
use faqtory::{Error, ErrorKind};
use globset::{GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

/// Extensions of files that can be articles.
const READABLE: &[&str] = &[
    "html", "htm", "xhtml", "shtml", "md", "markdown", "mdown", "mkd", "mkdn", "mdx", "qmd", "rmd", "txt", "text",
    "pdf", "docx", "epub",
];
/// Folders in folders, at most.
const MAX_DEPTH: usize = 64;

/// What a search brought.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The folder that it began in.
    pub(super) root: PathBuf,
    /// Files that can be articles, in order.
    pub(super) files: Vec<PathBuf>,
    /// What was left out, and why.
    pub(super) skipped: Vec<(PathBuf, String)>,
}

/// All articles in a folder and the folders in it, except in `without`.
pub(super) fn folder(root: &Path, without: Option<&Path>) -> Found {
    search(root, without, None)
}

/// Whether an argument that is no file can be meant as a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// The files that a pattern matches: `*` and `?` within a name, `**` over folders, `[a-z]`, `{a,b}`. A pattern
/// that names an extension takes whatever it matches; another only what can be an article.
pub(super) fn pattern(text: &str, without: Option<&Path>) -> Result<Found, Error> {
    let fixed = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
    let split = text[..fixed].rfind(std::path::is_separator).map_or(0, |at| at + 1);
    let (root, rest) = text.split_at(split);
    let glob = GlobBuilder::new(rest).literal_separator(true).build().map_err(|e| {
        Error::new(ErrorKind::Config, "this is neither a file nor a pattern of file names").at(text).with_source(e)
    })?;
    let last = rest.rsplit(std::path::is_separator).next().unwrap_or(rest);
    let pattern = Pattern {
        glob: glob.compile_matcher(),
        hidden: rest.split(std::path::is_separator).any(|part| part.starts_with('.')),
        named: last.contains('.'),
        // Only `**` matches a separator; those in alternatives and classes count too many, which does no harm.
        depth: match rest.contains("**") {
            true => MAX_DEPTH,
            false => MAX_DEPTH.min(rest.split(std::path::is_separator).count()),
        },
    };
    Ok(search(Path::new(if root.is_empty() { "." } else { root }), without, Some(&pattern)))
}

struct Pattern {
    glob: GlobMatcher,
    /// It speaks of hidden files.
    hidden: bool,
    /// It names an extension.
    named: bool,
    /// What it matches lies no deeper than this.
    depth: usize,
}

fn search(root: &Path, without: Option<&Path>, pattern: Option<&Pattern>) -> Found {
    let mut found = Found { root: root.to_owned(), ..Found::default() };
    let without = without.and_then(|w| w.canonicalize().ok());
    let without = without.filter(|w| root.canonicalize().is_ok_and(|root| root != *w));
    let depth = pattern.map_or(MAX_DEPTH, |p| p.depth);
    // Links are followed, and those that lead in a circle are errors of the walk.
    let mut walk = WalkDir::new(root).follow_links(true).max_depth(depth).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(e) => {
                let why = match (e.loop_ancestor(), e.io_error()) {
                    (Some(_), _) => "a link that leads in a circle".to_owned(),
                    (None, Some(e)) => format!("cannot be read ({e})"),
                    (None, None) => "cannot be read".to_owned(),
                };
                found.skipped.push((e.path().unwrap_or(root).to_owned(), why));
                continue;
            }
        };
        let folder = entry.file_type().is_dir();
        let below = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let matched = pattern.is_none_or(|p| p.glob.is_match(below));
        let hidden = entry.depth() > 0 && is_hidden(&entry) && !pattern.is_some_and(|p| p.hidden);
        let results = folder && without.is_some() && entry.path().canonicalize().ok() == without;
        if hidden || results {
            if folder {
                walk.skip_current_dir();
            }
            if pattern.is_none() || (!folder && matched) {
                let why = if hidden { "hidden" } else { "the results are written there" };
                found.skipped.push((entry.into_path(), why.to_owned()));
            }
        } else if folder || !matched {
        } else if !entry.file_type().is_file() {
            found.skipped.push((entry.into_path(), "not a file".to_owned()));
        } else if pattern.is_some_and(|p| p.named) || is_readable(entry.path()) {
            // As the user wrote it: without the `./` that was put before a bare pattern.
            let bare = pattern.is_some() && root == Path::new(".");
            found.files.push(if bare { below.to_owned() } else { entry.into_path() });
        } else {
            found.skipped.push((entry.into_path(), "no kind of file that is read".to_owned()));
        }
    }
    if pattern.is_some() && root == Path::new(".") {
        found.root = PathBuf::new();
    }
    found
}

fn is_hidden(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with('.')
}

/// Whether a file can be an article: by its extension, or without one by its first bytes.
fn is_readable(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if records::is_named_so(&name) {
        return true;
    }
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    match name.rsplit_once('.') {
        Some((_, extension)) => READABLE.contains(&extension),
        None => {
            let mut head = Vec::new();
            let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
            let head = head.trim_ascii_start().to_ascii_lowercase();
            read.is_ok() && [&b"<!doctype html"[..], b"<html", b"%pdf-"].iter().any(|sign| head.starts_with(sign))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "<html>").unwrap();
        }
        folder
    }

    fn names(found: &Found) -> Vec<String> {
        found.files.iter().map(|f| f.strip_prefix(&found.root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn folders_are_searched_in_order_and_what_is_no_article_is_counted() {
        let all = ["b.md", "a/z.txt", "a/c.jsonl", "page", "x.png", "code.rs", ".git/x.md", ".hidden.md", "p.html.gz"];
        let folder = tree(&all);
        let found = super::folder(folder.path(), None);
        assert_eq!(names(&found), ["a/c.jsonl", "a/z.txt", "b.md", "p.html.gz", "page"]);
        assert_eq!(found.skipped.len(), 4, "{:?}", found.skipped);
        let found = super::folder(folder.path(), Some(&folder.path().join("a")));
        assert_eq!(names(&found), ["b.md", "p.html.gz", "page"]);
        assert_eq!(super::folder(folder.path(), Some(folder.path())).files.len(), 5, "the root itself is searched");
    }

    #[test]
    fn patterns_match_as_in_a_shell() {
        let folder = tree(&["a.md", "b.txt", "d/c.md", "d/e/f.md", "d/g.log", ".h/i.md", "d/x.png"]);
        let find = |text: &str| names(&pattern(&format!("{}/{text}", folder.path().display()), None).unwrap());
        assert_eq!(find("*.md"), ["a.md"]);
        assert_eq!(find("**/*.md"), ["a.md", "d/c.md", "d/e/f.md"]);
        assert_eq!(find("[ab].{md,txt}"), ["a.md", "b.txt"]);
        assert_eq!(find("**/*"), ["a.md", "b.txt", "d/c.md", "d/e/f.md"]);
        assert_eq!(find("d/*.log"), ["g.log"]);
        assert_eq!(find("*/*/*.md"), ["d/e/f.md"]);
        assert_eq!(find(".h/*.md"), ["i.md"]);
        assert!(find("none*").is_empty());
        let wrong = pattern(&format!("{}/[", folder.path().display()), None).unwrap_err();
        assert_eq!(wrong.kind(), ErrorKind::Config);
    }

    #[cfg(unix)]
    #[test]
    fn links_in_a_circle_end() {
        let folder = tree(&["a/b.md"]);
        std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).unwrap();
        let found = super::folder(folder.path(), None);
        assert_eq!(names(&found), ["a/b.md"]);
        assert!(found.skipped[0].1.contains("circle"), "{:?}", found.skipped);
        // A pattern looks no deeper than it can match, so it does not come across the circle.
        for (text, circle) in [("*.md", false), ("?/*.md", true), ("{a/b,c}.md", true), ("**/*.md", true)] {
            let found = pattern(&format!("{}/{text}", folder.path().display()), None).unwrap();
            assert_eq!(found.skipped.len(), usize::from(circle), "{text}: {:?}", found.skipped);
            assert_eq!(found.files.len(), usize::from(circle), "{text}");
        }
    }
}
