//! What is asked of a flow sample.

use crate::sample::{DataSource, Direction, FlowSample, Interface, IpPair, MacPair};

/// A flow sample, however it lies in memory: as a [`FlowSample`], or still in its datagram, where each word is read only when it is asked for.
pub trait Sampled: Copy {
    /// All of it but the VLAN by which the frame came in, as registers hold it where that is possible.
    type Body: Copy;
    /// Where it was sampled.
    fn source(&self) -> DataSource;
    /// Number of this sample at its data source, modulo 2³².
    fn sequence(&self) -> u32;
    /// One in so many frames is sampled; 0 where the exporter does not know.
    fn rate(&self) -> u32;
    /// Frames that could have been sampled until now, modulo 2³².
    fn pool(&self) -> u32;
    /// Samples that the exporter itself dropped until now, modulo 2³².
    fn drops(&self) -> u32;
    /// The ifIndex of its data source, if that is one interface.
    #[inline(always)]
    fn port(&self) -> Option<u32> {
        self.source().interface()
    }
    /// Whether the frame came in by its data source, which must be an interface by which others came in; see [`FlowSample::direction`].
    fn enters_here(&self) -> bool;
    /// Whether the frame went on to one receiver, as far as that is quickly told: it was neither dropped nor sent by several interfaces.
    fn is_passed_on(&self) -> bool;
    /// The octets that say who exchanged the frame, where they are at hand.
    fn ends(&self) -> Option<Ends>;
    /// What these octets say; `None` where they are not at hand.
    fn addressed(&self) -> Option<Addressed>;
    /// Both IP addresses, as far as they are quickly found: behind one VLAN tag or none.
    fn ips(&self) -> Option<IpPair>;
    /// `frame_length` of the raw header record; 0 without one.
    fn raw_length(&self) -> u32;
    /// What it is made of: a function that takes it so need not have it in memory.
    fn apart(self) -> (Self::Body, u16);
    /// It again from these; `None` if they are none of it.
    fn together(body: Self::Body, in_vlan: u16) -> Option<Self>;
    /// All of it. It takes a copy, so that a sample of which this is seldom asked need not be in memory.
    fn whole(self) -> FlowSample;
}

/// The first octets of an Ethernet frame as they lie there, for comparing: frames with the same ends have the same addresses, VLAN and Ethernet type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ends {
    /// The receiver's address, and what is behind it.
    pub first: u64,
    /// The sender's address and the type behind it.
    pub second: u64,
    /// VLAN and type in the tag of a tagged frame; the incoming VLAN of any other.
    pub tag: u32,
}

/// What a frame's [`Ends`] say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addressed {
    /// Both addresses.
    pub macs: MacPair,
    /// VLAN id; 0 for none.
    pub vlan: u16,
    /// 4, 6, or 0 for anything that is not IP.
    pub ip_version: u8,
}

impl Sampled for FlowSample {
    type Body = Self;

    #[inline]
    fn apart(self) -> (Self, u16) {
        (self, 0)
    }

    #[inline]
    fn together(body: Self, _: u16) -> Option<Self> {
        Some(body)
    }

    #[inline]
    fn source(&self) -> DataSource {
        self.source
    }

    #[inline]
    fn sequence(&self) -> u32 {
        self.sequence
    }

    #[inline]
    fn rate(&self) -> u32 {
        self.rate
    }

    #[inline]
    fn pool(&self) -> u32 {
        self.pool
    }

    #[inline]
    fn drops(&self) -> u32 {
        self.drops
    }

    #[inline]
    fn enters_here(&self) -> bool {
        self.direction() == Direction::Ingress
    }

    #[inline]
    fn is_passed_on(&self) -> bool {
        !matches!(self.output, Interface::Discarded(_) | Interface::Multiple(_))
    }

    #[inline]
    fn ends(&self) -> Option<Ends> {
        None
    }

    fn addressed(&self) -> Option<Addressed> {
        None
    }

    #[inline]
    fn ips(&self) -> Option<IpPair> {
        self.frame.and_then(|frame| frame.ips)
    }

    #[inline]
    fn raw_length(&self) -> u32 {
        self.raw_length
    }

    #[inline]
    fn whole(self) -> FlowSample {
        self
    }
}
