//! The section `[share]` and the blocks `[[border]]`: what is known of networks beside the exchange.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use report::books::Link;
use schema::{Asn, Class};

use super::typed::{Keys, Typed};
use super::values::{self, Read};

/// Bits a second in the unit in which capacities are written.
const MEGABIT: f64 = 1e6;

/// No member's links of one class carry more, in Mbit/s: a figure beyond it is a slip of the unit.
const MOST_MEGABITS: f64 = 1e9;

/// What the section and the blocks say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Share {
    /// Volumes that networks declare.
    pub(crate) volumes: Option<PathBuf>,
    /// Members that deliver nothing to domestic users.
    pub(crate) outside: BTreeSet<Asn>,
    /// The links of members.
    pub(crate) links: Vec<Link>,
}

pub(super) fn share(typed: &mut Typed<'_>, folder: &Path) -> Share {
    let links = typed.blocks("border", link).into_iter().map(|block| block.value).collect();
    let mut keys = typed.section("share");
    Share {
        volumes: keys.get("volumes", values::text).map(|file| folder.join(file)),
        outside: keys.list("outside", network).unwrap_or_default().into_iter().collect(),
        links,
    }
}

fn link(keys: &mut Keys<'_, '_>) -> Option<Link> {
    let member = keys.required("member", network, "write whose links these are, as in 64500");
    let class = keys.required("class", class, "write what is beyond them: \"transit\", \"private\" or \"cache\"");
    let capacity =
        keys.required("capacity", megabits, "write what they carry together, in Mbit/s, as in 20000; 0 for a member that has none");
    Some(Link { member: member?, class: class?, capacity: capacity?, price: None })
}

fn network(text: &str) -> Read<Asn> {
    let digits = text.strip_prefix("AS").unwrap_or(text);
    digits.parse().ok().filter(|asn| *asn != 0).map(Asn).ok_or_else(|| "expected the number of a network, as in 64500".into())
}

fn class(text: &str) -> Read<Class> {
    let class = text.parse().ok().filter(|class| *class != Class::Exchange);
    class.ok_or_else(|| "expected \"transit\", \"private\" or \"cache\"; ports of the exchange are in the member list".into())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is neither negative nor beyond its bound")]
fn megabits(text: &str) -> Read<u64> {
    let number = text.parse().ok().filter(|megabits| (0.0..=MOST_MEGABITS).contains(megabits));
    let number = number.ok_or_else(|| format!("expected Mbit/s from 0 to {MOST_MEGABITS}, as in 20000"))?;
    Ok((number * MEGABIT) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Mistake};

    fn parse(text: &str) -> Result<Share, Vec<String>> {
        let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
        Config::parse("chorsu.toml", text, Path::new("/etc/chorsu")).map(|config| config.share).map_err(mistakes)
    }

    #[test]
    fn links_have_a_member_a_class_and_a_capacity() {
        let text = "[share]\nvolumes = \"volumes.csv\"\noutside = [64510, \"AS64511\"]\n\
                    [[border]]\nmember = 64501\nclass = \"transit\"\ncapacity = 20000\n[[border]]\nmember = \"AS64501\"\nclass = \"cache\"\ncapacity = 0.5\n";
        let share = parse(text).unwrap();
        assert_eq!((share.volumes, share.outside), (Some("/etc/chorsu/volumes.csv".into()), [Asn(64_510), Asn(64_511)].into()));
        let link = |class, capacity| Link { member: Asn(64_501), class, capacity, price: None };
        assert_eq!(share.links, [link(Class::Transit, 20_000_000_000), link(Class::Cache, 500_000)]);
        assert_eq!(parse("").unwrap(), Share::default());
    }

    #[test]
    fn mistakes_are_told_with_what_to_write() {
        let text = "[share]\noutside = \"google\"\n[[border]]\nmember = 64501\nclass = \"exchange\"\ncapacity = -1\n[[border]]\nclass = \"transit\"\n";
        assert_eq!(
            parse(text).unwrap_err(),
            [
                "chorsu.toml, line 2: `share.outside` is \"google\": expected the number of a network, as in 64500",
                "chorsu.toml, line 5: `border.class` is \"exchange\": expected \"transit\", \"private\" or \"cache\"; ports of the exchange are in the member list",
                "chorsu.toml, line 6: `border.capacity` is \"-1\": expected Mbit/s from 0 to 1000000000, as in 20000",
                "chorsu.toml, line 7: `border.capacity` is missing: write what they carry together, in Mbit/s, as in 20000; 0 for a member that has none",
                "chorsu.toml, line 7: `border.member` is missing: write whose links these are, as in 64500",
            ]
        );
    }
}
