//! The section `[economy]` and the blocks `[[group]]`: what is domestic, and from where is known which addresses are.

use std::path::Path;

use directory::places::{Home, MAX_SOURCES, PlaceSource, SourceKind};

use super::typed::{Keys, Placed, Typed};
use super::values::{self, Read};

/// What the section says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Economy {
    pub(crate) home: Home,
    /// In the order of their kinds, those of a kind in the order in which they are named.
    pub(crate) sources: Vec<PlaceSource>,
}

/// What the section says; `None` where it has no home.
pub(super) fn economy(typed: &mut Typed<'_>, folder: &Path) -> Option<Economy> {
    let groups = groups(typed);
    let mut keys = typed.section("economy");
    let home = keys.get("home", |text| home(text, &groups));
    let sources: Vec<PlaceSource> = SourceKind::ALL.into_iter().flat_map(|kind| files(&mut keys, kind, folder)).collect();
    if sources.len() > MAX_SOURCES {
        keys.refuse("home", &format!("has {} files, and at most {MAX_SOURCES} are read; put some of one kind together", sources.len()));
    }
    if !sources.is_empty() && !keys.has("home") {
        keys.required("home", values::text, "write the code of the economy that is measured, as in \"TJ\", or the name of a [[group]]");
    }
    Some(Economy { home: home?, sources })
}

fn files(keys: &mut Keys<'_, '_>, kind: SourceKind, folder: &Path) -> Vec<PlaceSource> {
    let files = keys.list(kind.name(), values::text).unwrap_or_default();
    files.into_iter().map(|file| PlaceSource { kind, file: folder.join(file) }).collect()
}

fn home(text: &str, groups: &[Home]) -> Read<Home> {
    if let Some(group) = groups.iter().find(|group| group.name() == text) {
        return Ok(group.clone());
    }
    let economy = text.parse::<schema::Economy>();
    economy.map(Home::from).map_err(|no| format!("expected an economy or the name of a [[group]]; {no}"))
}

fn groups(typed: &mut Typed<'_>) -> Vec<Home> {
    let groups = typed.blocks("group", group);
    find_twins(typed, &groups);
    groups.into_iter().map(|group| group.value).collect()
}

fn group(keys: &mut Keys<'_, '_>) -> Option<Home> {
    let name = keys.required("name", values::short_name, "write a short name, as in \"central-asia\"");
    let economies = keys.list("economies", member);
    if economies.as_ref().map_or(!keys.has("economies"), Vec::is_empty) {
        keys.refuse("economies", "is missing or empty; list the codes of the group's economies, as in [\"KZ\", \"TJ\"]");
    }
    Some(Home::group(&*name?, economies?))
}

fn member(text: &str) -> Read<schema::Economy> {
    text.parse().map_err(|no: schema::economy::NotAnEconomy| format!("expected an economy; {no}"))
}

fn find_twins(typed: &mut Typed<'_>, groups: &[Placed<Home>]) {
    for (position, group) in groups.iter().enumerate() {
        if let Some(first) = groups.iter().take(position).find(|other| other.value.name() == group.value.name()) {
            let line = typed.line(first.start);
            typed
                .mistake(group.start, format!("[[group]] {} stands in line {line} already; make one block of the two", group.value.name()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Mistake};

    fn parse(text: &str) -> Result<Config, Vec<String>> {
        let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
        Config::parse("chorsu.toml", text, Path::new("/etc/chorsu")).map_err(mistakes)
    }

    #[test]
    fn a_home_is_an_economy_or_a_group_of_them() {
        let home = |text: &str| parse(text).unwrap().economy.unwrap().home;
        assert_eq!(home("[economy]\nhome = \"tj\"\n"), Home::from("TJ".parse::<schema::Economy>().unwrap()));
        let group = home("[economy]\nhome = \"central-asia\"\n[[group]]\nname = \"central-asia\"\neconomies = [\"TJ\", \"KZ\"]\n");
        assert_eq!((group.name(), group.economies().len()), ("central-asia", 2));
        assert_eq!(parse("").unwrap().economy, None);
    }

    #[test]
    fn files_are_meant_from_the_configurations_folder_and_believed_in_a_fixed_order() {
        let text = "[economy]\nhome = \"TJ\"\nregistries = [\"ripe\", \"apnic\"]\noverrides = \"/srv/mine.csv\"\n";
        let sources = parse(text).unwrap().economy.unwrap().sources;
        let source = |kind, file: &str| PlaceSource { kind, file: file.into() };
        assert_eq!(
            sources,
            [
                source(SourceKind::Overrides, "/srv/mine.csv"),
                source(SourceKind::Registry, "/etc/chorsu/ripe"),
                source(SourceKind::Registry, "/etc/chorsu/apnic"),
            ]
        );
    }

    #[test]
    fn everything_above_layer_2_can_be_switched_off() {
        let config = parse("[economy]\nhome = \"TJ\"\nroutes = \"rib.bz2\"\n[privacy]\nlayer2_only = true\n").unwrap();
        assert!(config.layer2_only && config.economy.is_none());
        assert_eq!(parse("[economy]\nhome = \"ZZ\"\n[privacy]\nlayer2_only = true\n").unwrap_err().len(), 1);
    }

    #[test]
    fn mistakes_are_told_with_what_to_write() {
        let text = "[economy]\nhome = \"UK\"\n\n[[group]]\nname = \"a\"\n\n[[group]]\nname = \"a\"\neconomies = [\"EU\"]\n\n[[group]]\nname = \"b\"\neconomies = []\n";
        assert_eq!(
            parse(text).unwrap_err(),
            [
                "chorsu.toml, line 2: `economy.home` is \"UK\": expected an economy or the name of a [[group]]; \"UK\" is no code of ISO 3166-1 alpha-2, as in \"TJ\"; the United Kingdom is GB",
                "chorsu.toml, line 4: `group.economies` is missing or empty; list the codes of the group's economies, as in [\"KZ\", \"TJ\"]",
                "chorsu.toml, line 9: `group.economies` is \"EU\": expected an economy; \"EU\" is no code of ISO 3166-1 alpha-2, as in \"TJ\"",
                "chorsu.toml, line 13: `group.economies` is missing or empty; list the codes of the group's economies, as in [\"KZ\", \"TJ\"]",
            ]
        );
        let twice = "[[group]]\nname = \"a\"\neconomies = [\"TJ\"]\n[[group]]\nname = \"a\"\neconomies = [\"KZ\"]\n";
        assert_eq!(parse(twice).unwrap_err(), ["chorsu.toml, line 4: [[group]] a stands in line 1 already; make one block of the two"]);
        let homeless = parse("[economy]\ngeofeeds = [\"feed.csv\"]\n").unwrap_err();
        assert!(homeless[0].starts_with("chorsu.toml, line 1: `economy.home` is missing: write the code"), "{homeless:?}");
    }
}
