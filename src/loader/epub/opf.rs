//! The package document of a book: its metadata, its files and their order.

use std::collections::HashMap;

use crate::article::one_line;
use crate::error::Result;
use crate::loader::block::Meta;
use crate::loader::package::resolve;
use crate::loader::xml::{Event, Events, Ns};

/// A file that the package lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct File {
    /// From the root of the archive.
    pub(super) path: String,
    pub(super) media_type: String,
    /// The id of a file to read where this one cannot be.
    pub(super) fallback: Option<String>,
    /// It is the table of contents or the cover.
    pub(super) leads: bool,
}

/// What the package says.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) meta: Meta,
    pub(super) files: HashMap<String, File>,
    /// Ids of the files in reading order, without those that stand beside it.
    pub(super) spine: Vec<String>,
}

/// Characters of a value, at most.
const MAX_CHARS: usize = 500;

/// Reads the package document at `path`.
///
/// # Errors
/// `Input` where it is damaged.
pub(super) fn read(xml: &str, path: &str) -> Result<Package> {
    let mut package = Package::default();
    let mut events = Events::new(xml, path);
    let (mut field, mut value) = (String::new(), String::new());
    let (mut dated_publication, mut creators) = (false, Vec::<String>::new());
    let mut event_of_date = String::new();
    let mut guided: Vec<String> = Vec::new();
    while let Some(event) = events.next()? {
        match event {
            Event::Start(element) => {
                value.clear();
                field.clear();
                match element.name() {
                    "item" => {
                        let properties = element.attr("properties").unwrap_or_default();
                        let file = File {
                            path: resolve(path, &element.attr("href").unwrap_or_default()),
                            media_type: element.attr("media-type").unwrap_or_default(),
                            fallback: element.attr("fallback"),
                            leads: properties.split_whitespace().any(|p| p == "nav"),
                        };
                        package.files.insert(element.attr("id").unwrap_or_default(), file);
                    }
                    "itemref" if element.attr("linear").is_none_or(|l| l != "no") => {
                        package.spine.extend(element.attr("idref"));
                    }
                    "reference" => {
                        let kind = element.attr("type").unwrap_or_default().to_lowercase();
                        if matches!(kind.as_str(), "toc" | "cover" | "loi" | "lot" | "copyright-page" | "index") {
                            guided.push(resolve(path, &element.attr("href").unwrap_or_default()));
                        }
                    }
                    name if element.ns == Ns::DublinCore => {
                        name.clone_into(&mut field);
                        event_of_date = element.attr("event").unwrap_or_default();
                        let role = element.attr("role").unwrap_or_default();
                        if !role.is_empty() && role != "aut" {
                            field.clear();
                        }
                    }
                    _ => {}
                }
            }
            Event::Text(text) => {
                let room = MAX_CHARS.saturating_sub(value.len());
                value.extend(text.chars().take(room));
            }
            Event::End => {
                let text = one_line(&std::mem::take(&mut value));
                let name = std::mem::take(&mut field);
                if text.is_empty() {
                    continue;
                }
                let meta = &mut package.meta;
                match name.as_str() {
                    "title" => meta.title = meta.title.take().or(Some(text)),
                    "creator" if creators.len() < 5 => creators.push(text),
                    "date" if event_of_date == "publication" || (meta.date.is_none() && event_of_date.is_empty()) => {
                        if !dated_publication {
                            meta.date = Some(text.split('T').next().unwrap_or_default().to_owned());
                        }
                        dated_publication |= event_of_date == "publication";
                    }
                    "language" => meta.language = meta.language.take().or(Some(text)),
                    "publisher" => meta.site = meta.site.take().or(Some(text)),
                    "identifier" | "source" if text.starts_with("http://") || text.starts_with("https://") => {
                        meta.url = meta.url.take().or(Some(text));
                    }
                    _ => {}
                }
            }
        }
    }
    package.meta.byline = (!creators.is_empty()).then(|| creators.join(", "));
    for file in package.files.values_mut() {
        file.leads |= guided.contains(&file.path);
    }
    Ok(package)
}
