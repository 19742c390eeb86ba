//! How much it is if a counter is right.

use super::shares::variance_of_share;
use super::whole;
use crate::Sums;

/// A cell's sums, brought to what the counter of its port says that entered there; unchanged where nothing was sampled at the port.
///
/// `T·p` with `Var = T²·Var p`, where `p` is the cell's share of what was sampled at the port and `T` the counter's octets, which have no sampling error (raking to a known
/// margin: Deming and Stephan 1940). Packets are scaled alike, samples stay.
#[must_use]
pub fn raked(cell: &Sums, port: &Sums, counted_octets: u64) -> Sums {
    if port.bytes == 0 {
        return *cell;
    }
    let total = counted_octets as f64;
    let scale = total / port.bytes as f64;
    Sums {
        samples: cell.samples,
        packets: whole(cell.packets as f64 * scale),
        bytes: whole(cell.bytes as f64 * scale),
        variance: total * total * variance_of_share(cell, port),
        bytes_from_flows: whole(cell.bytes_from_flows as f64 * scale),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_port_is_exactly_its_counter() {
        let port = Sums { samples: 70, packets: 70_000, bytes: 70_000_000, variance: 1e12, bytes_from_flows: 0 };
        let raked = raked(&port, &port, 100_000_000);
        assert_eq!((raked.bytes, raked.packets, raked.variance), (100_000_000, 100_000, 0.0));
    }

    #[test]
    fn nothing_sampled_cannot_be_raked() {
        let cell = Sums { samples: 1, packets: 2, bytes: 3, variance: 4.0, bytes_from_flows: 0 };
        assert_eq!(raked(&cell, &Sums::default(), 1_000), cell);
    }
}
