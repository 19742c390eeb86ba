//! What a decoder of NetFlow and IPFIX that shares nothing with the simulator is told by it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "only tests use it, and they shall fail")]

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use netflow_parser::variable_versions::{ipfix, v9};
use netflow_parser::{FieldValue, NetflowPacket, NetflowParser};
use schema::Protocol;
use simulator::{Datagram, Exchange, Plan};

use crate::heard::PEAK;

/// A record: octets by element.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record(pub(crate) BTreeMap<u16, Vec<u8>>);

impl Record {
    /// The number of an element.
    pub(crate) fn number(&self, element: u16) -> u64 {
        let octets = self.0.get(&element).unwrap_or_else(|| panic!("no element {element} in {self:?}"));
        octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
    }

    pub(crate) fn mac(&self, element: u16) -> schema::Mac {
        schema::Mac::new(self.0[&element].as_slice().try_into().unwrap())
    }

    fn of<'a>(elements: &[u16], values: impl Iterator<Item = &'a FieldValue>) -> Self {
        Self(elements.iter().copied().zip(values.map(octets)).collect())
    }
}

fn octets(value: &FieldValue) -> Vec<u8> {
    let mut octets = Vec::new();
    value.write_be_bytes(&mut octets).unwrap();
    octets
}

/// One datagram.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) agent: Option<IpAddr>,
    pub(crate) octets: usize,
    pub(crate) sequence: u32,
    pub(crate) domain: u32,
    /// Seconds since 1970, as the header says.
    pub(crate) clock: u32,
    /// Milliseconds since the switch started.
    pub(crate) uptime: u32,
    /// Records as the header counts them.
    pub(crate) count: Option<u16>,
    /// Version 5's sampling field.
    pub(crate) sampling: u16,
    /// Ids of templates and of options templates.
    pub(crate) templates: (Vec<u16>, Vec<u16>),
    pub(crate) options: Vec<Record>,
    pub(crate) records: Vec<Record>,
}

/// The decoder, with a state for each switch.
#[derive(Default)]
pub(crate) struct Ear {
    parsers: HashMap<IpAddr, NetflowParser>,
    /// Elements by template.
    elements: HashMap<(IpAddr, u16), Vec<u16>>,
}

impl Ear {
    /// Decodes a datagram; anything unexpected in it fails the test.
    pub(crate) fn hear(&mut self, datagram: &Datagram<'_>) -> Told {
        let parsed = self.parsers.entry(datagram.agent).or_default().parse_bytes(datagram.bytes);
        assert!(parsed.error.is_none(), "{:?}", parsed.error);
        let mut told = Told { at: datagram.at.millis(), agent: Some(datagram.agent), octets: datagram.bytes.len(), ..Told::default() };
        match <[NetflowPacket; 1]>::try_from(parsed.packets) {
            Ok([NetflowPacket::V5(packet)]) if datagram.protocol == Protocol::Netflow5 => netflow5(&mut told, &packet),
            Ok([NetflowPacket::V9(packet)]) if datagram.protocol == Protocol::Netflow9 => self.netflow9(&mut told, packet),
            Ok([NetflowPacket::IPFix(packet)]) if datagram.protocol == Protocol::Ipfix => self.ipfix(&mut told, packet),
            other => panic!("unexpected packets {other:?}"),
        }
        told
    }

    fn elements(&self, told: &Told, template: u16) -> &[u16] {
        &self.elements[&(told.agent.unwrap(), template)]
    }

    fn netflow9(&mut self, told: &mut Told, packet: v9::V9) {
        let head = packet.header;
        (told.sequence, told.domain, told.clock) = (head.sequence_number, head.source_id, head.unix_secs);
        (told.uptime, told.count) = (head.sys_up_time, Some(head.count));
        let agent = told.agent.unwrap();
        for set in packet.flowsets {
            assert_eq!(set.header.length % 4, 0);
            match set.body {
                v9::FlowSetBody::Template(set) => {
                    for template in set.templates {
                        told.templates.0.push(template.template_id);
                        let elements = template.fields.iter().map(|field| field.field_type_number).collect();
                        self.elements.insert((agent, template.template_id), elements);
                    }
                }
                v9::FlowSetBody::OptionsTemplate(set) => {
                    for template in set.templates {
                        told.templates.1.push(template.template_id);
                        let elements = template.option_fields.iter().map(|field| field.field_type_number).collect();
                        self.elements.insert((agent, template.template_id), elements);
                    }
                }
                v9::FlowSetBody::Data(data) => {
                    let elements = self.elements(told, set.header.flowset_id).to_vec();
                    told.records.extend(data.fields.iter().map(|record| Record::of(&elements, record.iter().map(|(_, value)| value))));
                }
                v9::FlowSetBody::OptionsData(data) => {
                    let elements = self.elements(told, set.header.flowset_id).to_vec();
                    let record =
                        |record: &v9::OptionsDataFields| Record::of(&elements, record.options_fields.iter().map(|(_, value)| value));
                    told.options.extend(data.fields.iter().map(record));
                }
                other => panic!("unexpected set {other:?}"),
            }
        }
    }

    fn ipfix(&mut self, told: &mut Told, packet: ipfix::IPFix) {
        let head = packet.header;
        assert_eq!(usize::from(head.length), told.octets);
        (told.sequence, told.domain, told.clock) = (head.sequence_number, head.observation_domain_id, head.export_time);
        for set in packet.flowsets {
            match set.body {
                ipfix::FlowSetBody::Template(template) => self.template(told, &template),
                ipfix::FlowSetBody::Templates(templates) => templates.iter().for_each(|template| self.template(told, template)),
                ipfix::FlowSetBody::OptionsTemplate(template) => {
                    told.templates.1.push(template.template_id);
                    assert_eq!(template.scope_field_count, 1);
                    let elements = template.fields.iter().map(|field| field.field_type_number).collect();
                    self.elements.insert((told.agent.unwrap(), template.template_id), elements);
                }
                ipfix::FlowSetBody::Data(data) => {
                    let elements = self.elements(told, set.header.header_id).to_vec();
                    told.records.extend(data.fields.iter().map(|record| Record::of(&elements, record.iter().map(|(_, value)| value))));
                }
                ipfix::FlowSetBody::OptionsData(data) => {
                    let elements = self.elements(told, set.header.header_id).to_vec();
                    told.options.extend(data.fields.iter().map(|record| Record::of(&elements, record.iter().map(|(_, value)| value))));
                }
                other => panic!("unexpected set {other:?}"),
            }
        }
    }

    fn template(&mut self, told: &mut Told, template: &ipfix::Template) {
        told.templates.0.push(template.template_id);
        let elements = template.fields.iter().map(|field| field.field_type_number).collect();
        self.elements.insert((told.agent.unwrap(), template.template_id), elements);
    }
}

/// Version 5's fields under the numbers that they have elsewhere.
fn netflow5(told: &mut Told, packet: &netflow_parser::static_versions::v5::V5) {
    let head = packet.header;
    (told.sequence, told.domain, told.clock) =
        (head.flow_sequence, u32::from(head.engine_type) << 8 | u32::from(head.engine_id), head.unix_secs);
    (told.uptime, told.count, told.sampling) = (head.sys_up_time, Some(head.count), head.sampling_interval);
    assert_eq!(i64::from(head.unix_nsecs), told.at % 1_000 * 1_000_000);
    for flow in &packet.flowsets {
        let numbers =
            [(1, flow.d_octets), (2, flow.d_pkts), (22, flow.first), (21, flow.last), (10, flow.input.into()), (14, flow.output.into())];
        let mut record: BTreeMap<u16, Vec<u8>> = numbers.map(|(element, value)| (element, value.to_be_bytes().to_vec())).into();
        record.insert(4, vec![flow.protocol_number]);
        record.insert(8, flow.src_addr.octets().to_vec());
        record.insert(12, flow.dst_addr.octets().to_vec());
        told.records.push(Record(record));
    }
}

/// Runs an exchange from the evening peak, `steps` times `step`, and flushes it.
pub(crate) fn run(plan: &Plan, steps: u32, step: Duration) -> (Exchange, Vec<Told>) {
    let mut exchange = Exchange::new(plan, PEAK);
    let (mut ear, mut told) = (Ear::default(), Vec::new());
    let mut emit = |datagram: &Datagram<'_>| told.push(ear.hear(datagram));
    for _ in 0..steps {
        exchange.advance(step, &mut emit);
    }
    exchange.flush(&mut emit);
    (exchange, told)
}
