//! A fragment of accessible HTML: a labelled section each for the summary and the FAQ block, with
//! a `<details>` for each question.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::Renderer;
use super::page::{Body, Page};
use crate::content::Output;

pub(super) struct Html;

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn media_type(&self) -> &'static str {
        "text/html; charset=utf-8"
    }

    fn render(&self, output: &Output) -> String {
        let page = Page::of(output);
        let id = fragment_id(output, &page);
        let mut lines = Lines::default();
        // The fragment may be put into a page of the other writing direction; the heading, which
        // comes first, tells its own.
        lines.open(format_args!(r#"<section class="faqtory" lang="{}" dir="auto">"#, escape(output.language.code())));
        if let Some(summary) = &page.summary {
            lines.open_part(&id, "summary", summary.title.as_deref());
            match &summary.body {
                Body::Paragraphs(texts) => lines.elements("p", texts),
                Body::Bullets(texts) => {
                    lines.open(format_args!("<ul>"));
                    lines.elements("li", texts);
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
                lines.elements("p", &entry.answer);
                lines.close("details");
            }
            lines.close("section");
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

    /// Opens the section of the summary or the FAQ block, named by its heading if it has one.
    fn open_part(&mut self, id: &str, part: &str, title: Option<&str>) {
        let Some(title) = title else {
            return self.open(format_args!(r#"<section class="faqtory-{part}">"#));
        };
        self.open(format_args!(r#"<section class="faqtory-{part}" aria-labelledby="{id}-{part}">"#));
        self.line(format_args!(r#"<h2 id="{id}-{part}">{}</h2>"#, escape(title)));
    }
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
    use crate::render::{Format, render, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Html));
        }
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
                faq.entries = vec![FaqEntry { question: text.into(), answer: text.into() }];
                output
            };
            let html = render(&with(&text), Format::Html);
            // White space stays, because a paragraph separator makes two paragraphs of one.
            let harmless: String = text.chars().map(|c| if c.is_whitespace() { c } else { 'x' }).collect();
            prop_assert_eq!(tags(&html), tags(&render(&with(&harmless), Format::Html)));
            let question = html.split("<summary>").nth(1).unwrap().split("</summary>").next().unwrap();
            prop_assert_eq!(&unescape(question), &Page::of(&with(&text)).faq.unwrap().entries[0].question);
        }
    }
}
