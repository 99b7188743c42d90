//! Where results go: stdout, one file, or a file for each article in a folder.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use faqtory::content::Output;
use faqtory::render::{self, Format, Shown};
use faqtory::{Error, ErrorKind};

use super::failure::Failure;
use super::input::{Inputs, Name};
use super::ui;

/// Writes the results of one run.
#[derive(Debug)]
pub(crate) struct Sink {
    format: Format,
    place: Place,
    /// Whether there is at most one result.
    single: bool,
    /// Whether an article may have results in several languages.
    among_languages: bool,
    shown: Shown,
}

#[derive(Debug)]
enum Place {
    Stdout,
    File(PathBuf),
    Folder { path: PathBuf, taken: Taken },
}

/// The names that results cannot have.
#[derive(Debug, Default)]
struct Taken {
    /// Those of this run, in lower case: some file systems know no other.
    names: HashSet<PathBuf>,
    /// The number after the last one that was given for a stem.
    next: HashMap<PathBuf, usize>,
    /// The articles themselves, behind all links.
    articles: HashSet<PathBuf>,
}

impl Sink {
    /// Decides where to write by what `-o` says: nothing is stdout; an existing folder or a name
    /// that ends with a separator, which is made, is a folder; everything else is a file.
    ///
    /// # Errors
    /// `Config` if several results would go to one file, or a result would replace an article;
    /// `Io` if the folder cannot be made.
    pub(crate) fn new(
        output: Option<&Path>,
        inputs: &Inputs,
        format: Format,
        languages: usize,
    ) -> Result<Self, Failure> {
        let among_languages = languages > 1;
        let single = inputs.count().is_some_and(|n| n <= 1) && !among_languages;
        let at = |place| Self { format, place, single, among_languages, shown: Shown::default() };
        let Some(path) = output else { return Ok(at(Place::Stdout)) };
        let named_as_folder = path.as_os_str().to_string_lossy().ends_with(std::path::is_separator);
        if path.is_dir() || named_as_folder {
            fs::create_dir_all(path).map_err(|e| io("cannot make the output folder", path, e))?;
            let articles = inputs.files().filter_map(|file| file.canonicalize().ok()).collect();
            let taken = Taken { articles, ..Taken::default() };
            return Ok(at(Place::Folder { path: path.to_owned(), taken }));
        }
        if among_languages {
            return Err(too_many(&format!("results in {languages} languages"), path));
        }
        if !single {
            let articles = inputs.count().map_or("several articles".to_owned(), |n| format!("{n} articles"));
            return Err(too_many(&articles, path));
        }
        // To be found out now, not after the model has worked for minutes.
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let (path, folder) = (path.display(), folder.display());
            return Err(Failure::usage(
                format!("cannot write `{path}`: there is no folder `{folder}`"),
                "make the folder, or give `-o` another name",
            ));
        }
        let here = path.canonicalize().ok();
        if here.is_some() && inputs.files().any(|input| input.canonicalize().ok() == here) {
            let path = path.display();
            return Err(Failure::usage(
                format!("the result would replace the article `{path}`"),
                "give `-o` another name, or a folder",
            ));
        }
        Ok(at(Place::File(path.to_owned())))
    }

    /// The same, with more shown of each result.
    pub(crate) fn with(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    /// Whether there is a place for the result of an article, to be asked before any work is put into it. A record is
    /// one of several, whether or not others come.
    ///
    /// # Errors
    /// `Config` if several articles would go to one file.
    pub(crate) fn check(&self, is_record: bool) -> Result<(), Failure> {
        match &self.place {
            Place::File(path) if is_record => Err(too_many("several articles", path)),
            _ => Ok(()),
        }
    }

    /// Writes the result for one article, and says to which file, if it is one.
    pub(crate) fn write(&mut self, name: &Name, is_record: bool, output: &Output) -> Result<Option<PathBuf>, Failure> {
        let single = self.single && !is_record;
        let text = render::render_with(output, self.format, self.shown);
        let path = match &mut self.place {
            Place::Stdout if single => return ui::print(&text).map(|()| None),
            Place::Stdout => {
                let name = label(output, self.among_languages);
                return ui::print(&among_others(&text, &name, self.format)).map(|()| None);
            }
            Place::File(path) => path.clone(),
            Place::Folder { path, taken } => {
                let end = format!("{}.{}", output.language, self.format.extension());
                let target = taken.give(path, name, &end);
                let folder = target.parent().unwrap_or(path);
                fs::create_dir_all(folder).map_err(|e| io("cannot make the folder of the result", folder, e))?;
                target
            }
        };
        write_file(&path, &text)?;
        Ok(Some(path))
    }
}

/// What an output is called: by its article, and by its language if there are others.
pub(crate) fn label(output: &Output, among_languages: bool) -> String {
    let source = &output.article.source;
    if among_languages { format!("{source} ({})", output.language) } else { source.clone() }
}

/// A result between others on stdout: JSON on one line of its own, everything else after a line
/// that names the article.
fn among_others(text: &str, source: &str, format: Format) -> String {
    let name: String = source.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    match format {
        Format::Json | Format::JsonLd => format!("{}\n", on_one_line(text)),
        // Two hyphens or a `>` could end the comment.
        Format::Markdown | Format::Html => {
            format!("<!-- {} -->\n\n{text}\n", name.replace("--", "- -").replace('>', "&gt;"))
        }
        _ => format!("==> {name} <==\n\n{text}\n"),
    }
}

/// JSON without the white space between its tokens. The tokens stay as they are: the escapes of
/// JSON-LD protect the page that it is put on.
fn on_one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = c == '\\' && !escaped;
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

impl Taken {
    /// `<folder>/<stem>.<end>` in `root`, with a number before the end if that name is taken.
    fn give(&mut self, root: &Path, name: &Name, end: &str) -> PathBuf {
        let lower = |path: &Path| PathBuf::from(path.to_string_lossy().to_lowercase());
        let stem = name.short_stem();
        let first = name.folder.join(format!("{stem}.{end}"));
        let next = self.next.entry(lower(&first)).or_insert(1);
        loop {
            let below = match *next {
                1 => first.clone(),
                n => name.folder.join(format!("{stem}-{n}.{end}")),
            };
            *next += 1;
            let path = root.join(&below);
            let is_article = path.canonicalize().is_ok_and(|path| self.articles.contains(&path));
            if !is_article && self.names.insert(lower(&below)) {
                return path;
            }
        }
    }
}

fn too_many(results: &str, path: &Path) -> Failure {
    let path = path.display();
    Failure::usage(
        format!("{results} cannot go to one file; give a folder: `{path}/`"),
        "`-o` takes a folder for a file each; without `-o` all go to standard output",
    )
}

/// Writes a file so that it is never there by half: a temporary file beside it takes its name.
pub(crate) fn write_file(path: &Path, text: &str) -> Result<(), Error> {
    let failed = |e| io("cannot write the result", path, e);
    // A link keeps being one: what it points to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let old = fs::metadata(&target).ok();
    if old.as_ref().is_some_and(|m| !m.is_file()) {
        // A device or a pipe cannot be replaced, and is not to be.
        return fs::write(&target, text).map_err(failed);
    }
    if old.as_ref().is_some_and(|m| m.permissions().readonly()) {
        return Err(failed(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "the file is read-only")));
    }
    let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".faqtory-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if let Some(old) = old {
        file.as_file().set_permissions(old.permissions()).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|e| failed(e.error))?;
    Ok(())
}

fn io(what: &str, path: &Path, cause: std::io::Error) -> Error {
    Error::new(ErrorKind::Io, what).at(path.display().to_string()).with_source(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::config::{Config, Environment, Raw};
    use crate::cli::ui::{Level, Ui};

    #[test]
    fn names_are_unique_and_leave_articles_alone() {
        let folder = tempfile::tempdir().unwrap();
        let article = folder.path().join("b.es.md");
        fs::write(&article, "x").unwrap();
        let mut taken = Taken { articles: HashSet::from([article.canonicalize().unwrap()]), ..Taken::default() };
        let mut give = |below: &str, stem: &str| {
            let path = taken.give(folder.path(), &Name::new(below, stem), "es.md");
            path.strip_prefix(folder.path()).unwrap().display().to_string()
        };
        assert_eq!(give("", "a"), "a.es.md");
        assert_eq!(give("", "A"), "A-2.es.md");
        assert_eq!(give("", "a"), "a-3.es.md");
        assert_eq!(give("", "a-4"), "a-4.es.md");
        assert_eq!(give("", "a"), "a-5.es.md");
        assert_eq!(give("", "b"), "b-2.es.md");
        assert_eq!(give("x", "a"), "x/a.es.md");
    }

    #[test]
    fn names_fit_into_a_folder_in_any_script() {
        let folder = tempfile::tempdir().unwrap();
        let mut taken = Taken::default();
        let mut names = HashSet::new();
        // Those that differ only behind the cut stay apart.
        for stem in ["a", "ñ", "語", "👩"].iter().flat_map(|c| [c.repeat(300), c.repeat(301)]) {
            let path = taken.give(folder.path(), &Name::new("", stem), "zh-hans.jsonld");
            write_file(&path, "x").unwrap();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.len() <= 143 && name.ends_with(".zh-hans.jsonld"), "{name}");
            assert!(names.insert(name));
        }
    }

    #[test]
    fn json_on_one_line_means_the_same() {
        let json = serde_json::json!({"a b": [1, "x \" y \\"], "c": {"d": " { \n "}});
        let line = on_one_line(&format!("{json:#}"));
        assert_eq!(line, json.to_string());
        assert_eq!(on_one_line("{ \"x\": \"\\u003c /script\" }"), "{\"x\":\"\\u003c /script\"}");
    }

    #[test]
    fn a_name_cannot_end_the_comment() {
        let text = among_others("body\n", "a-->b.txt", Format::Html);
        assert_eq!(text, "<!-- a- -&gt;b.txt -->\n\nbody\n\n");
    }

    #[test]
    fn several_articles_need_a_folder_and_articles_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
        fs::write(&a, "x").unwrap();
        fs::write(&b, "y").unwrap();
        let environment = Environment { data_dir: Some("/data".into()), ..Environment::default() };
        let config = Config::resolve(Raw::default(), None, &environment).unwrap();
        let sink = |output: &Path, inputs: &[PathBuf]| {
            let inputs = Inputs::find(inputs, None, &config, &Ui::new(Level::Quiet)).unwrap();
            Sink::new(Some(output), &inputs, Format::Text, 1)
        };
        assert!(matches!(
            sink(&folder.path().join("c.txt"), &[a.clone(), b.clone()]),
            Err(Failure::Error { code: 2, .. })
        ));
        assert!(matches!(sink(&a, std::slice::from_ref(&a)), Err(Failure::Error { code: 2, .. })));
        let inputs = Inputs::find(std::slice::from_ref(&a), None, &config, &Ui::new(Level::Quiet)).unwrap();
        let file = folder.path().join("c.txt");
        assert!(matches!(Sink::new(Some(&file), &inputs, Format::Text, 2), Err(Failure::Error { code: 2, .. })));
        let made = folder.path().join("new/deep/");
        sink(&made, &[a, b]).unwrap();
        assert!(made.is_dir());
    }

    #[test]
    fn files_are_replaced_whole_and_nothing_is_left_beside_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.md");
        write_file(&path, "one").unwrap();
        write_file(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        let error = write_file(&folder.path().join("missing/out.md"), "x").unwrap_err();
        assert!(error.to_string().contains("cannot write the result"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        write_file(&link, "new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "new");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
