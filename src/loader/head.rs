//! The head of an article: title, deck, byline and date.

use std::sync::LazyLock;

use regex::Regex;

use super::block::{BlockKind, Draft, Role, ends_sentence, is_quoted};
use super::furniture::{BYLINE_MARKERS, DATE_MARKERS, MONTHS};
use crate::article::DropReason;

/// The parts of the head, as far as they were found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) title: Option<String>,
    pub(super) deck: Option<String>,
    pub(super) byline: Option<String>,
    pub(super) date: Option<String>,
}

const MAX_TITLE_CHARS: usize = 250;
const MAX_DECK_CHARS: usize = 400;

static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\s*[|·•]\s*|\s+[-–—]\s+").unwrap());
static ABBREVIATED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?:\bEE\. ?UU|\b\p{Lu}\.\p{Lu}|\b(?:Jr|Inc|Ltd|Co|etc))\.$").unwrap());
static YEAR_OR_DAY: LazyLock<Regex> = LazyLock::new(|| {
    let months = MONTHS.join("|");
    Regex::new(&format!(
        r"(?ix)^(?:\p{{L}}+,?\ )?(?:
            \d{{4}}-\d{{2}}-\d{{2}}(?:[T\ ].*)?
          | \d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}(?:\W.*)?
          | \d{{1,2}}(?:\ de)?\ (?:{months})\p{{L}}*\.?(?:\ del?|,)?\ \d{{4}}(?:\W.*)?
          | (?:{months})\p{{L}}*\.?\ \d{{1,2}}(?:st|nd|rd|th)?,?\ \d{{4}}(?:\W.*)?
        )$"
    ))
    .unwrap()
});

/// Finds the head and marks its blocks.
pub(super) fn find(draft: &mut Draft<'_>) -> Head {
    let mut head = Head::default();
    let Some(mut at) = find_title(draft, &mut head) else { return head };
    let (mut stated, mut seen) = (false, 0);
    while let Some(i) = (at..draft.len()).find(|&i| draft.is_free(i)) {
        at = i + 1;
        seen += 1;
        if seen > 5 {
            break;
        }
        if head.title.as_ref().is_some_and(|title| title.to_lowercase() == draft.text(i).to_lowercase()) {
            // Pages repeat their headline.
            draft.roles[i] = Role::Title;
        } else if is_meta(draft, i, &mut head) {
            draft.roles[i] = Role::Meta;
            stated = true;
        } else if !draft.doc.headed && head.deck.is_none() && is_deck(draft, i, stated) {
            head.deck = Some(draft.text(i).replace('\n', " "));
            draft.roles[i] = Role::Deck;
        } else {
            break;
        }
    }
    head
}

/// Marks the title; the index after it, or 0 if the file names it elsewhere.
fn find_title(draft: &mut Draft<'_>, head: &mut Head) -> Option<usize> {
    let Some(first) = (0..draft.len()).find(|&i| draft.is_free(i)) else {
        head.title = draft.doc.meta.title.clone();
        return None;
    };
    let text = draft.text(first);
    let is_title = match draft.block(first).kind {
        _ if draft.doc.headed => false,
        BlockKind::Heading(_) => true,
        BlockKind::Paragraph => {
            let heading_later = (first + 1..draft.len()).take(3).any(|i| draft.block(i).kind == BlockKind::Heading(1));
            draft.doc.meta.title.is_none()
                && !heading_later
                && !text.contains('\n')
                && text.chars().count() <= MAX_TITLE_CHARS
                && (!text.ends_with(['.', ',', ';', ':']) || ABBREVIATED.is_match(text))
                && draft.next_free(first).is_some_and(|next| !is_quoted(text) || draft.block(next).gap)
        }
        _ => false,
    };
    if !is_title {
        head.title = draft.doc.meta.title.clone();
        return head.title.as_ref().map(|_| 0);
    }
    head.title = Some(text.replace('\n', " "));
    draft.roles[first] = Role::Title;
    Some(first + 1)
}

/// Whether block `i` is a byline, a date, or both; takes them.
fn is_meta(draft: &Draft<'_>, i: usize, head: &mut Head) -> bool {
    read_meta(draft.text(i), head)
}

/// Whether a line is a byline, a date, or both; takes them.
pub(super) fn read_meta(text: &str, head: &mut Head) -> bool {
    if text.chars().count() > 160 || text.contains('\n') {
        return false;
    }
    let parts: Vec<&str> = SEPARATOR.split(text).filter(|p| !p.is_empty()).collect();
    let whole = [text];
    // A line is all byline and date, or it is neither.
    for parts in [&parts[..], &whole[..]] {
        let found: Vec<_> = parts.iter().map(|p| (byline(p), date(p))).collect();
        if !found.is_empty() && found.iter().all(|(b, d)| b.is_some() || d.is_some()) {
            for (b, d) in found {
                head.byline = head.byline.take().or(b);
                head.date = head.date.take().or(d);
            }
            return true;
        }
    }
    false
}

fn byline(part: &str) -> Option<String> {
    let lower = part.to_lowercase();
    let marker = BYLINE_MARKERS.iter().filter(|m| lower.starts_with(&format!("{m} "))).max_by_key(|m| m.len())?;
    // Lower case can be longer than upper case; the markers are not affected.
    let name = part.get(marker.len()..)?.trim();
    let words = name.split_whitespace().count();
    (name.chars().next()?.is_uppercase() && words <= 8 && !name.ends_with(['.', '?', '!', ':']))
        .then(|| name.to_owned())
}

fn date(part: &str) -> Option<String> {
    let lower = part.to_lowercase();
    let marker = DATE_MARKERS
        .iter()
        .filter(|m| lower.strip_prefix(**m).is_some_and(|rest| rest.starts_with([' ', ':'])))
        .max_by_key(|m| m.len());
    let rest = marker.map_or(part, |m| part.get(m.len()..).unwrap_or(part));
    let rest = rest.trim_start_matches(':').trim();
    let rest = ["on ", "el "].iter().find_map(|w| rest.strip_prefix(w)).unwrap_or(rest);
    let dated = YEAR_OR_DAY.is_match(rest);
    let marked = marker.is_some() && rest.chars().any(|c| c.is_ascii_digit()) && rest.chars().count() <= 60;
    ((dated && rest.chars().count() <= 60) || marked).then(|| rest.to_owned())
}

/// Whether a line is a place and a date, as letters and notices end: `Oslo, May 12, 2026`,
/// `En Lugo, a 12 de mayo de 2026`.
pub(super) fn is_place_and_date(line: &str) -> bool {
    let Some((place, when)) = line.split_once(", ") else { return false };
    let when = ["a ", "on "].iter().find_map(|w| when.strip_prefix(w)).unwrap_or(when).trim_end_matches('.');
    let begins = place.chars().next().is_some_and(char::is_uppercase);
    let ends = when.ends_with(|c: char| c.is_ascii_digit());
    begins && ends && place.split_whitespace().count() <= 6 && YEAR_OR_DAY.is_match(when)
}

/// Whether the paragraph at `i`, between title and body, is the deck. Conservative: what is taken
/// for the deck cannot serve as evidence. `stated` says that byline or date came before it.
fn is_deck(draft: &Draft<'_>, i: usize, stated: bool) -> bool {
    let (block, text) = (draft.block(i), draft.text(i));
    let chars = text.chars().count();
    let sentences = text.matches(['.', '?', '!']).count();
    if block.kind != BlockKind::Paragraph || chars > MAX_DECK_CHARS || sentences > 4 || text.ends_with([':', '?']) {
        return false;
    }
    // There must be a body after it that is more than it.
    let Some(next) = draft.next_free(i) else { return false };
    let body: usize = (next..draft.len()).filter(|&j| draft.is_free(j)).map(|j| draft.text(j).chars().count()).sum();
    if body < 2 * chars {
        return false;
    }
    if block.emphasis {
        return true;
    }
    let follows = draft.roles.get(i + 1);
    let before_furniture = matches!(
        follows,
        Some(Role::Dropped(DropReason::PhotoCredit | DropReason::RelatedLinks | DropReason::Promotion))
    );
    let before_meta = is_meta(draft, i + 1, &mut Head::default());
    let unstopped = !ends_sentence(text)
        && text.split_whitespace().count() >= 9
        && draft.block(next).kind == BlockKind::Paragraph
        && ends_sentence(draft.text(next));
    before_meta || unstopped || (before_furniture && !stated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_and_dates_as_papers_state_them() {
        for (line, name) in [
            ("By Ana Ruiz", Some("Ana Ruiz")),
            ("Por Luis Peña", Some("Luis Peña")),
            ("Escrito por Redacción Central", Some("Redacción Central")),
            ("Por qué sube el río", None),
            ("By the river they sat", None),
            ("Bystanders Help Driver", None),
        ] {
            assert_eq!(byline(line).as_deref(), name, "{line}");
        }
        for (line, expected) in [
            ("12 de mayo de 2026", Some("12 de mayo de 2026")),
            ("martes, 12 de mayo de 2026 - 10:30", Some("martes, 12 de mayo de 2026 - 10:30")),
            ("May 12, 2026", Some("May 12, 2026")),
            ("12 May 2026", Some("12 May 2026")),
            ("2026-05-12", Some("2026-05-12")),
            ("Published: May 12, 2026 at 9:00", Some("May 12, 2026 at 9:00")),
            ("Updated 3 hours ago", Some("3 hours ago")),
            ("Publicado el 12/05/2026", Some("12/05/2026")),
            ("May the best win", None),
            ("2026 was a good year", None),
        ] {
            assert_eq!(date(line).as_deref(), expected, "{line}");
        }
    }

    #[test]
    fn places_with_dates_as_notices_end() {
        for line in [
            "Oslo, May 12, 2026",
            "Lugo, 12 de mayo de 2026",
            "En Lugo, a 12 de mayo de 2026.",
            "San José de la Sierra, 12/05/2026",
            "Leeds, 12 May 2026",
        ] {
            assert!(is_place_and_date(line), "{line}");
        }
        for line in [
            "Oslo, May 12, 2026: a day to forget",
            "Roads, 12 of them",
            "In May, prices rose",
            "2026, a good year",
            "lower, May 12, 2026",
            "May 12",
        ] {
            assert!(!is_place_and_date(line), "{line}");
        }
    }
}
