//! Plain text, for a terminal or a mail: underlined titles, numbered questions, no wrapping.

use super::page::Page;
use super::{Renderer, Shown};
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

    fn render(&self, output: &Output, shown: Shown) -> String {
        let page = Page::of(output, shown.evidence);
        let mut blocks = Vec::new();
        if let Some(summary) = page.summary {
            blocks.extend(summary.title.map(|t| underlined(&t)));
            let notes = summary.notes;
            let body = summary.body.map(|index, text| text + &marks(notes.get(index)));
            blocks.push(body.to_plain_text());
        }
        if let Some(faq) = page.faq {
            blocks.extend(faq.title.map(|t| underlined(&t)));
            for (i, entry) in faq.entries.iter().enumerate() {
                blocks.push(
                    format!("{}. {}\n{}", i + 1, entry.question, entry.answer.join("\n\n"))
                        + &marks(Some(&entry.notes)),
                );
            }
        }
        let notes = page.notes.iter().enumerate().map(|(i, note)| format!("[{}] {note}", i + 1));
        let notes: Vec<_> = notes.collect();
        blocks.extend((!notes.is_empty()).then(|| notes.join("\n")));
        blocks.join("\n\n")
    }
}

/// The numbers of notes behind a text.
fn marks(notes: Option<&Vec<usize>>) -> String {
    notes.into_iter().flatten().map(|number| format!(" [{number}]")).collect()
}

fn underlined(title: &str) -> String {
    format!("{title}\n{}", "=".repeat(title.chars().count()))
}

#[cfg(test)]
mod tests {
    use crate::render::{Format, Shown, render, render_with, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Text));
        }
    }

    #[test]
    fn notes_stand_at_the_end() {
        let text = render_with(&samples::evidence(), Format::Text, Shown { evidence: true });
        assert!(text.contains("sails again from 3 May. [1]"), "{text}");
        assert!(
            text.contains("leaves on 3 May at 6:40 a.m. [1] [2]\n\n[1] The ferry returns on 3 May.\n[2] It"),
            "{text}"
        );
    }
}
