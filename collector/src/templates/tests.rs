//! What is kept of exporters, and how long.

use std::net::IpAddr;
use std::sync::Arc;

use schema::{Protocol, Rate, Timestamp};
use wire::flows::{Clock, Definition, Sampling, Withdrawal};

use super::book::{Book, Learned, Said};
use super::book_file;
use super::exporter::{Defined, Exporter, Found};
use super::{Exporters, MAX_EXPORTER_OCTETS, TemplateKey};
use crate::counts::{Counts, Flows};

const CLOCK: Clock = Clock { export_ms: 0, uptime_ms: None };
const DAY_MS: i64 = 24 * 3_600_000;

/// Octets and packets in so many octets each.
fn fields(length: u8) -> Vec<u8> {
    vec![0, 1, 0, length, 0, 2, 0, length]
}

fn template(id: u16, fields: &[u8]) -> Definition<'_> {
    Definition { protocol: Protocol::Ipfix, id, options: false, scope_fields: 0, fields }
}

fn key(id: u16) -> TemplateKey {
    TemplateKey { protocol: Protocol::Ipfix, domain: 1, id }
}

fn address(last: u32) -> IpAddr {
    IpAddr::V4((0xc000_0200 + last).into())
}

fn is_known(exporter: &mut Exporter, id: u16) -> bool {
    matches!(exporter.find(&key(id)), Found::Template(..) | Found::Options(..))
}

fn empty() -> Exporter {
    Exporter::remembering(&[])
}

/// An exporter with one template, an options template, and the rates that came by it.
fn said(id: u16, rates: &[Sampling]) -> Exporter {
    let mut exporter = empty();
    exporter.define(1, &template(id, &fields(4))).unwrap();
    let options = Definition { options: true, scope_fields: 1, ..template(900, &[0, 149, 0, 4, 1, 0x2e, 0, 4, 0, 34, 0, 4]) };
    exporter.define(1, &options).unwrap();
    let Found::Options(_, mut announced) = exporter.find(&key(900)) else { panic!("no options template") };
    let mut counts = Flows::default();
    rates.iter().for_each(|rate| announced.note(*rate, &mut counts));
    exporter
}

#[test]
fn a_template_that_is_sent_again_costs_nothing_and_a_new_meaning_holds_at_once() {
    let mut exporter = empty();
    let (first, other) = (fields(4), fields(8));
    assert_eq!(exporter.define(1, &template(256, &first)), Ok(Defined { is_first: true, evicted: 0 }));
    let again = allocation_counter::measure(|| {
        assert_eq!(exporter.define(1, &template(256, &first)), Ok(Defined::default()));
    });
    assert_eq!(again.count_total, 0);
    assert_eq!(exporter.define(1, &template(256, &other)), Ok(Defined::default()));
    let Found::Template(found, _) = exporter.find(&key(256)) else { panic!("it is not there") };
    assert_eq!(found.definition().fields, other);
}

#[test]
fn withdrawing_all_of_one_kind_leaves_the_other_kind_and_the_other_domains() {
    let mut exporter = said(256, &[]);
    exporter.define(2, &template(256, &fields(4))).unwrap();
    exporter.withdraw(Protocol::Ipfix, 1, Withdrawal::AllData);
    assert!(matches!(exporter.find(&key(256)), Found::Withdrawn));
    assert!(matches!(exporter.find(&TemplateKey { domain: 2, ..key(256) }), Found::Template(..)));
    assert!(is_known(&mut exporter, 900));
    exporter.withdraw(Protocol::Ipfix, 1, Withdrawal::AllOptions);
    assert!(matches!(exporter.find(&key(900)), Found::Withdrawn));
}

#[test]
fn a_number_that_changes_its_kind_is_withdrawn_with_its_new_kind_alone() {
    let mut exporter = said(256, &[]);
    exporter.define(1, &template(900, &fields(4))).unwrap();
    exporter.withdraw(Protocol::Ipfix, 1, Withdrawal::AllOptions);
    assert!(is_known(&mut exporter, 900));
    exporter.withdraw(Protocol::Ipfix, 1, Withdrawal::AllData);
    assert!(!is_known(&mut exporter, 900));
}

#[test]
fn the_least_recently_used_templates_go_first() {
    let mut exporter = empty();
    let long: Vec<u8> = (0..300_u16).flat_map(|element| [element.to_be_bytes(), [0, 4]].concat()).collect();
    let mut evicted = 0;
    for id in 256..2_000 {
        evicted += exporter.define(1, &template(id, &long)).unwrap().evicted;
        // The first one is in use all the time.
        assert!(is_known(&mut exporter, 256) && is_known(&mut exporter, id));
        assert!(exporter.octets() <= MAX_EXPORTER_OCTETS + 4_096);
    }
    assert!(evicted > 0 && !is_known(&mut exporter, 257) && is_known(&mut exporter, 1_998));
    assert_eq!(exporter.templates().count() as u64 + evicted, 2_000 - 256);
}

#[test]
fn memory_is_booked_as_it_comes_and_goes() {
    let (mut exporters, mut counts) = (Exporters::new(Arc::default()), Counts::default());
    for round in 0..3 {
        for last in 0..50 {
            let (exporter, others) = exporters.at(address(last));
            exporter.define(1, &template(256, &fields(1 << round))).unwrap();
            exporter.held.hold(key(300), &[1, 2, 3], CLOCK, Timestamp(0), others);
            exporters.settle(address(last), &mut counts);
        }
    }
    assert!(exporters.octets() > 50 * size_of::<Exporter>());
    exporters.expire(Timestamp(DAY_MS), &mut counts);
    for last in 0..50 {
        exporters.at(address(last)).0.withdraw(Protocol::Ipfix, 1, Withdrawal::AllData);
        exporters.settle(address(last), &mut counts);
    }
    // That they were withdrawn is still known.
    let counted: usize = exporters.template_counts().unwrap().len();
    assert_eq!((counted, counts.ipfix.skipped().collect::<Vec<_>>()), (0, vec![("held_data_sets_expired", 150)]));
    assert_eq!(exporters.template_counts(), None);
}

fn learned(book: &mut Book, source: IpAddr, exporter: &mut Exporter, at: Timestamp) {
    book.learn(exporter.learned(source), at);
}

/// What a book says, in a form that can be compared.
fn pages(book: &Book) -> Vec<String> {
    book_file::text(book).lines().map(str::to_owned).collect()
}

fn rate(sampler: Option<u64>, interface: Option<u32>, rate: Rate) -> Sampling {
    Sampling { sampler, interface, rate }
}

#[test]
fn what_exporters_said_is_read_back_as_it_was_written() {
    let rates = [
        rate(Some(7), None, Rate::of(10, 3)),
        rate(None, Some(5), Rate::whole(2_048)),
        rate(None, None, Rate::UNKNOWN),
        rate(Some(u64::MAX), None, Rate::whole(u32::MAX)),
    ];
    let mut book = Book::default();
    learned(&mut book, address(1), &mut said(256, &rates), Timestamp(0));
    learned(&mut book, "2001:db8::1".parse().unwrap(), &mut said(300, &[]), Timestamp(DAY_MS));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("templates.jsonl");
    book_file::write(&file, &book_file::text(&book)).unwrap();
    let read = book_file::read(&file).unwrap();
    assert_eq!(pages(&read), pages(&book));
    assert_eq!(pages(&read).len(), 3);

    let mut exporters = Exporters::new(Arc::new(read));
    let (exporter, _) = exporters.at(address(1));
    assert!(is_known(exporter, 256) && is_known(exporter, 900) && !is_known(exporter, 300));
    let mut kept: Vec<_> = exporter.samplers.all().map(|(_, domain, said)| (domain, said.sampler, said.interface, said.rate)).collect();
    let mut told: Vec<_> = rates.map(|said| (1, said.sampler, said.interface, said.rate)).into();
    kept.sort_unstable();
    told.sort_unstable();
    assert_eq!(kept, told);
    // Nothing of it is new.
    assert_eq!(exporters.learned().len(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_an_exporter_said_before_the_start_is_asked_for_once() {
    let mut book = Book::default();
    learned(&mut book, address(1), &mut said(256, &[]), Timestamp(0));
    let (mut exporters, mut counts) = (Exporters::new(Arc::new(book)), Counts::default());
    let (exporter, _) = exporters.at(address(1));
    assert!(is_known(exporter, 256));
    // It counts as seen when it is sent.
    assert_eq!(exporter.define(1, &template(256, &fields(4))), Ok(Defined { is_first: true, evicted: 0 }));
    exporters.settle(address(1), &mut counts);
    exporters.forget(address(1));
    assert!(!is_known(exporters.at(address(1)).0, 256), "it may have said otherwise since");
}

#[test]
fn files_that_are_broken_are_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("templates.jsonl");
    assert_eq!(pages(&book_file::read(&file).unwrap()).len(), 1, "a file that is not there is an empty book");
    let heading = pages(&Book::default()).remove(0);
    let page = |protocol: &str, used: &str, fields: &str| {
        format!(
            "{heading}\n{{\"exporter\":\"192.0.2.1\",\"protocol\":\"{protocol}\",\"used\":\"{used}\",\
             \"templates\":[{{\"domain\":1,\"id\":256,\"fields\":\"{fields}\"}}]}}\n"
        )
    };
    let used = "2026-11-21T00:00:00Z";
    std::fs::write(&file, page("ipfix", used, "00010004")).unwrap();
    assert_eq!(pages(&book_file::read(&file).unwrap()).len(), 2);
    for (text, why) in [
        ("something else".to_owned(), "line 1"),
        (format!("{heading}\nnonsense"), "line 2"),
        (page("sflow5", used, "00010004"), "no protocol that has templates"),
        (page("ipfix", "yesterday", "00010004"), "yesterday"),
        (page("ipfix", used, "0001000"), "hexadecimal"),
        (page("ipfix", used, "0001000g"), "hexadecimal"),
        (page("ipfix", used, "00010000"), "empty_template"),
    ] {
        std::fs::write(&file, text).unwrap();
        let refused = book_file::read(&file).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains(why) && refused.contains("templates.jsonl"), "{refused}");
    }
    std::fs::write(&file, [0xff; 10]).unwrap();
    assert!(book_file::read(&file).is_err());
}

#[test]
fn exporters_that_were_not_heard_for_thirty_days_are_dropped() {
    let mut book = Book::default();
    for last in [1, 2] {
        learned(&mut book, address(last), &mut said(256, &[]), Timestamp(0));
    }
    book.take_changed();
    book.heard(address(1), Protocol::Ipfix, Timestamp(DAY_MS - 1));
    assert!(!book.take_changed(), "the file is not written again in every window");
    book.heard(address(1), Protocol::Ipfix, Timestamp(DAY_MS));
    assert!(book.take_changed());
    book.forget_silent(Timestamp(30 * DAY_MS + 1));
    assert_eq!((book.knows(address(1)), book.knows(address(2)), book.take_changed()), (true, false, true));
}

#[test]
fn a_book_of_made_up_exporters_is_bounded_and_keeps_those_heard_last() {
    let mut book = Book::default();
    let template = Arc::new(template(256, &fields(4)).compile().unwrap());
    let said = Arc::new(Said { protocol: Protocol::Ipfix, templates: vec![(1, template)], samplers: Vec::new() });
    for hundred in 0..100_u32 {
        let source = |last: u32| address(100 * hundred + last);
        let learned = (0..100).map(|last| Learned { source: source(last), said: Arc::clone(&said) }).collect();
        book.learn(learned, Timestamp(hundred.into()));
    }
    assert_eq!(book.entries().count(), super::book::MAX_ENTRIES);
    assert!(book.knows(address(9_999)) && !book.knows(address(0)));
}

#[test]
fn an_exporter_that_withdrew_everything_leaves_the_book() {
    let (mut book, mut exporter) = (Book::default(), empty());
    exporter.define(1, &template(256, &fields(4))).unwrap();
    learned(&mut book, address(1), &mut exporter, Timestamp(0));
    assert!(book.knows(address(1)));
    exporter.withdraw(Protocol::Ipfix, 1, Withdrawal::AllData);
    learned(&mut book, address(1), &mut exporter, Timestamp(0));
    assert!(!book.knows(address(1)));
}
