//! How the switches are joined: each has one core port, and behind the core ports all of them meet.

use crate::flows::{Exit, Flow};
use crate::members::Member;
use crate::port::Side;

/// Where each port is in the list of all ports: the members', the stranger's, and a core port for each switch where there are several.
#[derive(Clone, Debug)]
pub(crate) struct Fabric {
    /// The switch of each member, and of the stranger.
    homes: Vec<usize>,
    switches: usize,
}

impl Fabric {
    pub(crate) fn new(members: &[Member], switches: usize) -> Self {
        Self { homes: members.iter().map(|member| member.switch).collect(), switches }
    }

    /// Switches that have a core port: all of them, or none where there is only one.
    pub(crate) const fn joined(&self) -> usize {
        if self.switches > 1 { self.switches } else { 0 }
    }

    /// The position of a switch's core port.
    pub(crate) const fn core(&self, switch: usize) -> usize {
        self.homes.len() + switch
    }

    /// Whether the port at `position` is a core port.
    pub(crate) const fn is_core(&self, position: usize) -> bool {
        position >= self.homes.len()
    }

    /// Members' ports and the stranger's.
    pub(crate) const fn edge(&self) -> usize {
        self.homes.len()
    }

    /// The switch of a member.
    pub(crate) fn home(&self, member: usize) -> usize {
        self.homes[member]
    }

    /// Members of a switch.
    pub(crate) fn at_home(&self, switch: usize) -> usize {
        self.homes.iter().filter(|home| **home == switch).count()
    }

    /// Names the ports that the frames of `flow` pass after the one where they enter, without the members' ports to which they are flooded.
    pub(crate) fn onward(&self, flow: &Flow, mut passes: impl FnMut(usize, Side)) {
        let own = self.home(flow.entry);
        match flow.exit {
            Exit::Discarded => {}
            Exit::Port(exit) => {
                let other = self.home(exit);
                if other != own {
                    passes(self.core(own), Side::Leaving);
                    passes(self.core(other), Side::Entering);
                }
                passes(exit, Side::Leaving);
            }
            Exit::Flood | Exit::FloodUnsaid => {
                for switch in 0..self.joined() {
                    passes(self.core(switch), if switch == own { Side::Leaving } else { Side::Entering });
                }
            }
        }
    }
}
