//! Agreement of article and noun: a small model that translates writes `la fortalecimiento` and `un crisis`.
//!
//! Only what is certain is mended, and only Spanish is known: a noun whose gender its ending says, or one of a list of
//! frequent ones, directly behind an article or a pronoun of the same number. Verbs that are written like a noun of the list
//! would be taken for it behind `la` or `los` (`la cambio`), so nouns of that kind are not in it.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Language;

/// Masculine and feminine, singular and plural.
const DETERMINERS: &[[&str; 4]] = &[
    ["el", "la", "los", "las"],
    ["un", "una", "unos", "unas"],
    ["este", "esta", "estos", "estas"],
    ["ese", "esa", "esos", "esas"],
    ["otro", "otra", "otros", "otras"],
];

/// Endings of feminine nouns.
const FEMININE_ENDINGS: &[&str] = &["ción", "sión", "xión", "nión", "gión", "dad", "tad", "tud", "umbre", "ncia"];
/// Endings of masculine nouns.
const MASCULINE_ENDINGS: &[&str] = &["miento", "aje", "ismo"];
/// Letters before an ending at least, of feminine nouns (`nación`) and of masculine ones (neither `traje` nor `mismo`).
const LEAST_STEMS: [usize; 2] = [2, 3];

/// Frequent feminine nouns whose ending says nothing, or that end in `a` and are no form of a verb.
const FEMININE: &str = "
    crisis tesis dosis hipótesis síntesis base clase calle noche tarde muerte gente suerte mente serie especie red ley voz luz paz
    cruz vez imagen mano foto sede fuente sangre nieve nube superficie llave nave torre carne sal miel piel cárcel señal flor labor
    fe leche fiebre
    iglesia persona empresa semana hora escuela ciudadanía economía política frontera amenaza guerra víctima familia casa tierra
    vida historia manera zona pérdida oferta moneda tasa cifra mayoría minoría lluvia tormenta sequía playa costa orilla isla selva
    bandera estrella temporada carrera liga victoria derrota película novela escena pintura puerta ventana mesa silla cama comida
    cocina bebida receta salsa harina pierna espalda rodilla vacuna herida industria fábrica máquina herramienta pantalla
    computadora tecnología energía tarea página palabra letra respuesta idea mentira";

/// Frequent masculine nouns, likewise.
const MASCULINE: &str = "
    problema sistema tema esquema dilema síntoma idioma clima poema diploma fantasma panorama mapa día planeta tranvía
    país mes plan nivel papel hotel tren valor color dolor error motor sector factor interés límite puente coche transporte
    partido presupuesto mercado precio impuesto riesgo incendio terremoto puerto barco río bosque árbol agricultor año siglo
    minuto equipo jugador torneo campeonato estadio periódico artículo museo edificio barrio pueblo resultado objetivo";

/// Feminine nouns that take `el` and `un` where they are singular, because their first vowel is stressed.
const STRESSED: &[&str] =
    &["agua", "área", "arma", "alma", "aula", "ala", "hambre", "hacha", "acta", "ave", "águila", "arpa"];

/// Whether each of the listed nouns is feminine.
static NOUNS: LazyLock<HashMap<&str, bool>> = LazyLock::new(|| {
    let feminine = FEMININE.split_whitespace().map(|noun| (noun, true));
    feminine.chain(MASCULINE.split_whitespace().map(|noun| (noun, false))).collect()
});

/// An article or pronoun, what it may be joined with, and the word behind it.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    let words: Vec<&str> = DETERMINERS.iter().flatten().copied().collect();
    Regex::new(&format!(r"(?i)\b(?:(de|a) )?({}|del|al) ((?-i:\p{{Ll}}+))\b", words.join("|"))).unwrap()
});

/// The text with articles and pronouns of the gender that the nouns behind them have.
pub fn with_agreement(text: &str, language: Language) -> String {
    if language != Language::ES {
        return text.to_owned();
    }
    PAIR.replace_all(text, |found: &Captures<'_>| mended(found).unwrap_or_else(|| found[0].to_owned())).into_owned()
}

/// What should stand there, where gender disagrees.
fn mended(found: &Captures<'_>) -> Option<String> {
    let (before, written, noun) = (found.get(1).map(|m| m.as_str()), &found[2], &found[3]);
    let lower = written.to_lowercase();
    // `del` and `al` are two words in one.
    let (contracted, article) = match lower.as_str() {
        "del" => (Some("de"), "el"),
        "al" => (Some("a"), "el"),
        other => (None, other),
    };
    let (row, at) = DETERMINERS.iter().find_map(|row| Some((row, row.iter().position(|form| *form == article)?)))?;
    let (is_feminine, is_plural) = (at % 2 == 1, at >= 2);
    let stressed = STRESSED.contains(&noun) && ["el", "la", "un", "una"].contains(&article);
    let should_be = if stressed { false } else { is_feminine_noun(noun, is_plural)? };
    if should_be == is_feminine {
        return None;
    }
    let right = row[at - at % 2 + usize::from(!is_feminine)];
    let mut words: Vec<&str> = before.into_iter().chain(contracted).collect();
    // `de el` and `a el` become one word again.
    let words = if right == "el" && !words.is_empty() {
        words.join(" ") + "l"
    } else {
        words.push(right);
        words.join(" ")
    };
    let capital = found[0].starts_with(char::is_uppercase);
    Some(format!("{} {noun}", if capital { capitalized(&words) } else { words }))
}

/// A text with a capital at its beginning.
pub fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Whether a noun of that number is feminine, if that is certain.
fn is_feminine_noun(noun: &str, is_plural: bool) -> Option<bool> {
    let singulars = if is_plural {
        let bare = noun.strip_suffix('s')?;
        let short = bare.strip_suffix('e').unwrap_or(bare);
        let accented = short.strip_suffix("ion").map(|stem| format!("{stem}ión"));
        let voice = short.strip_suffix('c').map(|stem| format!("{stem}z"));
        [Some(bare.to_owned()), Some(short.to_owned()), accented, voice].into_iter().flatten().collect()
    } else {
        vec![noun.to_owned()]
    };
    singulars.iter().find_map(|singular| {
        let listed = NOUNS.get(singular.as_str()).copied();
        let ends = |endings: &[&str], least: usize| {
            let stem = endings.iter().find_map(|ending| singular.strip_suffix(ending));
            stem.is_some_and(|stem| stem.chars().count() >= least)
        };
        let [feminine, masculine] = LEAST_STEMS;
        listed
            .or_else(|| ends(FEMININE_ENDINGS, feminine).then_some(true))
            .or_else(|| ends(MASCULINE_ENDINGS, masculine).then_some(false))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_take_the_gender_of_their_nouns() {
        for (wrong, right) in [
            ("Apoya la fortalecimiento.", "Apoya el fortalecimiento."),
            ("Se enfrenta a un crisis.", "Se enfrenta a una crisis."),
            ("Los iglesias y los personas.", "Las iglesias y las personas."),
            ("El magnitud del inundación.", "La magnitud de la inundación."),
            ("Habló de la coraje y fue a la puente.", "Habló del coraje y fue al puente."),
            (
                "Fue al reunión por las problemas de los regiones.",
                "Fue a la reunión por los problemas de las regiones.",
            ),
            ("De la problema.", "Del problema."),
            ("Las países y esta mes, unas voces.", "Los países y este mes, unas voces."),
            ("La agua de la área; esta agua.", "El agua del área; esta agua."),
        ] {
            assert_eq!(with_agreement(wrong, Language::ES), right);
        }
    }

    #[test]
    fn what_is_right_or_not_certain_stays() {
        for text in [
            "El agua, la mano, el mapa, los días, la crisis, del acuerdo y al mismo tiempo.",
            "La miento, los ayuda, la cambio, los puso, lo compró y las lleva.",
            "El Iglesia y el Libertad son nombres; el capital, la capital, el traje, la policía, el policía.",
            "Los que llegaron de la ciudad a la playa.",
        ] {
            assert_eq!(with_agreement(text, Language::ES), text);
        }
        assert_eq!(with_agreement("la problem", Language::EN), "la problem");
    }
}
