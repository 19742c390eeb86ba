//! Whose a MAC address was.

use schema::{Asn, Mac, Timestamp};
use serde::{Deserialize, Serialize};

use super::day::{Day, NotADay};

/// The highest VLAN id that a frame can carry (IEEE 802.1Q, 9.6; 4095 is reserved).
const LAST_VLAN: u16 = 4_094;

/// That a MAC address was a member's, in one VLAN or in all, on some days or on all.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Claim {
    mac: Mac,
    vlan: Option<u16>,
    asn: Asn,
    from: Option<Day>,
    until: Option<Day>,
}

/// A claim as it stands in the file, where anything may be written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    mac: Mac,
    vlan: Option<u16>,
    asn: Asn,
    from: Option<Day>,
    until: Option<Day>,
}

/// Nobody can have claimed that.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAClaim {
    /// A group address, or none.
    #[error("{0} is no address that a member could send from; give the MAC address of its router's port")]
    Mac(Mac),
    /// ASN 0 stands for nobody.
    #[error("{0} cannot be given to AS0; give the member's ASN")]
    Nobody(Mac),
    /// There is no such VLAN.
    #[error("there is no VLAN {0}; give 0 for untagged frames, or an id up to 4094")]
    Vlan(u16),
    /// It begins or ends within a day.
    #[error(transparent)]
    Day(#[from] NotADay),
    /// It ends before it begins.
    #[error("a claim from {from} until {until} holds on no day; the second is the day after the last")]
    NoDay {
        /// The first day.
        from: Day,
        /// The day after the last.
        until: Day,
    },
}

impl Claim {
    /// That a MAC address was a member's on all days: in one VLAN (0 for untagged frames), or without one in all that no other claim names.
    ///
    /// # Errors
    /// If the MAC address cannot be a sender's, the ASN is 0, or there is no such VLAN.
    pub fn new(mac: Mac, vlan: Option<u16>, asn: Asn) -> Result<Self, NotAClaim> {
        Self { mac, vlan, asn, from: None, until: None }.checked()
    }

    /// The same for the days from `from` to before `until`, both midnights in UTC; `None` leaves that end open.
    ///
    /// # Errors
    /// If one of them is no midnight, or they leave no day.
    pub fn during(self, from: Option<Timestamp>, until: Option<Timestamp>) -> Result<Self, NotAClaim> {
        let (from, until) = (from.map(Day::try_from).transpose()?, until.map(Day::try_from).transpose()?);
        Self { from, until, ..self }.checked()
    }

    fn checked(self) -> Result<Self, NotAClaim> {
        if self.mac.is_group() || self.mac.bits() == 0 {
            return Err(NotAClaim::Mac(self.mac));
        }
        if self.asn.0 == 0 {
            return Err(NotAClaim::Nobody(self.mac));
        }
        if let Some(vlan) = self.vlan.filter(|vlan| *vlan > LAST_VLAN) {
            return Err(NotAClaim::Vlan(vlan));
        }
        let from = self.from.unwrap_or(Day::FIRST);
        match self.until {
            Some(until) if until <= from => Err(NotAClaim::NoDay { from, until }),
            _ => Ok(self),
        }
    }

    /// The MAC address.
    #[must_use]
    pub const fn mac(&self) -> Mac {
        self.mac
    }

    /// The VLAN, 0 for untagged frames; `None` for all.
    #[must_use]
    pub const fn vlan(&self) -> Option<u16> {
        self.vlan
    }

    /// Whose it was.
    #[must_use]
    pub const fn asn(&self) -> Asn {
        self.asn
    }

    /// The first day; `None` if it always was.
    #[must_use]
    pub const fn from(&self) -> Option<Day> {
        self.from
    }

    /// The day after the last; `None` if it has no end.
    #[must_use]
    pub const fn until(&self) -> Option<Day> {
        self.until
    }
}

impl TryFrom<Written> for Claim {
    type Error = NotAClaim;

    fn try_from(written: Written) -> Result<Self, NotAClaim> {
        let Written { mac, vlan, asn, from, until } = written;
        Self { mac, vlan, asn, from, until }.checked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac::new([2, 0, 0, 0, 0, 9]);

    fn midnight(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn what_nobody_can_have_claimed_is_refused() {
        let new = |mac, vlan, asn| Claim::new(mac, vlan, Asn(asn));
        assert_eq!(new(Mac::new([0xff; 6]), None, 1), Err(NotAClaim::Mac(Mac::new([0xff; 6]))));
        assert_eq!(new(Mac::new([0; 6]), None, 1), Err(NotAClaim::Mac(Mac::new([0; 6]))));
        assert_eq!(new(MAC, None, 0), Err(NotAClaim::Nobody(MAC)));
        assert_eq!(new(MAC, Some(4_095), 1), Err(NotAClaim::Vlan(4_095)));
        assert!(new(MAC, Some(0), u32::MAX).is_ok());
    }

    #[test]
    fn a_claim_holds_for_whole_days() {
        let claim = Claim::new(MAC, None, Asn(1)).unwrap();
        let refused = claim.during(midnight("2026-11-21T12:00:00Z"), None).unwrap_err();
        assert!(refused.to_string().contains("2026-11-21T12:00:00Z"), "{refused}");
        let (day, next) = (midnight("2026-11-21"), midnight("2026-11-22"));
        assert!(matches!(claim.during(day, day), Err(NotAClaim::NoDay { .. })));
        assert!(matches!(claim.during(next, day), Err(NotAClaim::NoDay { .. })));
        assert_eq!(claim.during(day, next).unwrap().until().map(Day::start), next);
    }

    #[test]
    fn a_claim_is_checked_when_it_is_read_too() {
        let good = r#"{"mac":"02:00:00:00:00:09","vlan":null,"asn":64500,"from":"2026-11-21","until":null}"#;
        let claim: Claim = serde_json::from_str(good).unwrap();
        assert_eq!(serde_json::to_string(&claim).unwrap(), good);
        for (from, to) in [("64500", "0"), ("null,\"asn", "9999,\"asn"), ("2026-11-21", "2026-11-21T01:00:00Z"), ("\"asn\"", "\"sna\"")] {
            let broken = good.replace(from, to);
            assert!(serde_json::from_str::<Claim>(&broken).is_err(), "{broken}");
        }
    }
}
