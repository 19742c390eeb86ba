//! What the walk steps over.

/// Why something in a datagram was not read. Each is counted; none of them costs more than its doc says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Skip {
    /// A set claims more octets than its message has left. It and all behind it are lost.
    SetOverrun,
    /// A set claims fewer octets than its own header has. All behind it is lost, as nobody knows where the next one begins.
    ShortSet,
    /// A set of a kind that is not known. It is stepped over.
    UnknownSet,
    /// An IPFIX message claims more octets than the datagram holds. What it holds is read.
    CutMessage,
    /// A template with a number below 256, of which data sets cannot speak, is lost; or a template that its set cuts off is lost with those
    /// behind it in the set.
    BrokenTemplate,
    /// Records of a template would have no octets, so that a data set would hold any number of them. The template is lost.
    EmptyTemplate,
    /// A template has more than [`MAX_FIELDS`](super::MAX_FIELDS) fields, or its records are longer than any message. It is lost.
    OversizedTemplate,
    /// A field of variable length claims more octets than its data set has left. The record and those behind it in the set are lost.
    BrokenRecord,
    /// A NetFlow v5 datagram declares more records than it holds. What it holds is read.
    MissingRecords,
    /// A sampled packet gives a length that no frame has ([`MAX_FRAME_OCTETS`](crate::sflow::MAX_FRAME_OCTETS)). Its record is told without it.
    ImplausibleLength,
    /// Octets that are no padding lie behind the last declared record, the last set, or the last whole record of a set.
    TrailingOctets,
}

impl Skip {
    /// All of them, in the order of [`index`](Self::index).
    pub const ALL: [Self; 11] = [
        Self::SetOverrun,
        Self::ShortSet,
        Self::UnknownSet,
        Self::CutMessage,
        Self::BrokenTemplate,
        Self::EmptyTemplate,
        Self::OversizedTemplate,
        Self::BrokenRecord,
        Self::MissingRecords,
        Self::ImplausibleLength,
        Self::TrailingOctets,
    ];

    /// Its place in [`ALL`](Self::ALL), for counting in an array.
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The name in counters.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SetOverrun => "set_overrun",
            Self::ShortSet => "short_set",
            Self::UnknownSet => "unknown_set",
            Self::CutMessage => "cut_message",
            Self::BrokenTemplate => "broken_template",
            Self::EmptyTemplate => "empty_template",
            Self::OversizedTemplate => "oversized_template",
            Self::BrokenRecord => "broken_record",
            Self::MissingRecords => "missing_records",
            Self::ImplausibleLength => "implausible_length",
            Self::TrailingOctets => "trailing_octets",
        }
    }

    /// Whether the exporter broke the format, rather than said something that is not needed or not known here.
    #[inline]
    #[must_use]
    pub const fn is_malformed(self) -> bool {
        !matches!(self, Self::UnknownSet | Self::TrailingOctets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_the_place_in_all_and_names_are_unique() {
        for (place, skip) in Skip::ALL.into_iter().enumerate() {
            assert_eq!(skip.index(), place);
            assert_eq!(Skip::ALL.iter().filter(|other| other.name() == skip.name()).count(), 1);
        }
    }
}
