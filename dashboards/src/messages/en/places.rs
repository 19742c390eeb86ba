//! Economies and networks, in English.

use crate::messages::places::Places;

pub(super) const PLACES: Places = Places {
    title: "Economies and networks",
    note: "Seen from {home}. Files that stand above are believed before those below; where an address is registered is not always where it is.",
    caption: "Files from which is known in which economy and network an address is",
    none: "No home economy is configured: domestic and foreign are not told apart.",
    no_files: "No file is configured: every address is of unknown economy.",
    file: "File",
    is: "What it is",
    data_of: "Age of its data",
    prefixes_4: "IPv4 prefixes",
    prefixes_6: "IPv6 prefixes",
    networks: "AS ranges",
    left_out: "Left out",
    unread: "not read yet",
    refused: "A file of economies or networks was refused",
    kinds: &[
        ("overrides", "own list"),
        ("geofeeds", "geofeed"),
        ("economy_databases", "database of economies"),
        ("registries", "registry"),
        ("routes", "routing table"),
        ("network_databases", "database of networks"),
        ("local_cache", "local caches"),
    ],
};
