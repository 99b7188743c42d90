//! JSON-LD: structured data of schema.org for search engines.
//!
//! A FAQ block is a `FAQPage`, with the summary as its `abstract`. A `FAQPage` without questions
//! is not valid, so a summary alone is a `CreativeWork` with that `abstract`: the most general
//! type, which claims nothing about the page that it is put on. Where the article came from a web
//! address, `isBasedOn` names it.
//!
//! What is written is plain JSON, not wrapped in an element, in which `<`, `>`, `&` and the line
//! separators of Unicode are `\u` escapes. So it can be pasted between
//! `<script type="application/ld+json">` and `</script>`, and no text in it can end that element.
//! Texts are plain text; paragraphs have a blank line between them.

use serde_json::{Map, Value, json};

use super::page::{Entry, Page};
use super::{Renderer, Shown};
use crate::content::Output;

pub(super) struct JsonLd;

impl Renderer for JsonLd {
    fn name(&self) -> &'static str {
        "jsonld"
    }

    fn media_type(&self) -> &'static str {
        "application/ld+json"
    }

    fn render(&self, output: &Output, _: Shown) -> String {
        let page = Page::of(output, false);
        let kind = if page.faq.is_some() { "FAQPage" } else { "CreativeWork" };
        let mut object = Map::new();
        object.insert("@context".into(), json!("https://schema.org"));
        object.insert("@type".into(), json!(kind));
        object.insert("inLanguage".into(), json!(output.language.code()));
        if let Some(title) = page.faq.as_ref().and_then(|faq| faq.title.as_ref()) {
            object.insert("name".into(), json!(title));
        }
        if is_web_address(&output.article.source) {
            object.insert("isBasedOn".into(), json!(output.article.source));
        }
        if let Some(summary) = page.summary {
            object.insert("abstract".into(), json!(summary.body.to_plain_text()));
        }
        if let Some(faq) = page.faq {
            object.insert("mainEntity".into(), faq.entries.iter().map(question).collect());
        }
        escape(&format!("{:#}", Value::Object(object)))
    }
}

fn question(entry: &Entry) -> Value {
    json!({
        "@type": "Question",
        "name": entry.question,
        "acceptedAnswer": { "@type": "Answer", "text": entry.answer.join("\n\n") },
    })
}

/// Whether a source is an absolute `http` or `https` URL with a host.
fn is_web_address(source: &str) -> bool {
    let Some((scheme, rest)) = source.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
        && !host.is_empty()
        && !source.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// JSON that is safe inside a `script` element. These characters stand only in strings, where
/// `\u` escapes mean the same.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::FaqEntry;
    use crate::render::{Format, render, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::JsonLd));
        }
    }

    fn value(output: &Output) -> Value {
        serde_json::from_str(&render(output, Format::JsonLd)).unwrap()
    }

    fn has_text(value: &Value) -> bool {
        value.as_str().is_some_and(|s| !s.trim().is_empty())
    }

    #[test]
    fn a_faq_page_has_all_that_search_engines_require() {
        for (name, output) in samples::all().into_iter().filter(|(_, o)| o.faq.is_some()) {
            let page = value(&output);
            assert_eq!(page["@context"], "https://schema.org", "{name}");
            assert_eq!(page["@type"], "FAQPage", "{name}");
            assert_eq!(page["inLanguage"], output.language.code(), "{name}");
            let questions = page["mainEntity"].as_array().unwrap();
            assert_eq!(questions.len(), output.faq.unwrap().entries.len(), "{name}");
            for question in questions {
                assert_eq!(question["@type"], "Question");
                assert!(has_text(&question["name"]));
                assert_eq!(question["acceptedAnswer"]["@type"], "Answer");
                assert!(has_text(&question["acceptedAnswer"]["text"]));
            }
        }
    }

    #[test]
    fn a_summary_alone_is_a_creative_work() {
        for output in [samples::bullets(), samples::empty()] {
            let work = value(&output);
            assert_eq!(work["@type"], "CreativeWork");
            assert_eq!(work.get("mainEntity"), None);
            assert_eq!(work.get("abstract").is_some_and(has_text), output.summary.is_some());
        }
    }

    #[test]
    fn text_cannot_break_out_of_a_script_element() {
        let attack = "a</script><script>alert('&')//<!--\u{2028}b";
        let mut output = samples::english();
        output.article.source = "https://example.org/</script>".into();
        output.faq.as_mut().unwrap().title = attack.into();
        output.faq.as_mut().unwrap().entries = vec![FaqEntry::new(attack, attack)];
        output.summary.as_mut().unwrap().paragraphs = vec![attack.into()];
        let text = render(&output, Format::JsonLd);
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        // Nothing is lost by that; the line separator is white space like any other.
        let wanted = attack.replace('\u{2028}', " ");
        let page = value(&output);
        assert_eq!(page["abstract"], wanted);
        assert_eq!(page["mainEntity"][0]["acceptedAnswer"]["text"], wanted);
        assert_eq!(page["isBasedOn"], "https://example.org/</script>");
        assert_eq!(escape("\"\u{2028}\u{2029}\""), "\"\\u2028\\u2029\"");
    }

    #[test]
    fn only_web_addresses_are_named_as_the_source() {
        for (source, wanted) in [
            ("https://example.org/a?b=c", true),
            ("HTTP://example.org", true),
            ("article.txt", false),
            ("-", false),
            ("file:///tmp/a.txt", false),
            ("javascript://example.org/%0aalert(1)", false),
            ("https://", false),
            ("https:///a", false),
            ("https://example.org/a b", false),
        ] {
            let mut output = samples::english();
            output.article.source = source.into();
            assert_eq!(value(&output).get("isBasedOn").is_some(), wanted, "{source}");
        }
    }
}
