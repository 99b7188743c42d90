//! The names of the months.

use crate::lang::Language;

/// Months from January on: (language, names).
const MONTHS: &[(&str, &str)] = &[
    ("en", "january february march april may june july august september october november december"),
    ("es", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
];

/// The number of a month, from 1, by its name or an English abbreviation of it (`Sept`); the case does not count.
pub(super) fn month(name: &str, language: Language) -> Option<u32> {
    let name = name.to_lowercase();
    let (code, names) = MONTHS.iter().find(|(code, _)| *code == language.code())?;
    let abbreviated = |full: &str| *code == "en" && name.len() >= 3 && name.len() <= 4 && full.starts_with(&name);
    let at = names.split(' ').position(|full| full == name || abbreviated(full));
    // An older spelling.
    let at = at.or_else(|| (*code == "es" && name == "setiembre").then_some(8))?;
    u32::try_from(at + 1).ok()
}

/// Alternatives of a regular expression for the months of a language; `None` where it has no table.
pub(super) fn month_pattern(language: Language) -> Option<&'static str> {
    match language {
        Language::EN => Some(
            r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept|Sep|Oct|Nov|Dec)\b\.?",
        ),
        Language::ES => Some(
            r"(?:[Ee]nero|[Ff]ebrero|[Mm]arzo|[Aa]bril|[Mm]ayo|[Jj]unio|[Jj]ulio|[Aa]gosto|[Ss]ept?iembre|[Oo]ctubre|[Nn]oviembre|[Dd]iciembre)\b",
        ),
        _ => None,
    }
}
