//! Tokens to text as they come, in whole characters.

use std::str::{self, Utf8Chunk};

use tokenizers::Tokenizer;

/// Decodes one growing text. What is given out is final: a character is held back until its last byte is
/// there, but nothing before it is. If the tokens end in the middle of a character, its bytes are dropped.
pub(in crate::engine) struct TextDecoder<'a> {
    tokenizer: &'a Tokenizer,
    spelling: Spelling,
    /// Whether the text has not begun and a space before it is only the way its first word is spelled.
    drop_space: bool,
    /// Of a character that has begun.
    bytes: Vec<u8>,
}

impl<'a> TextDecoder<'a> {
    pub(super) fn new(tokenizer: &'a Tokenizer, spelling: Spelling, drop_space: bool) -> Self {
        Self { tokenizer, spelling, drop_space, bytes: Vec::new() }
    }

    /// The characters that this token completes. Special tokens and unknown ids have no text; bytes that
    /// can be no part of a character become U+FFFD.
    pub(in crate::engine) fn push(&mut self, token: u32) -> String {
        let added = self.tokenizer.get_added_vocabulary();
        if let Some(text) = added.simple_id_to_token(token) {
            if !added.is_special_token(&text) {
                self.bytes.extend_from_slice(text.as_bytes());
            }
        } else if let Some(text) = self.tokenizer.id_to_token(token) {
            self.spelling.put(&text, &mut self.bytes);
        }
        if self.drop_space && !self.bytes.is_empty() {
            self.drop_space = false;
            if self.bytes.first() == Some(&b' ') {
                self.bytes.remove(0);
            }
        }
        let begun = |bytes: &&[u8]| str::from_utf8(bytes).is_err_and(|e| e.error_len().is_none());
        let held =
            self.bytes.utf8_chunks().last().as_ref().map(Utf8Chunk::invalid).filter(begun).map_or(0, <[u8]>::len);
        let rest = self.bytes.split_off(self.bytes.len() - held);
        let whole = std::mem::replace(&mut self.bytes, rest);
        String::from_utf8_lossy(&whole).into_owned()
    }
}

/// How the tokens of a vocabulary spell text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Each character stands for a byte (GPT-2).
    Bytes,
    /// As the text itself, with `▁` for a space; `<0x0A>` is the byte 10 (SentencePiece).
    Pieces,
}

impl Spelling {
    /// The bytes that a token stands for; `None` if it is not in this spelling.
    pub(super) fn bytes_of(self, token: &str) -> Option<Vec<u8>> {
        if self == Self::Bytes {
            return token.chars().map(byte_of).collect();
        }
        let mut bytes = Vec::new();
        self.put(token, &mut bytes);
        Some(bytes)
    }

    /// Adds the bytes of a token, as far as they are in this spelling.
    fn put(self, token: &str, bytes: &mut Vec<u8>) {
        match self {
            Self::Bytes => bytes.extend(token.chars().filter_map(byte_of)),
            Self::Pieces => match named_byte(token) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend_from_slice(token.replace('▁', " ").as_bytes()),
            },
        }
    }
}

/// The byte of a token like `<0x0A>`.
fn named_byte(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() == 2 { u8::from_str_radix(digits, 16).ok() } else { None }
}

/// The byte that a character stands for in the spelling of byte-level vocabularies: the printable ones of
/// Latin-1 for themselves, the 68 others, in their order, as the characters from U+0100.
fn byte_of(c: char) -> Option<u8> {
    match u32::from(c) {
        n @ (0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF) => Some(n as u8),
        n @ 0x100..=0x120 => Some((n - 0x100) as u8),
        n @ 0x121..=0x142 => Some((n - 0x121) as u8 + 0x7F),
        0x143 => Some(0xAD),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokenizers::models::bpe::BPE;
    use tokenizers::pre_tokenizers::byte_level::ByteLevel;
    use tokenizers::{AddedToken, Decoder};

    /// A vocabulary of these tokens in byte-level spelling, with `<s>` (special) and `<añ>` behind them.
    fn tokenizer(tokens: &[&str]) -> Tokenizer {
        let vocab = tokens.iter().zip(0..).map(|(t, id)| ((*t).to_owned(), id)).collect();
        let bpe = BPE::builder().vocab_and_merges::<tokenizers::models::bpe::Vocab>(vocab, Vec::new()).build();
        let mut tokenizer = Tokenizer::new(bpe.unwrap());
        tokenizer.add_special_tokens([AddedToken::from("<s>", true)]).unwrap();
        tokenizer.add_tokens([AddedToken::from("<añ>", false)]).unwrap();
        tokenizer
    }

    #[test]
    fn characters_come_as_soon_as_they_are_whole() {
        // A space and the first two bytes of `“`, its last byte, the bytes of `é` apart, a stray byte.
        let tokenizer = tokenizer(&["ĠâĢ", "ľ", "Ã", "©", "x"]);
        let mut decoder = TextDecoder::new(&tokenizer, Spelling::Bytes, false);
        for (token, expected) in [(0, " "), (1, "“"), (2, ""), (5, ""), (3, "é"), (6, "<añ>"), (99, ""), (4, "x")] {
            assert_eq!(decoder.push(token), expected, "{token}");
        }
        assert_eq!(decoder.push(2), "");
        assert_eq!(decoder.push(4), "\u{FFFD}x", "a character that was begun and never ended");
        assert_eq!(decoder.push(3), "\u{FFFD}", "the end of none");
        assert_eq!(decoder.push(0), " ");
    }

    #[test]
    fn pieces_are_text_with_spaces_and_bytes() {
        let tokenizer = tokenizer(&["▁¿", "qué", "▁", "<0xC3>", "<0xA9>", "<0x0A>"]);
        let push = |drop_space: bool, tokens: &[u32]| {
            let mut decoder = TextDecoder::new(&tokenizer, Spelling::Pieces, drop_space);
            tokens.iter().map(|token| decoder.push(*token)).collect::<Vec<_>>()
        };
        assert_eq!(push(true, &[6, 0, 1, 2, 3, 4, 5, 0]), ["", "¿", "qué", " ", "", "é", "\n", " ¿"]);
        assert_eq!(push(false, &[0, 1]), [" ¿", "qué"]);
        assert_eq!(push(true, &[2, 2, 1]), ["", " ", "qué"]);
        assert_eq!(push(true, &[3, 4, 2]), ["", "é", " "]);
    }

    #[test]
    fn every_byte_has_its_character() {
        let mut bytes: Vec<_> = ByteLevel::alphabet().into_iter().map(|c| byte_of(c).unwrap()).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=0xFF).collect::<Vec<u8>>());
        let decoder = ByteLevel::default();
        for c in ByteLevel::alphabet() {
            let expected = decoder.decode_chain(vec![c.to_string()]).unwrap().concat();
            assert_eq!(String::from_utf8_lossy(&[byte_of(c).unwrap()]), expected, "{c:?}");
        }
        for c in ['\u{AD}', ' ', '\u{144}', '中'] {
            assert_eq!(byte_of(c), None, "{c:?}");
        }
    }
}
