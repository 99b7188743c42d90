//! The packing: greedy, in the order of the article, by parts that are kept together where they fit.

use std::ops::Range;

use super::{Chunk, Chunks};
use crate::article::{Article, Heading, Passage, PassageKind, Section, Span};
use crate::error::{Error, ErrorKind, Result};

/// A passage, or some of its sentences.
#[derive(Debug, Clone)]
struct Piece {
    /// Its number in [`Article::passages`].
    passage: usize,
    sentences: Range<usize>,
    /// Its tokens, as far as they can be told without what is around it.
    cost: usize,
}

/// The packer.
///
/// Counts of parts do not quite add up to the count of the whole, so their sum decides only where
/// it is clear, and every chunk is counted as a whole before it is closed.
pub(super) struct Packer<'a> {
    article: &'a Article,
    limit: usize,
    count: &'a dyn Fn(&str) -> Result<usize>,
    /// What the counter adds to every text, such as a token for its beginning.
    base: usize,
    title: usize,
    deck: usize,
    /// Tokens of each section's heading.
    headings: Vec<usize>,
    /// The section that each section is part of.
    parents: Vec<Option<usize>>,
    /// All passages, with the numbers of their sections.
    passages: Vec<(usize, &'a Passage)>,
    costs: Vec<usize>,
    current: Vec<Piece>,
    chunks: Vec<Chunk>,
    coverage: Vec<Range<usize>>,
}

impl<'a> Packer<'a> {
    /// Counts the parts of the article, each once.
    pub(super) fn new(article: &'a Article, limit: usize, count: &'a dyn Fn(&str) -> Result<usize>) -> Result<Self> {
        let base = count("")?;
        let cost = |text: String| -> Result<usize> { Ok(count(&(text + "\n\n"))?.saturating_sub(base)) };
        let optional = |text: Option<String>| text.map_or(Ok(0), cost);
        let passages: Vec<_> =
            article.sections.iter().enumerate().flat_map(|(i, s)| s.passages.iter().map(move |p| (i, p))).collect();
        Ok(Self {
            article,
            limit,
            count,
            base,
            title: optional(article.title.as_ref().map(|title| format!("# {title}")))?,
            deck: optional(article.deck.clone())?,
            headings: article
                .sections
                .iter()
                .map(|s| optional(s.heading.map(|h| article.heading_markdown(h))))
                .collect::<Result<_>>()?,
            parents: parents(&article.sections),
            costs: passages.iter().map(|(_, p)| cost(article.passage_markdown(p))).collect::<Result<_>>()?,
            coverage: vec![0..0; passages.len()],
            passages,
            current: Vec::new(),
            chunks: Vec::new(),
        })
    }

    /// Packs all of the article.
    pub(super) fn pack(mut self) -> Result<Chunks> {
        let sections = 0..self.article.sections.len();
        let whole = self.pieces(&sections);
        if !self.take(&whole)? {
            self.take_trees(sections)?;
        }
        while !self.current.is_empty() {
            self.close()?;
        }
        Ok(Chunks { chunks: self.chunks, coverage: self.coverage })
    }

    /// The passages of sections as pieces.
    fn pieces(&self, sections: &Range<usize>) -> Vec<Piece> {
        let first = self.passages.partition_point(|(section, _)| *section < sections.start);
        let end = self.passages.partition_point(|(section, _)| *section < sections.end);
        (first..end)
            .map(|i| Piece { passage: i, sentences: 0..self.passages[i].1.sentences.len(), cost: self.costs[i] })
            .collect()
    }

    /// Takes sections with their subsections one after the other.
    fn take_trees(&mut self, sections: Range<usize>) -> Result<()> {
        let mut at = sections.start;
        while at < sections.end {
            let outside = |i: &usize| self.parents[*i].is_none_or(|parent| parent < at);
            let end = (at + 1..sections.end).find(outside).unwrap_or(sections.end);
            let tree = self.pieces(&(at..end));
            if !self.take(&tree)? {
                let own = self.pieces(&(at..at + 1));
                if end == at + 1 || !self.take(&own)? {
                    self.take_parts(&own)?;
                }
                self.take_trees(at + 1..end)?;
            }
            at = end;
        }
        Ok(())
    }

    /// Takes the passages of a section that is too long for one chunk.
    fn take_parts(&mut self, section: &[Piece]) -> Result<()> {
        let passages = &self.passages;
        let article = self.article;
        let groups = section.chunk_by(|a, b| belong_together(article, passages[a.passage].1, passages[b.passage].1));
        // The groups borrow the pieces and not the packer.
        let groups: Vec<&[Piece]> = groups.collect();
        for group in groups {
            if self.take(group)? {
                continue;
            }
            for piece in group {
                if self.take(std::slice::from_ref(piece))? {
                    continue;
                }
                for sentence in self.by_sentence(piece)? {
                    if !self.take(std::slice::from_ref(&sentence))? {
                        let opening = self.chunks.is_empty() && self.current.is_empty();
                        return Err(self.too_long(&sentence, opening)?);
                    }
                }
            }
        }
        Ok(())
    }

    fn by_sentence(&self, piece: &Piece) -> Result<Vec<Piece>> {
        let passage = self.passages[piece.passage].1;
        let one = |i: usize| {
            let text = format!("{} ", self.article.slice(passage.sentences[i].span));
            let cost = (self.count)(&text)?.saturating_sub(self.base);
            Ok(Piece { passage: piece.passage, sentences: i..i + 1, cost })
        };
        piece.sentences.clone().map(one).collect()
    }

    /// Puts pieces into the current chunk, or into a new one, if they fit into either.
    fn take(&mut self, unit: &[Piece]) -> Result<bool> {
        let mut fits_alone = false;
        loop {
            let joined = [&self.current[..], unit].concat();
            if self.fits(&joined, self.chunks.is_empty())? {
                self.current = joined;
                return Ok(true);
            }
            if self.current.is_empty() {
                return Ok(false);
            }
            fits_alone = fits_alone || self.fits(unit, false)?;
            if !fits_alone {
                return Ok(false);
            }
            self.close()?;
        }
    }

    fn fits(&self, pieces: &[Piece], opening: bool) -> Result<bool> {
        let Some(sections) = self.sections_of(pieces) else { return Ok(true) };
        let above: usize = self.above(sections.start).map(|i| self.headings[i]).sum();
        let head = self.base + self.title + if opening { self.deck } else { 0 } + above;
        let body: usize = pieces.iter().map(|p| p.cost).sum();
        let sum = head + body + self.headings[sections].iter().sum::<usize>();
        if sum <= self.limit {
            return Ok(true);
        }
        Ok(sum <= self.limit + self.limit / 4 && self.counted(pieces, opening)?.tokens <= self.limit)
    }

    /// Closes the current chunk. What turns out to be too much for it stays for the next one.
    fn close(&mut self) -> Result<()> {
        let mut rest = Vec::new();
        let opening = self.chunks.is_empty();
        let chunk = loop {
            let chunk = self.counted(&self.current, opening)?;
            if chunk.tokens <= self.limit {
                break chunk;
            }
            match self.current.as_slice() {
                [only] if only.sentences.len() > 1 => self.current = self.by_sentence(only)?,
                [only] => return Err(self.too_long(only, opening)?),
                _ => rest.extend(self.current.pop()),
            }
        };
        let number = self.chunks.len();
        for piece in &self.current {
            let covered = &mut self.coverage[piece.passage];
            *covered = if covered.start == covered.end { number..number + 1 } else { covered.start..number + 1 };
        }
        self.chunks.push(chunk);
        rest.reverse();
        self.current = rest;
        Ok(())
    }

    fn counted(&self, pieces: &[Piece], opening: bool) -> Result<Chunk> {
        let mut chunk = self.chunk(pieces, opening);
        chunk.tokens = (self.count)(&chunk.markdown(self.article))?;
        Ok(chunk)
    }

    fn chunk(&self, pieces: &[Piece], opening: bool) -> Chunk {
        let range = self.sections_of(pieces).unwrap_or(0..0);
        let mut headings: Vec<Heading> =
            self.above(range.start).filter_map(|i| self.article.sections[i].heading).collect();
        headings.reverse();
        let mut sections: Vec<Section> = self.article.sections[range.clone()]
            .iter()
            .map(|s| Section { heading: s.heading, passages: Vec::new() })
            .collect();
        for part in pieces.chunk_by(|a, b| a.passage == b.passage) {
            let (section, passage) = self.passages[part[0].passage];
            let first = part[0].sentences.start;
            let end = part[part.len() - 1].sentences.end;
            let sentences = passage.sentences[first..end].to_vec();
            let span = match sentences.as_slice() {
                [first, .., last] | [first @ last] if sentences.len() < passage.sentences.len() => {
                    Span::new(first.span.start, last.span.end)
                }
                _ => passage.span,
            };
            sections[section - range.start].passages.push(Passage { span, sentences, ..*passage });
        }
        Chunk { opening, headings, sections, tokens: 0 }
    }

    /// The sections of a chunk of these pieces. Headings without a text go with what follows them,
    /// and those at the end of the article with the last passage.
    fn sections_of(&self, pieces: &[Piece]) -> Option<Range<usize>> {
        let (first, last) = (pieces.first()?, pieces.last()?);
        let section = self.passages[first.passage].0;
        let begins = first.sentences.start == 0;
        let start = match first.passage.checked_sub(1) {
            None if begins => 0,
            Some(before) if begins => section.min(self.passages[before].0 + 1),
            _ => section,
        };
        let (section, passage) = self.passages[last.passage];
        let ends = last.passage + 1 == self.passages.len() && last.sentences.end == passage.sentences.len();
        Some(start..if ends { self.article.sections.len() } else { section + 1 })
    }

    /// The sections that a section is part of, innermost first.
    fn above(&self, section: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents.get(section).copied().flatten(), |&i| self.parents[i])
    }

    fn too_long(&self, sentence: &Piece, opening: bool) -> Result<Error> {
        let chunk = self.counted(std::slice::from_ref(sentence), opening)?;
        let text = chunk.sections.iter().flat_map(|s| &s.passages).map(|p| self.article.slice(p.span)).next();
        let (own, beginning) =
            (text.unwrap_or_default(), text.unwrap_or_default().chars().take(40).collect::<String>());
        let message = format!(
            "the sentence that begins `{beginning}` has {} tokens, {} with the title and the headings above it, \
             but a chunk may have {}; use a model with a longer context, or shorten the sentence",
            (self.count)(own)?,
            chunk.tokens,
            self.limit
        );
        Ok(Error::new(ErrorKind::ContextLength, message))
    }
}

/// Whether two passages in a row lose by being parted: items of a list, rows of a table, and what
/// follows a colon or a question.
fn belong_together(article: &Article, passage: &Passage, next: &Passage) -> bool {
    let row = matches!(passage.kind, PassageKind::ListItem | PassageKind::TableRow);
    (row && passage.kind == next.kind) || article.slice(passage.span).ends_with([':', '?'])
}

/// For each section the one that it is part of, by the levels of their headings.
fn parents(sections: &[Section]) -> Vec<Option<usize>> {
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut parents = Vec::with_capacity(sections.len());
    for (i, section) in sections.iter().enumerate() {
        let level = section.heading.map_or(0, |h| h.level);
        while open.last().is_some_and(|(_, above)| *above >= level) {
            open.pop();
        }
        parents.push(open.last().map(|(above, _)| *above));
        if level > 0 {
            open.push((i, level));
        }
    }
    parents
}
