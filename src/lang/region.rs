//! Regions, whose conventions differ within a language.

use std::fmt;
use std::str::FromStr;

use super::Language;
use crate::error::{Error, ErrorKind};

/// Regions that write decimals of Spanish numbers behind a point, and thousands before a comma: 18.6 and 1,200. After the
/// symbols of numbers in CLDR.
const SPANISH_POINT: [&str; 14] = ["419", "BR", "BZ", "CU", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"];

/// A country or a larger area: two letters of ISO 3166 or three digits of UN M49, such as `MX` or `419`, Latin America.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region(String);

impl Region {
    /// Whether numbers of a language have their decimals behind a point there, against the language's usual comma.
    pub fn has_decimal_point(&self, language: Language) -> bool {
        language == Language::ES && SPANISH_POINT.contains(&self.0.as_str())
    }
}

impl FromStr for Region {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        let code = s.trim().to_uppercase();
        let letters = code.len() == 2 && code.bytes().all(|c| c.is_ascii_uppercase());
        let digits = code.len() == 3 && code.bytes().all(|c| c.is_ascii_digit());
        if letters || digits {
            return Ok(Self(code));
        }
        let message =
            format!("`{s}` is no region; give two letters or three digits, such as MX, or 419 for Latin America");
        Err(Error::new(ErrorKind::Config, message))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_has_a_point_in_mexico_and_a_comma_in_spain() {
        for (code, point) in [("MX", true), ("us", true), (" 419", true), ("ES", false), ("AR", false)] {
            let region: Region = code.parse().unwrap();
            assert_eq!(region.has_decimal_point(Language::ES), point, "{region}");
            assert!(!region.has_decimal_point("fr".parse().unwrap()));
        }
        for bad in ["", "Mexico", "M1", "41", "es-MX"] {
            assert!(bad.parse::<Region>().is_err(), "{bad}");
        }
    }
}
