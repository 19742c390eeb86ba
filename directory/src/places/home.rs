//! The economy that is measured.

use schema::{Economy, Locality};

/// The economy whose traffic is domestic: one, or several that are looked at as one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Home {
    name: String,
    /// In order, each once.
    economies: Vec<Economy>,
}

impl Home {
    /// A group of economies with a name for people.
    #[must_use]
    pub fn group(name: impl Into<String>, economies: impl IntoIterator<Item = Economy>) -> Self {
        let mut economies: Vec<Economy> = economies.into_iter().collect();
        economies.sort_unstable();
        economies.dedup();
        Self { name: name.into(), economies }
    }

    /// The name: that of the group, or the code of the one economy.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which economies it is, in the order of their codes.
    #[must_use]
    pub fn economies(&self) -> &[Economy] {
        &self.economies
    }

    /// Where an address of such an economy is. Nothing is foreign to a home that is nowhere.
    pub(crate) fn locality(&self, economy: Option<Economy>) -> Locality {
        match economy {
            Some(_) if self.economies.is_empty() => Locality::Unknown,
            Some(economy) if self.economies.binary_search(&economy).is_ok() => Locality::Domestic,
            Some(_) => Locality::Foreign,
            None => Locality::Unknown,
        }
    }
}

impl From<Economy> for Home {
    fn from(economy: Economy) -> Self {
        Self::group(economy.code(), [economy])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_one_home() {
        let economy = |code: &str| Some(code.parse::<Economy>().unwrap());
        let home = Home::group("Central Asia", ["TJ", "KZ", "TJ"].iter().filter_map(|code| economy(code)));
        let seen = ["KZ", "TJ", "DE"].map(|code| home.locality(economy(code)));
        assert_eq!(seen, [Locality::Domestic, Locality::Domestic, Locality::Foreign]);
        assert_eq!((home.locality(None), home.economies().len()), (Locality::Unknown, 2));
        assert_eq!(Home::default().locality(economy("TJ")), Locality::Unknown);
        assert_eq!(Home::from(economy("TJ").unwrap()).name(), "TJ");
    }
}
