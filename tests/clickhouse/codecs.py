"""Which codec and which order of rows make the table of cells small and quick: measured on generated rows, with the tests' own engine.

    .venv/bin/python tests/clickhouse/codecs.py [MINUTES [CELLS_A_MINUTE]]

Each column lies in one table many times, under a codec each, so that all see the same rows in the same order. Printed are octets a row, and the
time to read and sum the column on one thread (best of three). docs/clickhouse.md says what was chosen, and why.
"""

import sys
import tempfile
import time

from engine import Engine

MEMBERS, RATE = 500, 2048
ORDERS = {
    "by time": "exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason",
    "by pair": "exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, time",
}
NUMBERS = ["LZ4", "ZSTD(1)", "ZSTD(3)", "T64, ZSTD(1)", "Delta, ZSTD(1)"]
CANDIDATES = {
    "time": ("DateTime64(3, 'UTC')", ["LZ4", "ZSTD(1)", "Delta, ZSTD(1)", "DoubleDelta, ZSTD(1)"]),
    "src_asn": ("UInt32", NUMBERS),
    "dst_asn": ("UInt32", NUMBERS),
    "src_mac": ("UInt64", ["LZ4", "ZSTD(1)", "T64, ZSTD(1)"]),
    "vlan": ("UInt16", ["LZ4", "ZSTD(1)", "T64, ZSTD(1)"]),
    "ip_version": ("UInt8", ["LZ4", "ZSTD(1)", "T64, ZSTD(1)"]),
    "samples": ("UInt64", NUMBERS),
    "packets": ("UInt64", NUMBERS),
    "bytes": ("UInt64", NUMBERS),
    "variance": ("Float64", ["LZ4", "ZSTD(1)", "ZSTD(3)", "Gorilla, ZSTD(1)", "FPC, ZSTD(1)"]),
    "bytes_from_flows": ("UInt64", ["LZ4", "ZSTD(1)", "T64, ZSTD(1)"]),
}
# A minute of an exchange: of each pair, drawn by its members' sizes, a few samples of frames of two lengths; a part of it IPv6, few rows without a member.
ROWS = """
SELECT 'ix' AS exchange, toDateTime64('2026-11-21 00:00:00', 3, 'UTC') + 60 * minute AS time,
    if(stranger, 0, 64512 + src) AS src_asn, 64512 + dst AS dst_asn, if(stranger, 2199023255552 + src * 7919, 0) AS src_mac, 0 AS dst_mac,
    toUInt16(if(dst % 9 = 0, 100, 0)) AS vlan, toUInt8(if(cityHash64(number, 5) % 10 < 3, 6, 4)) AS ip_version, toUInt8(stranger) AS reason,
    toUInt64(1 + floor(6 / (1 + src) * 10 + cityHash64(number, 6) % 4)) AS samples, samples * {rate} AS packets,
    {rate} * (samples * 70 + (cityHash64(number, 7) % (samples + 1)) * 1430) AS bytes,
    toFloat64({rate}) * ({rate} - 1) * (samples * 4900 + (cityHash64(number, 7) % (samples + 1)) * 2250000) AS variance, toUInt64(0) AS bytes_from_flows
FROM (
    SELECT number, intDiv(number, {cells}) AS minute,
        toUInt32(floor(pow({members}, (cityHash64(number, 1) % 1000000) / 1000000)) - 1) AS src,
        toUInt32(floor(pow({members}, (cityHash64(number, 2) % 1000000) / 1000000)) - 1) AS dst, cityHash64(number, 3) % 200 = 0 AS stranger
    FROM numbers({rows})
)
"""


class Ask:
    """Statements to one engine."""

    def __init__(self, folder):
        self._session = Engine(folder)._first

    def __call__(self, statement):
        return self._session.answer(statement, b"", "TabSeparated")[0].decode().strip()


def copies():
    return [(f"{column}__{number}", column, codec) for column, (_, codecs) in CANDIDATES.items() for number, codec in enumerate(codecs)]


def measure(ask, name, order, rows):
    columns = [f"{column} {CANDIDATES[column][0]}" for column in CANDIDATES]
    columns += ["exchange LowCardinality(String)", "dst_mac UInt64", "reason UInt8"]
    columns += [f"{copy} {CANDIDATES[column][0]} DEFAULT {column} CODEC({codec})" for copy, column, codec in copies()]
    ask("DROP TABLE IF EXISTS cells SYNC")
    ask(f"CREATE TABLE cells ({', '.join(columns)}) ENGINE = MergeTree ORDER BY ({order}) PARTITION BY toDate(time)")
    named = "exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, samples, packets, bytes, variance, bytes_from_flows"
    ask(f"INSERT INTO cells ({named}) {rows}")
    ask("OPTIMIZE TABLE cells FINAL")
    count = int(ask("SELECT count() FROM cells"))
    print(f"\n{name}: {count:,} rows\n\n| column | codec | octets a row | ms to sum a million |\n|---|---|---|---|")
    for copy, column, codec in copies():
        octets = int(ask(f"SELECT data_compressed_bytes FROM system.columns WHERE table = 'cells' AND name = '{copy}'"))
        print(f"| {column} | {codec} | {octets / count:.3f} | {seconds(ask, copy) * 1e9 / count:.2f} |")


def seconds(ask, copy):
    best = None
    for _ in range(3):
        began = time.monotonic()
        ask(f"SELECT sum(toFloat64({copy})) FROM cells SETTINGS max_threads = 1")
        took = time.monotonic() - began
        best = took if best is None else min(best, took)
    return best


def main():
    minutes = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    cells = int(sys.argv[2]) if len(sys.argv) > 2 else 50_000
    rows = ROWS.format(rate=RATE, cells=cells, members=MEMBERS, rows=minutes * cells)
    with tempfile.TemporaryDirectory() as folder:
        ask = Ask(folder)
        for name, order in ORDERS.items():
            measure(ask, name, order, rows)


if __name__ == "__main__":
    main()
