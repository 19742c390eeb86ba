//! What the walk steps over.

/// Why something in a datagram was not read. Each is counted; none of them costs more than its doc says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Skip {
    /// A sample claims more octets than the datagram has left, or before version 5 ends with it. All behind it is lost, and so is it, but for whole
    /// counter records.
    SampleOverrun,
    /// A sample is too short for its fixed words. It is lost.
    ShortSample,
    /// The datagram declares more samples than it holds. What it holds is read.
    MissingSamples,
    /// A sample of a format that is not known. It is stepped over.
    UnknownSample,
    /// A structure of a kind that is not known, in a version before 5, where nothing says how long it is. It and all behind it is lost.
    UnknownStructure,
    /// A sample of a packet that the switch dropped ("sFlow Dropped Packet Notification Structures"). It is no exchanged traffic.
    DiscardedPacket,
    /// A record claims more octets than its sample has left. It and the sample's records behind it are lost.
    RecordOverrun,
    /// A record is too short for its format. It is lost.
    BrokenRecord,
    /// A sample declares more records than it holds. What it holds is read.
    MissingRecords,
    /// A record that the matrix has no use for, or of a format that is not known.
    UnusedRecord,
    /// A record of a kind that the sample already had; the first one counts.
    RepeatedRecord,
    /// The packet header in a record claims more octets than the record has. What is there is read.
    HeaderOverrun,
    /// A record gives a length that no frame has ([`MAX_FRAME_OCTETS`](super::MAX_FRAME_OCTETS)). It is lost.
    ImplausibleLength,
    /// No record of a flow sample describes a packet. The sample is handed on without a frame.
    NoPacketRecord,
    /// Octets lie behind the last declared sample of a datagram or record of a sample. Some switches pad so.
    TrailingOctets,
}

impl Skip {
    /// All of them, in the order of [`index`](Self::index).
    pub const ALL: [Self; 15] = [
        Self::SampleOverrun,
        Self::ShortSample,
        Self::MissingSamples,
        Self::UnknownSample,
        Self::UnknownStructure,
        Self::DiscardedPacket,
        Self::RecordOverrun,
        Self::BrokenRecord,
        Self::MissingRecords,
        Self::UnusedRecord,
        Self::RepeatedRecord,
        Self::HeaderOverrun,
        Self::ImplausibleLength,
        Self::NoPacketRecord,
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
            Self::SampleOverrun => "sample_overrun",
            Self::ShortSample => "short_sample",
            Self::MissingSamples => "missing_samples",
            Self::UnknownSample => "unknown_sample",
            Self::UnknownStructure => "unknown_structure",
            Self::DiscardedPacket => "discarded_packet",
            Self::RecordOverrun => "record_overrun",
            Self::BrokenRecord => "broken_record",
            Self::MissingRecords => "missing_records",
            Self::UnusedRecord => "unused_record",
            Self::RepeatedRecord => "repeated_record",
            Self::HeaderOverrun => "header_overrun",
            Self::ImplausibleLength => "implausible_length",
            Self::NoPacketRecord => "no_packet_record",
            Self::TrailingOctets => "trailing_octets",
        }
    }

    /// Whether the exporter broke the format, rather than said something that is not needed or not known here.
    #[inline]
    #[must_use]
    pub const fn is_malformed(self) -> bool {
        match self {
            Self::SampleOverrun
            | Self::ShortSample
            | Self::MissingSamples
            | Self::UnknownStructure
            | Self::RecordOverrun
            | Self::BrokenRecord
            | Self::MissingRecords
            | Self::HeaderOverrun
            | Self::ImplausibleLength => true,
            Self::UnknownSample
            | Self::DiscardedPacket
            | Self::UnusedRecord
            | Self::RepeatedRecord
            | Self::NoPacketRecord
            | Self::TrailingOctets => false,
        }
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
