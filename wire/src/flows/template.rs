//! Compiled templates.

use schema::Protocol;

use super::definition::Definition;
use super::layout::{self, Layout};
use super::record::RecordPlan;
use super::sampling::SamplingPlan;
use super::{Clock, RecordListener, Sampling, Skip};

/// A template, and how its records are read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    protocol: Protocol,
    id: u16,
    scope_fields: u16,
    fields: Box<[u8]>,
    layout: Layout,
    plan: Plan,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Plan {
    Records(RecordPlan),
    Samplings(SamplingPlan),
}

impl Template {
    /// See [`Definition::compile`].
    pub(super) fn compile(definition: &Definition<'_>) -> Result<Self, Skip> {
        let placed = layout::place(definition)?;
        let (plan, layout) = if definition.options {
            let (plan, layout) = SamplingPlan::new(definition, &placed);
            (Plan::Samplings(plan), layout)
        } else {
            let (plan, layout) = RecordPlan::new(&placed);
            (Plan::Records(plan), layout)
        };
        let Definition { protocol, id, scope_fields, fields, .. } = *definition;
        Ok(Self { protocol, id, scope_fields, fields: fields.into(), layout, plan })
    }

    /// The definition that it was compiled from. Exporters tell their templates again and again: one that is told as it was needs no work.
    #[must_use]
    pub fn definition(&self) -> Definition<'_> {
        Definition {
            protocol: self.protocol,
            id: self.id,
            options: self.is_options(),
            scope_fields: self.scope_fields,
            fields: &self.fields,
        }
    }

    /// Whether its records tell something of the exporter, and not of traffic.
    #[must_use]
    pub const fn is_options(&self) -> bool {
        matches!(self.plan, Plan::Samplings(_))
    }

    /// The same template, whose records are read step by step whatever they are like.
    #[cfg(test)]
    pub(super) fn step_by_step(mut self) -> Self {
        if let Plan::Records(plan) = &mut self.plan {
            plan.forget_direct();
        }
        self
    }

    /// The memory that it takes, in octets, its own size included.
    #[must_use]
    pub fn octets(&self) -> usize {
        let plan = match &self.plan {
            Plan::Records(plan) => plan.heap(),
            Plan::Samplings(plan) => plan.heap(),
        };
        size_of::<Self>() + self.fields.len() + self.layout.heap() + plan
    }

    /// Reads the records of a data set and tells the listener; how many they are. A biflow is one record of two calls. The data of an
    /// options template has none.
    ///
    /// `clock` is that of the message in which the data set came.
    #[inline]
    pub fn records<L: RecordListener>(&self, body: &[u8], clock: Clock, listener: &mut L) -> u32 {
        match &self.plan {
            Plan::Records(plan) => plan.read(&self.layout, body, clock, listener),
            Plan::Samplings(_) => 0,
        }
    }

    /// Reads the options records of a data set and tells what they say of sampling; how many they are. The data of any other template has
    /// none.
    ///
    /// One record tells at most one [`Sampling`]; most templates of options have nothing to do with it.
    pub fn samplings(&self, body: &[u8], listener: &mut impl FnMut(Sampling)) -> u32 {
        match &self.plan {
            Plan::Records(_) => 0,
            Plan::Samplings(plan) => plan.read(&self.layout, body, listener),
        }
    }
}
