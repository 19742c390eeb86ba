//! What a decoder that shares nothing with the simulator hears of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "only tests use it, and they shall fail")]

use std::net::IpAddr;
use std::time::Duration;

use sflow_parser::models::core::{CounterData, CounterRecord, FlowData, FlowRecord, SampleData};
use sflow_parser::models::record_counters::GenericInterfaceCounters;
use sflow_parser::models::record_flows::{ExtendedSwitch, SampledHeader};
use simulator::{Datagram, Exchange, Plan};

/// A Wednesday's evening peak in the default zone.
pub(crate) const PEAK: schema::Timestamp = schema::Timestamp(1_795_017_600_000);

/// One flow sample.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) expanded: bool,
    pub(crate) sequence: u32,
    pub(crate) if_index: u32,
    pub(crate) rate: u32,
    pub(crate) pool: u32,
    pub(crate) drops: u32,
    pub(crate) input: u32,
    /// Format and value.
    pub(crate) output: (u32, u32),
    pub(crate) header: SampledHeader,
    pub(crate) switch: ExtendedSwitch,
}

/// One counter sample.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) sequence: u32,
    pub(crate) if_index: u32,
    pub(crate) counters: GenericInterfaceCounters,
}

/// One datagram.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) at: i64,
    pub(crate) agent: IpAddr,
    pub(crate) sequence: u32,
    pub(crate) octets: usize,
    pub(crate) flows: Vec<Flow>,
    pub(crate) reports: Vec<Report>,
}

/// Decodes a datagram; anything unexpected in it fails the test.
pub(crate) fn decode(datagram: &Datagram<'_>) -> Heard {
    let decoded = sflow_parser::parse_datagram(datagram.bytes).unwrap();
    let announced = u32::from_be_bytes(datagram.bytes[24..28].try_into().unwrap());
    assert_eq!(decoded.samples.len(), announced as usize);
    let (mut flows, mut reports) = (Vec::new(), Vec::new());
    for sample in decoded.samples {
        match sample.sample_data {
            SampleData::FlowSample(s) => {
                let (header, switch) = records(s.flow_records);
                let (if_index, output) = (s.source_id.index(), (u32::from(s.output.format()), s.output.value()));
                let (rate, pool) = (s.sampling_rate, s.sample_pool);
                let (sequence, drops, input) = (s.sequence_number, s.drops, s.input.0);
                flows.push(Flow { expanded: false, sequence, if_index, rate, pool, drops, input, output, header, switch });
            }
            SampleData::FlowSampleExpanded(s) => {
                let (header, switch) = records(s.flow_records);
                let (if_index, output) = (s.source_id.source_id_index, (s.output.format, s.output.value));
                let (rate, pool) = (s.sampling_rate, s.sample_pool);
                let (sequence, drops, input) = (s.sequence_number, s.drops, s.input.value);
                flows.push(Flow { expanded: true, sequence, if_index, rate, pool, drops, input, output, header, switch });
            }
            SampleData::CountersSample(s) => {
                reports.push(Report { sequence: s.sequence_number, if_index: s.source_id.index(), counters: generic(s.counters) });
            }
            SampleData::CountersSampleExpanded(s) => {
                let (sequence, if_index) = (s.sequence_number, s.source_id.source_id_index);
                reports.push(Report { sequence, if_index, counters: generic(s.counters) });
            }
            other => panic!("unexpected sample {other:?}"),
        }
    }
    Heard {
        at: datagram.at.millis(),
        agent: datagram.agent,
        sequence: decoded.sequence_number,
        octets: datagram.bytes.len(),
        flows,
        reports,
    }
}

fn records(records: Vec<FlowRecord>) -> (SampledHeader, ExtendedSwitch) {
    let mut records = records.into_iter().map(|record| record.flow_data);
    match (records.next(), records.next(), records.next()) {
        (Some(FlowData::SampledHeader(header)), Some(FlowData::ExtendedSwitch(switch)), None) => (header, switch),
        other => panic!("unexpected records {other:?}"),
    }
}

fn generic(records: Vec<CounterRecord>) -> GenericInterfaceCounters {
    let mut data = records.into_iter().map(|record| record.counter_data);
    match (data.next(), data.next(), data.next(), data.next()) {
        (
            Some(CounterData::GenericInterface(generic)),
            Some(CounterData::EthernetInterface(_)),
            Some(CounterData::OpenFlowPortName(_)),
            None,
        ) => generic,
        other => panic!("unexpected counters {other:?}"),
    }
}

/// Runs an exchange from the evening peak, `steps` times `step`, and flushes it.
pub(crate) fn run(plan: &Plan, steps: u32, step: Duration) -> (Exchange, Vec<Heard>) {
    let mut exchange = Exchange::new(plan, PEAK);
    let mut heard = Vec::new();
    let mut emit = |datagram: &Datagram<'_>| heard.push(decode(datagram));
    for _ in 0..steps {
        exchange.advance(step, &mut emit);
    }
    exchange.flush(&mut emit);
    (exchange, heard)
}
