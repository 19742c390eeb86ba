//! The blocks `[[exporter]]`: what is known better than what an exporter says of itself.

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use aggregator::policy::{CorePorts, DirectionRule, MAX_CORE_RANGES, Policy, Rule};
use schema::Rate;
use schema::sample::LengthBasis;

use super::typed::{Keys, Placed, Typed};
use super::values::{self, Read};

/// Keys of a block that change something. One without any of them does nothing.
const CHANGES: [&str; 6] = ["sampling", "sampling_if_missing", "scaled", "direction", "octets", "core_ports"];

/// The rules of all blocks, the most specific first: whoever applies them takes the first that fits.
pub(super) fn rules(typed: &mut Typed<'_>) -> Vec<Rule> {
    let blocks = typed.blocks("exporter", rule);
    find_twins(typed, &blocks);
    let mut rules: Vec<Rule> = blocks.into_iter().map(|block| block.value).collect();
    rules.sort_by_key(|rule| (Reverse(rule.agents.prefix_len()), rule.sub_agent.is_none()));
    rules
}

fn rule(keys: &mut Keys<'_, '_>) -> Option<Rule> {
    let agents = keys.required("address", values::prefix, "write the exporter's address or a prefix, as in \"192.0.2.1\"");
    let sub_agent = keys.get("domain", domain);
    let policy = Policy {
        sampling: keys.get("sampling", sampling),
        sampling_if_missing: keys.get("sampling_if_missing", sampling),
        scaled: keys.get("scaled", values::yes_or_no).unwrap_or_default(),
        direction: keys.get("direction", direction).unwrap_or_default(),
        octets: keys.get("octets", basis),
        core_ports: core_ports(keys),
    };
    if policy.scaled && !keys.has("sampling") && !keys.has("sampling_if_missing") {
        keys.refuse("scaled", "needs the rate by which the counters are multiplied; give `sampling` or `sampling_if_missing` too");
    }
    if keys.has("address") && !CHANGES.iter().any(|key| keys.has(key)) {
        keys.refuse("address", "stands alone and changes nothing; add what is known better, as in `sampling = 1000`, or remove the block");
    }
    Some(Rule { agents: agents?, sub_agent, policy })
}

fn core_ports(keys: &mut Keys<'_, '_>) -> CorePorts {
    let ranges = keys.list("core_ports", ports).unwrap_or_default();
    if ranges.len() > MAX_CORE_RANGES {
        keys.refuse(
            "core_ports",
            &format!("has {} entries, and at most {MAX_CORE_RANGES} are read; write neighbours as a range", ranges.len()),
        );
    }
    CorePorts::new(ranges)
}

fn find_twins(typed: &mut Typed<'_>, blocks: &[Placed<Rule>]) {
    for (position, block) in blocks.iter().enumerate() {
        let is_same = |other: &&Placed<Rule>| (other.value.agents, other.value.sub_agent) == (block.value.agents, block.value.sub_agent);
        if let Some(first) = blocks.iter().take(position).find(is_same) {
            let domain = block.value.sub_agent.map_or_else(String::new, |domain| format!(", domain {domain},"));
            let (address, line) = (values::prefix_text(&block.value.agents), typed.line(first.start));
            let what = format!("[[exporter]] {address}{domain} stands in line {line} already; make one block of the two");
            typed.mistake(block.start, what);
        }
    }
}

fn domain(text: &str) -> Read<u32> {
    text.parse().map_err(|_| "expected a number: sFlow's sub-agent, NetFlow v9's source id or IPFIX' observation domain".into())
}

fn sampling(text: &str) -> Read<Rate> {
    let frames = text.parse().ok().filter(|frames| *frames > 0);
    frames.map(Rate::whole).ok_or_else(|| "expected a whole number from 1 on: one frame in so many is sampled".into())
}

fn direction(text: &str) -> Read<DirectionRule> {
    match text {
        "auto" => Ok(DirectionRule::Auto),
        "ingress" => Ok(DirectionRule::Ingress),
        "egress" => Ok(DirectionRule::Egress),
        "both" => Ok(DirectionRule::Both),
        _ => Err("expected \"auto\", \"ingress\", \"egress\" or \"both\"".into()),
    }
}

fn basis(text: &str) -> Read<LengthBasis> {
    match text {
        "ip" => Ok(LengthBasis::IpPacket),
        "layer2" => Ok(LengthBasis::Layer2),
        "frame" => Ok(LengthBasis::Frame),
        _ => Err("expected \"ip\", \"layer2\" (without the FCS) or \"frame\" (with it)".into()),
    }
}

/// A port or a range of ports. 0 stands for "not known" in what exporters send.
fn ports(text: &str) -> Read<RangeInclusive<u32>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let index = |text: &str| text.trim().parse::<u32>().ok().filter(|index| *index > 0);
    let expected = || "expected a port's ifIndex, from 1 on, or a range of them, as in 49 or \"100-110\"".to_owned();
    let (first, last) = index(first).zip(index(last)).ok_or_else(expected)?;
    if first <= last { Ok(first..=last) } else { Err(format!("ends before it begins; did you mean \"{last}-{first}\"?")) }
}

/// Core ports as people read them; `None` for none.
fn core_text(ports: &CorePorts) -> Option<String> {
    let range = |range: &RangeInclusive<u32>| match (range.start(), range.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    let ranges: Vec<String> = ports.ranges().iter().map(range).collect();
    match ports.ranges() {
        [] => None,
        [one] if one.start() == one.end() => Some(format!("port {} joins switches: what is sampled there is set aside", ranges.join(""))),
        _ => Some(format!("ports {} join switches: what is sampled there is set aside", ranges.join(", "))),
    }
}

/// A rule as people read it.
pub(crate) fn rule_text(rule: &Rule) -> String {
    let policy = &rule.policy;
    let scaled = if policy.scaled { ", already in its counters" } else { "" };
    let direction = match policy.direction {
        DirectionRule::Auto => None,
        DirectionRule::Ingress => Some("what enters is counted"),
        DirectionRule::Egress => Some("what leaves is counted"),
        DirectionRule::Both => Some("both directions are counted"),
    };
    let octets = policy.octets.map(|basis| match basis {
        LengthBasis::IpPacket => "octets are of IP packets",
        LengthBasis::Layer2 => "octets are of frames without FCS",
        LengthBasis::Frame => "octets are of whole frames",
    });
    let parts = [
        policy.sampling.map(|rate| format!("sampling 1 in {}{scaled}", rate.rounded())),
        policy.sampling_if_missing.map(|rate| format!("sampling 1 in {} where none is announced{scaled}", rate.rounded())),
        direction.map(str::to_owned),
        octets.map(str::to_owned),
        core_text(&policy.core_ports),
    ];
    let domain = rule.sub_agent.map_or_else(String::new, |domain| format!(", domain {domain}"));
    let said: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}{domain}: {}", values::prefix_text(&rule.agents), said.join("; "))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Config, Mistake};

    fn parse(text: &str) -> Result<Vec<Rule>, Vec<String>> {
        let mistakes = |mistakes: Vec<Mistake>| mistakes.iter().map(ToString::to_string).collect();
        Config::parse("chorsu.toml", text, Path::new("/etc/chorsu")).map(|config| config.exporters).map_err(mistakes)
    }

    #[test]
    fn a_block_says_what_is_known_better() {
        let text = "[[exporter]]\naddress = \"192.0.2.1\"\ndomain = 7\nsampling = 1000\ndirection = \"egress\"\noctets = \"frame\"\n";
        let policy = Policy {
            sampling: Some(Rate::whole(1_000)),
            direction: DirectionRule::Egress,
            octets: Some(LengthBasis::Frame),
            ..Policy::default()
        };
        assert_eq!(parse(text).unwrap(), [Rule { agents: "192.0.2.1/32".parse().unwrap(), sub_agent: Some(7), policy }]);
    }

    #[test]
    fn the_most_specific_block_comes_first_wherever_it_stands() {
        let block = |address: &str, rest: &str| format!("[[exporter]]\naddress = \"{address}\"\nsampling = 2\n{rest}");
        let blocks = [("0.0.0.0/0", ""), ("192.0.2.1", ""), ("192.0.2.0/24", "domain = 3\n"), ("192.0.2.1", "domain = 3\n")];
        let text: String = blocks.iter().map(|(address, rest)| block(address, rest)).collect();
        let order: Vec<(String, Option<u32>)> =
            parse(&text).unwrap().iter().map(|rule| (values::prefix_text(&rule.agents), rule.sub_agent)).collect();
        let expected = [("192.0.2.1", Some(3)), ("192.0.2.1", None), ("192.0.2.0/24", Some(3)), ("0.0.0.0/0", None)];
        assert_eq!(order, expected.map(|(address, domain)| (address.to_owned(), domain)));
    }

    #[test]
    fn all_mistakes_of_all_blocks_are_told_at_once() {
        let text = "[[exporter]]\nsampling = 0\n\n[[exporter]]\nadress = \"192.0.2.1\"\naddress = \"192.0.2.1\"\ndirection = \"in\"\n\n[[exporters]]\n";
        assert_eq!(
            parse(text).unwrap_err(),
            [
                "chorsu.toml, line 1: `exporter.address` is missing: write the exporter's address or a prefix, as in \"192.0.2.1\"",
                "chorsu.toml, line 2: `exporter.sampling` is \"0\": expected a whole number from 1 on: one frame in so many is sampled",
                "chorsu.toml, line 5: `exporter.adress` is no key of this file; did you mean `exporter.address`?",
                "chorsu.toml, line 7: `exporter.direction` is \"in\": expected \"auto\", \"ingress\", \"egress\" or \"both\"",
                "chorsu.toml, line 9: `exporters` is no section of this file; did you mean `exporter`?",
            ]
        );
    }

    #[test]
    fn two_blocks_for_one_exporter_name_both_lines() {
        let block = "[[exporter]]\naddress = \"192.0.2.0/24\"\nsampling = 2\n";
        let mistakes = parse(&format!("{block}{block}domain = 1\n{block}")).unwrap_err();
        assert_eq!(mistakes, ["chorsu.toml, line 8: [[exporter]] 192.0.2.0/24 stands in line 1 already; make one block of the two"]);
    }

    #[test]
    fn counters_that_are_already_multiplied_need_their_rate() {
        let block = "[[exporter]]\naddress = \"192.0.2.1\"\nscaled = true\n";
        let mistakes = parse(block).unwrap_err();
        assert!(mistakes[0].starts_with("chorsu.toml, line 3: `exporter.scaled` needs the rate"), "{mistakes:?}");
        assert!(parse(&format!("{block}sampling_if_missing = 64\n")).unwrap()[0].policy.scaled);
        assert_eq!(parse(&format!("{block}sampling = 0\n")).unwrap_err().len(), 1);
    }

    #[test]
    fn a_block_that_changes_nothing_is_a_mistake() {
        let mistakes = parse("[[exporter]]\naddress = \"192.0.2.1\"\ndomain = 1\n").unwrap_err();
        assert!(mistakes[0].starts_with("chorsu.toml, line 2: `exporter.address` stands alone"), "{mistakes:?}");
    }

    #[test]
    fn core_ports_are_numbers_and_ranges() {
        let core = |list: &str| parse(&format!("[[exporter]]\naddress = \"192.0.2.1\"\ncore_ports = {list}\n"));
        let rules = core("[49, \"100-110\", \"50\"]").unwrap();
        assert_eq!(rules[0].policy.core_ports, CorePorts::new([49..=50, 100..=110]));
        assert_eq!(rule_text(&rules[0]), "192.0.2.1: ports 49-50, 100-110 join switches: what is sampled there is set aside");
        let one = core("49").unwrap();
        assert_eq!(rule_text(&one[0]), "192.0.2.1: port 49 joins switches: what is sampled there is set aside");
        for (list, expected) in [
            ("[0]", "`exporter.core_ports` is \"0\": expected a port's ifIndex, from 1 on, or a range of them, as in 49 or \"100-110\""),
            ("[\"110-100\"]", "`exporter.core_ports` is \"110-100\": ends before it begins; did you mean \"100-110\"?"),
            (
                "[\"eth0\"]",
                "`exporter.core_ports` is \"eth0\": expected a port's ifIndex, from 1 on, or a range of them, as in 49 or \"100-110\"",
            ),
        ] {
            assert_eq!(core(list).unwrap_err(), [format!("chorsu.toml, line 3: {expected}")]);
        }
        let many: Vec<String> = (1..=MAX_CORE_RANGES + 1).map(|port| (2 * port).to_string()).collect();
        let refused = core(&format!("[{}]", many.join(", "))).unwrap_err();
        assert!(refused[0].contains("has 1025 entries"), "{refused:?}");
    }

    #[test]
    fn one_pair_of_brackets_is_told_from_two() {
        for text in ["[exporter]\naddress = \"192.0.2.1\"\n", "exporter = 5\n", "exporter = [5]\n"] {
            let mistakes = parse(text).unwrap_err();
            assert_eq!(
                mistakes,
                ["chorsu.toml, line 1: `exporter` must be blocks, each written as [[exporter]] with its keys below"],
                "{text}"
            );
        }
        let mistakes = parse("[[collect]]\nthreads = 1\n").unwrap_err();
        assert_eq!(mistakes, ["chorsu.toml, line 1: `collect` must be a section, written as [collect]"]);
    }

    #[test]
    fn a_rule_reads_as_a_sentence() {
        let block = "[[exporter]]\naddress = \"2001:db8::/32\"\ndomain = 1\nsampling_if_missing = 64\nscaled = true\ndirection = \"ingress\"\noctets = \"layer2\"\n";
        let expected = "2001:db8::/32, domain 1: sampling 1 in 64 where none is announced, already in its counters; what enters is counted; octets are of \
             frames without FCS";
        assert_eq!(rule_text(&parse(block).unwrap()[0]), expected);
    }
}
