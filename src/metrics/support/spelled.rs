//! Numbers written in words, in English and Spanish: `forty-nine`, `two and a half million`, `treinta y uno`, `dos mil
//! quinientos`, `medio millón`, `twenty-first`, `siglo XX`.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::article::Span;
use crate::lang::Language;
use crate::metrics::text::word_spans;

/// A number in words.
pub(super) struct Spelled {
    pub(super) span: Span,
    pub(super) value: f64,
    /// Whether the words are used for other things too: one for an article or pronoun, an ordinal for anything that
    /// follows something, a number in a name (`Thousand Oaks`). They support a claim but are none.
    pub(super) is_vague: bool,
}

/// What a word does to the number before it.
#[derive(Debug, Clone, Copy)]
enum Word {
    /// Adds its value.
    Value(f64),
    /// The same, and ends the number; an ordinal, or a word such as `both` that says a number among other things.
    Vague(f64),
    /// Multiplies what stands before it, or is itself where `alone`.
    Scale { factor: f64, alone: bool },
    /// A half of what a scale has closed, or of one.
    Half,
    /// Joins two parts of a number.
    Link,
}

/// The words of a language, without accents.
type Words = HashMap<&'static str, Word>;

static ENGLISH: LazyLock<Words> = LazyLock::new(|| {
    words(
        "zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 thirteen 13 \
         fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19 twenty 20 thirty 30 forty 40 fifty 50 \
         sixty 60 seventy 70 eighty 80 ninety 90",
        "first 1 second 2 third 3 fourth 4 fifth 5 sixth 6 seventh 7 eighth 8 ninth 9 tenth 10 eleventh 11 twelfth 12 \
         thirteenth 13 fourteenth 14 fifteenth 15 sixteenth 16 seventeenth 17 eighteenth 18 nineteenth 19 twentieth 20 \
         thirtieth 30 fortieth 40 fiftieth 50 sixtieth 60 seventieth 70 eightieth 80 ninetieth 90 once 1 twice 2 both 2 \
         pair 2 couple 2 twenties 1920 thirties 1930 forties 1940 fifties 1950 sixties 1960 seventies 1970 eighties 1980 \
         nineties 1990",
        "hundred 100 million 1e6 billion 1e9 trillion 1e12",
        "thousand 1e3 dozen 12",
        "half",
        "and a",
    )
});

static SPANISH: LazyLock<Words> = LazyLock::new(|| {
    words(
        "cero 0 un 1 uno 1 una 1 dos 2 tres 3 cuatro 4 cinco 5 seis 6 siete 7 ocho 8 nueve 9 diez 10 once 11 doce 12 \
         trece 13 catorce 14 quince 15 dieciseis 16 diecisiete 17 dieciocho 18 diecinueve 19 veinte 20 veintiun 21 \
         veintiuno 21 veintiuna 21 veintidos 22 veintitres 23 veinticuatro 24 veinticinco 25 veintiseis 26 \
         veintisiete 27 veintiocho 28 veintinueve 29 treinta 30 cuarenta 40 cincuenta 50 sesenta 60 setenta 70 \
         ochenta 80 noventa 90 cien 100 ciento 100 doscientos 200 doscientas 200 trescientos 300 trescientas 300 \
         cuatrocientos 400 cuatrocientas 400 quinientos 500 quinientas 500 seiscientos 600 seiscientas 600 \
         setecientos 700 setecientas 700 ochocientos 800 ochocientas 800 novecientos 900 novecientas 900",
        "primer 1 primero 1 primera 1 segundo 2 segunda 2 tercer 3 tercero 3 tercera 3 cuarto 4 cuarta 4 quinto 5 \
         quinta 5 sexto 6 sexta 6 septimo 7 septima 7 octavo 8 octava 8 noveno 9 novena 9 decimo 10 decima 10 ambos 2 \
         ambas 2 par 2 pareja 2",
        "millon 1e6 millones 1e6 billon 1e12 billones 1e12 docenas 12",
        "mil 1e3 docena 12",
        "medio media",
        "y",
    )
});

static NONE: LazyLock<Words> = LazyLock::new(Words::new);

fn words(
    values: &'static str,
    vague: &'static str,
    scales: &'static str,
    lone_scales: &'static str,
    halves: &'static str,
    links: &'static str,
) -> Words {
    let mut all = Words::new();
    let mut add = |list: &'static str, word: &dyn Fn(f64) -> Word| {
        let list: Vec<_> = list.split_whitespace().collect();
        for pair in list.chunks_exact(2) {
            all.insert(pair[0], word(pair[1].parse().unwrap_or_default()));
        }
    };
    add(values, &Word::Value);
    add(vague, &Word::Vague);
    add(scales, &|factor| Word::Scale { factor, alone: false });
    add(lone_scales, &|factor| Word::Scale { factor, alone: true });
    all.extend(halves.split_whitespace().map(|word| (word, Word::Half)));
    all.extend(links.split_whitespace().map(|word| (word, Word::Link)));
    all
}

/// The number so far: `total` of what a scale has closed, `open` of what it has not.
#[derive(Default)]
struct Run {
    total: f64,
    open: f64,
    /// The last scale, if nothing was added since.
    scale: Option<f64>,
    is_vague: bool,
    words: usize,
    span: Option<Span>,
}

/// The numbers in words, in their order.
pub(super) fn find(text: &str, language: Language) -> Vec<Spelled> {
    let words = match language {
        Language::EN => &*ENGLISH,
        Language::ES => &*SPANISH,
        _ => &*NONE,
    };
    let spans = word_spans(text);
    let word = |span: &Span| words.get(plain(&text[span.range()]).as_str()).copied();
    let (mut found, mut run) = (Vec::new(), Run::default());
    let (mut last_end, mut after_link) = (0, false);
    for (at, &span) in spans.iter().enumerate() {
        // Only white space or a hyphen may part the words of one number.
        if !text[last_end..span.start].chars().all(|c| c.is_whitespace() || c == '-') {
            close(&mut run, &mut found);
        }
        last_end = span.end;
        let before = text[..span.start].trim_end();
        // `por ciento` and `por cien` are units.
        let is_unit = before.ends_with("por") && text[span.range()].to_lowercase().starts_with("cien");
        let linked = std::mem::take(&mut after_link);
        match word(&span).filter(|_| !is_unit) {
            Some(Word::Value(value)) => run.add(value, span, &mut found),
            Some(Word::Vague(value)) => {
                run.add(value, span, &mut found);
                run.is_vague = true;
                close(&mut run, &mut found);
            }
            // Digits before a scale are read with it: `40 mil`. `A million` is one, `millions` are none.
            Some(Word::Scale { factor, alone })
                if run.words > 0
                    || alone && !before.ends_with(|c: char| c.is_ascii_digit())
                    || language == Language::EN && (before.ends_with(" a") || before == "A") =>
            {
                run.multiply(factor);
                run.extend(span);
            }
            // `two and a half million`, `dos millones y medio`; but `una media` is no number.
            Some(Word::Half) if run.words > 0 && linked => {
                run.add_half();
                run.extend(span);
            }
            // `half a million`, `medio millón`.
            Some(Word::Half) => {
                close(&mut run, &mut found);
                let mut next = spans[at + 1..].iter().filter(|span| !matches!(word(span), Some(Word::Link)));
                if next.next().and_then(|span| word(span)).is_some_and(|w| matches!(w, Word::Scale { .. })) {
                    run.open = 0.5;
                    run.extend(span);
                }
            }
            Some(Word::Link) if run.words > 0 => after_link = true,
            _ => close(&mut run, &mut found),
        }
    }
    close(&mut run, &mut found);
    found.iter_mut().for_each(|one| one.is_vague |= is_name(text, one.span));
    found
}

impl Run {
    /// Adds a value, to a new number if it does not fit behind this one.
    fn add(&mut self, value: f64, span: Span, found: &mut Vec<Spelled>) {
        let free = match self.open {
            open if open == 0.0 => 1e3,
            open if open % 100.0 == 0.0 => 100.0,
            open if open % 10.0 == 0.0 && open % 100.0 >= 20.0 => 10.0,
            _ => 0.0,
        };
        if value >= free {
            close(self, found);
        }
        self.open += value;
        self.scale = None;
        self.extend(span);
    }

    fn multiply(&mut self, factor: f64) {
        if factor <= 100.0 {
            self.open = if self.open == 0.0 { factor } else { self.open * factor };
        } else {
            // `dos mil millones` is a thousand times a million.
            let all = if factor > 1e3 { std::mem::take(&mut self.total) } else { 0.0 };
            let closed = all + self.open;
            self.total += if closed == 0.0 { factor } else { closed * factor };
            self.open = 0.0;
        }
        self.scale = Some(factor);
    }

    /// `two and a half`, `dos millones y medio`.
    fn add_half(&mut self) {
        match self.scale {
            Some(scale) => self.total += scale / 2.0,
            None => self.open += 0.5,
        }
    }

    fn extend(&mut self, span: Span) {
        self.words += 1;
        self.span = Some(Span::new(self.span.map_or(span.start, |own| own.start), span.end));
    }
}

/// Whether a number in words is a part of a name: it and what stands behind it begin with capitals.
fn is_name(text: &str, span: Span) -> bool {
    let begins = |text: &str| text.trim_start().starts_with(char::is_uppercase);
    begins(&text[span.start..]) && begins(&text[span.end..])
}

fn close(run: &mut Run, found: &mut Vec<Spelled>) {
    let run = std::mem::take(run);
    if let Some(span) = run.span {
        let value = run.total + run.open;
        found.push(Spelled { span, value, is_vague: run.is_vague || run.words == 1 && value == 1.0 });
    }
}

/// A word in lower case without accents.
fn plain(word: &str) -> String {
    let unaccented = |c: char| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' => 'u',
        other => other,
    };
    word.to_lowercase().chars().map(unaccented).collect()
}
