//! `chorsu simulate`: an exchange with known traffic, on the wire.

use std::fs::File;
use std::io::BufWriter;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use schema::{Protocol, Timestamp};
use serde::Serialize;
use simulator::{Carried, Datagram, Directions, Exchange, PcapWriter, Plan, Truth, Way};

use crate::cli::{DirectionsChoice, ProtocolChoice, Simulate};
use crate::failure::{Context, Failure, Outcome};
use crate::progress;

/// Length of one step of the exchange's clock while it runs with the world's.
pub(crate) const STEP: Duration = Duration::from_millis(100);

pub(crate) fn simulate(asked: &Simulate) -> Outcome {
    refuse_what_flows_cannot_show(asked)?;
    let mut exchange = Exchange::new(&plan(asked), asked.start.unwrap_or_else(Timestamp::now));
    if let Some(file) = &asked.ixf {
        write_json(file, &exchange.ixf())?;
    }
    let mut wire = Wire::open(asked)?;
    let mut way = Way::new(asked.misbehaviour.lose, asked.misbehaviour.duplicate, asked.seed);
    // Interrupted, it still writes the truth of what it sent.
    let stop = stop_on_signal()?;
    let bar = asked.length.map(|length| progress::steps(u64::try_from(length.as_millis()).unwrap_or(u64::MAX), "simulating"));
    let (began, start) = (Instant::now(), exchange.now());
    while !stop.load(Ordering::Acquire) && asked.length.is_none_or(|length| exchange.now().since(start) < length) {
        let left = asked.length.map_or(STEP, |length| length.saturating_sub(exchange.now().since(start)));
        let mut refused = Ok(());
        exchange.advance(STEP.min(left), &mut |sent| way.carry(sent, &mut |datagram| wire.send(datagram, &mut refused)));
        refused?;
        let elapsed = exchange.now().since(start);
        if let Some(bar) = &bar {
            bar.set_position(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
        }
        if wire.is_live() {
            std::thread::sleep(elapsed.saturating_sub(began.elapsed()));
        }
    }
    let mut refused = Ok(());
    exchange.flush(&mut |sent| way.carry(sent, &mut |datagram| wire.send(datagram, &mut refused)));
    refused?;
    wire.finish()?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let carried = way.carried();
    if carried.lost + carried.duplicated > 0 {
        let Carried { sent, lost, duplicated } = carried;
        eprintln!("chorsu: of {sent} datagrams {lost} were lost on the way, and {duplicated} arrived twice");
    }
    match &asked.truth {
        Some(file) => write_json(file, &Written { truth: exchange.truth(), way: carried }),
        None => Ok(()),
    }
}

/// The file of what really passed.
#[derive(Serialize)]
struct Written {
    #[serde(flatten)]
    truth: Truth,
    /// What became of the datagrams, which the switches do not know.
    way: Carried,
}

fn refuse_what_flows_cannot_show(asked: &Simulate) -> Outcome {
    match asked.misbehaviour.of_sflow_only() {
        Some(option) if asked.protocol != ProtocolChoice::Sflow => {
            Err(Failure::new(format!("{option} is about sFlow's samples, which other protocols do not have; leave it or --protocol out")))
        }
        _ => Ok(()),
    }
}

fn plan(asked: &Simulate) -> Plan {
    let misbehaviour = &asked.misbehaviour;
    Plan {
        exchange: "simulated-ix".into(),
        members: usize::from(asked.members),
        protocol: match asked.protocol {
            ProtocolChoice::Sflow => Protocol::Sflow5,
            ProtocolChoice::Ipfix => Protocol::Ipfix,
            ProtocolChoice::Netflow9 => Protocol::Netflow9,
            ProtocolChoice::Netflow5 => Protocol::Netflow5,
        },
        sampling: asked.sampling,
        directions: match misbehaviour.directions {
            DirectionsChoice::Ingress => Directions::Ingress,
            DirectionsChoice::Both => Directions::Both,
            DirectionsChoice::Egress => Directions::Egress,
        },
        core_sampling: misbehaviour.core_sampling,
        agent_drop_share: misbehaviour.agent_drops,
        silent_drops: misbehaviour.silent_drops,
        made_up_pool: misbehaviour.made_up_pool,
        wild_rates: misbehaviour.wild_rates,
        peak_samples_per_second: asked.rate,
        day_curve: false,
        seed: asked.seed,
        ..Plan::default()
    }
}

fn stop_on_signal() -> Outcome<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("signals cannot be waited for")?;
    let waiting = std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(super::run::stopped());
        set.store(true, Ordering::Release);
    });
    waiting.context("signals cannot be waited for")?;
    Ok(stop)
}

pub(crate) fn write_json(file: &Path, value: &impl Serialize) -> Outcome {
    let doing = || format!("{} cannot be written", file.display());
    let mut text = serde_json::to_string_pretty(value).context(doing())?;
    text.push('\n');
    std::fs::write(file, text).context(doing())
}

/// A socket that sends to `to`.
pub(crate) fn sender(to: SocketAddr) -> Outcome<UdpSocket> {
    let from: SocketAddr = if to.is_ipv4() { (Ipv4Addr::UNSPECIFIED, 0).into() } else { (Ipv6Addr::UNSPECIFIED, 0).into() };
    UdpSocket::bind(from).context("no socket to send from")
}

/// Where datagrams go.
struct Wire {
    live: Option<(UdpSocket, SocketAddr)>,
    pcap: Option<PcapWriter<BufWriter<File>>>,
}

impl Wire {
    fn open(asked: &Simulate) -> Outcome<Self> {
        let live = asked.to.map(|to| sender(to).map(|socket| (socket, to))).transpose()?;
        let open = |file: &Path| -> std::io::Result<_> { PcapWriter::new(BufWriter::new(File::create(file)?)) };
        let pcap = asked.pcap.as_ref().map(|file| open(file).context(format!("{} cannot be written", file.display()))).transpose()?;
        Ok(Self { live, pcap })
    }

    const fn is_live(&self) -> bool {
        self.live.is_some()
    }

    fn send(&mut self, datagram: &Datagram<'_>, refused: &mut Outcome) {
        if let Some((socket, to)) = &self.live {
            // An exporter does not mind that nobody listens yet, nor that its neighbour's buffer is full: neither does this one.
            let _ = socket.send_to(datagram.bytes, to);
        }
        if let Some(pcap) = &mut self.pcap {
            let written = pcap.write(datagram).context("the capture cannot be written");
            if refused.is_ok() {
                *refused = written;
            }
        }
    }

    fn finish(self) -> Outcome {
        match self.pcap {
            Some(pcap) => pcap.finish().map(drop).context("the capture cannot be written"),
            None => Ok(()),
        }
    }
}
