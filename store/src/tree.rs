//! Periods within periods: which segments hold a day, its hours, their five minutes.
//!
//! A roll-up and the finer segments of its period overlap; what holds what is told by their tallies, which stand in the
//! names. Only where a roll-up and what is finer differ are the roll-up's lists read: for windows that came late, and for
//! the one period of each level that retention has eaten into.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Level, Timestamp};

use crate::catalog::Catalog;
use crate::error::Result;
use crate::layout::Layout;
use crate::segment::{Base, BaseId, RollUp, Tally};

/// Windows by their names.
pub(crate) type Bases = BTreeMap<BaseId, Base>;

/// How a period's roll-up compares with the finer segments of the period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// There is no roll-up.
    Finer,
    /// There is nothing finer.
    RollUp,
    /// Both hold the same windows.
    Same,
    /// They hold different windows.
    Different,
}

/// A period at a roll-up's level that holds something.
#[derive(Debug)]
pub(crate) struct Node<'c> {
    pub(crate) level: Level,
    pub(crate) start: Timestamp,
    pub(crate) roll_up: Option<&'c RollUp>,
    /// The periods of the next finer roll-up; for five minutes there are none.
    pub(crate) children: Vec<Self>,
    /// For five minutes, the windows.
    pub(crate) bases: Vec<&'c Base>,
    /// All windows that the roll-up or anything finer holds.
    pub(crate) tally: Tally,
    pub(crate) standing: Standing,
}

/// Makes nodes of a catalog.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'c> {
    pub(crate) catalog: &'c Catalog,
    pub(crate) layout: &'c Layout,
}

impl<'c> Tree<'c> {
    /// The nodes of a level that overlap [`from`, `to`), in order.
    pub(crate) fn nodes(&self, level: Level, from: Timestamp, to: Timestamp) -> Result<Vec<Node<'c>>> {
        let mut starts = BTreeSet::new();
        let (from, to) = (from.floor(level.span()), to);
        for finer in Level::ALL.into_iter().filter(|finer| *finer <= level) {
            starts.extend(self.catalog.roll_ups_of(finer, from, to).map(|roll_up| roll_up.start.floor(level.span())));
        }
        starts.extend(self.catalog.bases_of(from, to).map(|base| base.id.start.floor(level.span())));
        starts.into_iter().map(|start| self.node(level, start)).collect()
    }

    fn node(&self, level: Level, start: Timestamp) -> Result<Node<'c>> {
        let end = start.plus(level.span());
        let (mut children, mut bases): (Vec<Node<'c>>, Vec<&Base>) = (Vec::new(), Vec::new());
        match level.finer() {
            None | Some(Level::Minute) => bases.extend(self.catalog.bases_of(start, end)),
            Some(finer) => children = self.nodes(finer, start, end)?,
        }
        let mut tally = Tally::of(bases.iter().map(|base| &base.id));
        children.iter().for_each(|child| tally.add(child.tally));
        let roll_up = self.catalog.roll_ups.get(&(level, start));
        let standing = standing(roll_up, tally);
        let mut node = Node { level, start, roll_up, children, bases, tally, standing };
        match (standing, roll_up) {
            (Standing::RollUp, Some(roll_up)) => node.tally = roll_up.tally,
            (Standing::Different, _) => node.tally = Tally::of(self.held(&node)?.keys()),
            _ => {}
        }
        Ok(node)
    }

    /// All windows that a node holds.
    pub(crate) fn held(&self, node: &Node<'_>) -> Result<Bases> {
        let finer = match node.standing {
            Standing::RollUp | Standing::Same => Bases::new(),
            Standing::Finer | Standing::Different => self.held_finer(node)?,
        };
        match node.roll_up {
            Some(roll_up) => Ok(self.listed(roll_up)?.into_iter().chain(finer).collect()),
            None => Ok(finer),
        }
    }

    /// All windows that a node's finer segments hold.
    pub(crate) fn held_finer(&self, node: &Node<'_>) -> Result<Bases> {
        let mut held: Bases = node.bases.iter().map(|base| (base.id, **base)).collect();
        for child in &node.children {
            held.extend(self.held(child)?);
        }
        Ok(held)
    }

    /// The windows that a roll-up is the sum of.
    pub(crate) fn listed(&self, roll_up: &RollUp) -> Result<Bases> {
        Ok(self.layout.inputs(roll_up)?.into_iter().map(|base| (base.id, base)).collect())
    }
}

fn standing(roll_up: Option<&RollUp>, finer: Tally) -> Standing {
    match roll_up {
        None => Standing::Finer,
        Some(_) if finer.is_empty() => Standing::RollUp,
        Some(roll_up) if roll_up.tally == finer => Standing::Same,
        Some(_) => Standing::Different,
    }
}

impl Node<'_> {
    pub(crate) fn end(&self) -> Timestamp {
        self.start.plus(self.level.span())
    }

    /// Whether its roll-up lacks a window, or there is none.
    pub(crate) fn is_behind(&self) -> bool {
        self.roll_up.map(|roll_up| roll_up.tally) != Some(self.tally)
    }
}
