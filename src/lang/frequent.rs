//! Frequent words of the languages of the table: a first look at a text's language that costs next to nothing.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::TABLE;

/// The most frequent function words of each language, in lower case, in the order of the table.
const WORDS: [(&str, &str); TABLE.len()] = [
    (
        "en",
        "the and of to is that for was with it on in a as are by be this have from at his her not but they which were \
         has had an or their its will would been who more when there what said he she we you all can than after into",
    ),
    (
        "es",
        "el la los las del de que y en una un con por para se su sus es al lo como más pero ha son fue no sobre este \
         esta entre cuando también muy hasta desde sin ya porque era o si han hay le dos según donde e todo ser así",
    ),
    (
        "pt",
        "o a os as do da dos das de que e em um uma com por para se seu sua é ao no na nos nas não mais mas como foi \
         são pelo pela ser também quando muito até sem já ou há ele ela isso este esta entre sobre depois à às num numa",
    ),
    (
        "fr",
        "le la les des du de que et en un une avec par pour se sa ses est au aux dans qui ne pas plus mais sur ce cette \
         son il elle ont été sont nous vous leur comme ou être a d l qu c n s y après entre ces fait tout même selon",
    ),
    (
        "de",
        "der die das und den von zu mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass \
         sie nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis in",
    ),
    (
        "it",
        "il lo la i gli le del della dei delle di che e in un una con per si su è al alla ha non come più ma sono nel \
         nella da dal dalla anche questo questa suo sua essere o ai fra tra quando dopo stato l d un c degli sul sulla",
    ),
    (
        "ca",
        "el la els les del dels de que i en un una amb per es seu seva és al als com més però ha són no sobre aquest \
         aquesta entre quan també molt fins des sense ja perquè va van o si hi li dos segons on tot ser així l d s n",
    ),
    (
        "gl",
        "o a os as do da dos das de que e en un unha con por para se seu súa é ao no na nos nas non máis pero como foi \
         son polo pola ser tamén cando moi ata sen xa ou hai el ela isto este esta entre sobre despois á ás nun nunha dun \
         dunha aos",
    ),
];

/// Galician words that neither Spanish nor Portuguese has.
const GALICIAN: &[&str] = &[
    "unha", "unhas", "dunha", "nunha", "dun", "nun", "xa", "tamén", "máis", "cando", "moi", "súa", "súas", "polo",
    "pola", "polos", "polas", "ata", "hai", "despois", "aínda", "onde", "así", "mellor", "xente", "outra", "outro",
    "dixo", "anos", "pode", "teñen", "ten", "facer", "non", "sen",
];
/// Of them, so many different ones at least.
const MIN_GALICIAN: usize = 2;

/// So many frequent words make a language clear, if they stand out.
const MIN_CLEAR: usize = 8;

/// Longer words are no function words.
const MAX_BYTES: usize = 9;

/// For each frequent word the languages that have it, one bit each.
static LANGUAGES: LazyLock<HashMap<&'static str, u8>> = LazyLock::new(|| {
    let mut languages = HashMap::new();
    for (i, (_, words)) in WORDS.iter().enumerate() {
        for word in words.split_whitespace() {
            *languages.entry(word).or_default() |= 1 << i;
        }
    }
    languages
});

/// How many words a text has, and how many of them are frequent in each language of the table.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) words: usize,
    hits: [usize; TABLE.len()],
}

impl Count {
    /// Whether the words leave no doubt that the text is in the language at `index` of the table.
    pub(super) fn settles(&self, index: usize) -> bool {
        let own = self.hits[index];
        let other = self.hits.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, hits)| *hits).max();
        own >= 2 && own * 8 >= self.words && other.is_none_or(|other| other < own)
    }

    /// The language, as an index of the table, that the words are in whatever the text around is in: they are many, and
    /// no other language has nearly as many of them.
    pub(super) fn clear(&self) -> Option<usize> {
        let (index, own) = self.hits.iter().copied().enumerate().max_by_key(|(_, hits)| *hits)?;
        let other = self.hits.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, hits)| *hits).max()?;
        (own >= MIN_CLEAR && own * 4 >= self.words && other * 3 <= own * 2).then_some(index)
    }

    /// Whether the words rather are those of the first language than of the second.
    pub(super) fn prefers(&self, first: usize, second: usize) -> bool {
        self.hits[first] > self.hits[second]
    }

    /// Whether a text of that many words can be in the language at `index` at all.
    pub(super) fn allows(&self, index: usize) -> bool {
        self.hits[index] * 8 >= self.words
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
}

/// Counts the frequent words of a text.
pub(super) fn count(text: &str) -> Count {
    let mut count = Count::default();
    for word in words(text) {
        count.words += 1;
        if word.len() > MAX_BYTES {
            continue;
        }
        let languages = match LANGUAGES.get(word) {
            Some(languages) => *languages,
            // At the beginning of a sentence.
            None if word.starts_with(char::is_uppercase) => {
                LANGUAGES.get(word.to_lowercase().as_str()).copied().unwrap_or_default()
            }
            None => 0,
        };
        for (i, hits) in count.hits.iter_mut().enumerate() {
            *hits += usize::from(languages & (1 << i) != 0);
        }
    }
    count
}

/// Whether a text that looks Spanish or Portuguese is Galician by its words.
pub(super) fn is_galician(text: &str) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let count = count(text);
    for word in words(text) {
        if let Some(known) = GALICIAN.iter().find(|known| **known == word)
            && !seen.contains(known)
        {
            seen.push(known);
        }
    }
    let [_, es, pt, .., gl] = count.hits;
    seen.len() >= MIN_GALICIAN && gl > es && gl > pt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_stand_in_the_order_of_the_table() {
        for (entry, (code, words)) in TABLE.iter().zip(WORDS) {
            assert_eq!(entry.code, code);
            assert!(words.split_whitespace().all(|word| word.len() <= MAX_BYTES), "{code}");
        }
    }

    #[test]
    fn words_are_counted_whatever_their_case() {
        let count = count("The house AND the garden of O\u{2019}Hara: 12.");
        assert_eq!((count.words, count.hits[0]), (8, 4));
        assert!(count.settles(0) && !count.settles(1));
    }

    #[test]
    fn many_words_of_one_language_are_clear_and_those_of_neighbours_are_not() {
        let clear = |text: &str| count(text).clear().map(|index| TABLE[index].code);
        let english = "The council said on Monday that it will not close the bridge, and that it has the money for it.";
        let spanish = "Los vecinos dijeron el lunes que las obras del puente son muy caras, pero que también son para los \
                       muros y que según el plan hay más dinero.";
        assert_eq!((clear(english), clear(spanish)), (Some("en"), Some("es")));
        assert_eq!(clear("The council said that the bridge is safe."), None, "too few words");
        assert_eq!(
            clear(&"Harbour council bridge repair cost estimate of Monday. ".repeat(10)),
            None,
            "hardly a sentence"
        );
        // Nearly all frequent words of this Portuguese sentence are Galician ones too.
        let portuguese = "O presidente da c\u{e2}mara disse que o projeto da ponte e do parque \u{e9} de todos, e que as obras \
                          por fazer no rio est\u{e3}o no plano.";
        assert_eq!(clear(portuguese), None);
        assert_eq!(clear(""), None);
    }
}
