//! Plain text, for a terminal or a mail: underlined titles, numbered questions, no wrapping.

use super::Renderer;
use super::page::Page;
use crate::content::Output;

pub(super) struct Text;

impl Renderer for Text {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn media_type(&self) -> &'static str {
        "text/plain; charset=utf-8"
    }

    fn render(&self, output: &Output) -> String {
        let page = Page::of(output);
        let mut blocks = Vec::new();
        if let Some(summary) = page.summary {
            blocks.extend(summary.title.map(|t| underlined(&t)));
            blocks.push(summary.body.to_plain_text());
        }
        if let Some(faq) = page.faq {
            blocks.extend(faq.title.map(|t| underlined(&t)));
            for (i, entry) in faq.entries.iter().enumerate() {
                blocks.push(format!("{}. {}\n{}", i + 1, entry.question, entry.answer.join("\n\n")));
            }
        }
        blocks.join("\n\n")
    }
}

fn underlined(title: &str) -> String {
    format!("{title}\n{}", "=".repeat(title.chars().count()))
}

#[cfg(test)]
mod tests {
    use crate::render::{Format, render, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Text));
        }
    }
}
