//! The frames that pass one point in a slice of time, and the ones of them that a sampler takes.

use rand_pcg::Pcg64;

use crate::sampler::Sampler;

/// One size of one flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ClassId {
    pub(crate) flow: u32,
    /// Position of the size in the flow's profile.
    pub(crate) size: u8,
}

/// A frame that the sampler took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Its position in the stream, from 1.
    pub(crate) position: u64,
    pub(crate) class: ClassId,
}

/// Frames of one size of one flow in the stream.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Frames of the stream up to the last of this run.
    end: u64,
    /// Which frames they are.
    class: ClassId,
}

/// The frames that pass one point in a slice of time; their order is random.
#[derive(Clone, Default, Debug)]
pub(crate) struct Stream {
    runs: Vec<Run>,
    positions: Vec<u64>,
}

impl Stream {
    pub(crate) fn clear(&mut self) {
        self.runs.clear();
    }

    /// Lets `frames` frames, one at least, of `class` pass.
    pub(crate) fn push(&mut self, frames: u64, class: ClassId) {
        self.runs.push(Run { end: self.frames() + frames, class });
    }

    /// How many frames pass.
    pub(crate) fn frames(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.end)
    }

    /// Lets `sampler` see the frames; the taken ones go to `taken` in order of position.
    pub(crate) fn sample(&mut self, sampler: &mut Sampler, rng: &mut Pcg64, mut taken: impl FnMut(Taken)) {
        let frames = self.frames();
        self.positions.clear();
        sampler.pass(frames, rng, &mut self.positions);
        let length = usize::try_from(frames).unwrap_or(usize::MAX);
        // The order is random, so which frames stand at the taken positions is a random choice without repetition.
        let chosen = rand::seq::index::sample(rng, length, self.positions.len());
        for (position, frame) in self.positions.iter().zip(chosen) {
            let run = self.runs.partition_point(|run| run.end <= frame as u64);
            taken(Taken { position: *position, class: self.runs[run].class });
        }
    }
}
