//! Input that is no article, or is meant to do harm.

use proptest::prelude::*;

use super::*;

#[track_caller]
fn refused(bytes: &[u8], part: &str) {
    let error = load(bytes, "bad.txt", &LoadOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert_eq!(error.place(), Some("bad.txt"));
    assert!(error.message().contains(part), "{error}");
}

#[test]
fn unusable_input_is_refused_with_the_reason() {
    refused(b"", "empty");
    refused(b"\x89PNG\r\n\x1a\n", "PNG");
    refused(b"<?xml version='1.0'?><rss/>", "XML");
    refused(b"<!doctype html><title>x</title>", "no text");
    refused("\u{200B}\u{200B}".as_bytes(), "no text");
    refused(b"123 456.\n\n789.", "language");
    refused(b"Foto: Ana Ruiz\n\nArchivado en:\n\nComentarios (3)", "furniture");
    let error = load(b"# One\n\n## Two\n", "a.md", &LoadOptions::default()).unwrap_err();
    assert!(error.message().contains("only headings"), "{error}");
    let error = load(b"<!-- nothing -->\n\n![](a.png)", "a.md", &LoadOptions::default()).unwrap_err();
    assert!(error.message().contains("no text"), "{error}");
    let small = LoadOptions { max_bytes: 10, ..Default::default() };
    let error = load(b"This is too long.", "-", &small).unwrap_err();
    assert!(error.message().contains("17 bytes") && error.message().contains("10 bytes"), "{error}");
}

#[test]
fn hostile_characters_are_the_same_in_every_format() {
    // Zero-width, bidi override and isolate, soft hyphen, a byte-order mark inside, C1 and a tag.
    let odd = "The of\u{FB01}ce\u{200B} of \u{202E}the\u{202C} har\u{AD}bour\u{FEFF} has\u{A0}a\u{202F}new\u{2066} roof\u{2069}\u{E0041}.";
    let plain = "The office of the harbour has a new roof.";
    let references = "The office&#x200B; of &#x202E;the&#8236; har&shy;bour&#xFEFF; has&nbsp;a&#x202F;new&#x2066; roof&#x2069;&#xE0041;.";
    for (page, name) in [
        (format!("Old \u{202E}ferries\n\n{odd}\n\n{BODY}"), "a.txt"),
        (format!("# Old \u{202E}ferries\n\n{odd}\n\n{BODY}"), "a.md"),
        (format!("---\ntitle: \"Old \u{202E}ferries\"\n---\n\n{references}\n\n{BODY}"), "a.md"),
        (
            format!("<html lang=en><h1>Old &#x202E;ferries</h1><article><p>{odd}</p><p>{references}</p><p>{BODY}</p>"),
            "a.html",
        ),
    ] {
        let article = read(&page, name);
        assert_eq!(article.title.as_deref(), Some("Old ferries"), "{name}");
        assert_eq!(article.slice(article.passages().next().unwrap().span), plain, "{name}");
        let steers = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
        };
        assert!(!article.text.contains(steers), "{name}: {:?}", article.text);
    }
    // What stands for no character is shown as such.
    for (page, name) in [
        (format!("<html lang=en><article><p>It is &#xD800;&#0; here, says the harbour.</p><p>{BODY}</p>"), "a.html"),
        (format!("It is &#xD800;&#0; here, says the harbour.\n\n{BODY}"), "a.md"),
    ] {
        let article = read(&page, name);
        let text = article.slice(article.passages().next().unwrap().span);
        assert_eq!(text, "It is \u{FFFD}\u{FFFD} here, says the harbour.", "{name}");
    }
}

#[test]
fn deep_nesting_and_long_lines_are_bounded() {
    let deep = 20_000;
    let inner = "The island has two ferries, and both of them are old.";
    for (open, name) in [
        ("<div>", "a.html"),
        ("<b>", "a.html"),
        (">", "a.md"),
        ("> ", "a.md"),
        ("*", "a.md"),
        ("[", "a.md"),
        ("- ", "a.md"),
        ("(", "a.txt"),
    ] {
        let page = format!("{}{inner}\n\n{BODY}", open.repeat(deep));
        match load(page.as_bytes(), name, &LoadOptions::default()) {
            Ok(article) => check_spans(&article),
            Err(error) => assert_eq!(error.kind(), ErrorKind::Input, "{open}"),
        }
    }
    let line = format!("{inner} ").repeat(20_000);
    for name in ["a.txt", "a.md", "a.html"] {
        let page = if name == "a.html" { format!("<p>{line}") } else { line.clone() };
        assert_eq!(read(&page, name).sentences().count(), 20_000, "{name}");
    }
}

/// Lines that the loader looks at closely, to be strewn at random.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Z¿«\"][a-zñé ,;'.]{0,90}[.?!:»\"]?",
        1 => "\\PC{0,60}",
        3 => proptest::sample::select(vec![
            "", "", "Related videos:", "Archivado en:", "FAQ", "Preguntas frecuentes", "¿Por qué?", "Who pays?", "Q: Why?", "A: So.",
            "Foto: Ana", "By Ana Ruiz", "12 de mayo de 2026", "- item", "* item", "1. uno", "2. ¿dos?", "## Heading", "# T", "> quote",
            "| a | b |", "|---|---|", "```", "**Why?** So.", "Comments", "Redacción Central", "A team of reporters who write.", "---",
            "title: x", "<b>", "&nbsp;&shy;", "[^1]: note", "Text. Dr. No said no. Yes.", "lower case goes on",
        ]).prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spans_hold_for_any_lines(lines in proptest::collection::vec(line(), 0..25), blank in any::<bool>(), markdown in any::<bool>()) {
        let text = lines.join(if blank { "\n\n" } else { "\n" });
        let format = if markdown { SourceFormat::Markdown } else { SourceFormat::Text };
        let options = LoadOptions { language: Some(Language::ES), format: Some(format), ..Default::default() };
        match load(text.as_bytes(), "-", &options) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let options = LoadOptions { language: Some(Language::EN), ..Default::default() };
        match load(&bytes, "-", &options) {
            Ok(article) => check_spans(&article),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Input),
        }
    }
}
