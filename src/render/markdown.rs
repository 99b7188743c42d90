//! Markdown (CommonMark, also right where GitHub's extensions are on).

mod escape;

use super::page::{Body, Page};
use super::{Renderer, Shown};
use crate::content::Output;

pub(super) struct Markdown;

impl Renderer for Markdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn media_type(&self) -> &'static str {
        "text/markdown; charset=utf-8"
    }

    fn render(&self, output: &Output, shown: Shown) -> String {
        let page = Page::of(output, shown.evidence);
        let mut blocks = Vec::new();
        if let Some(summary) = page.summary {
            blocks.extend(summary.title.map(|t| heading("##", &t)));
            let notes = summary.notes;
            match summary.body.map(|index, text| escape::block(&text) + &marks(notes.get(index))) {
                Body::Paragraphs(texts) => blocks.extend(texts),
                Body::Bullets(texts) => {
                    let items: Vec<_> = texts.iter().map(|t| format!("- {t}")).collect();
                    blocks.push(items.join("\n"));
                }
            }
        }
        if let Some(faq) = page.faq {
            blocks.extend(faq.title.map(|t| heading("##", &t)));
            for entry in &faq.entries {
                blocks.push(heading("###", &entry.question));
                blocks.extend(entry.answer.iter().map(|t| escape::block(t)));
                if let Some(last) = blocks.last_mut() {
                    last.push_str(&marks(Some(&entry.notes)));
                }
            }
        }
        let notes = page.notes.iter().enumerate();
        blocks.extend(notes.map(|(index, note)| format!("[^{}]: {}", index + 1, escape::block(note))));
        blocks.join("\n\n")
    }
}

/// The numbers of footnotes behind a text.
fn marks(notes: Option<&Vec<usize>>) -> String {
    notes.into_iter().flatten().map(|number| format!("[^{number}]")).collect()
}

fn heading(marks: &str, text: &str) -> String {
    format!("{marks} {}", escape::heading(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

    use super::*;
    use crate::content::{Faq, FaqEntry, Summary, SummaryLength};
    use crate::render::{Format, render, render_with, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Markdown));
        }
    }

    /// The blocks of a document, each as its kind and its text; anything but headings, paragraphs,
    /// one level of bullet points and text in them is an error.
    fn blocks(markdown: &str, options: Options) -> Result<Vec<(&'static str, String)>, String> {
        let mut blocks: Vec<(&'static str, String)> = Vec::new();
        for event in Parser::new_ext(markdown, options) {
            match event {
                Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => blocks.push(("##", String::new())),
                Event::Start(Tag::Heading { level: HeadingLevel::H3, .. }) => blocks.push(("###", String::new())),
                Event::Start(Tag::Paragraph) => blocks.push(("p", String::new())),
                Event::Start(Tag::Item) => blocks.push(("li", String::new())),
                Event::Start(Tag::List(None))
                | Event::End(TagEnd::Heading(_) | TagEnd::Paragraph | TagEnd::Item | TagEnd::List(false)) => {}
                Event::Text(text) => blocks.last_mut().ok_or("text outside of a block")?.1.push_str(&text),
                other => return Err(format!("{other:?} in:\n{markdown}")),
            }
        }
        Ok(blocks)
    }

    fn expected(page: &Page) -> Vec<(&'static str, String)> {
        let mut blocks = Vec::new();
        if let Some(summary) = &page.summary {
            blocks.extend(summary.title.clone().map(|t| ("##", t)));
            let kind = if matches!(summary.body, Body::Bullets(_)) { "li" } else { "p" };
            blocks.extend(summary.body.texts().iter().map(|t| (kind, t.clone())));
        }
        if let Some(faq) = &page.faq {
            blocks.extend(faq.title.clone().map(|t| ("##", t)));
            for entry in &faq.entries {
                blocks.push(("###", entry.question.clone()));
                blocks.extend(entry.answer.iter().map(|t| ("p", t.clone())));
            }
        }
        blocks
    }

    fn github() -> Options {
        Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM
    }

    #[track_caller]
    fn assert_reads_back(output: &Output) {
        let (markdown, expected) = (render(output, Format::Markdown), expected(&Page::of(output, false)));
        for options in [Options::empty(), github()] {
            assert_eq!(blocks(&markdown, options).as_ref(), Ok(&expected), "{options:?}:\n{markdown}");
        }
    }

    #[test]
    fn footnotes_are_read_as_such() {
        let markdown = render_with(&samples::evidence(), Format::Markdown, Shown { evidence: true });
        let found: Vec<_> = Parser::new_ext(&markdown, github()).collect();
        let count = |test: &dyn Fn(&Event<'_>) -> bool| found.iter().filter(|event| test(event)).count();
        assert_eq!(count(&|e| matches!(e, Event::FootnoteReference(_))), 3, "{markdown}");
        assert_eq!(count(&|e| matches!(e, Event::Start(Tag::FootnoteDefinition(_)))), 2, "{markdown}");
    }

    #[test]
    fn samples_read_back() {
        for (_, output) in samples::all() {
            assert_reads_back(&output);
        }
    }

    /// An output that has the five texts in every place where a text can stand.
    fn output_of(length: SummaryLength, texts: [String; 5]) -> Output {
        let [a, b, c, d, e] = texts;
        let mut output = samples::english();
        output.summary = Some(Summary::new(e.clone(), length, vec![a.clone(), b.clone(), c.clone()]));
        output.faq =
            Some(Faq { title: d.clone(), entries: vec![FaqEntry::new(a, b), FaqEntry::new(c, format!("{d}\n\n{e}"))] });
        output
    }

    #[test]
    fn markup_of_every_kind_reads_back() {
        #[rustfmt::skip]
        let nasty = [
            "# a", "###### a", "####### a", "#", "a #", "a ##", "##", "- a", "-", "--", "---", "- - -", "+ a", "* a",
            "***", "* * *", "___", "_ _ _", "1. a", "1.", "1) a", "2024. a", "1234567890. a", "> a", ">a", "```",
            "```rust", "~~~", "`a`", "``a``", "a`b", "*a*", "**a**", "a*b*c", "a * b * c", "_a_", "__a__", "a_b_c",
            "a_ _b", "\u{24b6}_b_\u{24b6}", "~~a~~", "~a~", "[a](b)", "![a](b)", "[a][b]", "[a]: b", "[^1]",
            "[^1]: a", "[[a]]", "[ ] a", "[x] a", "<b>a</b>", "<a@b.c>", "<1@b.c>", "<https://example.org>",
            "<!-- a -->", "<?a?>", "<div", "<!A", "&amp;", "&#65;", "&copy;", "AT&T", "a\\", "\\*a*", "\\\\", "a\\b",
            "a | b", "|-|-|", "===", "a === b", "    code", "\ta", "a  ", "!", "[!NOTE]", "{#id}", "<", "& ;",
            "a &; b", "]", "[", "](", "\\[a](b)", "\\`a`",
        ];
        for text in nasty {
            for length in [SummaryLength::Long, SummaryLength::Bullets] {
                assert_reads_back(&output_of(length, [(); 5].map(|()| text.to_owned())));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_text_reads_back(
            texts in proptest::array::uniform5(r"[-#+*_`~\[\]()<>!&;:\\|{}=^$@.?/ ab19é¿»Ⓐ\n]{0,14}|\PC{0,20}"),
            bullets: bool,
        ) {
            let length = if bullets { SummaryLength::Bullets } else { SummaryLength::Long };
            assert_reads_back(&output_of(length, texts));
        }
    }
}
