//! Datagrams by UDP over loopback, at a moderate rate that nobody loses any of: processor time of nfdump's sfcapd and of `chorsu run`.

use std::error::Error;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use collector::capture;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Capture, Spent};

/// Datagrams a second: far below what either loses any of.
const RATE: u32 = 50_000;

/// So many are sent at once, then the sender waits for their time.
const BURST: usize = 50;

/// Receive buffer for sfcapd, in octets; ours asks for as much by itself.
const BUFFER: &str = "8388608";

/// How long a receiver may take to start, and has for what is still in its buffer at the end.
const STARTING: Duration = Duration::from_secs(20);
const DRAINING: Duration = Duration::from_secs(2);

/// A receiver's processor time and the samples that it kept.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Received {
    /// From its start to its end.
    pub(super) spent: Spent,
    /// Samples that its own files hold.
    pub(super) samples: u64,
}

/// The payloads of a capture's datagrams.
///
/// # Errors
/// If it cannot be read.
pub(super) fn payloads(capture: &Path) -> Result<Vec<Vec<u8>>, capture::CaptureError> {
    let mut found = Vec::new();
    let mut keep = |packet: capture::Packet<'_>| found.extend(packet.udp.map(|udp| udp.payload.to_vec()));
    capture::read(capture, &mut keep, &mut |_| {})?;
    Ok(found)
}

/// Has sfcapd receive them all.
///
/// # Errors
/// If it or nfdump is not installed, or does not run.
pub(super) fn sfcapd(datagrams: &[Vec<u8>], folder: &Path) -> Result<Received, Box<dyn Error>> {
    let place = tempfile::tempdir_in(folder)?;
    let port = free_port()?;
    let mut command = Command::new("sfcapd");
    command.args(["-b", "127.0.0.1", "-t", "86400", "-B", BUFFER, "-p", &port.to_string(), "-w"]).arg(place.path());
    let spent = received(&mut command, port, datagrams)?;
    let told = Command::new("nfdump").arg("-R").arg(place.path()).arg("-I").output()?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let flows = told.lines().find_map(|line| line.strip_prefix("Flows: ")?.trim().parse().ok());
    Ok(Received { spent, samples: flows.ok_or("nfdump does not tell how many flows it found")? })
}

/// Has our service receive them all.
///
/// # Errors
/// If it is not built, or does not run.
pub(super) fn chorsu(program: &Path, datagrams: &[Vec<u8>], capture: &Capture, folder: &Path) -> Result<Received, Box<dyn Error>> {
    let place = tempfile::tempdir_in(folder)?;
    let port = free_port()?;
    fs::copy(&capture.members, place.path().join("members.toml"))?;
    let settings = place.path().join("chorsu.toml");
    let text = format!(
        "[collect]\nlisten = [\"127.0.0.1:{port}\"]\n[members]\nfile = \"members.toml\"\n[store]\ndata = \"data\"\n[http]\nlisten = \"127.0.0.1:0\"\n"
    );
    fs::write(&settings, text)?;
    let spent = received(Command::new(program).args(["run", "--config"]).arg(&settings), port, datagrams)?;
    let told = Command::new(program).args(["exporters", "--format", "json", "--config"]).arg(&settings).output()?;
    let told: serde_json::Value = serde_json::from_slice(&told.stdout)?;
    let exporters = told.get("exporters").and_then(serde_json::Value::as_array).ok_or("the service tells of no exporters")?;
    let samples = exporters.iter().filter_map(|exporter| exporter.get("flow_samples")?.as_u64()).sum();
    Ok(Received { spent, samples })
}

/// Starts a receiver, sends it all datagrams, has it end in order, and tells its processor time. No other child may end meanwhile.
fn received(command: &mut Command, port: u16, datagrams: &[Vec<u8>]) -> io::Result<Spent> {
    let before = Spent::by_children()?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let sent = listens(&mut child, port).and_then(|()| send(datagrams, port));
    sleep(DRAINING);
    stop(&mut child)?;
    sent?;
    Spent::since(before)
}

/// A port of loopback that nobody has.
fn free_port() -> io::Result<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Waits until the receiver has its port.
fn listens(child: &mut Child, port: u16) -> io::Result<()> {
    let began = Instant::now();
    while UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
        if let Some(status) = child.try_wait()? {
            return Err(io::Error::other(format!("it ended before it listened: {status}")));
        }
        if began.elapsed() > STARTING {
            return Err(io::ErrorKind::TimedOut.into());
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn send(datagrams: &[Vec<u8>], port: u16) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    let began = Instant::now();
    let mut due = Duration::ZERO;
    for burst in datagrams.chunks(BURST) {
        sleep(due.saturating_sub(began.elapsed()));
        for datagram in burst {
            socket.send(datagram)?;
        }
        due += Duration::from_secs(1) * u32::try_from(burst.len()).unwrap_or(u32::MAX) / RATE;
    }
    Ok(())
}

fn stop(child: &mut Child) -> io::Result<()> {
    if let Ok(pid) = i32::try_from(child.id()) {
        kill(Pid::from_raw(pid), Signal::SIGTERM)?;
    }
    child.wait().map(|_| ())
}
