//! From which segments a span is answered.
//!
//! The plan takes the coarsest roll-ups that lie entirely within the span, finer segments at its edges and where a roll-up
//! is missing, and beside a roll-up those windows that came too late for it. Each window is taken exactly once: a roll-up
//! stands for the windows that it lists and no others. Where retention has left only a roll-up that reaches beyond an
//! edge, the span is widened to it.

use schema::{Level, Timestamp};

use crate::error::Result;
use crate::segment::{Base, RollUp, Segment};
use crate::spans::Spans;
use crate::tree::{Bases, Node, Standing, Tree};

/// What to read.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// First moment, which is not after the one that was asked for.
    pub(crate) from: Timestamp,
    /// The moment after the last, which is not before the one that was asked for.
    pub(crate) to: Timestamp,
    /// The segments.
    pub(crate) segments: Vec<Segment>,
    /// The time that their windows cover.
    pub(crate) spans: Spans,
    /// Windows that cannot be had without taking others twice.
    pub(crate) left_out: Bases,
}

/// Makes a plan, node by node.
pub(crate) struct Planner<'c> {
    tree: Tree<'c>,
    from: Timestamp,
    to: Timestamp,
    coarsest: Level,
    plan: Plan,
}

impl<'c> Planner<'c> {
    /// Plans for [`from`, `to`), with roll-ups up to `coarsest` where finer segments are left.
    pub(crate) fn new(tree: Tree<'c>, from: Timestamp, to: Timestamp, coarsest: Level) -> Self {
        let plan = Plan { from, to, segments: Vec::new(), spans: Spans::default(), left_out: Bases::new() };
        Self { tree, from, to, coarsest, plan }
    }

    /// Plans for all nodes that overlap the span, in a journal from `first` to `last`.
    pub(crate) fn span(mut self, first: Timestamp, last: Timestamp) -> Result<Plan> {
        for node in self.tree.nodes(Level::Day, self.from.max(first), self.to.min(last))? {
            self.visit(&node)?;
        }
        Ok(self.plan)
    }

    /// The plan for an empty journal.
    pub(crate) fn nothing(self) -> Plan {
        self.plan
    }

    /// Plans for one node.
    pub(crate) fn node(mut self, node: &Node<'_>) -> Result<Plan> {
        self.visit(node)?;
        Ok(self.plan)
    }

    fn visit(&mut self, node: &Node<'_>) -> Result<()> {
        if node.end() <= self.from || self.to <= node.start {
            return Ok(());
        }
        let fits = self.from <= node.start && node.end() <= self.to && node.level <= self.coarsest;
        match (node.standing, node.roll_up) {
            (Standing::RollUp, Some(roll_up)) => self.take_roll_up(roll_up),
            (Standing::Same, Some(roll_up)) if fits => self.take_roll_up(roll_up),
            (Standing::Different, Some(roll_up)) => return self.visit_different(node, roll_up, fits),
            _ => return self.descend(node),
        }
        Ok(())
    }

    fn descend(&mut self, node: &Node<'_>) -> Result<()> {
        for base in &node.bases {
            if base.id.start < self.to && self.from < base.end() {
                self.take(Segment::Base(**base));
            }
        }
        node.children.iter().try_for_each(|child| self.visit(child))
    }

    /// Takes the roll-up and beside it the windows that it lacks; or what is finer, where that is asked for or is all there is.
    fn visit_different(&mut self, node: &Node<'_>, roll_up: &RollUp, fits: bool) -> Result<()> {
        let listed = self.tree.listed(roll_up)?;
        let finer = self.tree.held_finer(node)?;
        let within = |base: &&Base| base.id.start < self.to && self.from < base.end();
        if !fits && listed.values().filter(within).all(|base| finer.contains_key(&base.id)) {
            return self.descend(node);
        }
        let before = self.plan.clone();
        let mut rest: Bases = finer.iter().filter(|(id, _)| !listed.contains_key(id)).map(|(id, base)| (*id, *base)).collect();
        self.take_listed(roll_up, &listed);
        self.cover_finer(node, &mut rest)?;
        if rest.is_empty() {
            return Ok(());
        }
        if listed.keys().all(|id| finer.contains_key(id)) {
            self.plan = before;
            return self.descend(node);
        }
        let (windows, period) = (rest.len(), roll_up.start);
        tracing::warn!(windows, %period, level = roll_up.level.name(), "windows are only in roll-ups that cannot be told apart; left out");
        self.plan.left_out.append(&mut rest);
        Ok(())
    }

    /// Takes segments finer than the node that hold nothing but what is in `rest`, and takes that out of `rest`.
    fn cover_finer(&mut self, node: &Node<'_>, rest: &mut Bases) -> Result<()> {
        for base in &node.bases {
            if rest.remove(&base.id).is_some() {
                self.take(Segment::Base(**base));
            }
        }
        for child in &node.children {
            if rest.keys().any(|id| child.start <= id.start && id.start < child.end()) {
                self.cover(child, rest)?;
            }
        }
        Ok(())
    }

    fn cover(&mut self, node: &Node<'_>, rest: &mut Bases) -> Result<()> {
        if let Some(roll_up) = node.roll_up {
            let listed = self.tree.listed(roll_up)?;
            if listed.keys().all(|id| rest.contains_key(id)) {
                rest.retain(|id, _| !listed.contains_key(id));
                self.take_listed(roll_up, &listed);
            }
        }
        self.cover_finer(node, rest)
    }

    fn take_roll_up(&mut self, roll_up: &RollUp) {
        self.plan.spans.add_roll_up(*roll_up);
        self.take_segment(Segment::RollUp(*roll_up));
    }

    fn take_listed(&mut self, roll_up: &RollUp, listed: &Bases) {
        listed.values().for_each(|base| self.plan.spans.add_base(base));
        self.take_segment(Segment::RollUp(*roll_up));
    }

    fn take(&mut self, segment: Segment) {
        if let Segment::Base(base) = &segment {
            self.plan.spans.add_base(base);
        }
        self.take_segment(segment);
    }

    fn take_segment(&mut self, segment: Segment) {
        self.plan.from = self.plan.from.min(segment.start());
        self.plan.to = self.plan.to.max(segment.end());
        self.plan.segments.push(segment);
    }
}
