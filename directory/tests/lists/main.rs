//! Member lists as the crate's users load them.

#[cfg(test)]
mod csv;
#[cfg(test)]
mod ixf;
#[cfg(test)]
mod load;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod toml;
