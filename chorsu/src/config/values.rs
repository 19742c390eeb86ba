//! What the values of single keys must be.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use aggregator::Weights;
use ipnet::IpNet;
use schema::Level;

/// Receiving threads that each address can be made to have. More than processors are of no use, and each has a part of the matrix of its own.
const MOST_THREADS: usize = 64;

/// What a value must be is told where it is read: a reader gives the value, or what was expected.
pub(super) type Read<T> = Result<T, String>;

#[expect(clippy::unnecessary_wraps, reason = "one shape for all readers")]
pub(super) fn text(text: &str) -> Read<String> {
    Ok(text.to_owned())
}

pub(super) fn short_name(text: &str) -> Read<Arc<str>> {
    let fits = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits { Ok(text.into()) } else { Err("expected 1 to 32 small letters, digits and hyphens, as in \"my-ix\"".into()) }
}

pub(super) fn address(text: &str) -> Read<SocketAddr> {
    text.parse().map_err(|_| "expected an address and a port, as in \"127.0.0.1:8080\" or \"[::]:6343\"".into())
}

/// A value, or `auto` for one that the program chooses.
pub(super) fn auto_or<T>(read: impl Fn(&str) -> Read<T>) -> impl Fn(&str) -> Read<Option<T>> {
    move |text| {
        if text == "auto" {
            return Ok(None);
        }
        read(text).map(Some).map_err(|expected| expected.replacen("expected ", "expected \"auto\", or ", 1))
    }
}

pub(super) fn threads(text: &str) -> Read<usize> {
    number_up_to(MOST_THREADS, text)
}

pub(super) fn batch(text: &str) -> Read<usize> {
    number_up_to(collector::MOST_BATCH, text)
}

fn number_up_to(most: usize, text: &str) -> Read<usize> {
    let number = text.parse().ok().filter(|number| (1..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from 1 to {most}"))
}

pub(super) fn octets(text: &str) -> Read<usize> {
    let size = octets_within(text, 4_096..=1 << 30).and_then(|size| usize::try_from(size).ok());
    size.ok_or_else(|| "expected a size from 4 KiB to 1 GiB, as in \"8MiB\"".into())
}

/// A size with its unit, if it lies within these bounds.
pub(super) fn octets_within(text: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let factor = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1_u64 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|size| bounds.contains(size))
}

pub(super) fn span(text: &str) -> Read<Duration> {
    schema::time::parse_span(text).map_err(|refused| refused.to_string())
}

/// A minute must be a whole number of windows, and a window long enough to be worth a file.
pub(super) fn window(text: &str) -> Read<Duration> {
    let length = span(text)?;
    let minute = Level::Minute.span().as_millis();
    let fits = length >= Duration::from_secs(1) && minute.is_multiple_of(length.as_millis());
    if fits { Ok(length) } else { Err("expected 60s, or a shorter length of at least 1s that divides a minute, as in \"10s\"".into()) }
}

pub(super) fn weights(text: &str) -> Read<Weights> {
    match text {
        "observed" => Ok(Weights::Observed),
        "nominal" => Ok(Weights::Nominal),
        _ => Err("expected \"observed\" or \"nominal\"".into()),
    }
}

pub(super) fn yes_or_no(text: &str) -> Read<bool> {
    text.parse().map_err(|_| "expected true or false".into())
}

/// An address, or a prefix of which no bit is lost. An IPv4 address that is written in IPv6's way is one of IPv4.
pub(super) fn prefix(text: &str) -> Read<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let prefix: IpNet = text.parse().map_err(|_| "expected an address or a prefix, as in \"192.0.2.1\" or \"2001:db8::/32\"".to_owned())?;
    if prefix == prefix.trunc() { Ok(prefix) } else { Err(format!("has bits set behind its length; did you mean \"{}\"?", prefix.trunc())) }
}

/// A prefix as people write it: one address without a length.
pub(super) fn prefix_text(prefix: &IpNet) -> String {
    if prefix.prefix_len() == prefix.max_prefix_len() { prefix.addr().to_string() } else { prefix.to_string() }
}
