//! What netflow_parser says.

use std::collections::BTreeMap;

use netflow_parser::variable_versions::{ipfix as their_ipfix, v9 as their_v9};
use netflow_parser::{FieldValue, NetflowPacket};

use super::{Ours, Row, Set, has_section};

/// Domain, sequence and seconds of its header, and what its sets say.
pub(crate) type Said = ((u32, u32, u64), Vec<Set>);

/// What netflow_parser says of a message, brought to our form.
pub(crate) fn said(packet: &NetflowPacket, ours: &Ours) -> Option<Said> {
    let mut sets = Vec::new();
    let header = match packet {
        NetflowPacket::V9(packet) => {
            packet.flowsets.iter().for_each(|set| push(&mut sets, v9_set(set, ours)));
            (packet.header.source_id, packet.header.sequence_number, packet.header.unix_secs.into())
        }
        NetflowPacket::IPFix(packet) => {
            packet.flowsets.iter().for_each(|set| push(&mut sets, ipfix_set(set, ours)));
            (packet.header.observation_domain_id, packet.header.sequence_number, packet.header.export_time.into())
        }
        _ => return None,
    };
    Some((header, sets))
}

fn push(sets: &mut Vec<Set>, set: Set) {
    match (sets.last_mut(), set) {
        (Some(Set::Templates(before)), Set::Templates(more)) => before.extend(more),
        (_, set) => sets.push(set),
    }
}

fn v9_set(set: &their_v9::FlowSet, ours: &Ours) -> Set {
    use their_v9::FlowSetBody as Body;
    let id = set.header.flowset_id;
    match &set.body {
        Body::Template(set) => Set::Templates(
            set.templates
                .iter()
                .map(|template| {
                    (template.template_id, template.fields.iter().map(|field| (field.field_type_number, field.field_length)).collect())
                })
                .collect(),
        ),
        Body::OptionsTemplate(set) => Set::Templates(
            set.templates
                .iter()
                .map(|template| {
                    let scope = template.scope_fields.iter().map(|field| (field.field_type_number, field.field_length));
                    (
                        template.template_id,
                        scope.chain(template.option_fields.iter().map(|field| (field.field_type_number, field.field_length))).collect(),
                    )
                })
                .collect(),
        ),
        Body::Data(data) => {
            Set::Records(id, data.fields.iter().map(|record| row(id, record.iter().map(|(_, value)| value), ours)).collect())
        }
        Body::OptionsData(data) => Set::Options(id, data.fields.len()),
        Body::NoTemplate(_) => Set::NoTemplate(id),
        Body::Empty => Set::Nothing,
    }
}

fn ipfix_set(set: &their_ipfix::FlowSet, ours: &Ours) -> Set {
    use their_ipfix::FlowSetBody as Body;
    let id = set.header.header_id;
    let fields = |fields: &[their_ipfix::TemplateField]| fields.iter().map(|field| (field.field_type_number, field.field_length)).collect();
    match &set.body {
        Body::Template(template) => Set::Templates(vec![(template.template_id, fields(&template.fields))]),
        Body::Templates(templates) => {
            Set::Templates(templates.iter().map(|template| (template.template_id, fields(&template.fields))).collect())
        }
        Body::OptionsTemplate(template) => Set::Templates(vec![(template.template_id, fields(&template.fields))]),
        Body::OptionsTemplates(templates) => {
            Set::Templates(templates.iter().map(|template| (template.template_id, fields(&template.fields))).collect())
        }
        Body::Data(data) => {
            Set::Records(id, data.fields.iter().map(|record| row(id, record.iter().map(|(_, value)| value), ours)).collect())
        }
        Body::OptionsData(data) => Set::Options(id, data.fields.len()),
        Body::NoTemplate(_) => Set::NoTemplate(id),
        Body::Empty if matches!(id, 2 | 3) => Set::Templates(Vec::new()),
        Body::Empty => Set::Nothing,
        // Sets 0 and 1, and what they define.
        _ => Set::Templates(vec![(0, Vec::new())]),
    }
}

/// The row that its values make, by the elements of the template that we keep.
fn row<'a>(id: u16, values: impl Iterator<Item = &'a FieldValue>, ours: &Ours) -> Row {
    let Some(template) = ours.templates.get(&id) else { return Row::default() };
    let mut numbers: BTreeMap<(u32, u16), u64> = BTreeMap::new();
    for (field, value) in template.definition().fields().zip(values).filter(|(field, _)| (1..=8).contains(&field.length)) {
        numbers.entry((field.enterprise, field.element)).or_insert_with(|| number(value));
    }
    let first =
        |enterprise: u32, elements: &[u16]| elements.iter().find_map(|element| numbers.get(&(enterprise, *element))).copied().unwrap_or(0);
    let any = |elements: &[u16]| {
        elements.iter().filter_map(|element| numbers.get(&(0, *element))).copied().find(|number| *number != 0).unwrap_or(0)
    };
    let index = |elements: &[u16]| u32::try_from(any(elements)).ok().filter(|index| !matches!(*index, 0 | u32::MAX));
    let (octets, packets) = ([1, 85, 352, 353, 231, 23], [2, 86, 298, 24]);
    Row {
        octets: first(0, &octets),
        packets: first(0, &packets),
        back: [first(29_305, &octets), first(29_305, &packets)],
        interfaces: [index(&[10, 252]), index(&[14, 253])],
        macs: if has_section(template) { [0, 0] } else { [any(&[56, 81]), any(&[80, 57])].map(|bits| bits & 0xffff_ffff_ffff) },
    }
}

/// A value as the number that its octets are, whatever it is taken for.
fn number(value: &FieldValue) -> u64 {
    let mut octets = Vec::new();
    value.write_be_bytes(&mut octets).unwrap();
    octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet))
}
