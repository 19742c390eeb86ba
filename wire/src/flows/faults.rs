//! What broken and unusual messages cost.

use schema::Protocol;

use super::builder::{Datagram, Heard, NOW, Spec, Told, UPTIME, compiled, heard, message, numbers, specs, template, told};
use super::{Definition, Field, MAX_FIELDS, Refusal, Skip, Withdrawal, ipfix, netflow5, netflow9};

const OCTETS_PACKETS: [Spec; 2] = [(1, 4), (2, 4)];

fn field(element: u16, length: u16, scope: bool) -> Field {
    Field { enterprise: 0, element, length, scope }
}

fn both() -> [Field; 2] {
    [field(1, 4, false), field(2, 4, false)]
}

fn defined(id: u16) -> Told {
    Told::Template(id, false, both().to_vec())
}

#[test]
fn the_header_of_each_protocol_says_who_and_when() {
    let v9 = Datagram::new(Protocol::Netflow9).bytes();
    let v9 = message(&v9);
    assert_eq!((v9.protocol, v9.domain, v9.sequence, v9.uptime_ms), (Protocol::Netflow9, 6, 77, Some(UPTIME)));
    assert_eq!((v9.clock.export_ms, v9.clock.uptime_ms), (u64::from(NOW) * 1000, Some(UPTIME)));
    let v10 = Datagram::new(Protocol::Ipfix).bytes();
    let v10 = message(&v10);
    assert_eq!((v10.protocol, v10.domain, v10.sequence, v10.uptime_ms), (Protocol::Ipfix, 6, 77, None));
    assert_eq!((v10.clock.export_ms, v10.clock.uptime_ms), (u64::from(NOW) * 1000, None));
}

#[test]
fn every_cut_inside_a_header_is_refused() {
    for length in 0..16 {
        assert_eq!(ipfix(&Datagram::new(Protocol::Ipfix).bytes()[..length]).unwrap_err(), Refusal::Truncated(length));
    }
    for length in 0..20 {
        assert_eq!(netflow9(&Datagram::new(Protocol::Netflow9).bytes()[..length]).unwrap_err(), Refusal::Truncated(length));
    }
}

#[test]
fn what_speaks_otherwise_is_refused_under_its_name() {
    let v9 = Datagram::new(Protocol::Netflow9).set(256, &[0; 8]).bytes();
    assert_eq!(ipfix(&v9).unwrap_err(), Refusal::OtherProtocol(Protocol::Netflow9));
    assert_eq!(netflow5(&v9).unwrap_err(), Refusal::OtherProtocol(Protocol::Netflow9));
    assert_eq!(netflow9(&[0, 10, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).unwrap_err(), Refusal::OtherProtocol(Protocol::Ipfix));
    assert_eq!(netflow9(&[0, 7, 0, 1]).unwrap_err(), Refusal::NotFlows(7));
    assert_eq!(ipfix(&[[0, 10, 0, 15].as_slice(), &[0; 30]].concat()).unwrap_err(), Refusal::MessageLength(15));
}

#[test]
fn sets_are_told_in_order() {
    for protocol in [Protocol::Netflow9, Protocol::Ipfix] {
        let bytes = Datagram::new(protocol).template(256, &OCTETS_PACKETS).set(256, &[7; 8]).template(300, &OCTETS_PACKETS).bytes();
        assert_eq!(told(&bytes), [defined(256), Told::Data(256, vec![7; 8]), defined(300)]);
    }
}

#[test]
fn one_set_may_hold_several_templates_and_padding() {
    let two = [template(256, &OCTETS_PACKETS), template(257, &OCTETS_PACKETS)].concat();
    for padding in 0..4 {
        let padded = [two.as_slice(), &vec![0; padding]].concat();
        assert_eq!(told(&Datagram::new(Protocol::Ipfix).set(2, &padded).bytes()), [defined(256), defined(257)]);
        assert_eq!(told(&Datagram::new(Protocol::Netflow9).set(0, &padded).bytes()), [defined(256), defined(257)]);
    }
    let junk = [two.as_slice(), &[0, 9]].concat();
    assert_eq!(
        told(&Datagram::new(Protocol::Ipfix).set(2, &junk).bytes()),
        [defined(256), defined(257), Told::Skipped(Skip::TrailingOctets)]
    );
}

#[test]
fn options_templates_count_octets_in_netflow_9_and_fields_in_ipfix() {
    let fields = specs(&[(1, 4), (34, 4), (35, 1)]);
    let expected = Told::Template(256, true, vec![field(1, 4, true), field(34, 4, false), field(35, 1, false)]);
    let v9 = [&[1, 0, 0, 4, 0, 8], fields.as_slice()].concat();
    assert_eq!(told(&Datagram::new(Protocol::Netflow9).set(1, &v9).bytes()).as_slice(), std::slice::from_ref(&expected));
    let v10 = [&[1, 0, 0, 3, 0, 1], fields.as_slice(), &[0, 0]].concat();
    assert_eq!(told(&Datagram::new(Protocol::Ipfix).set(3, &v10).bytes()), [expected]);
}

#[test]
fn templates_are_withdrawn_one_by_one_or_all_of_a_kind() {
    let withdrawals = [1, 0, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0];
    let expected = [Withdrawal::One(256), Withdrawal::AllData, Withdrawal::AllOptions].map(Told::Withdrawn);
    for kind in [2, 3] {
        assert_eq!(told(&Datagram::new(Protocol::Ipfix).set(kind, &withdrawals).bytes()), expected);
    }
    let v9 = told(&Datagram::new(Protocol::Netflow9).set(0, &[1, 0, 0, 0]).bytes());
    assert_eq!(v9, [Told::Template(256, false, vec![])], "NetFlow v9 has no withdrawals: it is a template without fields");
}

#[test]
fn a_bad_set_costs_that_set() {
    let cut = &template(256, &OCTETS_PACKETS)[..10];
    for (kind, body, skip) in [(2, cut, Skip::BrokenTemplate), (4, &[1, 2, 3], Skip::UnknownSet), (255, &[], Skip::UnknownSet)] {
        let bytes = Datagram::new(Protocol::Ipfix).set(kind, body).set(256, &[7; 8]).bytes();
        assert_eq!(told(&bytes), [Told::Skipped(skip), Told::Data(256, vec![7; 8])]);
    }
}

#[test]
fn a_template_with_the_number_of_a_set_costs_itself() {
    let body = [template(255, &OCTETS_PACKETS), template(256, &OCTETS_PACKETS)].concat();
    assert_eq!(told(&Datagram::new(Protocol::Ipfix).set(2, &body).bytes()), [Told::Skipped(Skip::BrokenTemplate), defined(256)]);
}

#[test]
fn the_sets_of_the_other_protocol_are_unknown() {
    for (protocol, kinds) in [(Protocol::Netflow9, [2, 3]), (Protocol::Ipfix, [0, 1])] {
        for kind in kinds {
            let bytes = Datagram::new(protocol).set(kind, &template(256, &OCTETS_PACKETS)).bytes();
            assert_eq!(told(&bytes), [Told::Skipped(Skip::UnknownSet)]);
        }
    }
}

#[test]
fn a_set_whose_length_lies_costs_what_is_left() {
    for (length, skip) in [(3, Skip::ShortSet), (0, Skip::ShortSet), (13, Skip::SetOverrun), (u16::MAX, Skip::SetOverrun)] {
        let mut bytes = Datagram::new(Protocol::Netflow9).template(300, &OCTETS_PACKETS).set(256, &[7; 8]).bytes();
        let at = bytes.len() - 10;
        bytes[at..at + 2].copy_from_slice(&length.to_be_bytes());
        assert_eq!(told(&bytes), [defined(300), Told::Skipped(skip)], "{length}");
    }
}

#[test]
fn octets_behind_the_last_set_cost_nothing_else() {
    for (behind, skips) in [(&[][..], 0), (&[0, 0], 0), (&[0, 9], 1), (&[1], 1)] {
        for protocol in [Protocol::Netflow9, Protocol::Ipfix] {
            let mut bytes = Datagram::new(protocol).set(256, &[7; 8]).bytes();
            bytes.extend(behind);
            let told = told(&bytes);
            assert_eq!(told[0], Told::Data(256, vec![7; 8]));
            let behind_message = protocol == Protocol::Ipfix && !behind.is_empty();
            assert_eq!(told[1..].len(), if behind_message { 1 } else { skips }, "{protocol:?} {behind:?}");
        }
    }
}

#[test]
fn messages_may_follow_each_other_in_one_datagram() {
    let one = Datagram::new(Protocol::Ipfix).set(256, &[7; 8]).bytes();
    let both = [one.as_slice(), &one].concat();
    let first = message(&both);
    assert_eq!(told(&both), [Told::Data(256, vec![7; 8])]);
    assert_eq!(first.following(), Some(one.as_slice()));
    assert_eq!(message(&one).following(), None);
}

#[test]
fn a_message_cut_at_a_set_is_read_so_far() {
    let whole = Datagram::new(Protocol::Ipfix).set(256, &[7; 8]).set(256, &[8; 8]).bytes();
    assert_eq!(told(&whole[..28]), [Told::Data(256, vec![7; 8]), Told::Skipped(Skip::CutMessage)]);
    assert_eq!(told(&whole[..34]), [Told::Data(256, vec![7; 8]), Told::Skipped(Skip::SetOverrun)]);
}

#[test]
fn templates_without_an_end_are_refused() {
    let many = vec![(1, 1); MAX_FIELDS];
    assert!(compiled(&many).is_ok());
    assert_eq!(compiled(&[many, vec![(2, 1)]].concat()).unwrap_err(), Skip::OversizedTemplate);
    for (fields, skip) in [
        (&[][..], Skip::EmptyTemplate),
        (&[(1, 0), (2, 0)], Skip::EmptyTemplate),
        (&[(1, 65_531), (2, 1)], Skip::OversizedTemplate),
        (&[(1, 40_000), (2, 40_000)], Skip::OversizedTemplate),
    ] {
        assert_eq!(compiled(fields).unwrap_err(), skip, "{fields:?}");
    }
    assert!(compiled(&[(1, 65_531)]).is_ok() && compiled(&[(82, 65_535)]).is_ok());
}

#[test]
fn a_definition_that_was_kept_badly_is_refused() {
    let fields = specs(&OCTETS_PACKETS);
    let good = Definition { protocol: Protocol::Ipfix, id: 256, options: true, scope_fields: 1, fields: &fields };
    let template = good.compile().unwrap();
    assert!(template.definition() == good && template.is_options());
    assert!(template.octets() >= size_of_val(&template) + fields.len());
    for bad in [Definition { id: 255, ..good }, Definition { scope_fields: 3, ..good }, Definition { fields: &fields[..7], ..good }] {
        assert_eq!(bad.compile().unwrap_err(), Skip::BrokenTemplate, "{bad:?}");
    }
}

#[test]
fn a_template_of_one_kind_gives_nothing_of_the_other() {
    let fields = specs(&OCTETS_PACKETS);
    let data = Definition { protocol: Protocol::Ipfix, id: 256, options: false, scope_fields: 0, fields: &fields }.compile().unwrap();
    assert_eq!(data.samplings(&[1; 8], &mut |_| panic!("no options")), 0);
    let options = Definition { options: true, ..data.definition() }.compile().unwrap();
    let mut heard = Heard::default();
    assert_eq!((options.records(&[1; 8], Default::default(), &mut heard), heard.exported.len()), (0, 0));
    assert_eq!(options.samplings(&[1; 16], &mut |_| panic!("nothing of sampling")), 2);
}

#[test]
fn what_is_left_of_a_data_set_is_padding_or_is_told() {
    let body = numbers(&[(100, 4), (1, 4), (200, 4), (2, 4)]);
    for (behind, skips) in [(&[][..], vec![]), (&[0; 7], vec![]), (&[0, 0, 1], vec![Skip::TrailingOctets])] {
        let heard = heard(&OCTETS_PACKETS, &[body.as_slice(), behind].concat());
        assert_eq!((heard.records, heard.skips), (2, skips));
    }
}

#[test]
fn a_record_that_outgrows_its_set_costs_what_is_left() {
    let fields = [(1, 4), (82, 65_535), (2, 4)];
    let whole = numbers(&[(100, 4), (3, 1), (0x61_62_63, 3), (1, 4)]);
    for length in whole.len() + 9..2 * whole.len() {
        let heard = heard(&fields, &[whole.as_slice(), &whole].concat()[..length]);
        assert_eq!((heard.records, heard.skips), (1, vec![Skip::BrokenRecord]), "{length}");
    }
    let lie = numbers(&[(100, 4), (255, 1), (60_000, 2), (1, 4), (0, 4)]);
    assert_eq!(heard(&fields, &lie).skips, [Skip::BrokenRecord]);
}

#[test]
fn more_than_a_thousand_records_are_all_read() {
    let heard = heard(&[(1, 2)], &[1; 65_530]);
    assert_eq!((heard.records, heard.exported.len()), (32_765, 32_765));
}

#[test]
fn a_large_template_costs_no_more_than_the_octets_of_its_data() {
    // Fields of no length take no step; fields of variable length take one for each octet at most.
    let hollow = [vec![(1, 1)], vec![(2, 0); MAX_FIELDS - 1]].concat();
    assert_eq!(heard(&hollow, &[9; 60_000]).records, 60_000);
    let variable = vec![(82, 65_535); MAX_FIELDS];
    assert_eq!(heard(&variable, &[0; 60_000]).records, 58);
}
