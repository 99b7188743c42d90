//! The head of the article on the page: which blocks are its title and its deck, and their text.

use super::meta::Stated;
use super::render::Piece;
use super::tag::Attr;
use super::tree::{Id, Tree};
use crate::loader::block::BlockKind;
use crate::loader::normalize::normalize;

/// Characters of a deck, at most.
const MAX_DECK_CHARS: usize = 500;
/// Blocks after the beginning of the article among which the deck can stand.
const DECK_WITHIN: usize = 4;

/// In a class or id of a deck, without signs.
#[rustfmt::skip]
const DECK_NAMES: &[&str] = &[
    "subtitle", "subtitulo", "deck", "dek", "standfirst", "entradilla", "bajada", "epigraph", "sumario", "copete",
    "subheadline", "articlesummary", "storysummary", "articledek", "articlelead", "postexcerpt",
];

/// The title, and the blocks that show it.
#[derive(Debug, Default)]
pub(super) struct Title {
    pub(super) text: Option<String>,
    /// The block that is the article's headline.
    pub(super) piece: Option<usize>,
    /// Other blocks that repeat it.
    pub(super) repeats: Vec<usize>,
}

/// Letters and digits in lower case: the form in which texts are compared.
pub(super) fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Finds the title: what is stated, in the form that the page shows.
pub(super) fn title(pieces: &[Piece], stated: &Stated) -> Title {
    let named = stated.meta.title.as_deref().or(stated.window_title.as_deref());
    let wanted = named.map(bare).unwrap_or_default();
    let headings: Vec<(usize, u8, String)> = pieces
        .iter()
        .enumerate()
        .filter_map(|(i, piece)| match piece.kind {
            BlockKind::Heading(level) if !piece.hidden => Some((i, level, bare(&piece.text))),
            _ => None,
        })
        .collect();
    let firsts: Vec<_> = headings.iter().filter(|h| h.1 == 1 && h.2.len() > 3).collect();
    let matching = |level: std::ops::RangeInclusive<u8>| {
        headings.iter().find(|(_, own, text)| level.contains(own) && is_same(text, &wanted)).map(|h| h.0)
    };
    let piece = matching(1..=1).or_else(|| matching(2..=6)).or_else(|| match &firsts[..] {
        // A headline for readers and one for search engines.
        [only] if wanted.is_empty() || shares_words(&pieces[only.0].text, named.unwrap_or_default()) => Some(only.0),
        [first, ..] if wanted.is_empty() => Some(first.0),
        _ => None,
    });
    let shown = piece.map(|i| one_line(&pieces[i].text));
    let key = shown.as_deref().map_or(wanted.clone(), bare);
    let repeats =
        headings.iter().filter(|h| Some(h.0) != piece && !key.is_empty() && h.2 == key).map(|h| h.0).collect();
    Title { text: shown.or_else(|| named.map(str::to_owned)), piece, repeats }
}

/// Whether two bare titles are the same but for something added to one of them.
fn is_same(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    a == b && !a.is_empty() || (short.len() >= 12 && 2 * short.len() >= long.len() && long.contains(short))
}

fn shares_words(a: &str, b: &str) -> bool {
    let words = |t: &str| -> Vec<String> { t.split_whitespace().map(bare).filter(|w| w.chars().count() > 3).collect() };
    let (a, b) = (words(a), words(b));
    let common = a.iter().filter(|w| b.contains(w)).count();
    2 * common >= a.len().min(b.len()).max(1)
}

/// Finds the deck: the blocks that show it, and its text.
///
/// `body` are the blocks of the article in order. A description that is not shown is the deck only
/// if an editor wrote it for readers (JSON-LD, OpenGraph), not if it is the beginning of the body.
pub(super) fn deck(
    tree: &Tree<'_>,
    pieces: &[Piece],
    title: Option<usize>,
    body: &[usize],
    stated: &Stated,
) -> (Vec<usize>, Option<String>) {
    let first = body.first().copied().unwrap_or(pieces.len());
    let from = title.map_or(first, |t| t + 1);
    let before = from..first.max(from);
    let early = body.iter().copied().take(DECK_WITHIN).filter(|i| !before.contains(i));
    let descriptions: Vec<String> =
        [&stated.meta.deck, &stated.description].into_iter().flatten().map(|d| bare(d)).collect();
    for i in before.clone().chain(early) {
        let piece = &pieces[i];
        if piece.hidden || piece.text.chars().count() > MAX_DECK_CHARS || Some(i) == title {
            continue;
        }
        let own = bare(&piece.text);
        let described = own.len() > 20 && descriptions.iter().any(|d| is_same(d, &own));
        let apart = before.contains(&i) || matches!(piece.kind, BlockKind::Heading(_));
        let named = matches!(piece.kind, BlockKind::Paragraph | BlockKind::Heading(_)) && is_named(tree, piece.node);
        if own.len() > 15 && ((described && apart) || named) {
            return (vec![i], Some(one_line(&piece.text)));
        }
    }
    let opening: String = body.iter().take(8).map(|&i| bare(&pieces[i].text)).collect();
    let stated = stated.meta.deck.as_deref().filter(|deck| {
        let own = bare(deck);
        let begin = own.chars().take(40).collect::<String>();
        let cut = deck.trim_end().ends_with('…') || deck.trim_end_matches([']', ' ']).ends_with("...");
        own.len() > 20 && !cut && !opening.contains(&begin) && deck.chars().count() <= MAX_DECK_CHARS
    });
    (Vec::new(), stated.map(str::to_owned))
}

/// Whether the names of an element, or of one of the two around it, say that it is a deck.
fn is_named(tree: &Tree<'_>, node: Id) -> bool {
    let parent = tree.parent(node);
    let few = |id: Id| tree.children(id).filter(|&c| tree.is_element(c)).count() <= 3;
    [node, parent].into_iter().enumerate().any(|(up, id)| {
        let names =
            [Attr::Class, Attr::Id].into_iter().filter_map(|a| tree.raw_attr(id, a)).flat_map(str::split_whitespace);
        (up == 0 || few(id))
            && names
                .map(bare)
                .any(|name| DECK_NAMES.iter().any(|deck| name == *deck || (deck.len() > 5 && name.contains(deck))))
    })
}

/// The text on one line, in its normal form.
pub(super) fn one_line(text: &str) -> String {
    normalize(text).split_whitespace().collect::<Vec<_>>().join(" ")
}
