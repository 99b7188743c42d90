//! A fragment of accessible HTML: a labelled section each for the summary and the FAQ block, with
//! a `<details>` for each question.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::page::{Body, Page};
use super::{Renderer, Shown};
use crate::content::Output;

pub(super) struct Html;

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn media_type(&self) -> &'static str {
        "text/html; charset=utf-8"
    }

    fn render(&self, output: &Output, shown: Shown) -> String {
        let page = Page::of(output, shown.evidence);
        let id = fragment_id(output, &page);
        let mut lines = Lines::default();
        // The fragment may be put into a page of the other writing direction; the heading, which
        // comes first, tells its own.
        lines.open(format_args!(r#"<section class="faqtory" lang="{}" dir="auto">"#, escape(output.language.code())));
        if let Some(summary) = &page.summary {
            lines.open_part(&id, "summary", summary.title.as_deref());
            let marked = |(index, text): (usize, &String)| escape(text) + &marks(&id, summary.notes.get(index));
            let texts: Vec<String> = summary.body.texts().iter().enumerate().map(marked).collect();
            match &summary.body {
                Body::Paragraphs(_) => lines.raw_elements("p", &texts),
                Body::Bullets(_) => {
                    lines.open(format_args!("<ul>"));
                    lines.raw_elements("li", &texts);
                    lines.close("ul");
                }
            }
            lines.close("section");
        }
        if let Some(faq) = &page.faq {
            lines.open_part(&id, "faq", faq.title.as_deref());
            for entry in &faq.entries {
                lines.open(format_args!("<details>"));
                lines.elements("summary", [&entry.question]);
                let mut answer: Vec<String> = entry.answer.iter().map(|text| escape(text)).collect();
                if let Some(last) = answer.last_mut() {
                    last.push_str(&marks(&id, Some(&entry.notes)));
                }
                lines.raw_elements("p", &answer);
                lines.close("details");
            }
            lines.close("section");
        }
        if !page.notes.is_empty() {
            lines.open(format_args!(r#"<ol class="faqtory-evidence" lang="{}">"#, output.article.language.code()));
            for (index, note) in page.notes.iter().enumerate() {
                let (number, text) = (index + 1, escape(note));
                let text = match place(&output.article.source, note) {
                    Some(address) => format!(r#"<a href="{}">{text}</a>"#, escape(&address)),
                    None => text,
                };
                lines.line(format_args!(r#"<li id="{id}-note-{number}">{text}</li>"#));
            }
            lines.close("ol");
        }
        lines.close("section");
        lines.text
    }
}

/// Lines of HTML, indented by two spaces for each open element.
#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn line(&mut self, html: std::fmt::Arguments<'_>) {
        let indent = 2 * self.depth;
        writeln!(self.text, "{:indent$}{html}", "").expect("a string takes everything");
    }

    fn open(&mut self, tag: std::fmt::Arguments<'_>) {
        self.line(tag);
        self.depth += 1;
    }

    fn close(&mut self, name: &str) {
        self.depth -= 1;
        self.line(format_args!("</{name}>"));
    }

    fn elements<S: AsRef<str>>(&mut self, name: &str, texts: impl IntoIterator<Item = S>) {
        for text in texts {
            self.line(format_args!("<{name}>{}</{name}>", escape(text.as_ref())));
        }
    }

    fn raw_elements(&mut self, name: &str, html: &[String]) {
        for html in html {
            self.line(format_args!("<{name}>{html}</{name}>"));
        }
    }

    /// Opens the section of the summary or the FAQ block, named by its heading if it has one.
    fn open_part(&mut self, id: &str, part: &str, title: Option<&str>) {
        let Some(title) = title else {
            return self.open(format_args!(r#"<section class="faqtory-{part}">"#));
        };
        self.open(format_args!(r#"<section class="faqtory-{part}" aria-labelledby="{id}-{part}">"#));
        self.line(format_args!(r#"<h2 id="{id}-{part}">{}</h2>"#, escape(title)));
    }
}

/// Links to notes behind a text.
fn marks(id: &str, notes: Option<&Vec<usize>>) -> String {
    let link = |number: &usize| format!(r##"<sup><a href="#{id}-note-{number}">{number}</a></sup>"##);
    notes.into_iter().flatten().map(link).collect()
}

/// The words of a note that its address on the page names: the beginning and the end of a long one.
const NAMED_WORDS: usize = 5;

/// Where a sentence stands on the article's page, as browsers find it (URL Fragment Text Directives), if it has an address.
fn place(source: &str, sentence: &str) -> Option<String> {
    let page = source.strip_prefix("https://").or_else(|| source.strip_prefix("http://"))?;
    let scheme = &source[..source.len() - page.len()];
    let page = page.split('#').next().unwrap_or(page);
    // A comma, a hyphen and an ampersand part such an address.
    let encode = |words: &[&str]| -> String {
        let text = words.join(" ");
        text.bytes()
            .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
            .collect()
    };
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let named = if words.len() > 2 * NAMED_WORDS {
        format!("{},{}", encode(&words[..NAMED_WORDS]), encode(&words[words.len() - NAMED_WORDS..]))
    } else {
        encode(&words)
    };
    Some(format!("{scheme}{page}#:~:text={named}"))
}

/// A name for the fragment. It depends on the article, the language and all that is shown, so that
/// only equal fragments in one page have equal names, and the same output always gets the same name.
fn fragment_id(output: &Output, page: &Page) -> String {
    let mut hasher = Sha256::new();
    let mut add = |text: &str| {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text);
    };
    add(&output.article.source);
    add(output.article.title.as_deref().unwrap_or_default());
    add(output.language.code());
    if let Some(summary) = &page.summary {
        summary.body.texts().iter().for_each(|t| add(t));
    }
    for entry in page.faq.iter().flat_map(|faq| &faq.entries) {
        add(&entry.question);
        entry.answer.iter().for_each(|t| add(t));
    }
    let digest = hasher.finalize();
    format!("faqtory-{:08x}", u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]))
}

/// The text with character references for all that is markup in content or in a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::content::FaqEntry;
    use crate::lang::Language;
    use crate::render::{Format, render, render_with, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Html));
        }
    }

    #[test]
    fn evidence_is_linked_to_and_from_there_to_the_page_of_the_article() {
        let mut output = samples::evidence();
        let html = render_with(&output, Format::Html, Shown { evidence: true });
        let targets: HashSet<_> = ids(&html).into_iter().collect();
        let link = Regex::new(r##"href="#([^"]*)"##).unwrap();
        let links: Vec<_> = link.captures_iter(&html).map(|c| c[1].to_owned()).collect();
        assert_eq!(links.len(), 3, "{html}");
        assert!(links.iter().all(|link| targets.contains(link)), "{html}");
        assert!(!html.contains("text="), "{html}");
        output.article.source = "https://example.org/a?b=1#top".into();
        let html = render_with(&output, Format::Html, Shown { evidence: true });
        assert!(html.contains("https://example.org/a?b=1#:~:text=The%20ferry%20returns%20on%203%20May%2E"), "{html}");
    }

    fn ids(html: &str) -> Vec<String> {
        let id = Regex::new(r#" id="([^"]*)""#).unwrap();
        id.captures_iter(html).map(|c| c[1].to_owned()).collect()
    }

    #[test]
    fn ids_do_not_clash_in_one_page_and_labels_point_to_them() {
        let mut other_language = samples::english();
        other_language.language = Language::ES;
        let mut other_source = samples::english();
        other_source.article.source = "other.txt".into();
        let mut other_text = samples::english();
        other_text.faq.as_mut().unwrap().entries.pop();
        let page: String = [samples::english(), samples::spanish(), other_language, other_source, other_text]
            .iter()
            .map(|o| render(o, Format::Html))
            .collect();
        let all = ids(&page);
        assert_eq!(all.len(), 10);
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 10);
        for id in &all {
            assert!(page.contains(&format!(r#"aria-labelledby="{id}""#)));
        }
    }

    #[test]
    fn the_same_output_gets_the_same_ids() {
        let mut again = samples::english();
        again.usage.seconds.insert("decode".into(), 99.0);
        assert_eq!(render(&samples::english(), Format::Html), render(&again, Format::Html));
    }

    fn tags(html: &str) -> Vec<String> {
        let tag = Regex::new(r#"<[^>]*>"#).unwrap();
        let id = Regex::new(r"faqtory-[0-9a-f]{8}").unwrap();
        tag.find_iter(html).map(|m| id.replace_all(m.as_str(), "faqtory-id").into_owned()).collect()
    }

    fn unescape(html: &str) -> String {
        html.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&amp;", "&")
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_text_can_become_markup(text in r#"[<>&"'/=!a-c;#-]{1,20}|\PC{1,20}"#) {
            prop_assume!(!text.trim().is_empty());
            let with = |text: &str| {
                let mut output = samples::english();
                let (summary, faq) = (output.summary.as_mut().unwrap(), output.faq.as_mut().unwrap());
                summary.title = text.into();
                summary.paragraphs = vec![text.into()];
                faq.title = text.into();
                faq.entries = vec![FaqEntry::new(text, text)];
                output
            };
            let html = render(&with(&text), Format::Html);
            // White space stays, because a paragraph separator makes two paragraphs of one.
            let harmless: String = text.chars().map(|c| if c.is_whitespace() { c } else { 'x' }).collect();
            prop_assert_eq!(tags(&html), tags(&render(&with(&harmless), Format::Html)));
            let question = html.split("<summary>").nth(1).unwrap().split("</summary>").next().unwrap();
            prop_assert_eq!(&unescape(question), &Page::of(&with(&text), false).faq.unwrap().entries[0].question);
        }
    }
}
