//! The segmenter: a document of blocks in, an [`Article`] out. It is the same for every format.

use super::block::{BlockKind, Document, Draft, Role};
use super::{LoadOptions, drop, faq, head, headings};
use crate::article::{Article, Dropped, Heading, OwnFaq, Passage, PassageKind, Section, Sentence, SourceFormat, Span};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::{self, Detected, Language};
use crate::sentence;

/// So much of the body, in bytes, is enough to tell its language.
const LANGUAGE_SAMPLE: usize = 1_500;

/// Makes an article of a document.
pub(super) fn segment(doc: Document, source: &str, format: SourceFormat, options: &LoadOptions) -> Result<Article> {
    let mut draft = Draft::new(&doc);
    drop::mark(&mut draft);
    let head = head::find(&mut draft);
    let own_faq = doc.faq.clone().or_else(|| faq::take(&mut draft));
    headings::mark(&mut draft);

    let body: Vec<Span> =
        (0..draft.len()).filter_map(|i| passage_kind(&draft, i).map(|_| draft.block(i).span)).collect();
    if body.is_empty() {
        return Err(no_body(&draft, own_faq.as_ref()));
    }
    let detected = language(&doc, &body, options)?;
    let sections = sections(&draft, detected.language);
    let dropped = dropped(&draft);
    let is_head = |i: &usize| matches!(draft.roles[*i], Role::Title | Role::Deck | Role::Meta);
    let shown = (0..draft.len()).filter(is_head).map(|i| draft.block(i).span).collect();
    let meta = doc.meta;
    Ok(Article {
        source: source.to_owned(),
        format,
        language: detected.language,
        language_confidence: detected.confidence,
        title: head.title,
        deck: head.deck.or(meta.deck),
        // A page's data is more exact than the line that it shows.
        byline: if doc.headed { meta.byline.or(head.byline) } else { head.byline.or(meta.byline) },
        date: if doc.headed { meta.date.or(head.date) } else { head.date.or(meta.date) },
        url: meta.url,
        site: meta.site,
        head: shown,
        sections,
        own_faq,
        dropped,
        text: doc.text,
    })
}

fn no_body(draft: &Draft<'_>, own_faq: Option<&OwnFaq>) -> Error {
    let message = if draft.len() == 0 {
        "the input has no text that a reader would see; give the text of an article"
    } else if own_faq.is_some() {
        "the article has no text apart from its own FAQ block, which is only used to compare with; \
         give it with its body"
    } else if draft.roles.iter().any(|r| matches!(r, Role::Dropped(_))) {
        "nothing is left of the text without page furniture (links, credits, notices); give the article's body too"
    } else {
        "the text has no body, only headings; give the whole article"
    };
    Error::new(ErrorKind::Input, message)
}

fn language(doc: &Document, body: &[Span], options: &LoadOptions) -> Result<Detected> {
    let stated = doc.meta.language.as_deref().and_then(|l| l.parse().ok());
    if let Some(language) = options.language.or(stated) {
        return Ok(Detected { language, confidence: 1.0 });
    }
    let mut sample = String::new();
    for span in body {
        let room = LANGUAGE_SAMPLE.saturating_sub(sample.len());
        if room == 0 {
            break;
        }
        let passage = &doc.text[span.range()];
        sample.push_str(&passage[..passage.floor_char_boundary(room)]);
        sample.push('\n');
    }
    lang::detect(&sample).ok_or_else(|| {
        let known: Vec<_> = Language::all().map(Language::english_name).collect();
        Error::new(
            ErrorKind::Input,
            format!("cannot tell the language of the text (known are {}); say which it is", known.join(", ")),
        )
    })
}

/// The kind of the passage that block `i` becomes, if it becomes one.
fn passage_kind(draft: &Draft<'_>, i: usize) -> Option<PassageKind> {
    if !draft.is_free(i) {
        return None;
    }
    match draft.block(i).kind {
        BlockKind::Heading(_) => None,
        BlockKind::Paragraph => Some(PassageKind::Paragraph),
        BlockKind::ListItem => Some(PassageKind::ListItem),
        BlockKind::Quotation => Some(PassageKind::Quotation),
        BlockKind::Code => Some(PassageKind::Code),
        BlockKind::TableRow => Some(PassageKind::TableRow),
    }
}

fn sections(draft: &Draft<'_>, language: Language) -> Vec<Section> {
    let mut sections = vec![Section { heading: None, passages: Vec::new() }];
    for i in 0..draft.len() {
        let span = draft.block(i).span;
        let level = match (draft.roles[i], draft.block(i).kind) {
            (Role::Heading(level), _) | (Role::Body, BlockKind::Heading(level)) => Some(level.max(2)),
            _ => None,
        };
        if let Some(level) = level {
            sections.push(Section { heading: Some(Heading { span, level }), passages: Vec::new() });
        } else if let (Some(kind), Some(section)) = (passage_kind(draft, i), sections.last_mut()) {
            let sentences = match kind {
                PassageKind::Code | PassageKind::TableRow => vec![Sentence { span }],
                _ => sentence::split(&draft.doc.text[span.range()], language)
                    .into_iter()
                    .map(|s| Sentence { span: Span::new(span.start + s.start, span.start + s.end) })
                    .collect(),
            };
            section.passages.push(Passage { kind, span, sentences });
        }
    }
    sections.retain(|s| s.heading.is_some() || !s.passages.is_empty());
    sections
}

/// The dropped parts; neighbours that go for the same reason are one part.
fn dropped(draft: &Draft<'_>) -> Vec<Dropped> {
    let mut dropped: Vec<Dropped> = Vec::new();
    let mut last = None;
    for (i, role) in draft.roles.iter().enumerate() {
        let Role::Dropped(reason) = *role else { continue };
        let span = draft.block(i).span;
        match dropped.last_mut() {
            Some(part) if part.reason == reason && last == Some(i.wrapping_sub(1)) => part.span.end = span.end,
            _ => dropped.push(Dropped { span, reason }),
        }
        last = Some(i);
    }
    dropped
}
