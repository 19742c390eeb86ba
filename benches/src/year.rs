//! A year's journal of an exchange with 300 members, made once and kept.
//!
//! It is written through the journal's own appending and maintenance, so it holds what a service's journal holds at [`Year::END`]: windows of a
//! minute for a day and a half (a service keeps three), roll-ups of five minutes, hours and days. Only the time before that is thinned, which
//! would else take hours to write: of each day, one window holds what a whole day's samples would be, and one in every other hour holds a few.
//! So each day's roll-up has as many rows as a real one, and there is a roll-up for each hour.

use std::error::Error;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use indicatif::ProgressBar;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson};
use rand_pcg::Pcg64;
use schema::window::{CellRow, ExporterRow, PortRow, PortSampleRow};
use schema::{Timestamp, Window};
use store::{Journal, Options, StoreError};

/// Members of the exchange.
pub const MEMBERS: u32 = 300;

/// Samples in a minute, over all members.
const SAMPLES_PER_MINUTE: f64 = 60_000.0;

/// Samples in each of the windows that are only there so that their hour has a roll-up.
const FEW: f64 = 100.0;

/// One frame in so many is sampled.
const RATE: u32 = 2_048;

/// Exponent of the Zipf law of members' sizes.
const SKEW: f64 = 0.9;

/// Share of ordered pairs of members that exchange nothing.
const ABSENT: f64 = 0.3;

/// Share of a pair's traffic that is IPv6.
const IPV6: f64 = 0.3;

/// Ports of one switch.
const PORTS: u32 = 50;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Days before the last two.
const DAYS: u32 = 365;

/// Maintenance runs after so many days: each run looks at the whole journal.
const DAYS_BETWEEN_MAINTENANCE: u32 = 30;

/// Raised when the generator changes, so that an older journal is made anew.
const VERSION: u32 = 2;

/// A journal, and who is in it.
#[derive(Clone, Debug)]
pub struct Year {
    /// The store's folder.
    pub folder: PathBuf,
}

impl Year {
    /// Its first moment, 2025-01-01T00:00:00Z.
    pub const START: Timestamp = Timestamp(1_735_689_600_000);

    /// The moment after its last: 366 days later, at 13:37.
    pub const END: Timestamp = Timestamp(Self::START.0 + 366 * 86_400_000 + 13 * 3_600_000 + 37 * 60_000);

    /// The year's journal in this folder, made unless it is there; `progress` goes along with its making.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn kept(folder: &Path, progress: &ProgressBar) -> Result<Self, Box<dyn Error>> {
        let year = Self { folder: folder.join(format!("year-{VERSION}")) };
        let whole = folder.join(format!("year-{VERSION}.whole"));
        if whole.exists() {
            return Ok(year);
        }
        // What an interrupted run has written stays: its windows are known by their serials, and drawn again as they were.
        make(&year.folder, DAYS, Self::END, progress)?;
        fs::write(whole, "")?;
        Ok(year)
    }
}

/// Writes so many thinned days, and after them all minutes until `end`.
///
/// # Errors
/// If the journal cannot be written.
pub fn make(folder: &Path, days: u32, end: Timestamp, progress: &ProgressBar) -> Result<(), Box<dyn Error>> {
    let mut journal = Journal::open(folder, Options::default())?;
    let mut exchange = Exchange::new()?;
    let minutes = end.since(Year::START.plus(DAY * days)).as_secs() / 60;
    progress.set_length(u64::from(days) + minutes);
    for day in 0..days {
        let start = Year::START.plus(DAY * day);
        for hour in 0..24 {
            let samples = if hour == 12 { SAMPLES_PER_MINUTE * 1_440.0 } else { FEW };
            journal.append_bulk(&exchange.window(start.plus(HOUR * hour), samples)?)?;
        }
        if (day + 1) % DAYS_BETWEEN_MAINTENANCE == 0 {
            settle(&mut journal, start.plus(DAY))?;
        }
        progress.inc(1);
    }
    let mut start = Year::START.plus(DAY * days);
    while start < end {
        journal.append_bulk(&exchange.window(start, SAMPLES_PER_MINUTE)?)?;
        start = start.plus(MINUTE);
        progress.inc(1);
    }
    Ok(settle(&mut journal, end.plus(2 * MINUTE))?)
}

/// Rolls up what has closed by then, and drops what that makes superfluous: as often as it takes, for a run makes one bundle.
fn settle(journal: &mut Journal, now: Timestamp) -> Result<(), StoreError> {
    loop {
        let done = journal.maintain(now)?;
        if done.rolled_up + done.expired + done.superseded == 0 {
            return Ok(());
        }
    }
}

/// Who sends how much to whom.
struct Exchange {
    rng: Pcg64,
    /// Ordered pairs with their share of all samples, for each IP version.
    pairs: Vec<(u32, u32, u8, f64)>,
    name: Arc<str>,
    agents: Vec<Arc<str>>,
    sflow: Arc<str>,
}

impl Exchange {
    fn new() -> Result<Self, Box<dyn Error>> {
        let mut rng = Pcg64::seed_from_u64(1);
        let size = |member: u32| f64::from(member + 1).powf(-SKEW);
        let mut pairs = Vec::new();
        for (src, dst) in (0..MEMBERS).flat_map(|src| (0..MEMBERS).map(move |dst| (src, dst))) {
            if src == dst || rng.random::<f64>() < ABSENT {
                continue;
            }
            let weight = size(src) * size(dst);
            pairs.extend([(src, dst, 4, weight * (1.0 - IPV6)), (src, dst, 6, weight * IPV6)]);
        }
        let sum: f64 = pairs.iter().map(|(.., weight)| weight).sum();
        pairs.iter_mut().for_each(|(.., weight)| *weight /= sum);
        let agents = (0..MEMBERS.div_ceil(PORTS)).map(|number| Ipv4Addr::from(0xc000_0201 + number).to_string().into()).collect();
        Ok(Self { rng, pairs, name: "ix".into(), agents, sflow: "sflow5".into() })
    }

    /// A window of a minute with about so many samples.
    fn window(&mut self, start: Timestamp, samples: f64) -> Result<Window, Box<dyn Error>> {
        let mut window = Window { start, length: MINUTE, serial: start.millis().unsigned_abs(), ..Window::default() };
        let mut sent = vec![0; MEMBERS as usize];
        for (src, dst, ip_version, share) in &self.pairs {
            let count = Poisson::new(share * samples)?.sample(&mut self.rng);
            if count < 1.0 {
                continue;
            }
            let length: u64 = self.rng.random_range(200..1_400);
            let row = cell(start, &self.name, [*src, *dst], *ip_version, whole(count), length);
            if let Some(octets) = sent.get_mut(*src as usize) {
                *octets += row.bytes;
            }
            window.cells.push(row);
        }
        for (member, octets) in (0..MEMBERS).zip(sent) {
            let Some(agent) = self.agents.get((member / PORTS) as usize) else { continue };
            window.ports.push(port(start, &self.name, agent, member % PORTS + 1, octets));
            window.port_samples.push(port_sample(start, &self.name, agent, member, octets));
        }
        window.exporters.extend(self.agents.iter().map(|agent| exporter(start, &self.name, &self.sflow, agent, samples)));
        Ok(window)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, and no count is negative")]
const fn whole(count: f64) -> u64 {
    count as u64
}

/// A member's ASN, from the range for private use (RFC 6996).
const fn asn(member: u32) -> u32 {
    4_200_000_000 + member
}

fn cell(time: Timestamp, exchange: &Arc<str>, [src, dst]: [u32; 2], ip_version: u8, samples: u64, length: u64) -> CellRow {
    let weight = u64::from(RATE);
    CellRow {
        time,
        exchange: Arc::clone(exchange),
        src_asn: asn(src),
        dst_asn: asn(dst),
        vlan: 100,
        ip_version,
        samples,
        packets: samples * weight,
        bytes: samples * weight * length,
        variance: (weight * (weight - 1) * samples * length * length) as f64,
        ..CellRow::default()
    }
}

fn port(time: Timestamp, exchange: &Arc<str>, agent: &Arc<str>, if_index: u32, octets: u64) -> PortRow {
    PortRow {
        time,
        exchange: Arc::clone(exchange),
        agent: Arc::clone(agent),
        if_index,
        speed: 100_000_000_000,
        reports: 2,
        covered_ms: 50_000,
        in_octets: octets,
        out_octets: octets,
        ..PortRow::default()
    }
}

fn port_sample(time: Timestamp, exchange: &Arc<str>, agent: &Arc<str>, member: u32, bytes: u64) -> PortSampleRow {
    let frames = bytes / 800;
    PortSampleRow {
        time,
        exchange: Arc::clone(exchange),
        agent: Arc::clone(agent),
        if_index: member % PORTS + 1,
        asn: asn(member),
        samples: frames / u64::from(RATE),
        packets: frames,
        bytes,
        variance: bytes as f64 * f64::from(RATE),
        ..PortSampleRow::default()
    }
}

fn exporter(time: Timestamp, exchange: &Arc<str>, protocol: &Arc<str>, agent: &Arc<str>, samples: f64) -> ExporterRow {
    let flow_samples = whole(samples) / u64::from(MEMBERS.div_ceil(PORTS));
    ExporterRow {
        time,
        exchange: Arc::clone(exchange),
        protocol: Arc::clone(protocol),
        agent: Arc::clone(agent),
        source: Arc::clone(agent),
        datagrams: flow_samples / 6,
        flow_samples,
        rate_min: RATE,
        rate_max: RATE,
        by_pool: flow_samples,
        ..ExporterRow::default()
    }
}
