//! What exchange is wanted.

use std::time::Duration;

use schema::Protocol;

/// Most members of one exchange; there is an address prefix for each of so many.
pub const MAX_MEMBERS: usize = 2_000;
/// The largest sampling interval that the 14 bits of a NetFlow v5 header can say.
const MAX_NETFLOW5_SAMPLING: u32 = 0x3fff;
/// Most flows that one switch's cache may be told to hold. Bounds memory.
const MAX_CACHED_FLOWS: usize = 1 << 20;
/// Longest timeout of a flow cache. Past it the uptimes of a flow's first and last packet, of 32 bits, could wrap more than once.
const MAX_TIMEOUT: Duration = Duration::from_secs(86_400);

/// What exchange is wanted. Values outside their ranges are brought to the nearest end, so that every plan makes an exchange.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// Short name of the exchange, as in `--exchange`.
    pub exchange: String,
    /// Members, 2 to [`MAX_MEMBERS`].
    pub members: usize,
    /// One frame in so many is sampled, at least 1.
    pub sampling: u32,
    /// Rates of single switches that differ from `sampling`, by the switch's position.
    pub switch_sampling: Vec<(usize, u32)>,
    /// In which direction ports sample, with sFlow; meters of flows see frames as they enter.
    pub directions: Directions,
    /// Directions of single switches that differ from `directions`, by the switch's position; with sFlow.
    pub switch_directions: Vec<(usize, Directions)>,
    /// Let the core ports, by which the switches are joined, sample too, in the directions of their switch, and report their counters.
    /// A frame between members on different switches is then sampled by both of them. With NetFlow and IPFIX the second one meters it too.
    pub core_sampling: bool,
    /// Samples per second, over all switches, at the evening peak of a working day, of frames that enter by members' ports; what samples on
    /// leaving and core ports take comes on top.
    pub peak_samples_per_second: f64,
    /// Follow the day curve; without it the traffic stays at its peak.
    pub day_curve: bool,
    /// Local time minus UTC, in seconds.
    pub utc_offset_seconds: i64,
    /// Share of ordered pairs of members that exchange nothing, 0 to 1.
    pub absent_pairs: f64,
    /// Exponent of the Zipf law of members' sizes, 0 to 3: 0 makes them alike.
    pub skew: f64,
    /// Share of samples that the switches themselves drop for want of resources, and report in `drops`, 0 to 0.95.
    pub agent_drop_share: f64,
    /// Say nothing of dropped samples, neither in `drops` nor in the numbers of samples, as Dell's Force10 does; with sFlow.
    pub silent_drops: bool,
    /// Send a `sample_pool` of 0 with every sample, so that only the ports' counters tell what passed; with sFlow.
    pub made_up_pool: bool,
    /// Share of samples sent with a sampling rate that no switch can have instead of their own, 0 to 1; with sFlow.
    pub wild_rates: f64,
    /// Time between two counter samples of a port; a port's own interval lies up to a fifth around it.
    pub counter_interval: Duration,
    /// Traffic that is not between two members.
    pub extras: Extras,
    /// What the switches speak. Of sFlow they speak version 5 only: earlier ones become that.
    pub protocol: Protocol,
    /// Where sampled frames become flows, with NetFlow and IPFIX.
    pub flow_cache: FlowCache,
    /// When templates and sampling rates are told again, with NetFlow v9 and IPFIX.
    pub template_refresh: TemplateRefresh,
    /// Report every sampled frame by itself, with its first octets (RFC 5477), and not flows; only with IPFIX.
    pub frame_sections: bool,
    /// The same seed makes the same exchange.
    pub seed: u64,
}

/// In which direction a switch samples the frames at its ports.
///
/// On leaving, frames are sampled that leave by one port: the copies of a flooded frame are made behind that sampler, as in many switching chips.
/// A port is one data source with one pool and one series of numbers, whatever it samples.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Directions {
    /// As they enter.
    #[default]
    Ingress,
    /// As they enter and, by a sampler of its own, as they leave.
    Both,
    /// As they leave.
    Egress,
}

impl Directions {
    /// Whether frames are sampled as they enter.
    #[must_use]
    pub const fn ingress(self) -> bool {
        matches!(self, Self::Ingress | Self::Both)
    }

    /// Whether frames are sampled as they leave.
    #[must_use]
    pub const fn egress(self) -> bool {
        matches!(self, Self::Egress | Self::Both)
    }
}

/// When a switch's flow cache gives up a flow (RFC 5470, section 5.1.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlowCache {
    /// So long after its first packet, at most a day.
    pub active: Duration,
    /// So long after its latest packet, at most a day.
    pub inactive: Duration,
    /// With so many other flows there: the one whose time comes next goes early. 1 to 1,048,576.
    pub capacity: usize,
}

/// How often a switch tells again what its records mean, whichever comes first; it always does so in its first datagram.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TemplateRefresh {
    /// In one of so many datagrams, at least 1.
    pub datagrams: u32,
    /// In the first datagram after so long.
    pub interval: Duration,
}

impl FlowCache {
    /// No cache: every sampled frame is a flow of its own.
    pub const NONE: Self = Self { active: Duration::ZERO, inactive: Duration::ZERO, capacity: 1 };

    fn in_range(self) -> Self {
        Self {
            active: self.active.min(MAX_TIMEOUT),
            inactive: self.inactive.min(MAX_TIMEOUT),
            capacity: self.capacity.clamp(1, MAX_CACHED_FLOWS),
        }
    }
}

impl Default for FlowCache {
    fn default() -> Self {
        Self { active: Duration::from_secs(60), inactive: Duration::from_secs(15), capacity: 65_536 }
    }
}

impl Default for TemplateRefresh {
    fn default() -> Self {
        Self { datagrams: 20, interval: Duration::from_secs(60) }
    }
}

/// Traffic that is not between two members: each a share of the frames of the members' own traffic, 0 to 0.5.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Extras {
    /// ARP requests to the broadcast address; the switches do not say where they go.
    pub arp: f64,
    /// IPv6 neighbour solicitations to multicast addresses; the switches say "several ports".
    pub neighbour_solicitations: f64,
    /// From a router that no member claims, on a port that no list names.
    pub from_unknown: f64,
    /// To that router.
    pub to_unknown: f64,
    /// Between members, but dropped by the switch where they enter.
    pub discarded: f64,
}

impl Extras {
    /// None of them.
    pub const NONE: Self = Self { arp: 0.0, neighbour_solicitations: 0.0, from_unknown: 0.0, to_unknown: 0.0, discarded: 0.0 };
}

impl Default for Extras {
    fn default() -> Self {
        Self { arp: 0.0006, neighbour_solicitations: 0.0004, from_unknown: 0.004, to_unknown: 0.002, discarded: 0.001 }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            exchange: "demo-ix".to_owned(),
            members: 48,
            sampling: 2_048,
            switch_sampling: Vec::new(),
            directions: Directions::Ingress,
            switch_directions: Vec::new(),
            core_sampling: false,
            peak_samples_per_second: 100.0,
            day_curve: true,
            utc_offset_seconds: 5 * 3_600,
            absent_pairs: 0.3,
            skew: 0.9,
            agent_drop_share: 0.0,
            silent_drops: false,
            made_up_pool: false,
            wild_rates: 0.0,
            counter_interval: Duration::from_secs(25),
            extras: Extras::default(),
            protocol: Protocol::Sflow5,
            flow_cache: FlowCache::default(),
            template_refresh: TemplateRefresh::default(),
            frame_sections: false,
            seed: 1,
        }
    }
}

impl Plan {
    /// The plan with every value in its range.
    pub(crate) fn in_range(&self) -> Self {
        let mut plan = self.clone();
        plan.members = plan.members.clamp(2, MAX_MEMBERS);
        if plan.protocol.is_sflow() {
            plan.protocol = Protocol::Sflow5;
        } else {
            plan.without_sflow();
        }
        plan.frame_sections &= plan.protocol == Protocol::Ipfix;
        plan.flow_cache = plan.flow_cache.in_range();
        plan.template_refresh.datagrams = plan.template_refresh.datagrams.max(1);
        let largest = if plan.protocol == Protocol::Netflow5 { MAX_NETFLOW5_SAMPLING } else { u32::MAX };
        plan.sampling = plan.sampling.clamp(1, largest);
        for (_, rate) in &mut plan.switch_sampling {
            *rate = (*rate).clamp(1, largest);
        }
        plan.peak_samples_per_second = within(plan.peak_samples_per_second, 0.0, 1e7);
        plan.absent_pairs = within(plan.absent_pairs, 0.0, 1.0);
        plan.skew = within(plan.skew, 0.0, 3.0);
        plan.agent_drop_share = within(plan.agent_drop_share, 0.0, 0.95);
        plan.wild_rates = within(plan.wild_rates, 0.0, 1.0);
        plan.counter_interval = plan.counter_interval.max(Duration::from_secs(1));
        plan.extras = plan.extras.in_range();
        plan
    }

    /// Brings what only sFlow's samples can show to its default.
    fn without_sflow(&mut self) {
        let plan = Self::default();
        (self.directions, self.switch_directions) = (plan.directions, plan.switch_directions);
        (self.silent_drops, self.made_up_pool, self.wild_rates) = (plan.silent_drops, plan.made_up_pool, plan.wild_rates);
    }

    /// The directions in which the switch at `position` samples.
    pub(crate) fn directions_of(&self, position: usize) -> Directions {
        let own = self.switch_directions.iter().find(|(switch, _)| *switch == position);
        own.map_or(self.directions, |(_, directions)| *directions)
    }

    /// The sampling rate of the switch at `position`.
    pub(crate) fn sampling_of(&self, position: usize) -> u32 {
        let own = self.switch_sampling.iter().find(|(switch, _)| *switch == position);
        own.map_or(self.sampling, |(_, rate)| *rate)
    }
}

impl Extras {
    fn in_range(self) -> Self {
        let share = |value| within(value, 0.0, 0.5);
        Self {
            arp: share(self.arp),
            neighbour_solicitations: share(self.neighbour_solicitations),
            from_unknown: share(self.from_unknown),
            to_unknown: share(self.to_unknown),
            discarded: share(self.discarded),
        }
    }
}

/// `value` in its range; what is no number becomes the lower end.
pub(crate) fn within(value: f64, low: f64, high: f64) -> f64 {
    if value.is_nan() { low } else { value.clamp(low, high) }
}
