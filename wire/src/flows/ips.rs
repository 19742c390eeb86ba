//! Where records have their IP addresses. They are read only for a listener that wants them.

use schema::sample::IpPair;

use super::element as ie;
use super::layout::{Place, Placed};
use super::plan::Planner;

/// The places of both addresses of either version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Ips {
    v4: Option<[Place; 2]>,
    v6: Option<[Place; 2]>,
}

impl Ips {
    /// Plans the reading of what the template has. To be planned last, for everything else needs its place more.
    pub(super) fn plan(planner: &mut Planner<'_>) -> Self {
        let v4 = both(planner, [ie::SOURCE_IPV4, ie::DESTINATION_IPV4], 4);
        Self { v4, v6: both(planner, [ie::SOURCE_IPV6, ie::DESTINATION_IPV6], 16) }
    }

    /// Both addresses of a record whose octets lie from a place on as `from` tells. Templates for both versions have zeros for the other.
    #[inline]
    pub(super) fn read<'a>(self, from: impl Fn(Place) -> &'a [u8]) -> Option<IpPair> {
        let v4 = self.v4.and_then(|[src, dst]| {
            let (src, dst) = (u32::from_be_bytes(*from(src).first_chunk()?), u32::from_be_bytes(*from(dst).first_chunk()?));
            (src | dst != 0).then(|| IpPair::V4 { src: src.into(), dst: dst.into() })
        });
        v4.or_else(|| {
            let [src, dst] = self.v6?;
            let (src, dst) = (u128::from_be_bytes(*from(src).first_chunk()?), u128::from_be_bytes(*from(dst).first_chunk()?));
            (src | dst != 0).then(|| IpPair::V6 { src: src.into(), dst: dst.into() })
        })
    }
}

/// The places of two fields of this length, if the template has both.
fn both(planner: &mut Planner<'_>, elements: [u16; 2], octets: u16) -> Option<[Place; 2]> {
    let whole = |placed: &&Placed| !placed.is_variable() && placed.field.length == octets;
    let [src, dst] = elements.map(|element| planner.index.find(element).filter(whole));
    Some([planner.wanted.place(src?)?, planner.wanted.place(dst?)?])
}

#[cfg(test)]
mod tests {
    use schema::sample::IpPair;

    use crate::flows::builder::{heard, numbers};

    #[test]
    fn records_of_both_versions_tell_their_addresses() {
        let v4 = numbers(&[(0xc000_0201, 4), (0xc633_6402, 4)]);
        let v6 = [[1; 16], [2; 16]].concat();
        let ips = |fields: &[(u16, u16)], body: &[u8]| heard(fields, body).exported.iter().map(|it| it.record.ips).collect::<Vec<_>>();
        let pair = IpPair::v4([192, 0, 2, 1, 198, 51, 100, 2]);
        assert_eq!(ips(&[(8, 4), (12, 4)], &[&v4[..], &[0; 8], &v4].concat()), [Some(pair), None, Some(pair)]);
        let wide = IpPair::v6([1; 16], [2; 16]);
        assert_eq!(ips(&[(27, 16), (28, 16)], &v6), [Some(wide)]);
        let fields = [(8, 4), (12, 4), (27, 16), (28, 16)];
        assert_eq!(ips(&fields, &[&v4[..], &[0; 32], &[0; 8], &v6].concat()), [Some(pair), Some(wide)]);
    }

    #[test]
    fn a_field_of_another_length_or_one_without_the_other_is_no_address() {
        for fields in [&[(8, 4), (10, 4)][..], &[(8, 3), (12, 4)], &[(12, 4), (10, 4)], &[(27, 8), (28, 16)]] {
            let octets: usize = fields.iter().map(|(_, octets)| usize::from(*octets)).sum();
            assert_eq!(heard(fields, &vec![7; octets]).exported[0].record.ips, None, "{fields:?}");
        }
    }

    #[test]
    fn behind_a_field_of_variable_length_they_are_found_too() {
        let body = [&[2, 7, 7][..], &[192, 0, 2, 1, 198, 51, 100, 2]].concat();
        let exported = heard(&[(82, u16::MAX), (8, 4), (12, 4)], &body).exported;
        assert_eq!(exported[0].record.ips, Some(IpPair::v4([192, 0, 2, 1, 198, 51, 100, 2])));
    }

    #[test]
    fn on_the_way_back_they_have_changed_sides() {
        let fields = [(8, 4), (12, 4), (1, 4), (crate::flows::builder::reverse(1).0, 4)];
        let body = numbers(&[(0xc000_0201, 4), (0xc633_6402, 4), (100, 4), (200, 4)]);
        let pairs: Vec<_> = heard(&fields, &body).exported.iter().map(|it| it.record.ips.unwrap()).collect();
        let pair = IpPair::v4([192, 0, 2, 1, 198, 51, 100, 2]);
        assert_eq!(pairs, [pair, pair.turned()]);
    }
}
