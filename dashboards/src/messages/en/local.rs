//! How much of it is domestic, in English.

use crate::messages::local::Local;

pub(super) const LOCAL: Local = Local {
    title: "How much is domestic",
    domestic: "Of what is exchanged, {share} is domestic at both ends.",
    rests_on: "Seen from {home}. For {located} of the traffic it is known where both addresses are and which members exchanged it; the rest may be domestic or not.",
    nothing_known: "Of no address in this span it is known where it is.",
    limits: "This is a share of what is exchanged here, not of the economy: what members take by transit, by private peering or from caches inside is not seen. For that, members' border flows or declared volumes are missing.",
};
