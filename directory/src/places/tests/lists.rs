//! Files of text: geofeeds, registries' statistics, and what the operator writes.

use schema::Timestamp;

use super::*;

fn notes(layer: &Layer) -> Vec<&str> {
    layer.notes().iter().map(String::as_str).collect()
}

#[test]
fn a_geofeed_is_read_as_it_is_found_in_the_world() {
    let feed = layer(
        SourceKind::Geofeed,
        "# prefix,country,region,city,postal\r\n\"192.0.2.0/24\", tj ,TJ-DU,\"Dushanbe, centre\",\r\n2001:db8::/32,ZZ,,,\n198.51.100.7,DE\n203.0.113.0/24\n",
    );
    assert_eq!((feed.prefixes_4(), feed.prefixes_6(), feed.left_out()), (3, 1, 0));
    assert_eq!((feed.v4[1].value, feed.v4[1].len), (economy("DE").number().into(), 32));
    assert_eq!((feed.v4[0].value, feed.v6[0].value), (economy("TJ").number().into(), 0));
}

#[test]
fn a_bad_line_costs_that_line_and_says_what_to_write() {
    let feed = layer(
        SourceKind::Geofeed,
        b"192.0.2.0/24,TJ\n192.0.2.1/24,TJ\n192.0.2.0/33,TJ\n10.0.0.0/8,UK\nhello\n\xff\xfe,TJ\n10.0.0.0/8,DE\n",
    );
    assert_eq!((feed.prefixes_4(), feed.left_out()), (2, 5));
    assert_eq!(
        notes(&feed)[..3],
        [
            "line 2: `192.0.2.1/24` has bits set behind its length and was left out; did you mean 192.0.2.0/24?",
            "line 3: `192.0.2.0/33` is no prefix and was left out; write one as in 192.0.2.0/24 or 2001:db8::/32",
            "line 4: \"UK\" is no code of ISO 3166-1 alpha-2, as in \"TJ\"; the United Kingdom is GB, and was left out; write such a code, or ZZ for none",
        ]
    );
}

#[test]
fn a_geofeed_cannot_speak_of_half_the_world() {
    let feed = layer(SourceKind::Geofeed, "0.0.0.0/0,TJ\n::/0,TJ\n8.0.0.0/7,TJ\n2000::/15,TJ\n10.0.0.0/8,TJ\n2001::/16,TJ\n");
    assert_eq!((feed.prefixes_4(), feed.prefixes_6(), feed.left_out()), (1, 1, 4));
    assert!(notes(&feed)[0].starts_with("line 1: `0.0.0.0/0` is more than any network holds"), "{:?}", notes(&feed));
}

#[test]
fn a_file_of_which_nothing_is_understood_is_refused_and_an_empty_list_is_not() {
    for kind in [SourceKind::Geofeed, SourceKind::Overrides, SourceKind::LocalCache] {
        let sentence = refused(kind, "<html>\n<body>not found</body>\n");
        assert!(sentence.contains("nothing that can be understood") && sentence.contains("line 1: "), "{sentence}");
        assert!(layer(kind, "# nothing yet\n\n").is_empty());
    }
}

#[test]
fn counts_lengths_and_codes_of_a_registry_are_what_the_format_says() {
    let statistics = layer(
        SourceKind::Registry,
        "# comment
2.3|test|1764197999|8|19830705|20261126|+0100
test|*|ipv4|*|5|summary
test|*|asn|*|1|summary
test|*|ipv6|*|2|summary
test|TJ|ipv4|192.0.2.0|768|20000101|allocated|x
test|EU|ipv4|10.0.0.0|256|20000101|allocated|x
test||ipv4|10.0.1.0|256||available|
test|ZZ|ipv4|10.0.2.0|256||reserved|ietf
test|AP|ipv4|10.0.3.0|256|20000101|assigned
test|TJ|asn|64500|3|20000101|allocated|x|e-stats
test|tj|ipv6|2001:db8::|32|20000101|allocated|x
test|TJ|ipv6|2001:db8:1::|48|20000101|assigned|x
",
    );
    assert_eq!(notes(&statistics), Vec::<&str>::new());
    let prefixes: Vec<(u32, u8)> = statistics.v4.iter().map(|entry| (entry.first & 0xffff, entry.len)).collect();
    assert_eq!(prefixes, [(0x0200, 23), (0x0400, 24)], "768 addresses are a /23 and a /24");
    let prefixes: Vec<u8> = statistics.v6.iter().map(|entry| entry.len).collect();
    assert_eq!(prefixes, [32, 48]);
    assert_eq!(statistics.networks.iter().map(|range| (range.first, range.last)).collect::<Vec<_>>(), [(64_500, 64_502)]);
    assert_eq!(statistics.made(), Some("2026-11-26".parse::<Timestamp>().unwrap()));
}

#[test]
fn broken_records_of_a_registry_cost_themselves() {
    let header = "2|test|20261126|9|19830705|00000000|+0000\n";
    let records = "test|TJ|ipv4|192.0.2.0|0|20000101|allocated
test|TJ|ipv4|255.255.255.0|257|20000101|allocated
test|TJ|ipv4|192.0.2.0|-1|20000101|allocated
test|TJ|ipv6|2001:db8::1|32|20000101|allocated
test|TJ|ipv6|2001:db8::|129|20000101|allocated
test|TJ|asn|4294967295|2|20000101|allocated
test|TJ|ipv5|1|2|20000101|allocated
test|QQ|asn|1|1|20000101|allocated
test|TJ|asn|1|1|20000101|lost
test|TJ
test|TJ|ipv4|0.0.0.0|4294967296|20000101|allocated
";
    let statistics = layer(SourceKind::Registry, format!("{header}{records}"));
    assert_eq!((statistics.left_out(), statistics.prefixes_4(), statistics.v4[0].len), (10, 1, 0));
    assert_eq!(statistics.made(), Some("2026-11-26".parse::<Timestamp>().unwrap()), "the serial, where the last day is none");
    assert!(notes(&statistics)[0].starts_with("line 2: `192.0.2.0|0` are no ipv4"), "{:?}", notes(&statistics));
}

#[test]
fn statistics_that_were_cut_are_refused() {
    let header = "2|test|20261126|20|19830705|20261126|+0000\ntest|*|ipv4|*|20|summary\n";
    let record = |number| format!("test|TJ|ipv4|10.0.{number}.0|256|20000101|allocated\n");
    let file = |records| header.to_owned() + &(0..records).map(record).collect::<String>();
    assert_eq!(layer(SourceKind::Registry, file(18)).left_out(), 0);
    let sentence = refused(SourceKind::Registry, file(17));
    assert_eq!(sentence, "announces 20 records of type ipv4 and has 17: it is cut; fetch it again");
    assert!(refused(SourceKind::Registry, record(1)).contains("the line with their version is missing"));
}

#[test]
fn overrides_are_written_as_a_spreadsheet_or_as_toml() {
    let csv = layer(SourceKind::Overrides, "place,economy,note\n192.0.2.0/24,TJ,\"ours, here\"\nAS64500,de\n2001:db8::/32,ZZ\n");
    let semicolons =
        layer(SourceKind::Overrides, "Place;Economy\n192.0.2.0/24;TJ;ours, here\nas64500;DE\n2001:db8::/32;zz\n".replace(", ", " "));
    let section =
        layer(SourceKind::Overrides, "# mine\n[places]\n\"192.0.2.0/24\" = \"TJ\"\nAS64500 = \"DE\"\n\"2001:db8::/32\" = \"ZZ\"\n");
    let blocks = layer(
        SourceKind::Overrides,
        "[[place]]\nplace = \"192.0.2.0/24\"\neconomy = \"TJ\"\nnote = \"ours\"\n[[place]]\nplace = \"AS64500\"\neconomy = \"DE\"\n[[place]]\nplace = \"2001:db8::/32\"\neconomy = \"ZZ\"\n",
    );
    assert_eq!(notes(&csv), Vec::<&str>::new());
    assert_eq!((csv.prefixes_4(), csv.prefixes_6(), csv.networks()), (1, 1, 1));
    assert_eq!((&semicolons, &section, &blocks), (&csv, &csv, &csv));
}

#[test]
fn a_bad_override_costs_itself_with_its_line() {
    let csv = layer(SourceKind::Overrides, "192.0.2.0/24,TJ\n198.51.100.0/24\nAS23456,TJ\nAS-SET,TJ\n");
    assert_eq!(
        notes(&csv),
        [
            "line 2: `198.51.100.0/24` has no economy and was left out; write one as in TJ, or ZZ for none",
            "line 3: `AS23456` is the number of no network and was left out; write one as in AS64500",
            "line 4: `AS-SET` is the number of no network and was left out; write one as in AS64500",
        ]
    );
    let toml = layer(
        SourceKind::Overrides,
        "[[place]]\nplace = \"192.0.2.0/24\"\neconomy = \"TJ\"\n[[place]]\neconomy = \"TJ\"\n[[place]]\nplace = \"AS1\"\necon = \"TJ\"\n[other]\n[places]\nAS2 = 5\nAS3 = \"EU\"\n",
    );
    assert_eq!((toml.prefixes_4(), toml.left_out()), (1, 5));
    for (what, line) in
        [("has no `place`", 4), ("`econ` is no key", 8), ("`other` is neither", 9), ("`AS2` is no text", 11), ("\"EU\" is no code", 12)]
    {
        let found = notes(&toml).into_iter().find(|note| note.contains(what)).unwrap_or_else(|| panic!("{what}: {:?}", notes(&toml)));
        assert!(found.starts_with(&format!("line {line}: ")), "{found}");
    }
    let sentence = refused(SourceKind::Overrides, "[places]\nAS1 = \n");
    assert!(sentence.starts_with("is no TOML in line 2: "), "{sentence}");
}
