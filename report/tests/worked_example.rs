//! The worked example of `docs/economy.md`: its files and tables are read from the page, and held against the program.

#![expect(clippy::unwrap_used, reason = "a page that cannot be read has failed the test")]

use report::books::{Books, Link, Listed, Measured};
use report::volumes::Book;
use report::{Account, Bounds, Declared, Exchange, Headline, Inputs, Period};
use schema::{Asn, Class, Locality, Month, Sums};

const PAGE: &str = include_str!("../../docs/economy.md");
const HEAD: &str = "## A worked example";
const TERABYTE: f64 = 1e12;

/// The text of the example's part of the page.
fn example() -> &'static str {
    let (_, from) = PAGE.split_once(HEAD).unwrap();
    from.split_once("\n## ").map_or(from, |(part, _)| part)
}

/// The cells of the table that stands below a line with `above` in it, its head left out.
fn table(above: &str) -> Vec<Vec<String>> {
    let rows = example().lines().skip_while(|line| !line.contains(above)).skip_while(|line| !line.starts_with('|'));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.take_while(|line| line.starts_with('|')).skip(2).map(cells).collect()
}

fn terabytes(text: &str) -> u64 {
    format!("{text}000000000000").parse().unwrap()
}

fn exchange() -> Exchange {
    let locality = |text: &str| Locality::ALL.into_iter().find(|locality| locality.name() == text).unwrap();
    let mut exchange = Exchange::default();
    for row in table("exchanged in November") {
        let (source, destination) = row[0].split_once(" → ").unwrap();
        exchange.add(locality(source), locality(destination), Sums { bytes: terabytes(&row[1]), ..Sums::default() });
    }
    exchange
}

fn books() -> Books {
    let (_, csv) = example().split_once("```csv\n").unwrap();
    let book = Book::read(csv.split_once("```").unwrap().0).unwrap();
    assert_eq!((book.left_out, book.volumes.len()), (0, 6), "{:?}", book.warnings);
    let link = |class, capacity| Link { member: Asn(64_503), class, capacity, price: None };
    let links = vec![link(Class::Transit, 200_000_000), link(Class::Private, 0), link(Class::Cache, 0)];
    for block in ["class = \"transit\"\ncapacity = 200\n", "class = \"private\"\ncapacity = 0\n", "class = \"cache\"\ncapacity = 0\n"] {
        assert!(example().contains(&format!("[[border]]\nmember = 64503\n{block}")), "{block}");
    }
    Books { links, volumes: book.volumes, ..Books::default() }
}

fn account() -> Account {
    let month: Month = "2026-11".parse().unwrap();
    let listed = |asn: u32, gigabits: u64| Listed { asn: Asn(asn), name: String::new(), port_speed: gigabits * 1_000_000_000 };
    Account::of(&Inputs {
        economy: Some("TJ"),
        period: Period { from: month.start(), to: month.end() },
        measured_seconds: month.seconds(),
        exchange: &exchange(),
        listed: &[listed(64_501, 10), listed(64_502, 10), listed(64_503, 1)],
        books: &books(),
        measured: &Measured::new(),
    })
}

fn share(bounds: Option<Bounds>) -> [String; 2] {
    let bounds = bounds.unwrap();
    [bounds.low.share, bounds.high.share].map(|share| format!("{:.1} %", 100.0 * share))
}

fn volume(ends: Declared) -> [String; 2] {
    [ends.low, ends.high.unwrap()].map(|octets| format!("{:.1}", octets as f64 / TERABYTE))
}

#[test]
fn every_number_of_the_page_is_what_the_program_says() {
    let account = account();
    let shares = &account.shares;
    let said = [
        ("E", volume(account.volumes.exchanged)),
        ("L_X", volume(account.volumes.local)),
        ("P", volume(account.volumes.private)),
        ("C", volume(account.volumes.cache)),
        ("I", volume(account.volumes.transit)),
        ("exchanged share", share(shares.exchanged)),
        ("accessible share", share(shares.accessible)),
        ("domestic–domestic share", share(shares.domestic)),
        ("resilience", share(account.resilience)),
    ];
    let rows = table("What comes out");
    assert_eq!(rows.len(), said.len());
    for (row, (name, [low, high])) in rows.iter().zip(said) {
        assert_eq!([row[0].as_str(), &row[1], &row[2]], [name, &low, &high]);
    }
    let Headline::Figure(figure) = shares.headline else { panic!("{:?}", shares.headline) };
    assert!(example().contains(&format!("one figure may stand for it: {:.1} %", 100.0 * figure)), "{figure}");
    let speed = shares.coverage.port_speed.unwrap();
    assert!(example().contains(&format!("{:.1} % of the port speed", 100.0 * speed)), "{speed}");
}
