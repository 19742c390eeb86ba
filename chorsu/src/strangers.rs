//! Senders that are not on the allow-list: each is told once, and no flood of made-up senders floods the log.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use schema::status::Status;

/// How often the log may speak of them.
const INTERVAL: Duration = Duration::from_secs(10);

/// Senders that one line names; of the others it tells the number.
const NAMED: usize = 5;

/// Senders that are remembered as told. Addresses can be forged without end; once so many are told, nothing more is said.
const MAX_TOLD: usize = 1_024;

/// Who has been told.
#[derive(Debug, Default)]
struct Told(BTreeSet<IpAddr>);

/// Warns of new strangers, for as long as it is polled.
pub(crate) async fn tell(status: Arc<ArcSwap<Status>>) {
    let mut told = Told::default();
    loop {
        tokio::time::sleep(INTERVAL).await;
        if let Some(news) = told.news(&status.load().strangers) {
            tracing::warn!("{news}");
        }
    }
}

impl Told {
    /// A sentence about those who have not been told yet.
    fn news(&mut self, strangers: &[(IpAddr, u64)]) -> Option<String> {
        let room = MAX_TOLD.saturating_sub(self.0.len());
        let new: Vec<&(IpAddr, u64)> = strangers.iter().filter(|(address, _)| !self.0.contains(address)).take(room).collect();
        if new.is_empty() {
            return None;
        }
        self.0.extend(new.iter().map(|(address, _)| *address));
        let named: Vec<String> = new.iter().take(NAMED).map(|(address, datagrams)| format!("{address} ({datagrams})")).collect();
        let more = match new.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Some(format!("datagrams are not taken from {}{more}: not on `collect.allow`", named.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn strangers(count: u32) -> Vec<(IpAddr, u64)> {
        (0..count).map(|number| (Ipv4Addr::from(0xC000_0200 + number).into(), 7)).collect()
    }

    #[test]
    fn each_stranger_is_told_once() {
        let mut told = Told::default();
        assert_eq!(told.news(&[]), None);
        let first = told.news(&strangers(2)).unwrap();
        assert_eq!(first, "datagrams are not taken from 192.0.2.0 (7), 192.0.2.1 (7): not on `collect.allow`");
        assert_eq!(told.news(&strangers(2)), None);
        assert!(told.news(&strangers(3)).unwrap().contains("from 192.0.2.2 (7):"));
    }

    #[test]
    fn a_flood_of_strangers_is_one_line_and_then_silence() {
        let mut told = Told::default();
        let line = told.news(&strangers(5_000)).unwrap();
        assert!(line.contains("192.0.2.4 (7) and 1019 more"), "{line}");
        assert_eq!(told.news(&strangers(5_000)), None);
        assert_eq!(told.0.len(), MAX_TOLD);
    }
}
