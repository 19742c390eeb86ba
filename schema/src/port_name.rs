//! Names of ports.

use std::fmt;

/// A port's name, kept in place so that a report stays a small value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct PortName {
    length: u8,
    octets: [u8; Self::MAX_OCTETS],
}

impl PortName {
    /// Octets of a name that are kept. ifName has 1 to 15 on most devices.
    pub const MAX_OCTETS: usize = 31;

    /// The name in these octets: the printable UTF-8 that they begin with, cut where it gets too long.
    #[must_use]
    pub fn new(octets: &[u8]) -> Self {
        let octets = octets.get(..Self::MAX_OCTETS).unwrap_or(octets);
        let valid = match std::str::from_utf8(octets) {
            Ok(text) => text,
            Err(error) => octets.get(..error.valid_up_to()).and_then(|start| std::str::from_utf8(start).ok()).unwrap_or_default(),
        };
        let printable = valid.find(char::is_control).and_then(|end| valid.get(..end)).unwrap_or(valid).trim();
        let mut name = Self::default();
        for (kept, octet) in name.octets.iter_mut().zip(printable.bytes()) {
            *kept = octet;
            name.length += 1;
        }
        name
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.octets.get(..usize::from(self.length)).and_then(|octets| std::str::from_utf8(octets).ok()).unwrap_or_default()
    }
}

impl fmt::Debug for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ports_name_is_short_clean_text() {
        assert_eq!(PortName::new(b"Ethernet1/1\0\0\0").as_str(), "Ethernet1/1");
        assert_eq!(PortName::new(b" xe-0/0/1\x1b[31m").as_str(), "xe-0/0/1");
        assert_eq!(PortName::new(&[b'a'; 200]).as_str().len(), PortName::MAX_OCTETS);
        assert_eq!(PortName::new("порт-один-два-три-четыре".as_bytes()).as_str(), "порт-один-два-три");
        assert_eq!(PortName::new(&[0xff, b'a']).as_str(), "");
    }
}
