//! Backslash escapes for Markdown, only where a character would otherwise be markup.
//!
//! The rules are those of CommonMark 0.31 and the extensions of GitHub Flavored Markdown. All
//! texts are single lines that fill their block, which makes tables and setext headings impossible.

/// A paragraph or list item that reads as that text.
pub(super) fn block(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    inline(&chars, block_marker(&chars))
}

/// The content of an ATX heading that reads as that text.
pub(super) fn heading(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    // A heading's content begins no other block, but `#`s at its end would close the heading.
    let closing = chars.iter().rev().take_while(|&&c| c == '#').count();
    let start = chars.len() - closing;
    let closes = closing > 0 && (start == 0 || chars[start - 1] == ' ');
    inline(&chars, closes.then_some(start))
}

/// Where the character stands that makes the line a heading, a list item, a quotation or a rule.
/// Code fences and HTML blocks are prevented by [`inline`].
fn block_marker(chars: &[char]) -> Option<usize> {
    let ends = |i: usize| chars.get(i).is_none_or(|&c| c == ' ');
    let &first = chars.first()?;
    let is_rule = |marks| chars.iter().all(|&c| c == first || c == ' ') && count(chars, first) >= marks;
    match first {
        '>' => Some(0),
        '#' => {
            let level = chars.iter().take_while(|&&c| c == '#').count();
            (level <= 6 && ends(level)).then_some(0)
        }
        '+' => ends(1).then_some(0),
        // Two are enough: the marker of the bullet point they stand in would be the third.
        '-' => (ends(1) || is_rule(2)).then_some(0),
        '*' => (ends(1) || is_rule(3)).then_some(0),
        '_' => is_rule(3).then_some(0),
        '0'..='9' => {
            let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
            let delimited = matches!(chars.get(digits), Some('.' | ')')) && ends(digits + 1);
            (digits <= 9 && delimited).then_some(digits)
        }
        _ => None,
    }
}

fn count(chars: &[char], wanted: char) -> usize {
    chars.iter().filter(|&&c| c == wanted).count()
}

/// The text with a backslash before everything that would be inline markup, and before `marker`.
fn inline(chars: &[char], marker: Option<usize>) -> String {
    let links = has_links(chars);
    let mut out = String::with_capacity(chars.len() + 8);
    for (i, &c) in chars.iter().enumerate() {
        let rest = &chars[i + 1..];
        let escape = match c {
            '\\' => rest.first().is_some_and(char::is_ascii_punctuation),
            // A delimiter without a partner in its block is only text.
            '`' | '~' => count(chars, c) > 1,
            '*' => count(chars, c) > 1 && around_run(chars, i) != (Side::Space, Side::Space),
            '_' => count(chars, c) > 1 && around_run(chars, i) != (Side::Word, Side::Word),
            '[' => links,
            '<' => rest.first().is_some_and(|&c| c != ' ') && (i == 0 || rest.contains(&'>')),
            '&' => is_entity(rest),
            _ => false,
        };
        if escape || marker == Some(i) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Whether brackets may be more than brackets: a link, an image, a footnote, a task or a definition.
/// Not so for editorial ones as in "he [the mayor] said".
fn has_links(chars: &[char]) -> bool {
    chars.first() == Some(&'[')
        || chars.windows(2).any(|pair| matches!(pair, [']', '(' | '['] | ['[', '^' | '['] | ['!', '[']))
}

/// Whether what follows a `&` makes it a character reference.
fn is_entity(rest: &[char]) -> bool {
    let name = rest.iter().take_while(|&&c| c.is_ascii_alphanumeric() || c == '#').count();
    name > 0 && rest.get(name) == Some(&';')
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Space,
    Word,
    Other,
}

/// What stands before and after the run of equal characters around `i`: `*` between spaces and `_`
/// inside a word cannot open or close emphasis.
fn around_run(chars: &[char], i: usize) -> (Side, Side) {
    let side = |c: Option<&char>| match c {
        None => Side::Space,
        Some(c) if c.is_whitespace() => Side::Space,
        // Farther up there are symbols, such as circled letters, that count as alphabetic.
        Some(&c) if c.is_alphanumeric() && c < '\u{250}' => Side::Word,
        Some(_) => Side::Other,
    };
    let before = chars[..i].iter().rev().find(|&&c| c != chars[i]);
    let after = chars[i..].iter().find(|&&c| c != chars[i]);
    (side(before), side(after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_prose_is_left_alone() {
        for text in [
            "The well-known plan (2024-2026) costs $5 million - about 3.5% more.",
            "¿Cuánto cuesta? Entre 10 y 20 € por persona: «un precio justo», según él.",
            "He said: \"It's #1!\" & left; see https://example.org/some_page_name?a=1&b=2.",
            "She [the mayor] agreed […] to C:\\Users and 3 * 4 < 13 > 11, ~5 km | 3 mi.",
            "#budget and @council, at 10:30, price*, x = {y}",
            "-5 degrees, +5 at noon, 1.5 million, 3)4",
            "I <3 reading; R&D; a_b_c; __init__ is not snake_case_name",
        ] {
            let escaped = block(text);
            // `R&D;` and `__init__` could be markup, the rest could not.
            let wanted = text.replace("R&D;", "R\\&D;").replace("__init__", "\\_\\_init\\_\\_");
            assert_eq!(escaped, wanted);
        }
    }

    #[test]
    fn block_markers_are_escaped_in_blocks_only() {
        for (text, wanted) in [
            ("# a", "\\# a"),
            ("- a", "\\- a"),
            ("+ a", "\\+ a"),
            ("* a", "\\* a"),
            ("---", "\\---"),
            ("2024. El año", "2024\\. El año"),
            ("3) a", "3\\) a"),
            ("> a", "\\> a"),
        ] {
            assert_eq!(block(text), wanted);
            assert_eq!(heading(text), text);
        }
        assert_eq!(heading("Why C #"), "Why C \\#");
        assert_eq!(heading("Why C#"), "Why C#");
    }
}
