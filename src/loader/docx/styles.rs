//! Styles of a DOCX file: what a paragraph is by the name, the outline level and the ancestors of its style.

use std::collections::HashMap;

use crate::error::Result;
use crate::loader::xml::{Event, Events, Ns};

/// Styles that one is based on, at most: a chain may be a circle.
const MAX_ANCESTORS: usize = 20;

/// What a style says of its paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Title,
    Subtitle,
    /// From 1 to 6.
    Heading(u8),
    Quotation,
    Code,
    Caption,
    ListItem,
    Author,
    Date,
    /// A table of contents, of figures, an index: lines that lead to other lines.
    Contents,
}

/// A place in a numbering: number of the list, and level from 0 to 8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListRef {
    pub(super) id: u32,
    pub(super) level: usize,
}

/// One style; `None` leaves a property to the style it is based on.
#[derive(Debug, Clone, Default)]
struct Style {
    name: String,
    based_on: Option<String>,
    outline: Option<u8>,
    list_id: Option<u32>,
    list_level: Option<usize>,
    bold: Option<bool>,
    italic: Option<bool>,
    hidden: Option<bool>,
}

/// Looks of runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct RunLook {
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) hidden: bool,
}

/// All styles of a file.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
    /// The style of paragraphs that name none.
    default: Option<String>,
    /// The language that the file states for its text.
    pub(super) language: Option<String>,
}

/// Reads `styles.xml`.
///
/// # Errors
/// `Input` where it is damaged.
pub(super) fn read(xml: &str, part: &str) -> Result<Styles> {
    let mut styles = Styles::default();
    let mut events = Events::new(xml, part);
    let mut open: Vec<String> = Vec::new();
    let mut current: Option<(String, Style)> = None;
    while let Some(event) = events.next()? {
        match event {
            Event::Start(element) => {
                let name = if element.ns == Ns::Word { element.name() } else { "" };
                match (name, &mut current) {
                    ("style", _) => {
                        let id = element.attr("styleId").unwrap_or_default();
                        let of_paragraphs = element.attr("type").is_some_and(|t| t == "paragraph");
                        if of_paragraphs && element.attr("default").is_some_and(|d| d == "1" || d == "true") {
                            styles.default = Some(id.clone());
                        }
                        current = Some((id, Style::default()));
                    }
                    ("lang", None) => styles.language = styles.language.take().or_else(|| element.val()),
                    // What a table style says of its first row, and what a style was before a change.
                    (_, Some(_)) if open.iter().any(|o| o == "tblStylePr" || o.ends_with("Change")) => {}
                    ("name", Some((_, style))) => style.name = element.val().unwrap_or_default(),
                    ("basedOn", Some((_, style))) => style.based_on = element.val(),
                    ("outlineLvl", Some((_, style))) => style.outline = level(element.val()),
                    ("numId", Some((_, style))) => style.list_id = element.val().and_then(|v| v.parse().ok()),
                    ("ilvl", Some((_, style))) => style.list_level = element.val().and_then(|v| v.parse().ok()),
                    ("b", Some((_, style))) => style.bold = Some(element.is_on()),
                    ("i", Some((_, style))) => style.italic = Some(element.is_on()),
                    ("vanish", Some((_, style))) => style.hidden = Some(element.is_on()),
                    _ => {}
                }
                open.push(name.to_owned());
            }
            Event::End => {
                if open.pop().is_some_and(|o| o == "style")
                    && let Some((id, style)) = current.take()
                {
                    styles.by_id.insert(id, style);
                }
            }
            Event::Text(_) => {}
        }
    }
    Ok(styles)
}

/// An outline level as a heading's: `0` is a heading of level 1, `9` is no heading.
pub(super) fn level(val: Option<String>) -> Option<u8> {
    val.and_then(|v| v.trim().parse::<u8>().ok())
}

impl Styles {
    /// A style, and those that it is based on.
    fn chain<'s>(&'s self, id: Option<&'s str>) -> impl Iterator<Item = &'s Style> {
        let mut next = id.or(self.default.as_deref());
        std::iter::from_fn(move || {
            let style = self.by_id.get(next?)?;
            next = style.based_on.as_deref();
            Some(style)
        })
        .take(MAX_ANCESTORS)
    }

    /// What a paragraph of that style is; `outline` is the level that the paragraph itself states.
    pub(super) fn look(&self, id: Option<&str>, outline: Option<u8>) -> Option<Look> {
        let heading = |level: u8| (level < 9).then(|| Look::Heading((level + 1).min(6)));
        if let Some(look) = outline.and_then(heading) {
            return Some(look);
        }
        // Some writers use styles that the file does not define.
        let undefined = id.filter(|id| !self.by_id.contains_key(*id)).and_then(by_name);
        let defined = || {
            self.chain(id).find_map(|style| match style.outline {
                Some(level) if outline.is_none() => Some(by_name(&style.name).or_else(|| heading(level))),
                _ => by_name(&style.name).map(Some),
            })
        };
        let look = undefined.or_else(|| defined().flatten());
        // The paragraph says itself that it is none.
        look.filter(|look| outline.is_none() || !matches!(look, Look::Heading(_)))
    }

    /// The list that paragraphs of that style belong to.
    pub(super) fn list(&self, id: Option<&str>) -> Option<ListRef> {
        let found = self.chain(id).find_map(|style| style.list_id)?;
        let level = self.chain(id).find_map(|style| style.list_level).unwrap_or(0);
        (found > 0).then_some(ListRef { id: found, level: level.min(8) })
    }

    /// The look of runs in paragraphs of that style, or of runs of a style of their own.
    pub(super) fn run(&self, id: Option<&str>, around: RunLook) -> RunLook {
        let first = |field: fn(&Style) -> Option<bool>| self.chain(id).find_map(field);
        RunLook {
            bold: first(|s| s.bold).unwrap_or(around.bold),
            italic: first(|s| s.italic).unwrap_or(around.italic),
            hidden: first(|s| s.hidden).unwrap_or(around.hidden),
        }
    }

    /// The same for the style of a run, which inherits from the paragraph instead of the default style.
    pub(super) fn run_style(&self, id: Option<&str>, around: RunLook) -> RunLook {
        if id.is_some_and(|id| self.by_id.contains_key(id)) { self.run(id, around) } else { around }
    }

    /// The list of a numbering style.
    pub(super) fn list_of_style(&self, id: &str) -> Option<u32> {
        self.by_id.get(id)?.list_id
    }
}

/// Names of styles without signs, in lower case, by what they say. Word writes the English names whatever its
/// own language is; other programs do not.
#[rustfmt::skip]
const NAMES: &[(Look, &[&str])] = &[
    (Look::Title, &["title", "título", "titulo", "titre", "titel", "titolo", "títol", "doctitle", "documenttitle", "ttulo"]),
    (Look::Subtitle, &["subtitle", "subtítulo", "subtitulo", "soustitre", "untertitel", "sottotitolo", "subttulo", "standfirst", "deck", "entradilla"]),
    (Look::Quotation, &[
        "quote", "intensequote", "blocktext", "blockquote", "blockquotation", "quotation", "quotations", "cita", "citadestacada", "citas", "textodebloque",
        "citation", "citationintense", "zitat", "intensiveszitat", "citazione", "citazioneintensa", "citação", "citaçãointensa", "epigraph",
    ]),
    (Look::Code, &["code", "sourcecode", "codeblock", "htmlpreformatted", "preformattedtext", "preformatted", "macrotext", "código", "htmlconformatoprevio", "textopreformateado"]),
    (Look::Caption, &["caption", "imagecaption", "tablecaption", "figurecaption", "figure", "epígrafe", "descripción", "leyenda", "beschriftung", "légende", "legenda", "didascalia", "piedefoto"]),
    (Look::ListItem, &["listcontinue", "continuarlista"]),
    (Look::Author, &["author", "byline", "autor", "firma"]),
    (Look::Date, &["date", "fecha", "dateline"]),
    (Look::Contents, &["toc", "tocheading", "tdc", "títulotdc", "tableoffigures", "tableofauthorities", "contents", "contentsheading", "index", "indexheading", "tabladeilustraciones", "índice"]),
];

/// What comes before the level in the names of headings.
#[rustfmt::skip]
const HEADINGS: &[&str] = &[
    "heading", "título", "titulo", "ttulo", "encabezado", "titre", "überschrift", "berschrift", "titolo", "títol", "ttol", "cabeçalho", "kop", "rubrik",
    "nagłówek", "заголовок", "标题", "見出し",
];

fn by_name(name: &str) -> Option<Look> {
    // Aliases follow the name after a comma.
    let name = name.split(',').next().unwrap_or_default();
    let bare: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let stem = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let level = bare[stem.len()..].parse::<u8>().ok();
    if let (Some(level @ 1..=9), true) = (level, HEADINGS.contains(&stem)) {
        return Some(Look::Heading(level.min(6)));
    }
    if (stem.starts_with("listbullet") || stem.starts_with("listnumber") || stem.starts_with("listcontinue"))
        || (stem.starts_with("listaconviñetas") || stem.starts_with("listaconnúmeros"))
    {
        return Some(Look::ListItem);
    }
    NAMES.iter().find(|(_, names)| names.contains(&stem)).map(|n| n.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn styles(inner: &str) -> Styles {
        let xml = format!(
            "<w:styles xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>{inner}</w:styles>"
        );
        read(&xml, "styles").unwrap()
    }

    #[test]
    fn names_in_several_languages() {
        for (name, look) in [
            ("heading 2", Some(Look::Heading(2))),
            ("Título 1", Some(Look::Heading(1))),
            ("Ttulo3", Some(Look::Heading(3))),
            ("Überschrift 9", Some(Look::Heading(6))),
            ("Title", Some(Look::Title)),
            ("Title,Big One", Some(Look::Title)),
            ("Título", Some(Look::Title)),
            ("toc 1", Some(Look::Contents)),
            ("Cita destacada", Some(Look::Quotation)),
            ("Source Code", Some(Look::Code)),
            ("List Bullet 2", Some(Look::ListItem)),
            ("Normal", None),
            ("heading", None),
        ] {
            assert_eq!(by_name(name), look, "{name}");
        }
    }

    #[test]
    fn styles_inherit_and_circles_end() {
        let styles = styles(
            "<w:style w:type='paragraph' w:styleId='A' w:default='1'><w:name w:val='Normal'/></w:style>\
             <w:style w:styleId='H'><w:name w:val='heading 2'/><w:rPr><w:b/></w:rPr></w:style>\
             <w:style w:styleId='Mine'><w:name w:val='House head'/><w:basedOn w:val='H'/><w:rPr><w:b w:val='0'/></w:rPr></w:style>\
             <w:style w:styleId='Out'><w:name w:val='Part'/><w:pPr><w:outlineLvl w:val='0'/><w:numPr><w:numId w:val='4'/></w:numPr></w:pPr></w:style>\
             <w:style w:styleId='X'><w:name w:val='x'/><w:basedOn w:val='Y'/></w:style>\
             <w:style w:styleId='Y'><w:name w:val='y'/><w:basedOn w:val='X'/></w:style>",
        );
        assert_eq!(styles.look(Some("Mine"), None), Some(Look::Heading(2)));
        assert_eq!(styles.look(Some("Mine"), Some(9)), None);
        assert_eq!(styles.look(Some("Mine"), Some(3)), Some(Look::Heading(4)));
        assert_eq!(styles.look(Some("Out"), None), Some(Look::Heading(1)));
        assert_eq!(styles.look(Some("X"), None), None);
        assert_eq!(styles.look(Some("Heading1"), None), Some(Look::Heading(1)), "not defined");
        assert_eq!(styles.look(None, None), None);
        assert_eq!(styles.list(Some("Out")), Some(ListRef { id: 4, level: 0 }));
        assert!(styles.run(Some("H"), RunLook::default()).bold && !styles.run(Some("Mine"), RunLook::default()).bold);
    }
}
