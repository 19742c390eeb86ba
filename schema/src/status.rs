//! What the running collector says of itself: counters since its start, shown by the status page, the API and the metrics.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use crate::{Economy, Protocol, Timestamp, Window};

/// The collector as it stands now. A new one is published with every tick; readers keep the one that they took.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// When the collector started.
    pub started: Timestamp,
    /// When this was written.
    pub at: Timestamp,
    /// The window that is running, weighed with what has come so far.
    pub running: Arc<Window>,
    /// Windows that were closed but are not yet in the journal, the oldest first; the live view still needs them.
    pub waiting: Vec<Arc<Window>>,
    /// Listening sockets.
    pub listeners: Vec<Listener>,
    /// Exporters seen since the start.
    pub exporters: Vec<ExporterStatus>,
    /// Why datagrams, samples or records were stepped over: reason → count.
    pub skipped: Vec<(&'static str, u64)>,
    /// Senders that are not on the allow-list, with their datagrams, the busiest first; as many of them as are remembered.
    pub strangers: Vec<(IpAddr, u64)>,
    /// The directory in use.
    pub directory: DirectoryStatus,
    /// The store.
    pub store: StoreStatus,
    /// Where every sample went.
    pub ledger: Ledger,
}

/// Double-entry book-keeping of samples since the start: what came is somewhere, or a mistake in this program shows here.
///
/// A sample counts one, a flow record as many as the frames that it describes, before any weight.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Ledger {
    /// Counted where samples come in.
    pub received: u64,
    /// Counted where they lie: in the running window, and in those that were closed.
    pub in_windows: u64,
    /// Of the latter, those in windows that no disk took.
    pub lost: u64,
}

impl Ledger {
    /// Samples that came and are nowhere, or are somewhere and never came; 0 unless this program is wrong.
    #[must_use]
    pub const fn unaccounted(&self) -> i64 {
        self.received.wrapping_sub(self.in_windows).cast_signed()
    }
}

/// One listening address with its sockets' counters.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Where it listens.
    pub address: SocketAddr,
    /// Receiving threads.
    pub threads: usize,
    /// Receive buffer that the kernel gave each socket, in octets.
    pub receive_buffer: usize,
    /// Datagrams received.
    pub datagrams: u64,
    /// Octets received.
    pub octets: u64,
    /// Datagrams that the kernel dropped because the buffer was full (SO_RXQ_OVFL).
    pub kernel_drops: u64,
    /// Datagrams longer than the buffer of one message.
    pub truncated: u64,
    /// Errors of receiving calls.
    pub errors: u64,
    /// Datagrams that were not read: of senders that are not allowed, of no known protocol, with a broken header, or of one exporter too many.
    pub refused: u64,
}

/// One exporter since the start.
#[derive(Clone, Debug)]
pub struct ExporterStatus {
    /// Protocol that it speaks.
    pub protocol: Protocol,
    /// Agent address inside the datagrams; the UDP source where a protocol has none.
    pub agent: IpAddr,
    /// Sub-agent or observation domain.
    pub sub_agent: u32,
    /// UDP source of its latest datagram.
    pub source: IpAddr,
    /// When the latest datagram came.
    pub last_seen: Timestamp,
    /// Sampling rates seen in the running window, in order.
    pub rates: Vec<u32>,
    /// Templates that are known of it, options templates among them.
    pub templates: usize,
    /// Counters since the start, in the stored table's words.
    pub totals: crate::window::ExporterRow,
}

/// The directory in use.
#[derive(Clone, Debug, Default)]
pub struct DirectoryStatus {
    /// File that it came from; empty where none is configured.
    pub origin: String,
    /// When it was loaded.
    pub loaded: Timestamp,
    /// Members.
    pub members: usize,
    /// MAC addresses.
    pub macs: usize,
    /// What the loader warns of, as sentences.
    pub warnings: Vec<String>,
    /// Why the latest reload was refused; the older directory stays in use.
    pub refused: Option<String>,
    /// From where is known in which economy and network an address is.
    pub places: Arc<PlacesStatus>,
}

/// The table from addresses to economies and networks that is in use.
#[derive(Clone, Debug, Default)]
pub struct PlacesStatus {
    /// Name of the economy that is measured; empty where none is configured.
    pub home: String,
    /// Which economies it is.
    pub economies: Vec<Economy>,
    /// Octets that the table takes.
    pub octets: usize,
    /// The files, in the order of the configuration.
    pub sources: Vec<PlaceSourceStatus>,
}

/// One file of what is known of addresses.
#[derive(Clone, Debug)]
pub struct PlaceSourceStatus {
    /// What it is, by the name of its key in the configuration.
    pub kind: &'static str,
    /// Where it is.
    pub file: String,
    /// When it was last understood; `None` if it never was.
    pub loaded: Option<Timestamp>,
    /// Of when its data is: what the file says itself, else when it was written.
    pub data_of: Option<Timestamp>,
    /// Prefixes of IPv4.
    pub prefixes_4: usize,
    /// Prefixes of IPv6.
    pub prefixes_6: usize,
    /// Ranges of AS numbers.
    pub networks: usize,
    /// Lines or records that were left out.
    pub left_out: u64,
    /// The first of them, as sentences.
    pub notes: Vec<String>,
    /// Why its latest version was refused; the older one stays in use.
    pub refused: Option<String>,
}

/// The store's health.
#[derive(Clone, Debug, Default)]
pub struct StoreStatus {
    /// Windows written since the start.
    pub windows_written: u64,
    /// Windows lost since the start because the disk would not take them.
    pub windows_lost: u64,
    /// Why the latest write failed, while it keeps failing.
    pub failing: Option<String>,
    /// Start of the newest window in the journal.
    pub newest: Option<Timestamp>,
}
