//! The segmenter: a document of blocks in, an [`Article`] out. It is the same for every format.

use super::block::{BlockKind, Document, Draft, Role};
use super::{drop, faq, head, headings};
use crate::article::{Article, Dropped, Heading, Passage, PassageKind, Section, Sentence, SourceFormat, Span};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::{self, Detected, Language};
use crate::sentence;

/// So much of the body, in bytes, is enough to tell its language.
const LANGUAGE_SAMPLE: usize = 1_500;

/// Below this the detector's word on the language is worth less than that of a file which may be wrong.
const MIN_CONFIDENCE: f64 = 0.5;

/// Makes an article of a document, in that language if it is known.
pub(super) fn segment(
    doc: Document,
    source: &str,
    format: SourceFormat,
    language: Option<Language>,
) -> Result<Article> {
    let mut draft = Draft::new(&doc);
    drop::mark(&mut draft);
    let head = head::find(&mut draft);
    let own_faq = doc.faq.clone().or_else(|| faq::take(&mut draft));
    headings::mark(&mut draft);

    let mut body: Vec<usize> = (0..draft.len()).filter(|&i| passage_kind(&draft, i).is_some()).collect();
    if body.is_empty() && own_faq.is_none() {
        return Err(no_body(&draft));
    }
    if body.is_empty() {
        body.extend((0..draft.len()).filter(|&i| draft.roles[i] == Role::Faq));
    }
    let (detected, languages) = languages(&draft, &body, language)?;
    let sections = sections(&draft, detected.language, &languages);
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
        losses: doc.losses,
        text: doc.text,
    })
}

fn no_body(draft: &Draft<'_>) -> Error {
    let message = if draft.len() == 0 {
        "the input has no text that a reader would see; give the text of an article"
    } else if draft.roles.iter().any(|r| matches!(r, Role::Dropped(_))) {
        "nothing is left of the text without page furniture (links, credits, notices); give the article's body too"
    } else {
        "the text has no body, only headings; give the whole article"
    };
    Error::new(ErrorKind::Input, message)
}

/// The language of the article, and for each block of `body` its own, at the block's index.
///
/// What the page states, or the detector says of the beginning, is the likely language of each passage;
/// what most words of the passages are in is the article's, unless the caller gave one.
fn languages(draft: &Draft<'_>, body: &[usize], given: Option<Language>) -> Result<(Detected, Vec<Option<Language>>)> {
    let stated = |language: &Option<String>| language.as_deref().and_then(|l| l.parse().ok());
    let sure = |language| Detected { language, confidence: 1.0 };
    let meta = &draft.doc.meta;
    let likely = given.or_else(|| stated(&meta.language)).map(sure).or_else(|| {
        let detected = lang::detect(&sample(draft, body));
        let told = detected.filter(|d| d.confidence >= MIN_CONFIDENCE);
        told.or_else(|| stated(&meta.doubted_language).map(sure)).or(detected)
    });
    let mut found = vec![None; draft.len()];
    let mut words: Vec<(Language, usize)> = Vec::new();
    for &i in body {
        if matches!(draft.block(i).kind, BlockKind::Code | BlockKind::TableRow) {
            continue;
        }
        let Some(language) = lang::of_passage(draft.text(i), likely.map(|l| l.language)) else { continue };
        found[i] = Some(language);
        match words.iter_mut().find(|(known, _)| *known == language) {
            Some((_, count)) => *count += draft.text(i).len(),
            None => words.push((language, draft.text(i).len())),
        }
    }
    let most = words.into_iter().max_by_key(|(_, count)| *count).map(|(language, _)| language);
    let article = match (likely, most) {
        (Some(likely), Some(most)) if given.is_none() && most != likely.language => {
            let own: String = body.iter().filter(|&&i| found[i] == Some(most)).map(|&i| draft.text(i)).collect();
            let sample = &own[..own.floor_char_boundary(LANGUAGE_SAMPLE)];
            Detected { language: most, confidence: lang::confidence(sample, most) }
        }
        (Some(likely), _) => likely,
        (None, _) => {
            let known: Vec<_> = Language::all().map(Language::english_name).collect();
            let message =
                format!("cannot tell the language of the text (known are {}); say which it is", known.join(", "));
            return Err(Error::new(ErrorKind::Input, message));
        }
    };
    Ok((article, found))
}

/// The beginning of the body.
fn sample(draft: &Draft<'_>, body: &[usize]) -> String {
    let mut sample = String::new();
    for &i in body {
        let room = LANGUAGE_SAMPLE.saturating_sub(sample.len());
        if room == 0 {
            break;
        }
        let passage = draft.text(i);
        sample.push_str(&passage[..passage.floor_char_boundary(room)]);
        sample.push('\n');
    }
    sample
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

fn sections(draft: &Draft<'_>, article: Language, languages: &[Option<Language>]) -> Vec<Section> {
    let mut sections = vec![Section { heading: None, passages: Vec::new() }];
    for (i, &language) in languages.iter().enumerate() {
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
                _ => sentence::split(&draft.doc.text[span.range()], language.unwrap_or(article))
                    .into_iter()
                    .map(|s| Sentence { span: Span::new(span.start + s.start, span.start + s.end) })
                    .collect(),
            };
            section.passages.push(Passage { kind, span, language, sentences });
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
