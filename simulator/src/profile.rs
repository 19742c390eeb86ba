//! Of which frame sizes traffic is made.
//!
//! Sizes come from a short list, so that the truth is a count per size and therefore exact.

/// One frame size of a profile.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Size {
    /// Layer-2 octets with FCS of an untagged frame, 64 to 1,518.
    pub(crate) octets: u32,
    /// Its share of the profile's frames.
    pub(crate) share: f64,
}

/// What kind of traffic it is, which decides the mix of frame sizes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Profile {
    /// Downloads and video: mostly full frames.
    Content,
    /// The way back of downloads: mostly bare acknowledgements.
    Acknowledgements,
    /// A bit of everything.
    Mixed,
    /// ARP requests.
    Arp,
    /// IPv6 neighbour solicitations.
    Solicitation,
}

const fn size(octets: u32, share: f64) -> Size {
    Size { octets, share }
}

const CONTENT: [Size; 5] = [size(90, 0.06), size(198, 0.04), size(590, 0.06), size(1_294, 0.16), size(1_518, 0.68)];
const ACKNOWLEDGEMENTS: [Size; 5] = [size(90, 0.80), size(142, 0.07), size(198, 0.05), size(590, 0.04), size(1_518, 0.04)];
const MIXED: [Size; 6] = [size(90, 0.36), size(142, 0.06), size(198, 0.10), size(590, 0.14), size(1_294, 0.12), size(1_518, 0.22)];
const ARP: [Size; 1] = [size(64, 1.0)];
const SOLICITATION: [Size; 1] = [size(90, 1.0)];

impl Profile {
    /// The sizes with their shares, which add up to 1.
    pub(crate) const fn sizes(self) -> &'static [Size] {
        match self {
            Self::Content => &CONTENT,
            Self::Acknowledgements => &ACKNOWLEDGEMENTS,
            Self::Mixed => &MIXED,
            Self::Arp => &ARP,
            Self::Solicitation => &SOLICITATION,
        }
    }

    /// Its name, as the truth has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Acknowledgements => "acknowledgements",
            Self::Mixed => "mixed",
            Self::Arp => "arp",
            Self::Solicitation => "solicitation",
        }
    }

    /// Octets of the average untagged frame.
    pub(crate) fn mean_octets(self) -> f64 {
        self.sizes().iter().map(|size| f64::from(size.octets) * size.share).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_profiles_differ() {
        for profile in [Profile::Content, Profile::Acknowledgements, Profile::Mixed, Profile::Arp, Profile::Solicitation] {
            let total: f64 = profile.sizes().iter().map(|size| size.share).sum();
            assert!((total - 1.0).abs() < 1e-9, "{profile:?}");
            assert!(profile.sizes().iter().all(|size| (64..=1_518).contains(&size.octets)));
        }
        assert!(Profile::Content.mean_octets() > 1_000.0);
        assert!(Profile::Acknowledgements.mean_octets() < 250.0);
    }
}
