//! Economies, as statistics call what mostly are countries.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The assigned codes of ISO 3166-1 alpha-2 in their order, and `XK`, which is user-assigned there and which everybody uses for Kosovo.
const CODES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA CC CD \
     CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF \
     GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN \
     KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA \
     NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI \
     SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI \
     VN VU WF WS XK YE YT ZA ZM ZW";

/// An economy by its code of ISO 3166-1 alpha-2, as in `TJ`, or `XK`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Economy([u8; 2]);

/// The text is no code of an economy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnEconomy(String);

impl Economy {
    /// The code, two capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        // Only letters of ASCII are ever put there.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The code as a number, which is never 0; for tables that must be small.
    #[must_use]
    pub const fn number(self) -> u16 {
        u16::from_be_bytes(self.0)
    }

    /// The economy of such a number.
    #[must_use]
    pub fn of_number(number: u16) -> Option<Self> {
        Self::of_code(number.to_be_bytes())
    }

    /// The economy of a code, whether its letters are capital or small.
    #[must_use]
    pub fn of_code(code: [u8; 2]) -> Option<Self> {
        let code = code.map(|letter| letter.to_ascii_uppercase());
        let known = CODES.as_bytes().chunks(3).any(|known| known.get(..2) == Some(code.as_slice()));
        known.then_some(Self(code))
    }
}

impl FromStr for Economy {
    type Err = NotAnEconomy;

    fn from_str(text: &str) -> Result<Self, NotAnEconomy> {
        let code = text.trim().as_bytes().try_into().ok();
        code.and_then(Self::of_code).ok_or_else(|| NotAnEconomy(text.chars().take(20).collect()))
    }
}

impl fmt::Display for NotAnEconomy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The code that the kingdom's own networks use is reserved, not assigned, and the commonest slip.
        let meant = if self.0.eq_ignore_ascii_case("UK") { "; the United Kingdom is GB" } else { "" };
        write!(f, "{:?} is no code of ISO 3166-1 alpha-2, as in \"TJ\"{meant}", self.0)
    }
}

impl std::error::Error for NotAnEconomy {}

impl fmt::Display for Economy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Economy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Economy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_stand_in_order_each_once() {
        let codes: Vec<&str> = CODES.split(' ').collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]) && codes.iter().all(|code| code.len() == 2));
        for code in codes {
            let economy: Economy = code.parse().unwrap();
            assert_eq!((economy.code(), Economy::of_number(economy.number())), (code, Some(economy)));
        }
    }

    #[test]
    fn a_code_may_be_written_small_and_what_is_no_economy_is_none() {
        assert_eq!(" tj ".parse::<Economy>().unwrap().code(), "TJ");
        assert_eq!("XK".parse::<Economy>().unwrap().to_string(), "XK");
        for text in ["", "T", "TJK", "ZZ", "EU", "AP", "XX", "UK", "é", "T ", " J"] {
            assert!(text.parse::<Economy>().is_err(), "{text:?}");
        }
        assert_eq!(Economy::of_number(0), None);
        assert!("uk".parse::<Economy>().unwrap_err().to_string().ends_with("is GB"));
    }
}
