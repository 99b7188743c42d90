//! The FAQ block of a page, by what its markup says: FAQPage data, microdata, disclosures, lists of terms.
//!
//! Runs of question headings and plain layouts are left to the segmenter, which looks at every format.

use std::collections::HashMap;

use super::head::{bare, one_line};
use super::jsonld::JsonLd;
use super::render::Piece;
use super::tag::{Attr, Tag};
use super::tree::{Id, Tree};
use crate::article::QaPair;
use crate::loader::block::BlockKind;
use crate::loader::faq::is_faq_title;

const MAX_QUESTION_CHARS: usize = 300;
/// Blocks of an answer that differ from what FAQPage data says, between two that agree.
const MAX_ODD: usize = 3;
/// Blocks between two questions that make up an answer, at most, where only the questions were found.
const MAX_BETWEEN: usize = 12;
/// Blocks between the title of the FAQ and its first question, at most.
const MAX_INTRO: usize = 3;

/// An entry and the blocks that show it.
#[derive(Debug, Clone)]
struct Entry {
    pair: QaPair,
    /// Empty where the page does not show it.
    pieces: Vec<usize>,
}

/// The FAQ block of a page.
#[derive(Debug, Default)]
pub(super) struct PageFaq {
    pub(super) title: Option<String>,
    pub(super) pairs: Vec<QaPair>,
    /// The blocks that show it, in order.
    pub(super) pieces: Vec<usize>,
}

/// Finds it.
pub(super) fn find(tree: &Tree<'_>, pieces: &[Piece], ld: &JsonLd) -> Option<PageFaq> {
    let mut entries = locate(pieces, ld.pairs());
    let marked = marked(tree, pieces);
    // One disclosure alone is no FAQ.
    if marked.len() >= 2 || !entries.is_empty() {
        for entry in marked {
            let same = |e: &Entry| {
                e.pieces.first() == entry.pieces.first() || bare(&e.pair.question) == bare(&entry.pair.question)
            };
            match entries.iter_mut().find(|e| same(e)) {
                Some(known) => {
                    known.pieces.extend(&entry.pieces);
                    known.pieces.sort_unstable();
                    known.pieces.dedup();
                }
                None => entries.push(entry),
            }
        }
    }
    if entries.is_empty() {
        return None;
    }
    entries.sort_by_key(|e| e.pieces.first().copied().unwrap_or(usize::MAX));
    let mut shown: Vec<usize> = entries.iter().flat_map(|e| e.pieces.iter().copied()).collect();
    shown.sort_unstable();
    shown.dedup();
    let title = title(pieces, &mut shown);
    Some(PageFaq { title, pairs: entries.into_iter().map(|e| e.pair).collect(), pieces: shown })
}

/// Takes the title above the first of `shown`, and what stands between.
fn title(pieces: &[Piece], shown: &mut Vec<usize>) -> Option<String> {
    let &first = shown.first()?;
    let level = match pieces[first].kind {
        BlockKind::Heading(level) => level,
        _ => 7,
    };
    let above: Vec<usize> = (0..first).rev().filter(|&i| !pieces[i].hidden).take(MAX_INTRO + 1).collect();
    let at = above.iter().position(|&i| is_faq_title(&pieces[i].text) && pieces[i].all < 120).or_else(|| {
        let direct =
            above.first().is_some_and(|&i| matches!(pieces[i].kind, BlockKind::Heading(l) if l < level && l > 1));
        direct.then_some(0)
    })?;
    let begin = above[at];
    shown.splice(0..0, begin..first);
    Some(one_line(&pieces[begin].text))
}

/// Finds the blocks that show pairs.
fn locate(pieces: &[Piece], pairs: Vec<QaPair>) -> Vec<Entry> {
    if pairs.is_empty() {
        return Vec::new();
    }
    let texts: Vec<String> = pieces.iter().map(|p| bare(&p.text)).collect();
    let answers: Vec<String> = pairs.iter().map(|p| bare(&p.answer)).collect();
    let agrees = |i: usize, answer: &str| {
        let text = texts[i].as_str();
        !text.is_empty()
            && (answer.contains(text) || (text.contains(answer) && text.len() <= answer.len() * 3 / 2 + 20))
    };
    // A list of the questions may stand above the block: the place with an answer below it counts.
    let mut asked: Vec<Option<usize>> = Vec::new();
    for (pair, answer) in pairs.iter().zip(&answers) {
        let question = bare(&pair.question);
        let places: Vec<usize> = (0..texts.len())
            .filter(|&i| {
                texts[i] == question || (texts[i].ends_with(&question) && texts[i].len() <= question.len() + 9)
            })
            .collect();
        let below = |i: &usize| (i + 1..texts.len()).take(3).any(|j| agrees(j, answer));
        asked.push(places.iter().copied().find(below).or(places.last().copied()));
    }
    let starts: Vec<usize> = asked.iter().flatten().copied().collect();
    pairs
        .into_iter()
        .zip(&answers)
        .zip(&asked)
        .map(|((pair, answer), at)| {
            let Some(at) = *at else { return Entry { pair, pieces: Vec::new() } };
            let next = starts.iter().copied().filter(|&s| s > at).min();
            let limit = next.unwrap_or(texts.len());
            let mut end = at + 1;
            for i in at + 1..limit.min(at + 1 + 200) {
                if agrees(i, answer) {
                    end = i + 1;
                } else if i >= end + MAX_ODD {
                    break;
                }
            }
            // The page may show more of the answer than the data, or another wording.
            let whole = next.is_some_and(|next| next - at - 1 <= MAX_BETWEEN);
            if whole {
                end = limit;
            } else if end == at + 1 {
                end = (at + 2).min(texts.len());
            }
            Entry { pair, pieces: (at..end).collect() }
        })
        .collect()
}

/// Questions and answers that the markup sets apart.
fn marked(tree: &Tree<'_>, pieces: &[Piece]) -> Vec<Entry> {
    let mut by_id: Option<HashMap<&str, Id>> = None;
    let mut entries: Vec<Entry> = Vec::new();
    let mut past = 0;
    for id in 1..tree.len() {
        if id < past || !tree.is_element(id) {
            continue;
        }
        let Some((question, answer)) = microdata(tree, id)
            .or_else(|| disclosure(tree, id))
            .or_else(|| term(tree, id))
            .or_else(|| accordion(tree, id, &mut by_id))
        else {
            continue;
        };
        let of = |nodes: &[Id]| -> Vec<usize> { nodes.iter().flat_map(|&n| within(tree, pieces, n)).collect() };
        let (asked, mut said) = (of(&[question]), of(&answer));
        said.retain(|i| !asked.contains(i));
        let text =
            |of: &[usize], between: &str| of.iter().map(|&i| pieces[i].text.trim()).collect::<Vec<_>>().join(between);
        let pair = QaPair { question: one_line(&text(&asked, " ")), answer: text(&said, "\n\n") };
        if asked.is_empty() || said.is_empty() || pair.question.chars().count() > MAX_QUESTION_CHARS {
            continue;
        }
        past = answer.iter().map(|&n| tree.end(n)).max().unwrap_or(past).max(past);
        entries.push(Entry { pair, pieces: asked.into_iter().chain(said).collect() });
    }
    entries
}

/// The blocks that begin in the subtree of a node.
fn within(tree: &Tree<'_>, pieces: &[Piece], node: Id) -> std::ops::Range<usize> {
    let start = pieces.partition_point(|p| p.at < node);
    start..pieces.partition_point(|p| p.at < tree.end(node))
}

/// Whether the text of a subtree is one question; long subtrees are not looked at.
fn asks(tree: &Tree<'_>, id: Id) -> bool {
    if tree.end(id) - id > 40 {
        return false;
    }
    let text = tree.inner_text(id);
    let text = text.trim().trim_end_matches(['+', '-', '–', '▾', '▼', '›', '×', ' ', '\n', '\t']);
    text.ends_with('?') && text.chars().count() <= MAX_QUESTION_CHARS && text.chars().any(char::is_alphabetic)
}

/// `itemtype=…/Question` with its name and accepted answer.
fn microdata(tree: &Tree<'_>, id: Id) -> Option<(Id, Vec<Id>)> {
    let kind = tree.raw_attr(id, Attr::Itemtype)?;
    if !kind.trim().ends_with("schema.org/Question") {
        return None;
    }
    let with = |name: &str| {
        (id + 1..tree.end(id))
            .find(|&n| tree.raw_attr(n, Attr::Itemprop).is_some_and(|p| p.split_whitespace().any(|p| p == name)))
    };
    let answer = with("acceptedAnswer").or_else(|| with("suggestedAnswer")).or_else(|| with("text"))?;
    Some((with("name")?, vec![answer]))
}

/// `<details><summary>…?</summary>…</details>`
fn disclosure(tree: &Tree<'_>, id: Id) -> Option<(Id, Vec<Id>)> {
    if tree.tag(id) != Tag::Details {
        return None;
    }
    let summary = tree.children(id).find(|&c| tree.tag(c) == Tag::Summary)?;
    asks(tree, summary).then(|| (summary, tree.children(id).filter(|&c| c > summary).collect()))
}

/// `<dt>…?</dt><dd>…</dd>`
fn term(tree: &Tree<'_>, id: Id) -> Option<(Id, Vec<Id>)> {
    if tree.tag(id) != Tag::Dt || !asks(tree, id) {
        return None;
    }
    let siblings = tree.children(tree.parent(id)).filter(|&c| c > id && tree.is_element(c));
    let answer: Vec<Id> = siblings.take_while(|&c| tree.tag(c) == Tag::Dd).collect();
    (!answer.is_empty()).then_some((id, answer))
}

/// A question that opens a panel: by `aria-controls` or a target, or by its class and what follows it.
fn accordion<'s>(tree: &Tree<'s>, id: Id, by_id: &mut Option<HashMap<&'s str, Id>>) -> Option<(Id, Vec<Id>)> {
    let tag = tree.tag(id);
    if !tree.has_attrs(id) || matches!(tag, Tag::Input | Tag::Img) || tag.is_unseen() {
        return None;
    }
    let panel = [Attr::AriaControls, Attr::DataTarget]
        .into_iter()
        .find_map(|attr| tree.raw_attr(id, attr))
        .map(|target| target.trim().trim_start_matches('#'));
    let named = tree.raw_attr(id, Attr::Class).is_some_and(|class| {
        let class = class.to_ascii_lowercase();
        ["accordion", "acordeon", "collaps", "toggle", "faq", "question", "pregunta"]
            .iter()
            .any(|word| class.contains(word))
    });
    let opens = tree.raw_attr(id, Attr::AriaExpanded).is_some();
    if (panel.is_none() && !named && !opens) || !asks(tree, id) {
        return None;
    }
    if let Some(target) = panel {
        let ids = by_id
            .get_or_insert_with(|| (1..tree.len()).filter_map(|n| Some((tree.raw_attr(n, Attr::Id)?, n))).collect());
        if let Some(&found) = ids.get(target)
            && !(found..tree.end(found)).contains(&id)
        {
            return Some((id, vec![found]));
        }
    }
    // What follows the question, or the element that holds nothing but the question.
    let mut at = id;
    for _ in 0..3 {
        let up = tree.parent(at);
        let next = tree.children(up).find(|&c| c > at && tree.is_element(c) && !tree.inner_text(c).trim().is_empty());
        if let Some(next) = next {
            let question_like = asks(tree, next) || tree.tag(next).level().is_some();
            return (!question_like && (tree.tag(next).is_block())).then(|| (id, vec![next]));
        }
        if up == 0 {
            break;
        }
        at = up;
    }
    None
}
