//! Front matter of a Markdown file: the few fields that faqtory uses, read tolerantly.

use super::block::Meta;

/// Parts the front matter (YAML between `---`, TOML between `+++`) from the text after it.
pub(super) fn split(source: &str) -> (Meta, &str) {
    for fence in ["---", "+++"] {
        let Some(rest) = source.strip_prefix(fence).and_then(|r| r.strip_prefix('\n')) else { continue };
        let mut at = 0;
        for line in rest.split_inclusive('\n') {
            let end = line.trim_end();
            if end == fence || (fence == "---" && end == "...") {
                let (inside, body) = (&rest[..at], &rest[at + line.len()..]);
                let meta = if fence == "---" { yaml(inside) } else { toml(inside) };
                return meta.map_or((Meta::default(), source), |meta| (meta, body));
            }
            at += line.len();
        }
    }
    (Meta::default(), source)
}

fn set(meta: &mut Meta, key: &str, value: String) {
    let slot = match key.to_ascii_lowercase().as_str() {
        "title" | "headline" => &mut meta.title,
        "description" | "deck" | "subtitle" | "standfirst" | "excerpt" => &mut meta.deck,
        "author" | "authors" | "byline" => &mut meta.byline,
        "date" | "published" | "pubdate" => &mut meta.date,
        "lang" | "language" | "locale" => &mut meta.language,
        _ => return,
    };
    if slot.is_none() && !value.trim().is_empty() {
        *slot = Some(value.trim().to_owned());
    }
}

/// Reads `key: value` lines, block scalars and lists of one level; `None` if no line has a key.
fn yaml(inside: &str) -> Option<Meta> {
    let lines: Vec<&str> = inside.lines().collect();
    let mut meta = Meta::default();
    let mut keys = 0;
    let mut i = 0;
    while i < lines.len() {
        let line = lines[i];
        i += 1;
        let Some((key, value)) = line.split_once(':') else { continue };
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if !is_key || !(value.is_empty() || value.starts_with(' ')) {
            continue;
        }
        keys += 1;
        let mut below = Vec::new();
        while i < lines.len() && (lines[i].starts_with([' ', '-']) || lines[i].is_empty()) {
            below.push(lines[i].trim());
            i += 1;
        }
        let value = value.trim();
        let value = if value.is_empty() {
            list(below.iter().filter_map(|l| {
                let l = l.strip_prefix("- ").unwrap_or(l);
                match l.split_once(": ") {
                    Some(("name", name)) => Some(name),
                    Some(_) => None,
                    None => Some(l),
                }
            }))
        } else if value.starts_with(['|', '>']) {
            below.join(" ")
        } else if let Some(items) = value.strip_prefix('[').and_then(|v| v.strip_suffix(']')) {
            list(items.split(','))
        } else {
            // A plain or quoted scalar can go on in indented lines.
            let whole = std::iter::once(value).chain(below.iter().copied()).collect::<Vec<_>>().join(" ");
            unquote(whole.trim())
        };
        set(&mut meta, key, value);
    }
    (keys > 0).then_some(meta)
}

fn list<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.map(|item| unquote(item.trim())).filter(|item| !item.is_empty()).collect::<Vec<_>>().join(", ")
}

fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        return inner.replace("\\\"", "\"");
    }
    if let Some(inner) = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        return inner.replace("''", "'");
    }
    // A comment needs a space before it.
    value.split(" #").next().unwrap_or_default().trim().to_owned()
}

fn toml(inside: &str) -> Option<Meta> {
    let table: toml::Table = inside.parse().ok()?;
    let mut meta = Meta::default();
    for (key, value) in &table {
        set(&mut meta, key, plain(value));
    }
    Some(meta)
}

fn plain(value: &toml::Value) -> String {
    match value {
        toml::Value::String(s) => s.clone(),
        toml::Value::Array(items) => items.iter().map(plain).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", "),
        toml::Value::Table(table) => table.get("name").map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_fields_in_their_usual_forms() {
        let source = "---\ntitle: \"The \\\"old\\\" quay: closed\"\ndescription: >\n  Two lines\n  of deck.\nauthors:\n  - name: Ana Ruiz\n    url: x\n  - Tom Lee\n\
                      date: 2026-05-12 # local\nlang: en\ntags: [a, b]\n---\nBody.";
        let (meta, body) = split(source);
        assert_eq!(meta.title.as_deref(), Some("The \"old\" quay: closed"));
        assert_eq!(meta.deck.as_deref(), Some("Two lines of deck."));
        assert_eq!(meta.byline.as_deref(), Some("Ana Ruiz, Tom Lee"));
        assert_eq!(meta.date.as_deref(), Some("2026-05-12"));
        assert_eq!(meta.language.as_deref(), Some("en"));
        assert_eq!(body, "Body.");
    }

    #[test]
    fn toml_fields() {
        let (meta, body) =
            split("+++\ntitle = 'El muelle'\ndate = 2026-05-12\nauthor = ['Ana', 'Luis']\n+++\n\nTexto.");
        assert_eq!(meta.title.as_deref(), Some("El muelle"));
        assert_eq!(meta.date.as_deref(), Some("2026-05-12"));
        assert_eq!(meta.byline.as_deref(), Some("Ana, Luis"));
        assert_eq!(body.trim(), "Texto.");
    }

    #[test]
    fn what_is_not_front_matter_stays() {
        for source in
            ["---\nA line between rules.\n---\nText.", "---\ntitle: never closed", "+++\nnot toml\n+++\nText.", "Text."]
        {
            assert_eq!(split(source), (Meta::default(), source));
        }
    }
}
