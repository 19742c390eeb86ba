//! What each field of a data record becomes.

use schema::Rate;
use schema::sample::{Age, Direction, Interface, LengthBasis, Tunnel};

use super::builder::{NOW, heard, numbers, record, reverse};

#[test]
fn octets_and_packets_are_the_first_that_the_template_has() {
    for (fields, octets, packets) in [
        (&[(1, 4, 10), (85, 8, 20), (2, 4, 1), (86, 4, 2)][..], 10, 1),
        (&[(85, 8, 20), (352, 8, 30), (86, 4, 2), (298, 8, 3)], 20, 2),
        (&[(353, 8, 40), (352, 8, 30), (298, 8, 3)], 30, 3),
        (&[(23, 4, 60), (353, 8, 40), (24, 4, 4)], 40, 4),
        (&[(231, 8, 50), (23, 4, 60)], 50, 0),
        (&[(23, 4, 60)], 60, 0),
        (&[(1, 4, 0), (85, 8, 20)], 0, 0),
        (&[(4, 1, 6)], 0, 0),
        (&[(1, 4, 10), (1, 4, 11)], 10, 0),
    ] {
        let exported = record(fields);
        assert_eq!((exported.octets, exported.packets), (octets, packets), "{fields:?}");
        assert_eq!(exported.record.packets, packets);
    }
}

#[test]
fn the_matrix_prefers_octets_of_layer_2() {
    for (fields, octets, basis) in [
        (&[(1, 4, 100), (352, 8, 114)][..], 114, LengthBasis::Layer2),
        (&[(352, 8, 114)], 114, LengthBasis::Layer2),
        (&[(353, 8, 114)], 114, LengthBasis::Layer2),
        (&[(1, 4, 100), (353, 8, 999)], 100, LengthBasis::IpPacket),
        (&[(85, 4, 100)], 100, LengthBasis::IpPacket),
    ] {
        let exported = record(fields).record;
        assert_eq!((exported.octets, exported.basis), (octets, basis), "{fields:?}");
    }
}

#[test]
fn the_sum_of_squares_belongs_to_the_octets_of_ip_packets() {
    assert_eq!(record(&[(1, 4, 100), (198, 8, 5_000)]).record.squares, Some(5_000));
    assert_eq!(record(&[(1, 4, 100), (198, 8, 5_000), (352, 8, 114)]).record.squares, None);
    assert_eq!(record(&[(1, 4, 100)]).record.squares, None);
}

#[test]
fn addresses_are_taken_from_where_exporters_write_them() {
    let macs = |fields: &[(u16, u16, u64)]| record(fields).record.macs.map(|macs| (macs.src.bits(), macs.dst.bits()));
    assert_eq!(macs(&[(56, 6, 1), (81, 6, 9), (80, 6, 2), (57, 6, 8)]), Some((1, 2)));
    assert_eq!(macs(&[(81, 6, 1), (57, 6, 2)]), Some((1, 2)));
    assert_eq!(macs(&[(57, 6, 2), (56, 6, 1)]), Some((1, 2)));
    assert_eq!(macs(&[(56, 6, 0), (80, 6, 0), (57, 6, 2), (81, 6, 1)]), Some((1, 2)));
    assert_eq!(macs(&[(56, 6, 0), (80, 6, 0)]), None);
    assert_eq!(macs(&[(8, 4, 1), (12, 4, 2)]), None);
}

#[test]
fn the_vlan_is_the_first_that_is_set() {
    let vlan = |fields: &[(u16, u16, u64)]| record(fields).record.vlan;
    assert_eq!(vlan(&[(255, 2, 6), (254, 2, 5), (59, 2, 4), (245, 2, 3), (243, 2, 2), (58, 2, 1)]), 1);
    assert_eq!(vlan(&[(58, 2, 0), (243, 2, 0), (59, 2, 4), (255, 2, 6)]), 4);
    assert_eq!(vlan(&[(58, 2, 0), (58, 2, 7)]), 7, "the same field twice");
    assert_eq!((vlan(&[(243, 2, 4_095)]), vlan(&[(58, 4, 70_000)]), vlan(&[(1, 4, 5)])), (0, 0, 0));
}

#[test]
fn the_ip_version_is_told_or_seen() {
    let version = |fields: &[(u16, u16, u64)]| record(fields).record.ip_version;
    assert_eq!((version(&[(60, 1, 6), (8, 4, 1)]), version(&[(60, 1, 4), (256, 2, 0x86dd)])), (6, 4));
    assert_eq!((version(&[(256, 2, 0x0800)]), version(&[(256, 2, 0x86dd), (8, 4, 1)])), (4, 6));
    assert_eq!((version(&[(8, 4, 0), (12, 4, 1)]), version(&[(8, 4, 0), (12, 4, 0)])), (4, 0));
    assert_eq!((version(&[(256, 2, 0x0806)]), version(&[(1, 4, 1)])), (0, 0));
    for lit in [0, 7, 8, 15, 16, 31] {
        let mut body = vec![0; 36];
        body[4 + lit] = 1;
        assert_eq!(heard(&[(8, 4), (27, 16), (28, 16)], &body).exported[0].record.ip_version, 6);
    }
    assert_eq!(heard(&[(8, 4), (27, 16)], &[0; 20]).exported[0].record.ip_version, 0);
}

#[test]
fn interfaces_direction_and_tunnel_are_told() {
    let both = record(&[(10, 4, 3), (14, 2, 4), (252, 4, 30), (253, 4, 40), (61, 1, 1), (351, 8, 77)]).record;
    assert_eq!((both.input, both.output), (Interface::Index(3), Interface::Index(4)));
    assert_eq!((both.direction, both.tunnel), (Direction::Egress, Tunnel::Vxlan));
    let physical = record(&[(252, 4, 30), (253, 4, 0), (61, 1, 0), (256, 2, 0x8847)]).record;
    assert_eq!((physical.input, physical.output), (Interface::Index(30), Interface::Unknown));
    assert_eq!((physical.direction, physical.tunnel), (Direction::Ingress, Tunnel::Mpls));
    let neither = record(&[(1, 4, 1), (61, 1, 9), (10, 4, u64::from(u32::MAX))]).record;
    assert_eq!((neither.direction, neither.input, neither.tunnel), (Direction::Unknown, Interface::Unknown, Tunnel::None));
    assert_eq!(record(&[(1, 4, 1)]).record.direction, Direction::Unknown);
}

#[test]
fn the_age_is_taken_from_the_finest_times_that_are_both_there() {
    let ms = u64::from(NOW) * 1000;
    let age = |fields: &[(u16, u16, u64)]| record(fields).record.age;
    let expected = Age { first_ms: 9_000, last_ms: 2_000 };
    let seconds = [(150, 4, ms / 1000 - 9), (151, 4, ms / 1000 - 2)];
    assert_eq!(age(&seconds), expected);
    assert_eq!(age(&[(152, 8, ms - 9_500), (153, 8, ms - 2_500), seconds[0], seconds[1]]), Age { first_ms: 9_500, last_ms: 2_500 });
    assert_eq!(age(&[(152, 8, ms - 9_500), seconds[0], seconds[1]]), expected);
    assert_eq!(age(&[(153, 8, ms - 2_500)]), Age { first_ms: 2_500, last_ms: 2_500 });
    assert_eq!(age(&[(158, 4, 9_000_000), (159, 4, 2_000_000)]), expected);
    assert_eq!(age(&[(22, 4, 1_000), (21, 4, 8_000), (160, 8, ms - 10_000)]), expected);
    assert_eq!(age(&[(322, 4, ms / 1000 - 4)]), Age { first_ms: 4_000, last_ms: 4_000 });
    assert_eq!(age(&[(1, 4, 5)]), Age::default());
}

#[test]
fn a_record_may_tell_its_own_rate_and_its_sampler() {
    let exported = record(&[(1, 4, 5), (34, 4, 1_000), (48, 1, 7)]);
    assert_eq!((exported.record.rate, exported.sampler), (Rate::whole(1_000), Some(7)));
    let exported = record(&[(305, 4, 1), (306, 4, 1_023), (302, 8, 1 << 40), (48, 1, 7)]);
    assert_eq!((exported.record.rate, exported.sampler), (Rate::whole(1_024), Some(1 << 40)));
    let exported = record(&[(1, 4, 5)]);
    assert_eq!((exported.record.rate, exported.sampler), (Rate::UNKNOWN, None));
}

#[test]
fn a_biflow_is_one_record_of_two_directions() {
    let specs = [(1, 4), (2, 4), reverse(1), reverse(2), (56, 6), (80, 6), (10, 4), (14, 4), (58, 2)];
    let values = [(1_000, 4), (10, 4), (70, 4), (1, 4), (1, 6), (2, 6), (3, 4), (4, 4), (9, 2)];
    let heard = heard(&specs, &numbers(&values));
    assert_eq!((heard.records, heard.exported.len()), (1, 2));
    let [there, back] = [heard.exported[0], heard.exported[1]];
    assert_eq!((there.octets, there.packets, there.reverse), (1_000, 10, false));
    assert_eq!((back.octets, back.packets, back.reverse), (70, 1, true));
    assert_eq!((back.record.octets, back.record.packets, back.record.vlan), (70, 1, 9));
    assert_eq!((back.record.input, back.record.output), (there.record.output, there.record.input));
    let (forth, back) = (there.record.macs.unwrap(), back.record.macs.unwrap());
    assert_eq!((back.src, back.dst), (forth.dst, forth.src));
}

#[test]
fn a_way_back_without_traffic_is_none() {
    let heard = heard(&[(1, 4), reverse(1), reverse(2)], &numbers(&[(1_000, 4), (0, 4), (0, 4)]));
    assert_eq!((heard.records, heard.exported.len()), (1, 1));
}

#[test]
fn elements_of_other_enterprises_are_not_ours() {
    let mut fields = super::builder::specs(&[reverse(1), (2, 4)]);
    fields[4..8].copy_from_slice(&6_876_u32.to_be_bytes());
    let definition = super::Definition { protocol: schema::Protocol::Ipfix, id: 256, options: false, scope_fields: 0, fields: &fields };
    let mut heard = super::builder::Heard::default();
    definition.compile().unwrap().records(&numbers(&[(5, 4), (6, 4)]), super::Clock::default(), &mut heard);
    assert_eq!((heard.exported.len(), heard.exported[0].octets, heard.exported[0].packets), (1, 0, 6));
}

#[test]
fn a_number_of_variable_or_of_more_than_eight_octets_is_stepped_over() {
    let heard = heard(&[(1, 16), (2, u16::MAX), (86, 4)], &[&[9; 16][..], &[2, 9, 9], &[0, 0, 0, 3]].concat());
    assert_eq!((heard.exported[0].octets, heard.exported[0].packets), (0, 3));
    let twice = super::builder::heard(&[(1, 16), (1, 2), (1, 1)], &[&[9; 16][..], &[0, 7, 8]].concat());
    assert_eq!(twice.exported[0].octets, 7, "the first that is a number");
}
