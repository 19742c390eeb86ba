//! Cases that are measured together: those that are compared take turns on the same traffic.

use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::case::Case;
use crate::clock;
use crate::instructions;
use crate::report::Report;
use crate::traffic::{Kind, Traffic};

/// One of them against another.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// What the figure's name begins with.
    pub name: &'static str,
    /// Whose time is divided.
    pub slow: Case,
    /// By whose time.
    pub fast: Case,
    /// What the quotient says.
    pub unit: &'static str,
}

/// Cases on the same traffic.
#[derive(Clone, Debug)]
pub struct Group {
    /// What the section is called.
    pub title: &'static str,
    /// Members of the exchange.
    pub members: usize,
    /// What is measured.
    pub cases: Vec<Case>,
    /// What is compared.
    pub comparisons: Vec<Comparison>,
}

const FASTER: &str = "times as fast";
const LONGER: &str = "times as long";

const fn faster(name: &'static str, slow: Case, fast: Case) -> Comparison {
    Comparison { name, slow, fast, unit: FASTER }
}

const fn longer(name: &'static str, slow: Case, fast: Case) -> Comparison {
    Comparison { name, slow, fast, unit: LONGER }
}

/// Members of a very large exchange; the largest have about as many.
const LARGEST: usize = 1_000;

/// Members of the exchange whose figures are the ones with goals.
pub const LARGE: usize = 500;

/// All groups.
#[must_use]
pub fn all() -> Vec<Group> {
    let mut groups = vec![sflow("sFlow, 48 members", 48), sflow("sFlow, 500 members", LARGE)];
    groups.push(Group {
        title: "sFlow, 1,000 members, 100,000 MAC addresses claimed and seen",
        members: LARGEST,
        cases: vec![Case::CrowdedMatrix, Case::CrowdedSflowParserMatrix],
        comparisons: vec![faster("crowded_matrix_vs_sflow_parser", Case::CrowdedSflowParserMatrix, Case::CrowdedMatrix)],
    });
    groups.push(Group {
        title: "sFlow, 1,000 members, every sample from a new MAC address that nobody claims",
        members: LARGEST,
        cases: vec![Case::HostileMatrix],
        comparisons: vec![],
    });
    groups.push(Group {
        title: "IPFIX, 500 members, records of 16 fields",
        members: LARGE,
        cases: vec![Case::IpfixFloor, Case::IpfixWalk, Case::IpfixMatrix, Case::IpfixNetflowParser, Case::IpfixNetflowParserMatrix],
        comparisons: vec![
            faster("ipfix_walk_vs_netflow_parser", Case::IpfixNetflowParser, Case::IpfixWalk),
            faster("ipfix_matrix_vs_netflow_parser", Case::IpfixNetflowParserMatrix, Case::IpfixMatrix),
            longer("ipfix_matrix_vs_floor", Case::IpfixMatrix, Case::IpfixFloor),
        ],
    });
    groups.push(Group {
        title: "NetFlow v9, 500 members, records of 16 fields",
        members: LARGE,
        cases: vec![Case::Netflow9Walk, Case::Netflow9Matrix, Case::Netflow9NetflowParser, Case::Netflow9NetflowParserMatrix],
        comparisons: vec![
            faster("netflow9_walk_vs_netflow_parser", Case::Netflow9NetflowParser, Case::Netflow9Walk),
            faster("netflow9_matrix_vs_netflow_parser", Case::Netflow9NetflowParserMatrix, Case::Netflow9Matrix),
        ],
    });
    groups.push(Group {
        title: "Windows: close (one hand-over of 100,000 cells), merge (two), write to the journal without waiting for the disk",
        members: 48,
        cases: vec![Case::Close, Case::Merge, Case::JournalWrite],
        comparisons: vec![],
    });
    groups.push(Group {
        title: "Places: where an address is, in a table of 1,000,000 prefixes of IPv4 and 250,000 of IPv6",
        members: 48,
        cases: vec![Case::Locality, Case::LocalityFar, Case::Locality6, Case::LocalitySearched, Case::LocalityFarSearched],
        comparisons: vec![
            faster("locality_vs_search", Case::LocalitySearched, Case::Locality),
            faster("locality_far_vs_search", Case::LocalityFarSearched, Case::LocalityFar),
        ],
    });
    groups
}

fn sflow(title: &'static str, members: usize) -> Group {
    Group {
        title,
        members,
        cases: vec![Case::Floor, Case::Walk, Case::Matrix, Case::SflowParser, Case::SflowParserMatrix],
        comparisons: vec![
            faster("matrix_vs_sflow_parser", Case::SflowParserMatrix, Case::Matrix),
            faster("walk_vs_sflow_parser", Case::SflowParser, Case::Walk),
            longer("matrix_vs_floor", Case::Matrix, Case::Floor),
            longer("walk_vs_floor", Case::Walk, Case::Floor),
        ],
    }
}

/// Figures whose names are a contract, and of which measured figures they are the copies.
const NAMED: [(&str, &str); 4] = [
    ("sflow_vs_sflow_parser_ratio", "matrix_vs_sflow_parser_500_members_ratio"),
    ("sflow_instructions_per_sample", "matrix_500_members_instructions_per_sample"),
    ("locality_instructions_per_look_up", "locality_48_members_instructions_per_look_up"),
    ("ipfix_vs_netflow_parser_ratio", "ipfix_walk_vs_netflow_parser_500_members_ratio"),
];

/// Times a group's cases in turns, and counts their instructions if the runner is there.
///
/// # Errors
/// If the traffic cannot be made.
pub fn measure(group: &Group, runner: &Path, report: &mut Report) -> Result<(), Box<dyn Error>> {
    report.section(group.title);
    let before = group.cases.first().and_then(|case| case.kind()).unwrap_or(Kind::Sflow);
    let traffic = Rc::new(Traffic::made(before, group.members)?);
    time(group, &traffic, report)?;
    count(group, &traffic, runner, report);
    for (name, copied) in NAMED {
        if let Some((value, unit)) = report.value(copied).filter(|_| report.value(name).is_none()).zip(unit_of(name)) {
            report.add(name, value, unit);
        }
    }
    Ok(())
}

fn unit_of(name: &str) -> Option<&'static str> {
    Some(match name {
        name if name.ends_with("_ratio") => FASTER,
        name if name.ends_with("_look_up") => "instructions per look-up",
        _ => "instructions per sample",
    })
}

fn time(group: &Group, traffic: &Rc<Traffic>, report: &mut Report) -> Result<(), Box<dyn Error>> {
    let members = group.members;
    let mut rounds = group.cases.iter().map(|case| case.prepare(traffic)).collect::<Result<Vec<_>, _>>()?;
    let turns = clock::take_turns(&mut rounds);
    let place = |wanted: Case| group.cases.iter().position(|case| *case == wanted).unwrap_or(usize::MAX);
    for Comparison { name, slow, fast, unit } in &group.comparisons {
        report.add(format!("{name}_{members}_members_ratio"), clock::ratio(&turns, place(*slow), place(*fast)), unit);
    }
    for case in &group.cases {
        let nanoseconds = clock::typical(&turns, place(*case)) * 1e9 / case.units(traffic) as f64;
        report.add(format!("{}_{members}_members_ns_per_{}", case.name(), case.unit()), nanoseconds, "ns");
    }
    Ok(())
}

fn count(group: &Group, traffic: &Traffic, runner: &Path, report: &mut Report) {
    let counted = count_all(group, runner);
    for (case, counted) in counted {
        let name = format!("{}_{}_members_instructions_per_{}", case.name(), group.members, case.unit());
        match counted {
            Ok(instructions) => report.add(name, instructions as f64 / case.units(traffic) as f64, "instructions"),
            Err(why) => report.leave_out(name, why),
        }
    }
}

/// Counts the cases' instructions, as many at a time as there are processors: a count is the same however busy the machine is.
fn count_all(group: &Group, runner: &Path) -> Vec<(Case, Result<u64, String>)> {
    let waiting: Mutex<VecDeque<Case>> = Mutex::new(group.cases.iter().copied().collect());
    let counted = Mutex::new(Vec::new());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let count = instructions::of_a_round(runner, case, group.members).map_err(|why| why.to_string());
                    counted.lock().unwrap_or_else(PoisonError::into_inner).push((case, count));
                }
            });
        }
    });
    let mut counted = counted.into_inner().unwrap_or_else(PoisonError::into_inner);
    counted.sort_by_key(|(case, _)| group.cases.iter().position(|other| other == case));
    counted
}
