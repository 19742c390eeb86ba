//! Made-up names of networks.

use std::collections::HashSet;

use rand::RngExt;
use rand_pcg::Pcg64;

use crate::members::Role;

const FIRST: [&str; 40] = [
    "Karvon",
    "Silkroad",
    "Anorzor",
    "Tolqincha",
    "Shabada",
    "Bodomzor",
    "Chinorcha",
    "Oltinsoy",
    "Qirmizi",
    "Sarbonlar",
    "Navqiron",
    "Qoratosh",
    "Kumushsoy",
    "Tongyeli",
    "Zumradcha",
    "Ferozkoh",
    "Marjonoy",
    "Sadafcha",
    "Giloszor",
    "Archazor",
    "Buloqcha",
    "Jilgacha",
    "Dengizcha",
    "Ipakcha",
    "Laylakcha",
    "Turnazor",
    "Moviygul",
    "Yulduzcha",
    "Saksovul",
    "Yantoqzor",
    "Adirlik",
    "Sohilcha",
    "Dovonlik",
    "Qaynarsoy",
    "Teraklik",
    "Lolasoy",
    "Tutzorcha",
    "Beshterak",
    "Uzumzorcha",
    "Charxlik",
];
const CONTENT: [&str; 8] = ["Hosting", "Cloud", "Media", "Video", "Games", "Cache", "Datacentre", "Streaming"];
const EYEBALL: [&str; 8] = ["Telecom", "Broadband", "Online", "Mobile", "Fibre", "Cable", "Wireless", "Homenet"];
const MIXED: [&str; 8] = ["Networks", "Transit", "Data", "Systems", "Exchange", "Academic", "Backbone", "Carrier"];
const QUARTERS: [&str; 5] = ["", "North ", "South ", "East ", "West "];

/// Gives each network a name of its own.
#[derive(Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
}

impl Names {
    /// A name that was not given before.
    pub(crate) fn next(&mut self, role: Role, rng: &mut Pcg64) -> String {
        let kinds = match role {
            Role::Content => &CONTENT,
            Role::Eyeball => &EYEBALL,
            Role::Mixed => &MIXED,
        };
        for attempt in 0.. {
            // Plain names first; a quarter of the compass where they run short, and at last a number.
            let quarter = if attempt < 3 { "" } else { QUARTERS[rng.random_range(0..QUARTERS.len())] };
            let number = if attempt < 12 { String::new() } else { format!(" {attempt}") };
            let (first, kind) = (FIRST[rng.random_range(0..FIRST.len())], kinds[rng.random_range(0..kinds.len())]);
            let name = format!("{quarter}{first} {kind}{number}");
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn two_thousand_networks_of_one_kind_have_names_of_their_own() {
        let mut names = Names::default();
        let mut rng = Pcg64::seed_from_u64(1);
        let given: HashSet<String> = (0..2_000).map(|_| names.next(Role::Eyeball, &mut rng)).collect();
        assert_eq!(given.len(), 2_000);
        assert!(!given.contains(""));
    }
}
