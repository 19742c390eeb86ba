//! Of which frames a cell is made.

/// A mix of frame lengths.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Its name in tables.
    pub name: &'static str,
    /// Octets of a frame, and the share of frames that have them. The shares add up to one.
    pub lengths: &'static [(u32, f64)],
}

/// From the most ordinary to the most treacherous one.
pub const MIXES: [Mix; 8] = [
    Mix { name: "full frames", lengths: &[(1_518, 1.0)] },
    Mix { name: "downloads", lengths: &[(90, 0.06), (198, 0.04), (590, 0.06), (1_294, 0.16), (1_518, 0.68)] },
    Mix { name: "mixed", lengths: &[(90, 0.36), (142, 0.06), (198, 0.10), (590, 0.14), (1_294, 0.12), (1_518, 0.22)] },
    Mix { name: "half and half", lengths: &[(64, 0.5), (1_518, 0.5)] },
    Mix { name: "acknowledgements", lengths: &[(90, 0.80), (142, 0.07), (198, 0.05), (590, 0.04), (1_518, 0.04)] },
    Mix { name: "name service", lengths: &[(90, 0.6), (142, 0.3), (590, 0.1)] },
    Mix { name: "one in fifty full", lengths: &[(64, 0.98), (1_518, 0.02)] },
    Mix { name: "small frames", lengths: &[(64, 1.0)] },
];
