//! Interfaces and data sources, in their compact and expanded encodings (`interface`, `interface_expanded`, `sflow_data_source`).

use schema::sample::{DataSource, Interface};

/// "From or to the exporter itself" in the compact encoding, and in the expanded one by its first text.
pub(super) const INTERNAL: u32 = 0x3fff_ffff;
/// The same in the expanded encoding, by its erratum.
const INTERNAL_EXPANDED: u32 = u32::MAX;

/// From here on the top two bits of a compact word say something.
pub(super) const PLAIN: u32 = 1 << 30;

/// What the top two bits, or the expanded format word, say the value is.
const IF_INDEX: u32 = 0;
const DISCARDED: u32 = 1;
const MULTIPLE: u32 = 2;

/// Where a frame entered, from one word. Only an output can be discarded or multiple: an input that says so says nothing.
#[inline]
pub(super) fn input(word: u32) -> Interface {
    match word {
        1..INTERNAL => Interface::Index(word),
        _ => input_expanded(word >> 30, word & INTERNAL),
    }
}

/// Where a frame left, from one word.
#[inline]
pub(super) fn output(word: u32) -> Interface {
    match word {
        1..INTERNAL => Interface::Index(word),
        _ => output_expanded(word >> 30, word & INTERNAL),
    }
}

/// Where a frame entered, from a format and a value.
#[inline(always)]
pub(super) const fn input_expanded(format: u32, value: u32) -> Interface {
    match format {
        IF_INDEX => index(value),
        _ => Interface::Unknown,
    }
}

/// Where a frame left, from a format and a value.
#[inline(always)]
pub(super) const fn output_expanded(format: u32, value: u32) -> Interface {
    match format {
        IF_INDEX => index(value),
        DISCARDED => Interface::Discarded(value),
        MULTIPLE => Interface::Multiple(value),
        _ => Interface::Unknown,
    }
}

#[inline(always)]
const fn index(value: u32) -> Interface {
    match value {
        1..INTERNAL => Interface::Index(value),
        0 => Interface::Unknown,
        INTERNAL | INTERNAL_EXPANDED => Interface::Internal,
        index => Interface::Index(index),
    }
}

/// A data source from one word: 8 bits of class, 24 of index.
#[inline]
pub(super) const fn source(word: u32) -> DataSource {
    DataSource { class: word >> 24, index: word & 0x00ff_ffff }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_two_bits_say_what_an_output_is() {
        for (word, expected) in [
            (0, Interface::Unknown),
            (17, Interface::Index(17)),
            (0x3fff_fffe, Interface::Index(0x3fff_fffe)),
            (0x3fff_ffff, Interface::Internal),
            (0x4000_0102, Interface::Discarded(0x102)),
            (0x8000_0007, Interface::Multiple(7)),
            (0x8000_0000, Interface::Multiple(0)),
            (0xc000_0001, Interface::Unknown),
        ] {
            assert_eq!(output(word), expected, "{word:#x}");
        }
    }

    #[test]
    fn an_input_is_an_index_or_unknown() {
        assert_eq!(input(17), Interface::Index(17));
        assert_eq!(input(0x3fff_ffff), Interface::Internal);
        for word in [0, 0x4000_0001, 0x8000_0002, u32::MAX] {
            assert_eq!(input(word), Interface::Unknown, "{word:#x}");
        }
        assert_eq!(input_expanded(1, 5), Interface::Unknown);
    }

    #[test]
    fn an_expanded_index_has_all_its_bits() {
        assert_eq!(input_expanded(0, 0x8000_0001), Interface::Index(0x8000_0001));
        assert_eq!(output_expanded(0, 0x4000_0000), Interface::Index(0x4000_0000));
        assert_eq!(output_expanded(2, 4), Interface::Multiple(4));
        assert_eq!(output_expanded(3, 4), Interface::Unknown);
        for internal in [0x3fff_ffff, u32::MAX] {
            assert_eq!(output_expanded(0, internal), Interface::Internal);
        }
    }

    #[test]
    fn a_compact_source_has_8_bits_of_class_and_24_of_index() {
        assert_eq!(source(0x0200_0001), DataSource { class: 2, index: 1 });
        assert_eq!(source(0x00ff_ffff), DataSource { class: 0, index: 0xff_ffff });
    }
}
