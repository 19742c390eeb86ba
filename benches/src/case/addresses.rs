//! Looking up where an address is, in a table as large as the world's.

use std::error::Error;
use std::hint::black_box;

use super::Round;
use crate::addresses::{Addresses, Search};

pub(super) fn busy() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || localities(made, &made.busy)))
}

pub(super) fn far() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || localities(made, &made.far)))
}

pub(super) fn busy_6() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || each(&made.busy_6, |address| made.places.locality(address))))
}

pub(super) fn searched_busy() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    let search = made.search();
    Ok(Box::new(move || searched(&search, &made.busy)))
}

pub(super) fn searched_far() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    let search = made.search();
    Ok(Box::new(move || searched(&search, &made.far)))
}

fn localities(made: &Addresses, addresses: &[u32]) -> u64 {
    each(addresses, |address| made.places.locality_4(address))
}

fn searched(search: &Search, addresses: &[u32]) -> u64 {
    each(addresses, |address| search.network(address))
}

/// Looks each address up, and counts them.
fn each<A: Copy, F>(addresses: &[A], look_up: impl Fn(A) -> F) -> u64 {
    addresses.iter().map(|address| (black_box(look_up(*address)), 1).1).sum()
}
