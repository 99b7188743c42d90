//! Finds the page furniture among the blocks by the rules of the table, and says why each part goes.

use super::block::{Block, BlockKind, Draft, Role, ends_sentence};
use super::furniture::{AUTHOR_OPENINGS, AUTHOR_VERBS, AUTHOR_WORDS, How, RULES, TEAM_NAMES};
use crate::article::{DropReason, Span};

/// Longer blocks are under no rule.
const MAX_FURNITURE_CHARS: usize = 500;
/// Names and links after a lead-in that go with it, at most.
const MAX_FOLLOWERS: usize = 15;
/// A link or a name has at most so many characters.
const MAX_LINK_CHARS: usize = 160;

/// Marks all furniture in `draft`.
pub(super) fn mark(draft: &mut Draft<'_>) {
    let matches: Vec<_> = (0..draft.len())
        .map(|i| if draft.is_free(i) { match_rules(draft.text(i), draft.block(i), i) } else { None })
        .collect();
    for (i, found) in matches.iter().enumerate() {
        if let Some((reason, _)) = found
            && draft.is_free(i)
        {
            draft.roles[i] = Role::Dropped(*reason);
        }
    }
    mark_author_note(draft);
    mark_captions(draft);
    for (i, found) in matches.iter().enumerate() {
        if let Some((reason, How::LeadIn)) = found
            && draft.roles[i] == Role::Dropped(*reason)
        {
            let followed = mark_followers(draft, i, *reason);
            if !followed && draft.next_free(i) == Some(i + 1) && is_weak(draft, i) {
                draft.roles[i] = Role::Body;
            }
        }
    }
}

/// What the rules say of a text alone.
pub(super) fn reason(text: &str, kind: BlockKind) -> Option<DropReason> {
    // Only the beginning of a page has breadcrumbs.
    match_rules(text, &Block::new(kind, Span::new(0, 0)), usize::MAX).map(|found| found.0)
}

/// Whether a lead-in without followers may as well be a heading: it is marked as one, or is one
/// word without a colon.
fn is_weak(draft: &Draft<'_>, i: usize) -> bool {
    let text = draft.text(i);
    let marked = matches!(draft.block(i).kind, BlockKind::Heading(_));
    let runs_on = !matches!(draft.block(i + 1).kind, BlockKind::Heading(_)) || !marked;
    runs_on && (marked || (!text.ends_with(':') && !text.contains(' ')))
}

/// The first rule that a block falls under.
fn match_rules(text: &str, block: &Block, index: usize) -> Option<(DropReason, How)> {
    if matches!(block.kind, BlockKind::Code | BlockKind::TableRow | BlockKind::Heading(1)) {
        return None;
    }
    let marked = match block.kind {
        BlockKind::Heading(_) => true,
        BlockKind::ListItem => !block.link,
        _ => false,
    };
    let chars = text.chars().count();
    if chars > MAX_FURNITURE_CHARS {
        return None;
    }
    let lower = text.to_lowercase();
    let bare = bare(&lower);
    let rule = RULES.iter().find(|rule| {
        chars <= rule.max_chars
            && rule.phrases.iter().any(|phrase| match rule.how {
                // `## Search` is a section of a manual more often than a button, `- Facebook` a company.
                How::Whole => bare == *phrase && (!marked || phrase.contains(' ')),
                How::LeadIn => bare == *phrase,
                // A headline may begin with `Recommended:`.
                How::Prefix if index == 0 && rule.reason == DropReason::RelatedLinks => false,
                How::Prefix => has_prefix(&lower, phrase),
                How::Anywhere => lower.contains(phrase),
            })
    });
    match rule {
        Some(rule) => Some((rule.reason, rule.how)),
        None => (index < 6 && is_breadcrumb(&lower)).then_some((DropReason::Navigation, How::Whole)),
    }
}

/// A line without the count, colon and other signs around its words.
fn bare(lower: &str) -> &str {
    lower.trim_matches(|c: char| !c.is_alphabetic() && !matches!(c, '¿' | '¡' | '?' | '!')).trim_end_matches([':', '.'])
}

fn has_prefix(lower: &str, phrase: &str) -> bool {
    lower
        .strip_prefix(phrase)
        .is_some_and(|rest| !phrase.ends_with(char::is_alphanumeric) || !rest.starts_with(char::is_alphanumeric))
}

/// `home > world > europe`
fn is_breadcrumb(lower: &str) -> bool {
    let parts: Vec<&str> = lower.split(" > ").flat_map(|p| p.split(" › ")).flat_map(|p| p.split(" » ")).collect();
    parts.len() > 1 && parts.iter().all(|p| (1..=40).contains(&p.chars().count()) && !p.ends_with(['.', '?', '!']))
}

/// A title-cased line of a few words, such as the name of a person or a team.
fn is_name(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let small = |w: &str| {
        matches!(w, "de" | "del" | "la" | "las" | "los" | "y" | "e" | "of" | "the" | "and" | "&" | "|" | "for")
    };
    (1..=7).contains(&words.len())
        && !text.ends_with(['.', '?', '!', ':', ','])
        && words.iter().all(|w| small(w) || w.chars().next().is_some_and(char::is_uppercase))
}

/// The note about the author that ends many pages: a name and what the author is.
fn mark_author_note(draft: &mut Draft<'_>) {
    let free: Vec<usize> = (0..draft.len()).filter(|&i| draft.is_free(i)).collect();
    if free.len() < 4 {
        return;
    }
    // Lines that no rule knows may stand below it.
    for &note in free.iter().rev().take(3) {
        let name = (note - 1 > 0 && draft.is_free(note - 1)).then_some(note - 1);
        let named = name.is_some_and(|name| {
            let first = draft.text(name).split_whitespace().next().unwrap_or_default();
            is_name(draft.text(name)) && (opens_author_note(draft.text(note)) || draft.text(note).starts_with(first))
        });
        let team = name.is_some_and(|name| is_team(draft.text(name)) && draft.text(note).chars().count() <= 700);
        let after_furniture = matches!(draft.roles[note - 1], Role::Dropped(_));
        let apart = after_furniture || draft.block(note).emphasis;
        let is_last = Some(&note) == free.last();
        let alone = is_last && apart && (opens_author_note(draft.text(note)) || says_who(draft.text(note)));
        if !team && !((named || alone) && says_what_author_is(draft.text(note))) {
            continue;
        }
        let first = if named || team { note - 1 } else { note };
        draft.roles[first..=note].fill(Role::Dropped(DropReason::AuthorNote));
        return;
    }
}

/// Whether a line is the name of the publisher's team.
fn is_team(text: &str) -> bool {
    let lower = text.to_lowercase();
    let signs = text.split_whitespace().count() <= 10 && !text.ends_with(['.', '?', '!', ':']);
    signs
        && (TEAM_NAMES.iter().any(|name| contains_word(&lower, name))
            || (is_name(text) && AUTHOR_WORDS.iter().any(|word| contains_word(&lower, word))))
}

fn opens_author_note(text: &str) -> bool {
    let lower = text.to_lowercase();
    AUTHOR_OPENINGS.iter().any(|opening| lower.starts_with(opening))
}

fn says_what_author_is(text: &str) -> bool {
    let lower = text.to_lowercase();
    let fits = (20..=700).contains(&lower.chars().count()) && ends_sentence(&lower);
    fits && AUTHOR_WORDS.iter().any(|word| contains_word(&lower, word))
}

/// `Ana Ruiz is …`: a name of up to four words and a verb.
fn says_who(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().take(7).collect();
    (1..words.len().min(5)).any(|n| {
        let rest = words[n..].join(" ").to_lowercase() + " ";
        words[..n].iter().all(|w| w.chars().next().is_some_and(char::is_uppercase))
            && AUTHOR_VERBS.iter().any(|verb| rest.strip_prefix(verb).is_some_and(|r| r.starts_with(' ')))
    })
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let outside = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        outside(text[..at].chars().next_back()) && outside(text[at + word.len()..].chars().next())
    })
}

/// The caption on the line right above a line that is only a credit.
fn mark_captions(draft: &mut Draft<'_>) {
    for i in 2..draft.len() {
        let credit = draft.roles[i] == Role::Dropped(DropReason::PhotoCredit) && !draft.block(i).gap;
        let above = draft.block(i - 1);
        let short = draft.text(i - 1).chars().count() <= MAX_LINK_CHARS * 2;
        if credit && short && above.kind == BlockKind::Paragraph && draft.is_free(i - 1) {
            draft.roles[i - 1] = Role::Dropped(DropReason::PhotoCredit);
        }
    }
}

/// Marks what belongs to the lead-in at `lead`: the links, names, or the note below it; whether there is any.
fn mark_followers(draft: &mut Draft<'_>, lead: usize, reason: DropReason) -> bool {
    let mut last = lead;
    for i in lead + 1..draft.len().min(lead + 1 + MAX_FOLLOWERS) {
        if !draft.is_free(i) || !is_follower(draft, lead, i, reason) {
            break;
        }
        last = i;
    }
    // In plain text the last of several short lines may be the heading of the paragraph after it.
    let goes_on = draft.next_free(last).is_some_and(|i| !matches!(draft.block(i).kind, BlockKind::Heading(_)));
    let body_before =
        (lead.saturating_sub(100)..lead).filter(|&i| draft.is_free(i) && ends_sentence(draft.text(i))).count() > 1;
    if last > lead + 1 && goes_on && body_before && looks_like_section(draft, last) {
        last -= 1;
    }
    for role in &mut draft.roles[lead + 1..=last] {
        *role = Role::Dropped(reason);
    }
    last > lead
}

fn looks_like_section(draft: &Draft<'_>, i: usize) -> bool {
    let block = draft.block(i);
    block.kind == BlockKind::Paragraph && !block.link && block.gap && draft.is_heading_like(i)
}

fn is_follower(draft: &Draft<'_>, lead: usize, i: usize, reason: DropReason) -> bool {
    let (block, text) = (draft.block(i), draft.text(i));
    if reason == DropReason::AuthorNote {
        return matches!(block.kind, BlockKind::Paragraph | BlockKind::ListItem) && i <= lead + 2;
    }
    let short = text.chars().count() <= MAX_LINK_CHARS && !text.ends_with(['.', ':']);
    match block.kind {
        BlockKind::ListItem => short || block.link,
        // A page about one question is a link too, but a question right above a paragraph is not.
        BlockKind::Paragraph => block.link || (short && (reason == DropReason::RelatedLinks || is_topics(text))),
        _ => false,
    }
}

/// One topic, or several with signs between them.
fn is_topics(text: &str) -> bool {
    let parts: Vec<&str> = text.split([',', '|', '·', '/', ';', '#', '•']).collect();
    parts.iter().all(|part| part.chars().count() <= if parts.len() > 1 { 40 } else { 60 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::text;

    fn dropped(source: &str) -> Vec<(DropReason, String)> {
        let doc = text::parse(source.to_owned());
        let mut draft = Draft::new(&doc);
        mark(&mut draft);
        (0..draft.len())
            .filter_map(|i| match draft.roles[i] {
                Role::Dropped(reason) => Some((reason, draft.text(i).to_owned())),
                _ => None,
            })
            .collect()
    }

    fn reason(line: &str) -> Option<DropReason> {
        dropped(&format!("The new bridge\n\n{line}")).first().map(|d| d.0)
    }

    #[test]
    fn single_lines_are_known_in_both_languages() {
        for (line, expected) in [
            ("The mayor cuts the ribbon.Photo © X/City Hall", DropReason::PhotoCredit),
            ("La alcaldesa corta la cinta. Foto © Ayuntamiento", DropReason::PhotoCredit),
            ("Foto: Ana Ruiz / Agencia", DropReason::PhotoCredit),
            ("Imagen: archivo municipal", DropReason::PhotoCredit),
            ("Credit: City Archive", DropReason::PhotoCredit),
            ("Related videos:", DropReason::RelatedLinks),
            ("Vídeos relacionados:", DropReason::RelatedLinks),
            ("Lea también: El puente viejo cierra en junio", DropReason::RelatedLinks),
            ("Filed under:", DropReason::Topics),
            ("Archivado en:", DropReason::Topics),
            ("Etiquetas: puente, río, obras", DropReason::Topics),
            ("Comments (12)", DropReason::Promotion),
            ("COMPARTIR", DropReason::Promotion),
            ("Suscríbete a nuestro boletín diario y no te pierdas nada.", DropReason::Promotion),
            ("Follow us on social media for more.", DropReason::Promotion),
            ("We use cookies to improve your visit.", DropReason::Navigation),
            ("Este sitio utiliza cookies propias y de terceros.", DropReason::Navigation),
            ("© 2026 El Diario del Puerto. Todos los derechos reservados.", DropReason::Navigation),
            ("Inicio > Mundo > Europa", DropReason::Navigation),
            ("Publicidad", DropReason::Navigation),
        ] {
            assert_eq!(reason(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn running_text_is_not_furniture() {
        for line in [
            "Share prices fell by a third on Monday after the bank said it would close its branches.",
            "The photo by the bridge won the prize.",
            "Los temas del debate fueron tres, dijo el moderador.",
            "Tags on the trees show which of them will be felled.",
            "Cookies sold by the scouts paid for the trip.",
            "- Facebook",
            "El banco le negó el crédito: no tenía nómina.",
            "Compartir piso es la única salida para muchos jóvenes.",
        ] {
            assert_eq!(reason(line), None, "{line}");
        }
    }

    #[test]
    fn links_go_with_their_lead_in_but_the_text_after_them_stays() {
        let body =
            "The council met on Monday and it voted for the plan, after a debate of three hours in the old hall.";
        let found = dropped(&format!(
            "{body}\n\n{body}\n\nRelated articles:\n\nBridge to close in June\n\nWhat the river needs\n\n{body}"
        ));
        let texts: Vec<_> = found.iter().map(|d| d.1.as_str()).collect();
        assert_eq!(texts, ["Related articles:", "Bridge to close in June"], "the last line may be a heading");
        let found = dropped(&format!("{body}\n\n{body}\n\nEtiquetas:\n\nPuentes\n\nObras públicas"));
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|d| d.0 == DropReason::Topics));
    }

    #[test]
    fn the_note_about_the_author_goes_with_the_name() {
        let body = "La ciudad votó el plan. Hubo tres abstenciones.";
        let found = dropped(&format!(
            "{body}\n\n{body}\n\n{body}\n\nArchivado en:\n\nRedacción de El Puerto\n\nEquipo de periodistas que cuenta lo que pasa en la costa."
        ));
        assert_eq!(
            found.iter().map(|d| d.0).collect::<Vec<_>>(),
            [DropReason::Topics, DropReason::AuthorNote, DropReason::AuthorNote]
        );
        let kept = dropped(&format!(
            "{body}\n\n{body}\n\n{body}\n\nReacciones\n\nLos periodistas esperaron fuera toda la noche."
        ));
        assert!(kept.is_empty(), "{kept:?}");
    }

    #[test]
    fn a_caption_goes_with_the_credit_below_it() {
        let found = dropped("A title\n\nText of the body.\n\nThe ribbon is cut\nPhoto: City Hall\n\nMore text.");
        assert_eq!(found.len(), 2);
    }
}
