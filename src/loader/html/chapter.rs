//! A chapter of a book as blocks: all of it is content, so there is nothing to find, only some to leave out.

use super::render;
use super::tag::{Attr, Tag};
use super::tree::{self, Id, Tree};
use crate::article::DropReason;
use crate::error::Result;
use crate::loader::block::{BlockKind, Role};

/// Share of the text that is links in a chapter that only leads to others.
const MIN_LINK_SHARE: f64 = 0.6;
/// Blocks of such a chapter.
const MIN_LINKS: usize = 4;
/// What a page of a book is, where that is not its text.
const FRONT_MATTER: &[&str] = &["toc", "cover", "loi", "lot", "landmarks", "page-list", "index", "copyright-page"];

/// A block of a chapter.
#[derive(Debug, Clone)]
pub(in crate::loader) struct ChapterBlock {
    pub(in crate::loader) kind: BlockKind,
    pub(in crate::loader) text: String,
    pub(in crate::loader) role: Role,
    /// All of it is bold, italic, a link.
    pub(in crate::loader) strong: bool,
    pub(in crate::loader) emphasis: bool,
    pub(in crate::loader) link: bool,
}

/// Splits a chapter.
///
/// # Errors
/// `Input` where it has more elements than any chapter.
pub(in crate::loader) fn chapter(source: &str) -> Result<Vec<ChapterBlock>> {
    let tree = tree::parse_xhtml(source)?;
    let pieces = render::pieces_without(&tree, &|id| is_mark(&tree, id));
    let shown = || pieces.iter().filter(|p| !p.hidden);
    let (all, link) = shown().fold((0, 0), |(all, link), p| (all + p.all, link + p.link));
    let leads = shown().count() >= MIN_LINKS && link as f64 > MIN_LINK_SHARE * all as f64;
    let roles = roles(&tree, leads);
    let blocks = pieces.iter().filter(|p| !p.hidden).map(|piece| ChapterBlock {
        kind: piece.kind,
        text: piece.text.clone(),
        role: roles[piece.node],
        strong: piece.strong == piece.all,
        emphasis: piece.emphasis == piece.all,
        link: piece.link == piece.all,
    });
    Ok(blocks.collect())
}

/// For each node what its text is.
fn roles(tree: &Tree<'_>, leads: bool) -> Vec<Role> {
    let navigation = Role::Dropped(DropReason::Navigation);
    let mut roles = vec![if leads { navigation } else { Role::Body }; tree.len()];
    for id in 1..tree.len() {
        roles[id] = roles[tree.parent(id)];
        if roles[id] == Role::Body && tree.is_element(id) {
            roles[id] = match tree.tag(id) {
                Tag::Nav => navigation,
                Tag::Figcaption => Role::Dropped(DropReason::PhotoCredit),
                _ if types(tree, id).any(|t| FRONT_MATTER.contains(&t)) => navigation,
                _ => Role::Body,
            };
        }
    }
    roles
}

/// What the book says that an element is.
fn types<'t>(tree: &'t Tree<'_>, id: Id) -> impl Iterator<Item = &'t str> {
    let names = [tree.raw_attr(id, Attr::EpubType), tree.raw_attr(id, Attr::Role)];
    names.into_iter().flatten().flat_map(str::split_whitespace).map(|t| t.strip_prefix("doc-").unwrap_or(t))
}

/// Whether an element is a mark in the text and no part of it: a reference to a note, the number of a page.
fn is_mark(tree: &Tree<'_>, id: Id) -> bool {
    if tree.has_attrs(id) && types(tree, id).any(|t| matches!(t, "noteref" | "pagebreak" | "backlink")) {
        return true;
    }
    let inner = match tree.tag(id) {
        Tag::Sup => tree.children(id).find(|&c| tree.is_element(c)).filter(|&c| tree.tag(c) == Tag::A),
        Tag::A => tree.children(id).find(|&c| tree.is_element(c)).filter(|&c| tree.tag(c) == Tag::Sup),
        _ => None,
    };
    // Books of EPUB 2 set the number of a note high and make it a link.
    inner.is_some() && tree.end(id) - id < 12 && {
        let text = tree.inner_text(id);
        let text = text.trim().trim_matches(['[', ']', '(', ')']);
        text.chars().count() <= 4 && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '*' | '†' | '‡' | '§'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_navigation_are_told_from_the_text() {
        let source = "<?xml version='1.0'?><html xmlns:epub='x'><head><title/><script src='a'/></head><body>\
            <h1>One<span epub:type='pagebreak'>12</span></h1><p>Text<a epub:type='noteref' href='#n'>1</a>, more\
            <sup><a href='n.xhtml'>2</a></sup>.<a id='x'/> H<sub>2</sub>O and x<sup>2</sup>.</p><p/>\
            <p hidden='hidden'>unseen</p><figure><img/><figcaption>A boat.</figcaption></figure>\
            <nav><ol><li><a href='a'>One</a></li></ol></nav><aside epub:type='footnote'>A note.</aside></body></html>";
        let found: Vec<_> = chapter(source).unwrap().into_iter().map(|b| (b.role, b.text)).collect();
        let expected = [
            (Role::Body, "One"),
            (Role::Body, "Text, more. H2O and x2."),
            (Role::Dropped(DropReason::PhotoCredit), "A boat."),
            (Role::Dropped(DropReason::Navigation), "1. One"),
            (Role::Body, "A note."),
        ];
        assert_eq!(found, expected.map(|(r, t)| (r, t.to_owned())));
        let toc = "<body><p><a href='a.xhtml'>Part one</a></p><p><a href='b.xhtml'>Part two</a></p>\
            <p><a href='c.xhtml'>Part three</a></p><h1>Contents</h1></body>";
        assert!(chapter(toc).unwrap().iter().all(|b| b.role == Role::Dropped(DropReason::Navigation)));
    }
}
