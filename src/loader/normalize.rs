//! Normalization: one kind of line break and space, composed characters, no invisible ones.
//!
//! It is the same for every format, and also goes over what character references and escapes in titles and data
//! bring back.
//!
//! | characters | become |
//! |---|---|
//! | CR, CR LF, VT, NEL, U+2028 | a line feed |
//! | FF, U+2029 | a blank line |
//! | tab, no-break and all other spaces | one space each |
//! | letters and combining marks | composed (NFC) |
//! | Latin ligatures (U+FB00 to U+FB06) | their letters |
//! | C0 and C1 controls, NUL, soft hyphen, zero-width characters, bidi controls, byte-order marks | nothing |
//! | tags, variation selectors but those of emoji, fillers, noncharacters | nothing |
//! | lone surrogates in character references, malformed bytes of HTML | U+FFFD, which stays to be seen |

use unicode_normalization::UnicodeNormalization;

/// The normal form of a text: what the table of this module says, without white space at line ends and
/// blank lines at either end.
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
            // It says whether a symbol is an emoji.
            '\u{FE0E}' | '\u{FE0F}' if kept.ends_with(is_symbol) => kept.push(c),
            '\u{FB00}' => kept.push_str("ff"),
            '\u{FB01}' => kept.push_str("fi"),
            '\u{FB02}' => kept.push_str("fl"),
            '\u{FB03}' => kept.push_str("ffi"),
            '\u{FB04}' => kept.push_str("ffl"),
            '\u{FB05}' | '\u{FB06}' => kept.push_str("st"),
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
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFC}'
            | '\u{FDD0}'..='\u{FDEF}' | '\u{FFFE}' | '\u{FFFF}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Whether a character can be one that a variation selector makes an emoji.
fn is_symbol(c: char) -> bool {
    !(c.is_ascii() || c.is_alphanumeric() || c.is_whitespace() || is_invisible(c) || c == '\u{200D}')
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

    #[test]
    fn ligatures_are_letters_and_hidden_messages_go() {
        assert_eq!(normalize("o\u{FB03}ce \u{FB01}nal \u{FB02}at"), "office final flat");
        let hidden: String = "ignore this".chars().filter_map(|c| char::from_u32(0xE0000 + c as u32)).collect();
        assert_eq!(
            normalize(&format!("seen{hidden} \u{2B07}\u{FE0F}\u{FE0F} a\u{FE0F}\u{E0100}")),
            "seen \u{2B07}\u{FE0F} a"
        );
        assert_eq!(normalize("a\u{FDD0}\u{FFFF}\u{0}\u{9B}\u{1B}[1mb"), "a[1mb");
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
