//! Which blocks of a page are the article: the subtree with the most running text and the least else,
//! less the furniture that stands in it.
//!
//! Each block weighs as much as it looks like running text, and counts against an element where it
//! looks like a menu; the element of the greatest sum is the article's. This is the maximum-subarray
//! idea on a tree: an element grows to the next one above as long as that adds more than it costs.

use std::collections::HashMap;

use super::render::Piece;
use super::tag::{Attr, Tag};
use super::tree::{Id, Tree};
use super::zone;
use crate::article::DropReason;
use crate::loader::block::{BlockKind, Role, ends_sentence};
use crate::loader::drop;

/// Characters of a paragraph that stand for running text.
const MIN_RUNNING: usize = 40;
/// Where links have this share of a block, it is not running text.
const MAX_LINK_SHARE: f64 = 0.45;
/// An element with more of the page's running text than this is no furniture, whatever it is called.
const MAX_ZONE_SHARE: f64 = 0.4;
/// Weight of a whole article among others.
const MIN_ARTICLE: f64 = 400.0;
/// Characters of a box within the article, at most.
const MAX_BOX_CHARS: usize = 700;
/// The same for what is called comments.
const MAX_COMMENT_SHARE: f64 = 0.9;
/// Weight of an element that is called the article's body.
const MIN_NAMED: f64 = 100.0;
/// What a character of a list without links weighs: such lists are text more often than not.
const LIST_WEIGHT: f64 = 0.2;
/// Share of the greatest sum that the element needs which is called the article's body.
const MIN_NAMED_SHARE: f64 = 0.25;

/// A hidden element with more of the page's running text than this is the article, which a script shows.
const MIN_REVEALED_SHARE: f64 = 0.5;

/// The role of each piece; `None` is not to be seen.
pub(super) type Verdicts = Vec<Option<Role>>;

/// The role of each piece: the article's are `Body`. `title` is the piece that is its headline.
pub(super) fn judge(tree: &Tree<'_>, pieces: &[Piece], title: Option<usize>) -> Verdicts {
    let running: Vec<f64> = pieces.iter().map(|p| if p.hidden { 0.0 } else { running(p) }).collect();
    let share = sums(tree, pieces, &running);
    let zones = zones(tree, &share);
    let weights: Vec<f64> = pieces
        .iter()
        .zip(&running)
        .map(|(piece, running)| match zones[piece.node] {
            _ if piece.hidden => 0.0,
            Some(_) => -(piece.all.min(30) as f64) * 0.3,
            None if *running > 0.0 => *running,
            None => cost(piece),
        })
        .collect();
    let sums = sums(tree, pieces, &weights);
    let mut root = best(tree, &sums);
    if let Some(title) = title {
        root = one_of_several(tree, &sums, root, pieces[title].node);
    }
    let lists = link_lists(tree, pieces, root);
    let end = tree.end(root);
    let mut verdicts: Verdicts = pieces
        .iter()
        .map(|piece| {
            if piece.hidden {
                None
            } else if let Some(role) = zones[piece.node] {
                Some(role)
            } else if piece.at < root || piece.at >= end {
                Some(Role::Dropped(DropReason::Navigation))
            } else if lists.contains(&piece.node) || is_link(piece) {
                Some(Role::Dropped(DropReason::RelatedLinks))
            } else {
                Some(Role::Body)
            }
        })
        .collect();
    mark_boxes(tree, pieces, root, &mut verdicts);
    verdicts
}

/// Shows what is hidden only until a script runs: an element that has most of the page's running text.
/// Paywalls and loading screens hide the article so.
pub(super) fn reveal(tree: &Tree<'_>, pieces: &mut [Piece]) {
    if !pieces.iter().any(|p| p.hidden) {
        return;
    }
    let share = sums(tree, pieces, &pieces.iter().map(running).collect::<Vec<_>>());
    // What is hidden from screen readers only is behind something that is to be read.
    let behind = |id: Id| tree.raw_attr(id, Attr::AriaHidden).is_some();
    let reveals = |id: Id| share[id] > MIN_REVEALED_SHARE * share[0] && !behind(id);
    let shown = |id: Id| !zone::is_hidden(tree, id) || reveals(id);
    for piece in pieces.iter_mut().filter(|p| p.hidden) {
        let mut at = piece.node;
        while at > 0 && shown(at) {
            at = tree.parent(at);
        }
        piece.hidden = at > 0;
    }
}

/// Where the element of the articles holds several, the one of the title.
fn one_of_several(tree: &Tree<'_>, sums: &[f64], root: Id, title: Id) -> Id {
    if !(root..tree.end(root)).contains(&title) {
        return root;
    }
    let mut at = title;
    while at > root {
        let own = at..tree.end(at);
        let is_other = |id: Id| tree.tag(id) == Tag::Article && !own.contains(&id) && sums[id] >= MIN_ARTICLE;
        if tree.tag(at) == Tag::Article
            && sums[at] >= MIN_ARTICLE
            && (root + 1..at).filter(|&id| tree.end(id) <= at).chain(own.end..tree.end(root)).any(is_other)
        {
            return at;
        }
        at = tree.parent(at);
    }
    root
}

/// A small box that ends in a call to subscribe or to read something else goes as a whole.
fn mark_boxes(tree: &Tree<'_>, pieces: &[Piece], root: Id, verdicts: &mut Verdicts) {
    for i in 0..pieces.len() {
        if verdicts[i] != Some(Role::Body) {
            continue;
        }
        let Some(reason) = furniture(&pieces[i]).filter(|r| matches!(r, DropReason::Promotion)) else { continue };
        let mut around = pieces[i].node;
        if !matches!(tree.tag(around), Tag::Div | Tag::Section) {
            around = tree.parent(around);
        }
        if around <= root || !matches!(tree.tag(around), Tag::Div | Tag::Section) {
            continue;
        }
        let inside = pieces.partition_point(|p| p.at < around)..pieces.partition_point(|p| p.at < tree.end(around));
        let chars: usize = pieces[inside.clone()].iter().map(|p| p.all).sum();
        if chars <= MAX_BOX_CHARS {
            for verdict in verdicts[inside].iter_mut().flatten() {
                *verdict = if *verdict == Role::Body { Role::Dropped(reason) } else { *verdict };
            }
        }
    }
}

/// What the table of furniture says of a piece by its words.
fn furniture(piece: &Piece) -> Option<DropReason> {
    drop::reason(&piece.text, piece.kind)
}

/// How much a piece weighs as running text: its characters outside of links; 0 if it is none.
fn running(piece: &Piece) -> f64 {
    let plain = piece.all - piece.link.min(piece.all);
    let fits = match piece.kind {
        BlockKind::Heading(_) => false,
        BlockKind::Code | BlockKind::TableRow => plain >= MIN_RUNNING / 2,
        _ => {
            let said = ends_sentence(&piece.text)
                || piece.text.ends_with([':', ';', ',', '。', '！', '？', '」'])
                || piece.all >= 120;
            plain >= MIN_RUNNING && said
        }
    };
    // How teasers end.
    let cut = piece.text.ends_with("[…]") || piece.text.ends_with("[...]");
    if fits && !cut && piece.link_share() <= MAX_LINK_SHARE { plain.min(1_000) as f64 } else { 0.0 }
}

/// What a piece that is no running text weighs; mostly it costs the element that takes it in.
fn cost(piece: &Piece) -> f64 {
    let linked = piece.link_share() > MAX_LINK_SHARE;
    match piece.kind {
        BlockKind::Heading(_) if !linked => 0.0,
        BlockKind::Code | BlockKind::TableRow if !linked => 0.0,
        BlockKind::ListItem if !linked => piece.all.min(60) as f64 * LIST_WEIGHT,
        _ if linked => -(piece.all.min(60) as f64) * 0.8 - 5.0,
        _ => -(piece.all.min(40) as f64) * 0.25,
    }
}

/// For each node the sum of what is in its subtree.
fn sums(tree: &Tree<'_>, pieces: &[Piece], values: &[f64]) -> Vec<f64> {
    let mut sums = vec![0.0; tree.len()];
    for (piece, value) in pieces.iter().zip(values) {
        sums[piece.node] += value;
    }
    for id in (1..tree.len()).rev() {
        let own = sums[id];
        sums[tree.parent(id)] += own;
    }
    sums
}

/// For each node the kind of furniture that it belongs to.
fn zones(tree: &Tree<'_>, running: &[f64]) -> Vec<Option<Role>> {
    let all = running[0];
    let mut zones = vec![None; tree.len()];
    let mut known = zone::Known::new();
    for name in common_names(tree, running, &mut known) {
        known.insert(name, None);
    }
    for id in 1..tree.len() {
        zones[id] = zones[tree.parent(id)];
        if zones[id].is_none() && tree.is_element(id) {
            let reason = zone::named(tree, id, &mut known);
            // There may be more comments than article.
            let comments = reason == Some(Role::Dropped(DropReason::Comments));
            let limit = if comments { MAX_COMMENT_SHARE } else { MAX_ZONE_SHARE };
            if reason.is_some() && running[id] <= limit * all {
                zones[id] = reason;
            }
        }
    }
    zones
}

/// Names that would be furniture's, but that much of the running text stands under: page builders call
/// every part of a page a widget.
fn common_names<'s>(tree: &Tree<'s>, running: &[f64], known: &mut zone::Known<'s>) -> Vec<&'s str> {
    // For each name the running text under it, and the end of the last element that was counted.
    let mut under: HashMap<&str, (f64, Id)> = HashMap::new();
    for id in (1..tree.len()).filter(|&id| running[id] > 0.0 && tree.is_element(id) && tree.has_attrs(id)) {
        let navigates = |role| role == Role::Dropped(DropReason::Navigation);
        for (name, _) in zone::names(tree, id, known).filter(|(_, role)| navigates(*role)) {
            let (sum, end) = under.entry(name).or_default();
            if id >= *end {
                *sum += running[id];
                *end = tree.end(id);
            }
        }
    }
    under.into_iter().filter(|(_, (sum, _))| *sum > MAX_ZONE_SHARE * running[0]).map(|(name, _)| name).collect()
}

/// The innermost element with the greatest sum; where names say of one element alone that it is the
/// article's body, and it is no small part, that one.
fn best(tree: &Tree<'_>, sums: &[f64]) -> Id {
    let mut best = (0, f64::MIN);
    let mut named: Vec<Id> = Vec::new();
    // A paragraph or a list is part of an article, not one.
    let holds = |id: Id| {
        tree.is_element(id)
            && !matches!(tree.tag(id), Tag::P | Tag::Ul | Tag::Ol | Tag::Li | Tag::Blockquote | Tag::Pre | Tag::Span)
            && tree.tag(id).level().is_none()
    };
    for (id, &sum) in sums.iter().enumerate().filter(|(id, _)| holds(*id)) {
        if sum >= best.1 {
            best = (id, sum);
        }
        if sum >= MIN_NAMED && zone::is_article_body(tree, id) {
            match named.last_mut() {
                Some(around) if id < tree.end(*around) => {
                    if sum > sums[*around] {
                        *around = id;
                    }
                }
                _ => named.push(id),
            }
        }
    }
    let large: Vec<Id> = named.iter().copied().filter(|&id| sums[id] >= MIN_ARTICLE).collect();
    match (&large[..], &named[..]) {
        ([only], _) | ([], [only]) if sums[*only] >= MIN_NAMED_SHARE * best.1 => *only,
        _ => best.0,
    }
}

/// Elements under `root` that are lists of links.
fn link_lists(tree: &Tree<'_>, pieces: &[Piece], root: Id) -> std::collections::HashSet<Id> {
    let (mut all, mut link, mut count) = (vec![0usize; tree.len()], vec![0usize; tree.len()], vec![0usize; tree.len()]);
    for piece in pieces.iter().filter(|p| !p.hidden) {
        all[piece.node] += piece.all;
        link[piece.node] += piece.link;
        count[piece.node] += 1;
    }
    for id in (1..tree.len()).rev() {
        let up = tree.parent(id);
        all[up] += all[id];
        link[up] += link[id];
        count[up] += count[id];
    }
    let mut found = vec![false; tree.len()];
    for id in root + 1..tree.end(root) {
        let up = tree.parent(id);
        let group = matches!(tree.tag(id), Tag::Ul | Tag::Ol | Tag::Div | Tag::Section | Tag::Table | Tag::Dl);
        found[id] = (up > root && found[up]) || (group && count[id] >= 2 && link[id] * 10 > all[id] * 6);
    }
    pieces.iter().map(|p| p.node).filter(|&n| found[n]).collect()
}

/// Whether a piece is a link to something else, perhaps with a word before it.
fn is_link(piece: &Piece) -> bool {
    let chars = piece.text.chars().count();
    match piece.kind {
        BlockKind::Heading(_) => piece.link == piece.all && chars > 0,
        BlockKind::Paragraph => piece.link_share() > 0.75 && chars <= 250,
        _ => false,
    }
}
