//! The text of a DOCX part, paragraph by paragraph, as a reader sees it: without deleted and hidden text, with
//! the results of fields instead of their instructions, and each text box once.

mod paragraph;

use self::paragraph::Paragraph;
use super::item::{Item, NoteKind};
use super::numbering::Numbering;
use super::styles::{RunLook, Styles};
use super::table::Table;
use crate::error::Result;
use crate::loader::xml::{Element, Event, Events, Ns};

/// Where finished paragraphs go.
#[derive(Debug)]
enum Sink {
    Plain(Vec<Item>),
    Table(Table),
}

/// A complex field: whether its result has begun, and its instruction.
#[derive(Debug, Default)]
struct Field {
    result: bool,
    instruction: String,
}

/// Reads the text of a part: of the whole part, or of each element `of` apart, with its id and type.
pub(super) struct Walker<'a> {
    styles: &'a Styles,
    numbering: &'a mut Numbering,
    sinks: Vec<Sink>,
    paragraphs: Vec<Paragraph>,
    joined: Option<Paragraph>,
    fields: Vec<Field>,
    /// Depths of the elements that are links.
    links: usize,
    after_picture: bool,
}

/// One element that stands open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Paragraph,
    ParagraphProperties,
    Run,
    RunProperties,
    Text,
    Instruction,
    Link,
    Table,
    Cell,
    TextBox,
    /// A content control, and whether it holds a table of contents or only a prompt to write.
    Control {
        contents: bool,
        prompt: bool,
    },
    ControlProperties,
    Alternatives {
        taken: bool,
    },
    /// One note of the part of notes.
    Note,
    Other,
}

/// Paragraphs of the text, or notes by their ids.
pub(super) type Notes = Vec<(String, Vec<Item>)>;

impl<'a> Walker<'a> {
    pub(super) fn new(styles: &'a Styles, numbering: &'a mut Numbering) -> Self {
        Self {
            styles,
            numbering,
            sinks: vec![Sink::Plain(Vec::new())],
            paragraphs: Vec::new(),
            joined: None,
            fields: Vec::new(),
            links: 0,
            after_picture: false,
        }
    }

    /// Reads a part. What stands in footnotes or endnotes comes apart, by id.
    ///
    /// # Errors
    /// `Input` where the part is damaged.
    pub(super) fn walk(mut self, xml: &str, part: &str) -> Result<(Vec<Item>, Notes)> {
        let mut events = Events::new(xml, part);
        let mut open: Vec<Open> = Vec::new();
        let mut notes = Notes::new();
        let mut skipped = 0usize;
        while let Some(event) = events.next()? {
            match event {
                Event::Start(_) if skipped > 0 => skipped += 1,
                Event::End if skipped > 0 => skipped -= 1,
                Event::Start(element) => match self.start(&element, &mut open, &mut notes) {
                    Some(kind) => open.push(kind),
                    None => skipped = 1,
                },
                Event::End => {
                    if let Some(kind) = open.pop() {
                        self.end(kind, &open, &mut notes);
                    }
                }
                Event::Text(text) if skipped == 0 => match open.last() {
                    Some(Open::Text) => self.text(&text, &open),
                    Some(Open::Instruction) => {
                        if let Some(field) = self.fields.last_mut() {
                            let room = 100usize.saturating_sub(field.instruction.len());
                            field.instruction.extend(text.chars().take(room));
                        }
                    }
                    _ => {}
                },
                Event::Text(_) => {}
            }
        }
        self.flush_joined();
        let items = match self.sinks.pop() {
            Some(Sink::Plain(items)) => items,
            _ => Vec::new(),
        };
        Ok((items, notes))
    }

    /// Begins an element; `None` is for what is not to be read.
    fn start(&mut self, element: &Element<'_>, open: &mut [Open], notes: &mut Notes) -> Option<Open> {
        let parent = open.last().copied();
        match element.ns {
            Ns::Compatibility => return alternative(element.name(), open),
            Ns::Math if element.name() == "t" => return Some(Open::Text),
            Ns::Word => {}
            _ => return Some(Open::Other),
        }
        let in_run_properties = parent == Some(Open::RunProperties);
        Some(match element.name() {
            // What was there before a change, and what is not shown.
            name if name.ends_with("Change") => return None,
            "del" | "moveFrom" if in_run_properties => {
                if let Some(paragraph) = self.paragraphs.last_mut()
                    && open.iter().rev().nth(1) == Some(&Open::ParagraphProperties)
                {
                    paragraph.joined = true;
                }
                Open::Other
            }
            "del" | "moveFrom" | "rt" | "instrTextDeleted" => {
                // A row whose properties say that it is deleted.
                if let (Some(Sink::Table(table)), "del") = (self.sinks.last_mut(), element.name()) {
                    table.delete_row_if_in_properties(parent == Some(Open::Other));
                }
                return None;
            }
            "footnote" | "endnote" => {
                let id = element.attr("id").unwrap_or_default();
                if element.attr("type").is_some_and(|t| t != "normal") {
                    return None;
                }
                notes.push((id, Vec::new()));
                self.sinks.push(Sink::Plain(Vec::new()));
                Open::Note
            }
            "p" => {
                self.begin_paragraph();
                Open::Paragraph
            }
            "pPr" => Open::ParagraphProperties,
            "r" => {
                if let Some(paragraph) = self.paragraphs.last_mut() {
                    paragraph.run = paragraph.base;
                }
                Open::Run
            }
            "rPr" => Open::RunProperties,
            "t" => Open::Text,
            "instrText" => Open::Instruction,
            "hyperlink" => {
                let link = element.attr("id").is_some();
                self.links += usize::from(link);
                if link { Open::Link } else { Open::Other }
            }
            "fldSimple" => Open::Other,
            "tbl" => {
                self.flush_joined();
                self.sinks.push(Sink::Table(Table::default()));
                Open::Table
            }
            "tr" => {
                if let Some(Sink::Table(table)) = self.sinks.last_mut() {
                    table.begin_row();
                }
                Open::Other
            }
            "tc" => {
                if let Some(Sink::Table(table)) = self.sinks.last_mut() {
                    table.begin_cell();
                }
                Open::Cell
            }
            "txbxContent" => {
                self.sinks.push(Sink::Plain(Vec::new()));
                Open::TextBox
            }
            "sdt" => Open::Control { contents: false, prompt: false },
            "sdtPr" => Open::ControlProperties,
            "docPartGallery" | "showingPlcHdr" => {
                let control = open.iter_mut().rev().find_map(|o| match o {
                    Open::Control { contents, prompt } => Some((contents, prompt)),
                    _ => None,
                });
                if let Some((contents, prompt)) = control {
                    *contents |= element.val().is_some_and(|v| v == "Table of Contents");
                    *prompt |= element.name() == "showingPlcHdr" && element.is_on();
                }
                Open::Other
            }
            "sdtContent" if matches!(parent, Some(Open::Control { prompt: true, .. })) => return None,
            name => {
                self.property(name, element, open);
                Open::Other
            }
        })
    }

    /// An element that has no content of its own.
    fn property(&mut self, name: &str, element: &Element<'_>, open: &[Open]) {
        let in_field = name == "fldChar";
        if in_field {
            match element.attr("fldCharType").as_deref() {
                Some("begin") => self.fields.push(Field::default()),
                Some("separate") => {
                    if let Some(field) = self.fields.last_mut() {
                        field.result = true;
                    }
                }
                Some("end") => drop(self.fields.pop()),
                _ => {}
            }
            return;
        }
        let styles = self.styles;
        match name {
            "tab" | "ptab" if open.last() == Some(&Open::Run) => return self.text(" ", open),
            "br" | "cr" => return self.line_break(),
            "noBreakHyphen" => return self.text("-", open),
            "sym" => {
                let code = element.attr("char").and_then(|c| u32::from_str_radix(&c, 16).ok());
                // The private codes of symbol fonts say nothing without the font.
                if let Some(c) = code.and_then(char::from_u32).filter(|c| !('\u{E000}'..='\u{F8FF}').contains(c)) {
                    self.text(c.encode_utf8(&mut [0; 4]), open);
                }
                return;
            }
            _ => {}
        }
        let Some(paragraph) = self.paragraphs.last_mut() else { return };
        match (open.last(), name) {
            (Some(Open::ParagraphProperties), "pStyle") => {
                paragraph.style = element.val();
                paragraph.base = styles.run(paragraph.style.as_deref(), RunLook::default());
                paragraph.run = paragraph.base;
            }
            (Some(Open::ParagraphProperties), "outlineLvl") => paragraph.outline = super::styles::level(element.val()),
            (_, "ilvl") => paragraph.list_level = element.val().and_then(|v| v.parse().ok()),
            (_, "numId") => paragraph.list_id = element.val().and_then(|v| v.parse().ok()),
            (Some(Open::RunProperties), _) if open.iter().rev().nth(1) == Some(&Open::Run) => match name {
                "rStyle" => paragraph.run = styles.run_style(element.val().as_deref(), paragraph.run),
                "b" => paragraph.run.bold = element.is_on(),
                "i" => paragraph.run.italic = element.is_on(),
                "vanish" => paragraph.run.hidden = element.is_on(),
                _ => {}
            },
            (_, "footnoteReference") => {
                paragraph.notes.extend(element.attr("id").map(|id| (NoteKind::Footnote, id)));
            }
            (_, "endnoteReference") => paragraph.notes.extend(element.attr("id").map(|id| (NoteKind::Endnote, id))),
            (_, "drawing" | "pict" | "object") => paragraph.picture = true,
            _ => {}
        }
    }

    fn end(&mut self, kind: Open, open: &[Open], notes: &mut Notes) {
        match kind {
            Open::Paragraph => {
                let contents = open.iter().any(|o| matches!(o, Open::Control { contents: true, .. }));
                self.end_paragraph(contents);
            }
            Open::Link => self.links = self.links.saturating_sub(1),
            Open::Cell => self.flush_joined(),
            Open::Table => {
                self.flush_joined();
                if let Some(Sink::Table(table)) = self.sinks.pop() {
                    if let Some(Sink::Table(around)) = self.sinks.last_mut() {
                        around.nested = true;
                    }
                    for item in table.into_items() {
                        self.emit(item);
                    }
                }
            }
            Open::TextBox => {
                self.flush_joined();
                if let Some(Sink::Plain(items)) = self.sinks.pop() {
                    match self.paragraphs.last_mut() {
                        Some(paragraph) => paragraph.boxed.extend(items),
                        None => items.into_iter().for_each(|item| self.emit(item)),
                    }
                }
            }
            Open::Note => {
                self.flush_joined();
                if let (Some(Sink::Plain(items)), Some(note)) = (self.sinks.pop(), notes.last_mut()) {
                    note.1 = items;
                }
            }
            _ => {}
        }
    }
}

/// Of the alternatives for newer and older programs the first is read; they say the same.
fn alternative(name: &str, open: &mut [Open]) -> Option<Open> {
    if name == "AlternateContent" {
        return Some(Open::Alternatives { taken: false });
    }
    match open.last_mut() {
        Some(Open::Alternatives { taken }) if *taken => None,
        Some(Open::Alternatives { taken }) => {
            *taken = true;
            Some(Open::Other)
        }
        _ => Some(Open::Other),
    }
}
