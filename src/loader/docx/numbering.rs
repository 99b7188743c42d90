//! Numbering of a DOCX file: the marker that an item of a list shows.

use std::collections::{HashMap, HashSet};

use super::styles::{ListRef, Styles};
use crate::error::Result;
use crate::loader::xml::{Event, Events, Ns};

/// Levels of a list.
const LEVELS: usize = 9;
/// Characters of a marker, at most.
const MAX_MARKER_CHARS: usize = 30;

/// How a level shows its number.
#[derive(Debug, Clone)]
struct Level {
    format: String,
    /// With `%1` for the number of the first level, and so on.
    text: String,
    start: u32,
}

impl Default for Level {
    fn default() -> Self {
        Self { format: "decimal".to_owned(), text: String::new(), start: 1 }
    }
}

/// A list's definition.
#[derive(Debug, Clone, Default)]
struct Definition {
    levels: [Option<Level>; LEVELS],
    /// The style that has the levels instead.
    style: Option<String>,
}

/// A list: a definition with changes.
#[derive(Debug, Clone, Default)]
struct List {
    definition: u32,
    starts: [Option<u32>; LEVELS],
    levels: [Option<Level>; LEVELS],
}

/// What an item shows before its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Marker {
    Bullet,
    /// `3.`, `b)`
    Number(String),
    /// It shows nothing.
    None,
}

/// All lists of a file, and how far they are counted.
#[derive(Debug, Default)]
pub(super) struct Numbering {
    definitions: HashMap<u32, Definition>,
    lists: HashMap<u32, List>,
    /// By definition: lists of one definition go on counting where the other ended.
    counts: HashMap<u32, [Option<u32>; LEVELS]>,
    restarted: HashSet<(u32, usize)>,
}

/// Reads `numbering.xml`.
///
/// # Errors
/// `Input` where it is damaged.
pub(super) fn read(xml: &str, part: &str) -> Result<Numbering> {
    let mut numbering = Numbering::default();
    let mut events = Events::new(xml, part);
    let mut open: Vec<String> = Vec::new();
    let (mut definition, mut list, mut level) = (None, None, 0usize);
    while let Some(event) = events.next()? {
        match event {
            Event::Start(element) => {
                let name = if element.ns == Ns::Word { element.name().to_owned() } else { String::new() };
                let id = |name| element.attr(name).and_then(|v| v.parse::<u32>().ok());
                match name.as_str() {
                    "abstractNum" => {
                        definition = id("abstractNumId");
                        list = None;
                    }
                    "num" => {
                        list = id("numId");
                        definition = None;
                    }
                    "lvl" | "lvlOverride" => level = id("ilvl").map_or(LEVELS, |l| l as usize),
                    "abstractNumId" => {
                        if let Some((list, of)) = list.zip(element.val().and_then(|v| v.parse().ok())) {
                            numbering.lists.entry(list).or_default().definition = of;
                        }
                    }
                    "numStyleLink" => {
                        if let Some(definition) = definition {
                            numbering.definitions.entry(definition).or_default().style = element.val();
                        }
                    }
                    "startOverride" => {
                        if let (Some(list), true) = (list, level < LEVELS) {
                            let start = element.val().and_then(|v| v.parse().ok());
                            numbering.lists.entry(list).or_default().starts[level] = start;
                        }
                    }
                    "start" | "numFmt" | "lvlText" if level < LEVELS && open.iter().any(|o| o == "lvl") => {
                        let levels = match (definition, list) {
                            (Some(id), _) => &mut numbering.definitions.entry(id).or_default().levels,
                            (_, Some(id)) => &mut numbering.lists.entry(id).or_default().levels,
                            _ => {
                                open.push(name);
                                continue;
                            }
                        };
                        if let (Some(slot), Some(value)) = (levels.get_mut(level), element.val()) {
                            let slot = slot.get_or_insert_default();
                            match element.name() {
                                "start" => slot.start = value.parse().unwrap_or(1),
                                "numFmt" => slot.format = value,
                                _ => slot.text = value.chars().take(MAX_MARKER_CHARS).collect(),
                            }
                        }
                    }
                    _ => {}
                }
                open.push(name);
            }
            Event::End => drop(open.pop()),
            Event::Text(_) => {}
        }
    }
    Ok(numbering)
}

impl Numbering {
    /// Counts an item and gives its marker.
    pub(super) fn next(&mut self, at: ListRef, styles: &Styles) -> Marker {
        let level = at.level.min(LEVELS - 1);
        let Some(list) = self.lists.get(&at.id) else { return Marker::Bullet };
        let mut definition = list.definition;
        let style = self.definitions.get(&definition).and_then(|d| d.style.as_deref());
        if let Some(other) = style.and_then(|s| styles.list_of_style(s)).and_then(|id| self.lists.get(&id)) {
            definition = other.definition;
        }
        let own = self.definitions.get(&definition);
        let of = |level: usize| {
            let changed = list.levels.get(level).and_then(Option::as_ref);
            changed.or_else(|| own?.levels.get(level)?.as_ref()).cloned().unwrap_or_default()
        };
        let shown = of(level);
        let counts = self.counts.entry(definition).or_default();
        if let (Some(start), true) = (list.starts[level], self.restarted.insert((at.id, level))) {
            counts[level] = Some(start);
        } else {
            counts[level] = Some(counts[level].map_or(shown.start, |n| n.saturating_add(1)));
        }
        counts[level + 1..].fill(None);
        match shown.format.as_str() {
            "bullet" => return Marker::Bullet,
            "none" if shown.text.is_empty() => return Marker::None,
            _ => {}
        }
        let number = |n: usize| {
            let of = of(n);
            figure(counts[n].unwrap_or(of.start), &of.format)
        };
        if shown.text.is_empty() {
            return Marker::Number(format!("{}.", number(level)));
        }
        let mut marker = String::new();
        let mut chars = shown.text.chars().peekable();
        while let Some(c) = chars.next() {
            match chars.peek().and_then(|d| d.to_digit(10)) {
                Some(n @ 1..=9) if c == '%' => {
                    chars.next();
                    marker.push_str(&number(n as usize - 1));
                }
                _ => marker.push(c),
            }
        }
        Marker::Number(marker.trim().chars().take(MAX_MARKER_CHARS).collect())
    }
}

/// A number in a format of the list; decimal where the format is another.
fn figure(n: u32, format: &str) -> String {
    let text = match format {
        "lowerLetter" | "upperLetter" if (1..=780).contains(&n) => {
            let letter = char::from(b'a' + ((n - 1) % 26) as u8);
            letter.to_string().repeat((n - 1) as usize / 26 + 1)
        }
        "lowerRoman" | "upperRoman" if (1..=3999).contains(&n) => roman(n),
        "decimalZero" if n < 10 => format!("0{n}"),
        "none" => String::new(),
        _ => n.to_string(),
    };
    if format.starts_with("upper") { text.to_uppercase() } else { text }
}

#[rustfmt::skip]
const ROMAN: &[(u32, &str)] = &[
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
];

fn roman(mut n: u32) -> String {
    let mut out = String::new();
    for &(value, sign) in ROMAN {
        while n >= value {
            out.push_str(sign);
            n -= value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_counted_level_by_level() {
        let xml = "<w:numbering xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'>\
            <w:abstractNum w:abstractNumId='0'>\
            <w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>\
            <w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1.%2)'/></w:lvl>\
            <w:lvl w:ilvl='2'><w:numFmt w:val='bullet'/><w:lvlText w:val='o'/></w:lvl></w:abstractNum>\
            <w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num>\
            <w:num w:numId='2'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='7'/></w:lvlOverride></w:num>\
            </w:numbering>";
        let mut numbering = read(xml, "n").unwrap();
        let mut next = |id, level| numbering.next(ListRef { id, level }, &Styles::default());
        let number = |s: &str| Marker::Number(s.to_owned());
        assert_eq!(next(1, 0), number("1."));
        assert_eq!(next(1, 1), number("1.a)"));
        assert_eq!(next(1, 1), number("1.b)"));
        assert_eq!(next(1, 2), Marker::Bullet);
        assert_eq!(next(1, 0), number("2."));
        assert_eq!(next(1, 1), number("2.a)"));
        assert_eq!(next(2, 0), number("7."));
        assert_eq!(next(2, 0), number("8."));
        assert_eq!(next(9, 0), Marker::Bullet);
        assert_eq!((figure(28, "upperLetter"), figure(1994, "upperRoman")), ("BB".to_owned(), "MCMXCIV".to_owned()));
    }
}
