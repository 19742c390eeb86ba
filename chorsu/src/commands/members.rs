//! `chorsu members`: what members exchanged, and whose the MAC addresses were that no member claimed in time.

mod matching;
mod reattribute;
mod reattributions;
mod unknown;

use super::question;
use crate::cli::{Members, MembersTask};
use crate::failure::Outcome;

pub(crate) fn members(asked: &Members) -> Outcome {
    match &asked.task {
        None => question::members(&asked.traffic),
        Some(MembersTask::Unknown(asked)) => unknown::unknown(asked),
        Some(MembersTask::Reattribute(asked)) => reattribute::reattribute(asked),
        Some(MembersTask::Reattributions(asked)) => reattributions::reattributions(asked),
    }
}
