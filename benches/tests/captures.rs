//! All readers of the same capture find the same in it.

use std::time::Duration;

use benches::peers::{Way, capture_file, read, sfacctd};
use schema::Mac;

/// Some 60,000 samples.
const SPAN: Duration = Duration::from_secs(3);

#[test]
fn our_way_and_sflow_parsers_find_the_same_in_a_capture() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture_file(folder.path(), SPAN).unwrap();
    let [ours, theirs] = [Way::Members, Way::SflowParser].map(|way| read(way, &capture.file, &capture.members).unwrap());
    let samples = |read: &benches::peers::Read| read.pairs.values().map(|(samples, _)| samples).sum::<u64>();
    assert!(samples(&ours) > 50_000);
    assert_eq!(samples(&ours), samples(&theirs));
}

#[test]
fn sfacctd_finds_the_same_pairs_of_addresses_as_we_do() {
    let folder = tempfile::tempdir().unwrap();
    let capture = capture_file(folder.path(), SPAN).unwrap();
    let theirs = match sfacctd(&capture, folder.path()) {
        Ok((_, pairs)) => pairs,
        Err(why) => return println!("skipped: sfacctd: {why}"),
    };
    let ours = read(Way::Macs, &capture.file, &capture.members).unwrap();
    let mac = |text: &str| text.parse::<Mac>().unwrap().bits();
    let mut differ = 0;
    for ((src, dst), (frames, _)) in &theirs.0 {
        let (src, dst) = (mac(src), mac(dst));
        let found: u64 = ours.pairs.iter().filter(|((s, d, ..), _)| (*s, *d) == (src, dst)).map(|(_, (samples, _))| samples).sum();
        differ += u64::from(found != *frames);
    }
    // It leaves frames out that are not IP.
    let of_ip: u64 = ours.pairs.iter().filter(|((.., version), _)| *version != 0).map(|(_, (samples, _))| samples).sum();
    assert_eq!((differ, theirs.frames()), (0, of_ip));
}
