//! How much of the economy was looked at.

use serde::Serialize;

use crate::exchange::Exchange;
use crate::member::Member;

/// How much was looked at; parts are from 0 to 1, `None` where there is nothing to hold them against.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Coverage {
    /// Members.
    pub members: usize,
    /// Those that tell what came in by transit.
    pub reporting: usize,
    /// Their part of all members' port speed.
    pub port_speed: Option<f64>,
    /// What two known members exchanged, of all that was exchanged.
    pub attribution: Option<f64>,
    /// What was attributed, of what the ports' counters saw. More than everything is everything.
    pub counters: Option<f64>,
}

impl Coverage {
    /// The coverage by these members and this exchange.
    #[must_use]
    pub fn of(exchange: &Exchange, members: &[Member]) -> Self {
        let speed = |members: &mut dyn Iterator<Item = &Member>| members.map(|member| u128::from(member.port_speed)).sum::<u128>();
        let all = speed(&mut members.iter());
        let reporting = speed(&mut members.iter().filter(|member| member.reports()));
        let attribution = exchange.attribution();
        let attributed = attribution.unwrap_or_default() * exchange.total().bytes as f64;
        Self {
            members: members.len(),
            reporting: members.iter().filter(|member| member.reports()).count(),
            port_speed: (all > 0).then(|| reporting as f64 / all as f64),
            attribution,
            counters: exchange.counted.filter(|counted| *counted > 0).map(|counted| (attributed / counted as f64).min(1.0)),
        }
    }

    /// The weakest of all that is known, from 0 to 1. Members are counted only where nobody knows how fast their ports are: a hundred small ones may be less than one.
    #[must_use]
    pub fn weakest(&self) -> f64 {
        let by_count = if self.members == 0 { 0.0 } else { self.reporting as f64 / self.members as f64 };
        let parts = [Some(self.port_speed.unwrap_or(by_count)), self.attribution, self.counters];
        parts.into_iter().flatten().fold(1.0, f64::min)
    }
}
