//! What crosses a network's own border, by the kind of link.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The kind of a link over which a network exchanges traffic with others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Class {
    /// International transit: what comes over it crosses the border of the economy.
    Transit = 1,
    /// A private link to another network of the same economy.
    Private = 2,
    /// A cache of somebody else's content inside the network.
    Cache = 3,
    /// A port of the exchange, where the exchange itself measures.
    Exchange = 4,
}

/// Which way traffic crossed, seen from the network whose border it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
#[repr(u8)]
pub enum Direction {
    /// To the network.
    #[default]
    Inbound = 1,
    /// From it.
    Outbound = 2,
}

/// The text names no class or direction; it tells which names there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoSuchName(&'static str);

impl Class {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 4] = [Self::Transit, Self::Private, Self::Cache, Self::Exchange];

    /// The name that is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transit => "transit",
            Self::Private => "private",
            Self::Cache => "cache",
            Self::Exchange => "exchange",
        }
    }
}

impl Direction {
    /// The name that is stored and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl FromStr for Class {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        Self::ALL.into_iter().find(|class| class.name() == text).ok_or(NoSuchName("`transit`, `private`, `cache` or `exchange`"))
    }
}

impl FromStr for Direction {
    type Err = NoSuchName;

    fn from_str(text: &str) -> Result<Self, NoSuchName> {
        match text {
            "inbound" => Ok(Self::Inbound),
            "outbound" => Ok(Self::Outbound),
            _ => Err(NoSuchName("`inbound` or `outbound`")),
        }
    }
}

impl fmt::Display for NoSuchName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NoSuchName {}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Direction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for class in Class::ALL {
            assert_eq!(class.name().parse(), Ok(class));
        }
        for direction in [Direction::Inbound, Direction::Outbound] {
            assert_eq!(direction.name().parse(), Ok(direction));
        }
        assert!("Transit".parse::<Class>().is_err() && "in".parse::<Direction>().is_err());
    }
}
