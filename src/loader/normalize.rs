//! Normalization: one kind of line break and space, composed characters, no invisible ones.

use unicode_normalization::UnicodeNormalization;

/// The normal form of a text: line feeds, plain spaces, NFC; no zero-width, bidi or other control
/// characters, no soft hyphens, no white space at line ends, no blank lines at either end.
pub(super) fn normalize(raw: &str) -> String {
    if is_plain(raw) {
        return raw.trim_end_matches(' ').trim_matches('\n').to_owned();
    }
    let plain = raw.replace("\r\n", "\n");
    let mut chars = plain.chars().peekable();
    let mut kept = String::with_capacity(plain.len());
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' | '\u{B}' | '\u{85}' | '\u{2028}' => kept.push('\n'),
            '\u{C}' | '\u{2029}' => kept.push_str("\n\n"),
            // It joins the parts of one emoji; everywhere else it is invisible.
            '\u{200D}' if chars.peek().is_some_and(|&next| is_pictograph(next)) => kept.push(c),
            _ if is_invisible(c) => {}
            _ if c.is_whitespace() => kept.push(' '),
            _ => kept.push(c),
        }
    }
    let mut out = String::with_capacity(kept.len());
    for line in kept.nfc().collect::<String>().split('\n') {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out.trim_matches('\n').to_owned()
}

/// Whether a text is one line of characters that are their own normal form, as most are.
fn is_plain(raw: &str) -> bool {
    raw.chars()
        .all(|c| matches!(c, ' '..='~' | '¡'..='¬' | '®'..='ÿ' | '–' | '—' | '‘' | '’' | '“' | '”' | '…' | '•' | '€'))
}

fn is_invisible(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(c,
            '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}')
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn breaks_spaces_and_invisible_characters() {
        assert_eq!(normalize("uno\r\ndos\rtres\u{2028}cuatro"), "uno\ndos\ntres\ncuatro");
        assert_eq!(normalize("3\u{A0}000\u{202F}km\u{3000}\tfin  \n\n"), "3 000 km  fin");
        assert_eq!(normalize("in\u{AD}visi\u{200B}ble\u{202E}\u{2066}s\u{FEFF}"), "invisibles");
        assert_eq!(normalize("cafe\u{301}"), "café");
        assert_eq!(normalize("\u{1F469}\u{200D}\u{1F680} a\u{200D}b"), "\u{1F469}\u{200D}\u{1F680} ab");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn normalizing_twice_changes_nothing(raw in "\\PC{0,40}|[ \\t\\r\\n\u{301}\u{200B}\u{200D}\u{2029}ae\u{1F469}]{0,40}") {
            let once = normalize(&raw);
            prop_assert_eq!(normalize(&once), once.clone());
            let odd = once.contains(['\r', '\t', '\u{A0}', '\u{AD}']);
            prop_assert!(!odd, "{:?}", once);
        }
    }
}
