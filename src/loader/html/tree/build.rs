//! Builds the tree: tokens of the source, implied ends, bounds on what a page may have.

use super::{Id, Kind, Node, Tree};
use crate::error::{Error, ErrorKind, Result};
use crate::loader::html::tag::{Attr, Tag};

/// Open elements, at most; browsers have such a bound too. What is nested deeper is read as if it
/// stood in the deepest of them.
const MAX_DEPTH: usize = 256;
/// Nodes of a page, at most: it bounds the memory.
const MAX_NODES: usize = 1_000_000;

/// Parses a page.
pub(in crate::loader::html) fn parse(source: &str) -> Result<Tree<'_>> {
    parse_as(source, false)
}

/// Parses a page of XHTML, where `<p/>` is a whole element.
pub(in crate::loader::html) fn parse_xhtml(source: &str) -> Result<Tree<'_>> {
    parse_as(source, true)
}

fn parse_as(source: &str, xml: bool) -> Result<Tree<'_>> {
    if u32::try_from(source.len()).is_err() {
        return Err(Error::new(ErrorKind::Input, "the HTML page is larger than 4 GiB; give the article alone"));
    }
    let mut builder = Builder {
        tree: Tree {
            source,
            nodes: Vec::with_capacity(source.len() / 40 + 8),
            attrs: Vec::with_capacity(source.len() / 100),
        },
        open: vec![0],
        overflow: 0,
        xml,
    };
    builder.tree.nodes.push(Node { parent: 0, end: 0, kind: Kind::Element { tag: Tag::Html, attrs: 0, attrs_end: 0 } });
    builder.run()?;
    let all = builder.tree.nodes.len() as u32;
    for &id in &builder.open {
        builder.tree.nodes[id as usize].end = all;
    }
    Ok(builder.tree)
}

struct Builder<'s> {
    tree: Tree<'s>,
    open: Vec<u32>,
    /// Elements open beyond [`MAX_DEPTH`].
    overflow: usize,
    /// Any element may end in its start tag.
    xml: bool,
}

impl Builder<'_> {
    fn run(&mut self) -> Result<()> {
        let bytes = self.tree.source.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let lt = memchr::memchr(b'<', &bytes[at..]).map_or(bytes.len(), |n| at + n);
            if lt > at {
                self.push_text(at, lt, false)?;
            }
            at = match bytes.get(lt + 1) {
                None if lt == bytes.len() => lt,
                Some(b'a'..=b'z' | b'A'..=b'Z') => self.start_tag(lt + 1)?,
                Some(b'/') if bytes.get(lt + 2).is_some_and(u8::is_ascii_alphabetic) => self.end_tag(lt + 2),
                Some(b'!') if bytes[lt + 2..].starts_with(b"--") => end_of_comment(bytes, lt + 4),
                Some(b'!' | b'?' | b'/') => memchr::memchr(b'>', &bytes[lt..]).map_or(bytes.len(), |n| lt + n + 1),
                _ => {
                    self.push_text(lt, lt + 1, false)?;
                    lt + 1
                }
            };
        }
        Ok(())
    }

    fn push(&mut self, kind: Kind) -> Result<u32> {
        let id = self.tree.nodes.len();
        if id >= MAX_NODES {
            return Err(Error::new(
                ErrorKind::Input,
                format!("the HTML page has more than {MAX_NODES} elements; give the article alone"),
            ));
        }
        let parent = self.open.last().copied().unwrap_or(0);
        self.tree.nodes.push(Node { parent, end: id as u32 + 1, kind });
        Ok(id as u32)
    }

    fn push_text(&mut self, start: usize, end: usize, raw: bool) -> Result<()> {
        // White space before the first element is nothing.
        self.push(Kind::Text { start: start as u32, end: end as u32, raw }).map(drop)
    }

    /// Reads a start tag whose name begins at `at`; the index after it.
    fn start_tag(&mut self, at: usize) -> Result<usize> {
        let bytes = self.tree.source.as_bytes();
        let name_end = end_of_name(bytes, at);
        let tag = Tag::of(&bytes[at..name_end]);
        let first = self.tree.attrs.len();
        let Some(end) = self.attributes(name_end) else {
            self.tree.attrs.truncate(first);
            return Ok(bytes.len());
        };
        self.imply_ends(tag);
        let kind = Kind::Element { tag, attrs: first as u32, attrs_end: self.tree.attrs.len() as u32 };
        let id = self.push(kind)?;
        if tag.is_void() || matches!(tag, Tag::Html | Tag::Head | Tag::Body) {
            return Ok(end);
        }
        if self.xml && bytes[..end].ends_with(b"/>") {
            return Ok(end);
        }
        if tag.is_raw() {
            let close = end_of_raw(bytes, end, &bytes[at..name_end]);
            if close > end {
                self.open.push(id);
                self.push_text(end, close, !matches!(tag, Tag::Title | Tag::Textarea))?;
                self.open.pop();
                self.tree.nodes[id as usize].end = self.tree.nodes.len() as u32;
            }
            return Ok(memchr::memchr(b'>', &bytes[close..]).map_or(bytes.len(), |n| close + n + 1));
        }
        let closed = bytes[..end].ends_with(b"/>") && matches!(tag, Tag::Svg | Tag::Math | Tag::Other);
        if closed {
            return Ok(end);
        }
        if self.open.len() >= MAX_DEPTH {
            self.overflow += 1;
        } else {
            self.open.push(id);
        }
        Ok(end)
    }

    /// Reads attributes up to the end of the tag; the index after it, or `None` where it has no end.
    fn attributes(&mut self, mut at: usize) -> Option<usize> {
        let bytes = self.tree.source.as_bytes();
        loop {
            while matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' | b'/') {
                at += 1;
            }
            if bytes[at] == b'>' {
                return Some(at + 1);
            }
            let name = at;
            at += 1;
            while !matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' | b'/' | b'>' | b'=') {
                at += 1;
            }
            let attr = Attr::of(&bytes[name..at]);
            while bytes.get(at)?.is_ascii_whitespace() {
                at += 1;
            }
            let (mut start, mut end) = (at, at);
            if bytes[at] == b'=' {
                at += 1;
                while bytes.get(at)?.is_ascii_whitespace() {
                    at += 1;
                }
                match bytes[at] {
                    quote @ (b'"' | b'\'') => {
                        start = at + 1;
                        end = start + memchr::memchr(quote, &bytes[start..])?;
                        at = end + 1;
                    }
                    b'>' => (start, end) = (at, at),
                    _ => {
                        start = at;
                        while !matches!(bytes.get(at)?, b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' | b'>') {
                            at += 1;
                        }
                        end = at;
                    }
                }
            }
            if attr != Attr::Other {
                self.tree.attrs.push((attr, start as u32, end as u32));
            }
        }
    }

    /// Ends the open elements that an element `next` does not stand in.
    fn imply_ends(&mut self, next: Tag) {
        if !next.is_block() && !matches!(next, Tag::A | Tag::Option | Tag::Button) {
            return;
        }
        // A paragraph in an item ends with the item.
        loop {
            let mut found = None;
            for (depth, &id) in self.open.iter().enumerate().rev() {
                let tag = self.tree.tag(id as Id);
                if tag.ends_at(next) {
                    found = Some(depth);
                    break;
                }
                if depth == 0 || tag.bounds(next) {
                    break;
                }
            }
            let Some(depth) = found else { return };
            self.close(depth);
        }
    }

    /// Reads an end tag whose name begins at `at`; the index after it.
    fn end_tag(&mut self, at: usize) -> usize {
        let bytes = self.tree.source.as_bytes();
        let name_end = end_of_name(bytes, at);
        let end = memchr::memchr(b'>', &bytes[name_end..]).map_or(bytes.len(), |n| name_end + n + 1);
        let tag = Tag::of(&bytes[at..name_end]);
        if tag == Tag::Br {
            let _ = self.push(Kind::Element { tag, attrs: 0, attrs_end: 0 });
            return end;
        }
        if tag.is_void() || matches!(tag, Tag::Html | Tag::Head | Tag::Body) {
            return end;
        }
        if self.overflow > 0 {
            self.overflow -= 1;
            return end;
        }
        let found = self.open.iter().enumerate().skip(1).rev().find_map(|(depth, &id)| {
            let open = self.tree.tag(id as Id);
            if open == tag || (tag.level().is_some() && open.level().is_some()) {
                return Some(Some(depth));
            }
            let bound = match tag {
                Tag::Table => false,
                Tag::Tr | Tag::Td | Tag::Th | Tag::Tbody | Tag::Thead | Tag::Tfoot => open == Tag::Table,
                // An inline element ends no block.
                _ if !tag.is_block() => open.is_block(),
                Tag::P => open.is_block(),
                Tag::Li => matches!(open, Tag::Ul | Tag::Ol | Tag::Td | Tag::Th),
                _ => matches!(open, Tag::Td | Tag::Th | Tag::Caption),
            };
            bound.then_some(None)
        });
        if let Some(Some(depth)) = found {
            self.close(depth);
        }
        end
    }

    fn close(&mut self, depth: usize) {
        let end = self.tree.nodes.len() as u32;
        for id in self.open.drain(depth..) {
            self.tree.nodes[id as usize].end = end;
        }
        self.overflow = 0;
    }
}

fn end_of_name(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && !matches!(bytes[at], b' ' | b'\n' | b'\t' | b'\r' | b'\x0C' | b'/' | b'>') {
        at += 1;
    }
    at
}

/// The index after a comment whose text begins at `at`.
fn end_of_comment(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    if rest.starts_with(b">") {
        return at + 1;
    }
    if rest.starts_with(b"->") {
        return at + 2;
    }
    let mut from = 0;
    while let Some(n) = memchr::memchr(b'>', &rest[from..]) {
        let gt = from + n;
        if rest[..gt].ends_with(b"--") || rest[..gt].ends_with(b"--!") {
            return at + gt + 1;
        }
        from = gt + 1;
    }
    bytes.len()
}

/// Where the end tag of a raw-text element begins.
fn end_of_raw(bytes: &[u8], mut at: usize, name: &[u8]) -> usize {
    while let Some(n) = memchr::memchr(b'<', &bytes[at..]) {
        let lt = at + n;
        let rest = &bytes[lt + 1..];
        if rest.first() == Some(&b'/')
            && rest.get(1..=name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
            && rest.get(name.len() + 1).is_none_or(|c| c.is_ascii_whitespace() || matches!(c, b'/' | b'>'))
        {
            return lt;
        }
        at = lt + 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// The tree in short: names with their content in brackets.
    fn shape(source: &str) -> String {
        let tree = parse(source).unwrap();
        let mut out = String::new();
        let mut ends = Vec::new();
        for id in 1..tree.len() {
            while ends.last() == Some(&id) {
                ends.pop();
                out.push(']');
            }
            if tree.is_element(id) {
                let _ = write!(out, "{:?}[", tree.tag(id));
                ends.push(tree.end(id));
            } else {
                out.push_str(&tree.text(id));
            }
        }
        out.extend(ends.iter().map(|_| ']'));
        out
    }

    #[test]
    fn implied_ends() {
        assert_eq!(shape("<p>a<p>b<div>c"), "P[a]P[b]Div[c]");
        assert_eq!(shape("<ul><li>a<p>x<li>b<ul><li>c</ul></ul>d"), "Ul[Li[aP[x]]Li[bUl[Li[c]]]]d");
        assert_eq!(shape("<dl><dt>q<dd>a<dt>r</dl>"), "Dl[Dt[q]Dd[a]Dt[r]]");
        assert_eq!(
            shape("<table><tr><td>a<td>b<tr><th>c<table><tr><td>d</table>e</table>f"),
            "Table[Tr[Td[a]Td[b]]Tr[Th[cTable[Tr[Td[d]]]e]]]f"
        );
        assert_eq!(shape("<h2>a<h3>b</h2>c"), "H2[a]H3[b]c");
        assert_eq!(shape("<p>a<span>b<div>c</div>"), "P[aSpan[b]]Div[c]");
    }

    #[test]
    fn stray_ends_and_odd_markup() {
        assert_eq!(shape("a</div>b</p>c<br/>d</br>e"), "abcBr[]dBr[]e");
        assert_eq!(shape("<div><b>a<p>b</b>c</div>d"), "Div[B[aP[bc]]]d");
        assert_eq!(shape("1 < 2 <3 <!-- <p> --!>x<!-->y<!doctype z><?php ?></ >w"), "1 < 2 <3 xyw");
        assert_eq!(shape("<p class=a title='>'>x<img src=\"a>b\">y</P >z"), "P[xImg[]y]z");
        assert_eq!(shape("<p>open <b attr"), "P[open ]");
        assert_eq!(shape("<"), "<");
    }

    #[test]
    fn raw_text_and_character_references() {
        assert_eq!(shape("<script>if (a</b/) '</scripty>'</SCRIPT >x"), "Script[if (a</b/) '</scripty>']x");
        assert_eq!(shape("<title>a &amp; <b></title>&eacute;&#241;&nbsp;&copy"), "Title[a & <b>]éñ\u{A0}©");
        assert_eq!(shape("<style>p{}"), "Style[p{}]");
        let tree = parse("<a href='?a=1&amp;copy=2&copy=3' HIDDEN id=x>").unwrap();
        assert_eq!(tree.attr(1, Attr::Href).unwrap(), "?a=1&copy=2&copy=3");
        assert_eq!(tree.raw_attr(1, Attr::Hidden), Some(""));
        assert_eq!(tree.raw_attr(1, Attr::Id), Some("x"));
        assert_eq!(tree.raw_attr(1, Attr::Class), None);
    }

    #[test]
    fn deep_nesting_is_flattened_in_linear_time() {
        let source = format!("{}deep{}<p>after", "<div>".repeat(100_000), "</div>".repeat(100_000));
        let tree = parse(&source).unwrap();
        let deepest = (0..tree.len())
            .map(|id| std::iter::successors(Some(id), |&n| (n > 0).then(|| tree.parent(n))).count())
            .max();
        assert!(deepest.unwrap() <= MAX_DEPTH + 2);
        let last = tree.len() - 1;
        assert_eq!((tree.text(last).as_ref(), tree.parent(tree.parent(last))), ("after", 0));
        let error = parse(&"<p>".repeat(MAX_NODES + 1)).unwrap_err();
        assert!(error.message().contains("elements"), "{error}");
    }
}
