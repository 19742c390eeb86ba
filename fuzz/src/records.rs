//! What must hold of every flow record, whichever protocol it came in.

use wire::flows::{Exported, MAX_AGE_MS, RecordListener, Skip};

/// The records of one walk, counted and looked at.
#[derive(Clone, Copy, Default, Debug)]
pub struct Records {
    /// Records; a biflow is one.
    pub forward: u64,
    /// Ways back of biflows.
    pub reverse: u64,
    /// What was stepped over.
    pub skipped: u64,
    /// Octets as exported.
    pub octets: u128,
    /// Packets as exported.
    pub packets: u128,
    /// Frames that the records stand for before any rate: what they add to the matrix.
    pub frames: u128,
}

impl Records {
    /// Adds those of another walk.
    pub fn merge(&mut self, other: &Self) {
        self.forward += other.forward;
        self.reverse += other.reverse;
        self.skipped += other.skipped;
        self.octets += other.octets;
        self.packets += other.packets;
        self.frames += other.frames;
    }
}

impl RecordListener for Records {
    fn record(&mut self, exported: &Exported) {
        let record = exported.record;
        assert!(record.age.last_ms <= record.age.first_ms && record.age.first_ms <= MAX_AGE_MS, "{:?}", record.age);
        assert!(record.vlan < 4096 && matches!(record.ip_version, 0 | 4 | 6), "{record:?}");
        let moments = record.moments(None);
        assert!((moments.n > 0) == (record.packets > 0 || record.octets > 0), "{record:?} makes {moments:?}");
        match exported.reverse {
            false => self.forward += 1,
            true => self.reverse += 1,
        }
        assert!(self.reverse <= self.forward, "a way back without a way there");
        self.octets += u128::from(exported.octets);
        self.packets += u128::from(exported.packets);
        self.frames += u128::from(moments.n);
    }

    fn skipped(&mut self, _: Skip) {
        self.skipped += 1;
    }
}
