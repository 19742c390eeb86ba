//! Looking up where an address is, in a table as large as the world's.

use std::error::Error;
use std::hint::black_box;

use super::Round;
use crate::addresses::{Addresses, Search};

pub(super) fn busy() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || localities(&made, &made.busy)))
}

pub(super) fn far() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || localities(&made, &made.far)))
}

pub(super) fn busy_6() -> Result<Round, Box<dyn Error>> {
    let made = Addresses::made()?;
    Ok(Box::new(move || made.busy_6.iter().map(|address| black_box(made.places.locality(*address)) as u64).sum()))
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
    addresses.iter().map(|address| black_box(made.places.locality_4(*address)) as u64).sum()
}

fn searched(search: &Search, addresses: &[u32]) -> u64 {
    addresses.iter().map(|address| u64::from(black_box(search.network(*address)))).sum()
}
