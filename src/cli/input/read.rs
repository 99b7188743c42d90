//! Reading: the articles of all sources, one after another.

use std::io::{BufRead, BufReader, Cursor, IsTerminal, Read};
use std::ops::ControlFlow;
use std::path::Path;

use faqtory::article::Article;
use faqtory::fetch::{Fetcher, Origin, Page, Progress};
use faqtory::loader::records::{self, Record, Records};
use faqtory::loader::{self, Hints, LoadOptions};
use faqtory::{Error, ErrorKind};

use super::{Name, Source};
use crate::cli::config::{Config, InputFormat};
use crate::cli::interrupt;
use crate::cli::ui::Ui;

/// An article, or why there is none.
#[derive(Debug)]
pub(crate) struct Item {
    /// What its results are called.
    pub(crate) name: Name,
    /// Whether it is one line of several.
    pub(crate) is_record: bool,
    /// It.
    pub(crate) article: Result<Article, Error>,
}

/// The articles of all sources.
pub(crate) struct Articles<'a> {
    sources: std::slice::Iter<'a, (Source, Name)>,
    /// The file of JSON Lines that is being read, and what it is called.
    open: Option<(Records, String, Name)>,
    config: &'a Config,
    options: LoadOptions,
    fetcher: Fetcher,
    ui: &'a Ui,
}

/// What one source brought.
enum Brought {
    Article(Box<Article>),
    Records(Records, String),
}

impl<'a> Articles<'a> {
    pub(super) fn new(sources: &'a [(Source, Name)], config: &'a Config, refresh: bool, ui: &'a Ui) -> Self {
        let fetcher = Fetcher::new(config.fetch_options(refresh));
        Self { sources: sources.iter(), open: None, config, options: config.load_options(), fetcher, ui }
    }

    /// The next record of the open file.
    fn record(&mut self) -> Option<Item> {
        let (records, source, file) = self.open.as_mut()?;
        let Some((line, record)) = records.next() else {
            self.open = None;
            return None;
        };
        let id = record.as_ref().ok().and_then(|r: &Record| r.id.clone());
        let article = record.and_then(|r| r.load(source, &self.options)).map_err(|e| e.at(format!("{source}:{line}")));
        Some(Item { name: file.of_record(id.as_deref(), line), is_record: true, article })
    }

    fn bring(&mut self, source: &Source) -> Result<Brought, Error> {
        match source {
            Source::Stdin => self.stdin(),
            Source::File(path) => {
                self.ui.step(&format!("reading {}", path.display()));
                loader::load_file(path, &self.options).map(article)
            }
            Source::Records(path) => {
                self.ui.step(&format!("reading {}", path.display()));
                Ok(Brought::Records(Records::open(path, self.longest_line())?, path.display().to_string()))
            }
            Source::Url(url) => self.page(url),
        }
    }

    fn page(&mut self, url: &str) -> Result<Brought, Error> {
        let page = self.fetcher.fetch(url, &mut |progress| {
            match progress {
                Progress::Asking(url) => self.ui.step(&format!("fetching {url}")),
                Progress::Retrying(why, wait) => {
                    self.ui.step(&format!("{url}: {why}; once more in {:.1} s", wait.as_secs_f32()));
                }
                Progress::Received(_) => {}
            }
            match interrupt::check() {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        })?;
        match page.origin {
            Origin::Network => {}
            Origin::Cache => self.ui.step(&format!("{url}: the kept page is still right")),
            Origin::Offline => self.ui.note(&format!("{url}: the page as it was kept; the network is not used")),
        }
        let lines = self.is_records().unwrap_or_else(|| {
            // Damaged data is not what this is to tell.
            page.is_json_lines()
                || records::inflated(&page.bytes[..])
                    .and_then(|mut reader| self.first_is_record(&mut reader, &mut Vec::new()))
                    .unwrap_or(false)
        });
        if lines {
            let reader = records::inflated(Cursor::new(page.bytes)).map_err(unreadable)?;
            return Ok(Brought::Records(Records::new(reader, self.longest_line()), url.to_owned()));
        }
        let format = page.format();
        let Page { url: found_at, bytes, charset, .. } = page;
        let hints = Hints { charset, format, found_at: Some(found_at), ..Hints::default() };
        loader::load(&bytes, url, &LoadOptions { hints, ..self.options.clone() }).map(article)
    }

    fn stdin(&self) -> Result<Brought, Error> {
        self.ui.step("reading -");
        let stdin = std::io::stdin();
        if stdin.is_terminal() {
            self.ui.note("reading the article from the terminal; end it with Ctrl-D");
        }
        let failed = |e| unreadable(e).at("standard input");
        let mut reader = records::inflated(BufReader::new(stdin)).map_err(failed)?;
        let mut bytes = Vec::new();
        let lines = match self.is_records() {
            Some(known) => known,
            None => self.first_is_record(&mut reader, &mut bytes).map_err(failed)?,
        };
        if lines {
            let all = Box::new(Cursor::new(bytes).chain(reader));
            return Ok(Brought::Records(Records::new(all, self.longest_line()), "-".to_owned()));
        }
        // One byte more than allowed is enough for the loader to see that it is too much.
        let room = self.options.max_bytes.saturating_add(1).saturating_sub(bytes.len() as u64);
        reader.take(room).read_to_end(&mut bytes).map_err(failed)?;
        loader::load(&bytes, "-", &self.options).map(article)
    }

    /// Whether the user says that the input is records, or is not.
    fn is_records(&self) -> Option<bool> {
        match self.config.input_format.value {
            InputFormat::Auto => None,
            format => Some(format == InputFormat::JsonLines),
        }
    }

    /// Whether the first line that is not blank is a record; what was read for it is added to `bytes`.
    fn first_is_record(&self, reader: &mut dyn BufRead, bytes: &mut Vec<u8>) -> std::io::Result<bool> {
        loop {
            let before = bytes.len();
            let room = (self.longest_line() as u64).saturating_sub(before as u64);
            if reader.take(room).read_until(b'\n', bytes)? == 0 {
                return Ok(false);
            }
            let line = &bytes[before..];
            if !line.trim_ascii().is_empty() {
                return Ok(records::is_record(line));
            }
            if bytes.len() as u64 > self.options.max_bytes {
                return Ok(false);
            }
        }
    }

    /// Bytes of a line of JSON: its escapes make a text longer.
    fn longest_line(&self) -> usize {
        usize::try_from(self.options.max_bytes.saturating_mul(2)).unwrap_or(usize::MAX)
    }
}

impl Iterator for Articles<'_> {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        loop {
            if let Some(item) = self.record() {
                return Some(item);
            }
            let (source, name) = self.sources.next()?;
            match self.bring(source) {
                Ok(Brought::Article(article)) => {
                    return Some(Item { name: name.clone(), is_record: false, article: Ok(*article) });
                }
                Ok(Brought::Records(records, source)) => {
                    let file = if source == "-" { Name::new("", "article") } else { name.clone() };
                    self.open = Some((records, source, file));
                }
                Err(error) => {
                    let article = Err(error.at(place(source)));
                    return Some(Item { name: name.clone(), is_record: false, article });
                }
            }
        }
    }
}

fn article(article: Article) -> Brought {
    Brought::Article(Box::new(article))
}

fn place(source: &Source) -> String {
    match source {
        Source::Stdin => "standard input".to_owned(),
        Source::Url(url) => url.clone(),
        Source::File(path) | Source::Records(path) => Path::new(path).display().to_string(),
    }
}

/// The error of an input that cannot be read to its end.
fn unreadable(cause: std::io::Error) -> Error {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    // Only what is inflated ends so.
    let (kind, message) = match cause.kind() {
        InvalidData | InvalidInput | UnexpectedEof => {
            (ErrorKind::Input, "the gzip data is damaged; download or compress it again")
        }
        _ => (ErrorKind::Io, "cannot read the article"),
    };
    Error::new(kind, message).with_source(cause)
}
