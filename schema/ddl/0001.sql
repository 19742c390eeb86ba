-- Step 1: the tables of windows, their roll-ups, and the members. Without comments, and with rows kept for ever.

CREATE TABLE IF NOT EXISTS cells_1m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    src_asn UInt32 CODEC(T64, ZSTD(1)),
    dst_asn UInt32 CODEC(T64, ZSTD(1)),
    src_mac UInt64 CODEC(T64, ZSTD(1)),
    dst_mac UInt64 CODEC(T64, ZSTD(1)),
    vlan UInt16 CODEC(T64, ZSTD(1)),
    ip_version UInt8 CODEC(T64, ZSTD(1)),
    reason UInt8 CODEC(T64, ZSTD(1)),
    samples UInt64 CODEC(T64, ZSTD(1)),
    packets UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 CODEC(T64, ZSTD(1)),
    variance Float64 CODEC(ZSTD(1)),
    bytes_from_flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS cells_5m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    src_asn UInt32 CODEC(T64, ZSTD(1)),
    dst_asn UInt32 CODEC(T64, ZSTD(1)),
    src_mac UInt64 CODEC(T64, ZSTD(1)),
    dst_mac UInt64 CODEC(T64, ZSTD(1)),
    vlan UInt16 CODEC(T64, ZSTD(1)),
    ip_version UInt8 CODEC(T64, ZSTD(1)),
    reason UInt8 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS cells_1h
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    src_asn UInt32 CODEC(T64, ZSTD(1)),
    dst_asn UInt32 CODEC(T64, ZSTD(1)),
    src_mac UInt64 CODEC(T64, ZSTD(1)),
    dst_mac UInt64 CODEC(T64, ZSTD(1)),
    vlan UInt16 CODEC(T64, ZSTD(1)),
    ip_version UInt8 CODEC(T64, ZSTD(1)),
    reason UInt8 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS cells_1d
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    src_asn UInt32 CODEC(T64, ZSTD(1)),
    dst_asn UInt32 CODEC(T64, ZSTD(1)),
    src_mac UInt64 CODEC(T64, ZSTD(1)),
    dst_mac UInt64 CODEC(T64, ZSTD(1)),
    vlan UInt16 CODEC(T64, ZSTD(1)),
    ip_version UInt8 CODEC(T64, ZSTD(1)),
    reason UInt8 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS cells_5m_of_1m TO cells_5m AS
SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_1m
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason;

CREATE MATERIALIZED VIEW IF NOT EXISTS cells_1h_of_5m TO cells_1h AS
SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_5m
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason;

CREATE MATERIALIZED VIEW IF NOT EXISTS cells_1d_of_1h TO cells_1d AS
SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_1h
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason;

CREATE TABLE IF NOT EXISTS ports_1m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    speed UInt64 CODEC(T64, ZSTD(1)),
    reports UInt64 CODEC(T64, ZSTD(1)),
    covered_ms UInt64 CODEC(T64, ZSTD(1)),
    in_octets UInt64 CODEC(T64, ZSTD(1)),
    out_octets UInt64 CODEC(T64, ZSTD(1)),
    in_unicast UInt64 CODEC(T64, ZSTD(1)),
    out_unicast UInt64 CODEC(T64, ZSTD(1)),
    in_discards UInt64 CODEC(T64, ZSTD(1)),
    out_discards UInt64 CODEC(T64, ZSTD(1)),
    in_errors UInt64 CODEC(T64, ZSTD(1)),
    out_errors UInt64 CODEC(T64, ZSTD(1)),
    fcs_errors UInt64 CODEC(T64, ZSTD(1)),
    lag UInt32 CODEC(T64, ZSTD(1)),
    name String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exchange, time, agent, if_index)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS ports_5m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    speed SimpleAggregateFunction(max, UInt64) CODEC(T64, ZSTD(1)),
    reports SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    covered_ms SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    fcs_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lag SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    name SimpleAggregateFunction(max, String) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, agent, if_index)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS ports_1h
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    speed SimpleAggregateFunction(max, UInt64) CODEC(T64, ZSTD(1)),
    reports SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    covered_ms SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    fcs_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lag SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    name SimpleAggregateFunction(max, String) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, agent, if_index)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS ports_1d
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    speed SimpleAggregateFunction(max, UInt64) CODEC(T64, ZSTD(1)),
    reports SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    covered_ms SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_unicast SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_discards SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    in_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    out_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    fcs_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lag SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    name SimpleAggregateFunction(max, String) CODEC(ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, agent, if_index)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ports_5m_of_1m TO ports_5m AS
SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    agent,
    if_index,
    max(speed) AS speed,
    sum(reports) AS reports,
    sum(covered_ms) AS covered_ms,
    sum(in_octets) AS in_octets,
    sum(out_octets) AS out_octets,
    sum(in_unicast) AS in_unicast,
    sum(out_unicast) AS out_unicast,
    sum(in_discards) AS in_discards,
    sum(out_discards) AS out_discards,
    sum(in_errors) AS in_errors,
    sum(out_errors) AS out_errors,
    sum(fcs_errors) AS fcs_errors,
    max(lag) AS lag,
    max(name) AS name
FROM ports_1m
GROUP BY time, exchange, agent, if_index;

CREATE MATERIALIZED VIEW IF NOT EXISTS ports_1h_of_5m TO ports_1h AS
SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    agent,
    if_index,
    max(speed) AS speed,
    sum(reports) AS reports,
    sum(covered_ms) AS covered_ms,
    sum(in_octets) AS in_octets,
    sum(out_octets) AS out_octets,
    sum(in_unicast) AS in_unicast,
    sum(out_unicast) AS out_unicast,
    sum(in_discards) AS in_discards,
    sum(out_discards) AS out_discards,
    sum(in_errors) AS in_errors,
    sum(out_errors) AS out_errors,
    sum(fcs_errors) AS fcs_errors,
    max(lag) AS lag,
    max(name) AS name
FROM ports_5m
GROUP BY time, exchange, agent, if_index;

CREATE MATERIALIZED VIEW IF NOT EXISTS ports_1d_of_1h TO ports_1d AS
SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    agent,
    if_index,
    max(speed) AS speed,
    sum(reports) AS reports,
    sum(covered_ms) AS covered_ms,
    sum(in_octets) AS in_octets,
    sum(out_octets) AS out_octets,
    sum(in_unicast) AS in_unicast,
    sum(out_unicast) AS out_unicast,
    sum(in_discards) AS in_discards,
    sum(out_discards) AS out_discards,
    sum(in_errors) AS in_errors,
    sum(out_errors) AS out_errors,
    sum(fcs_errors) AS fcs_errors,
    max(lag) AS lag,
    max(name) AS name
FROM ports_1h
GROUP BY time, exchange, agent, if_index;

CREATE TABLE IF NOT EXISTS exporters_1m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    protocol LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    sub_agent UInt32 CODEC(T64, ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    datagrams UInt64 CODEC(T64, ZSTD(1)),
    lost_datagrams UInt64 CODEC(T64, ZSTD(1)),
    reordered_datagrams UInt64 CODEC(T64, ZSTD(1)),
    flow_samples UInt64 CODEC(T64, ZSTD(1)),
    lost_samples UInt64 CODEC(T64, ZSTD(1)),
    flow_records UInt64 CODEC(T64, ZSTD(1)),
    lost_records UInt64 CODEC(T64, ZSTD(1)),
    agent_drops UInt64 CODEC(T64, ZSTD(1)),
    counter_samples UInt64 CODEC(T64, ZSTD(1)),
    malformed UInt64 CODEC(T64, ZSTD(1)),
    unscalable UInt64 CODEC(T64, ZSTD(1)),
    restarts UInt64 CODEC(T64, ZSTD(1)),
    rate_min UInt32 CODEC(T64, ZSTD(1)),
    rate_max UInt32 CODEC(T64, ZSTD(1)),
    duplicate_datagrams UInt64 CODEC(T64, ZSTD(1)),
    implausible UInt64 CODEC(T64, ZSTD(1)),
    by_pool UInt64 CODEC(T64, ZSTD(1)),
    by_sequence UInt64 CODEC(T64, ZSTD(1)),
    pool_refused UInt64 CODEC(T64, ZSTD(1)),
    pool_due UInt64 CODEC(T64, ZSTD(1)),
    pool_taken UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exchange, time, protocol, agent, sub_agent, source)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS exporters_5m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    protocol LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    sub_agent UInt32 CODEC(T64, ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    reordered_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    agent_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    counter_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    malformed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unscalable SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    restarts SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    rate_min SimpleAggregateFunction(min, Nullable(UInt32)) CODEC(T64, ZSTD(1)),
    rate_max SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    duplicate_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    implausible SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_pool SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_sequence SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_due SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_taken SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, protocol, agent, sub_agent, source)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS exporters_1h
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    protocol LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    sub_agent UInt32 CODEC(T64, ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    reordered_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    agent_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    counter_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    malformed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unscalable SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    restarts SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    rate_min SimpleAggregateFunction(min, Nullable(UInt32)) CODEC(T64, ZSTD(1)),
    rate_max SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    duplicate_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    implausible SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_pool SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_sequence SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_due SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_taken SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, protocol, agent, sub_agent, source)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS exporters_1d
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    protocol LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    sub_agent UInt32 CODEC(T64, ZSTD(1)),
    source LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    reordered_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    flow_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    lost_records SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    agent_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    counter_samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    malformed SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unscalable SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    restarts SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    rate_min SimpleAggregateFunction(min, Nullable(UInt32)) CODEC(T64, ZSTD(1)),
    rate_max SimpleAggregateFunction(max, UInt32) CODEC(T64, ZSTD(1)),
    duplicate_datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    implausible SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_pool SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    by_sequence SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_due SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    pool_taken SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, protocol, agent, sub_agent, source)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS exporters_5m_of_1m TO exporters_5m AS
SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    protocol,
    agent,
    sub_agent,
    source,
    sum(datagrams) AS datagrams,
    sum(lost_datagrams) AS lost_datagrams,
    sum(reordered_datagrams) AS reordered_datagrams,
    sum(flow_samples) AS flow_samples,
    sum(lost_samples) AS lost_samples,
    sum(flow_records) AS flow_records,
    sum(lost_records) AS lost_records,
    sum(agent_drops) AS agent_drops,
    sum(counter_samples) AS counter_samples,
    sum(malformed) AS malformed,
    sum(unscalable) AS unscalable,
    sum(restarts) AS restarts,
    min(nullIf(rate_min, 0)) AS rate_min,
    max(rate_max) AS rate_max,
    sum(duplicate_datagrams) AS duplicate_datagrams,
    sum(implausible) AS implausible,
    sum(by_pool) AS by_pool,
    sum(by_sequence) AS by_sequence,
    sum(pool_refused) AS pool_refused,
    sum(pool_due) AS pool_due,
    sum(pool_taken) AS pool_taken
FROM exporters_1m
GROUP BY time, exchange, protocol, agent, sub_agent, source;

CREATE MATERIALIZED VIEW IF NOT EXISTS exporters_1h_of_5m TO exporters_1h AS
SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    protocol,
    agent,
    sub_agent,
    source,
    sum(datagrams) AS datagrams,
    sum(lost_datagrams) AS lost_datagrams,
    sum(reordered_datagrams) AS reordered_datagrams,
    sum(flow_samples) AS flow_samples,
    sum(lost_samples) AS lost_samples,
    sum(flow_records) AS flow_records,
    sum(lost_records) AS lost_records,
    sum(agent_drops) AS agent_drops,
    sum(counter_samples) AS counter_samples,
    sum(malformed) AS malformed,
    sum(unscalable) AS unscalable,
    sum(restarts) AS restarts,
    min(rate_min) AS rate_min,
    max(rate_max) AS rate_max,
    sum(duplicate_datagrams) AS duplicate_datagrams,
    sum(implausible) AS implausible,
    sum(by_pool) AS by_pool,
    sum(by_sequence) AS by_sequence,
    sum(pool_refused) AS pool_refused,
    sum(pool_due) AS pool_due,
    sum(pool_taken) AS pool_taken
FROM exporters_5m
GROUP BY time, exchange, protocol, agent, sub_agent, source;

CREATE MATERIALIZED VIEW IF NOT EXISTS exporters_1d_of_1h TO exporters_1d AS
SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    protocol,
    agent,
    sub_agent,
    source,
    sum(datagrams) AS datagrams,
    sum(lost_datagrams) AS lost_datagrams,
    sum(reordered_datagrams) AS reordered_datagrams,
    sum(flow_samples) AS flow_samples,
    sum(lost_samples) AS lost_samples,
    sum(flow_records) AS flow_records,
    sum(lost_records) AS lost_records,
    sum(agent_drops) AS agent_drops,
    sum(counter_samples) AS counter_samples,
    sum(malformed) AS malformed,
    sum(unscalable) AS unscalable,
    sum(restarts) AS restarts,
    min(rate_min) AS rate_min,
    max(rate_max) AS rate_max,
    sum(duplicate_datagrams) AS duplicate_datagrams,
    sum(implausible) AS implausible,
    sum(by_pool) AS by_pool,
    sum(by_sequence) AS by_sequence,
    sum(pool_refused) AS pool_refused,
    sum(pool_due) AS pool_due,
    sum(pool_taken) AS pool_taken
FROM exporters_1h
GROUP BY time, exchange, protocol, agent, sub_agent, source;

CREATE TABLE IF NOT EXISTS port_samples_1m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    egress UInt8 CODEC(T64, ZSTD(1)),
    asn UInt32 CODEC(T64, ZSTD(1)),
    samples UInt64 CODEC(T64, ZSTD(1)),
    packets UInt64 CODEC(T64, ZSTD(1)),
    bytes UInt64 CODEC(T64, ZSTD(1)),
    variance Float64 CODEC(ZSTD(1)),
    bytes_from_flows UInt64 CODEC(T64, ZSTD(1)),
    bytes_set_aside UInt64 CODEC(T64, ZSTD(1)),
    core UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exchange, time, agent, if_index, egress, asn)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS port_samples_5m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    egress UInt8 CODEC(T64, ZSTD(1)),
    asn UInt32 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes_set_aside SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    core SimpleAggregateFunction(max, UInt8) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, agent, if_index, egress, asn)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS port_samples_1h
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    egress UInt8 CODEC(T64, ZSTD(1)),
    asn UInt32 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes_set_aside SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    core SimpleAggregateFunction(max, UInt8) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, agent, if_index, egress, asn)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS port_samples_1d
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    agent LowCardinality(String) CODEC(ZSTD(1)),
    if_index UInt32 CODEC(T64, ZSTD(1)),
    egress UInt8 CODEC(T64, ZSTD(1)),
    asn UInt32 CODEC(T64, ZSTD(1)),
    samples SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    packets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    variance SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes_from_flows SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes_set_aside SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    core SimpleAggregateFunction(max, UInt8) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, agent, if_index, egress, asn)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS port_samples_5m_of_1m TO port_samples_5m AS
SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    agent,
    if_index,
    egress,
    asn,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows,
    sum(bytes_set_aside) AS bytes_set_aside,
    max(core) AS core
FROM port_samples_1m
GROUP BY time, exchange, agent, if_index, egress, asn;

CREATE MATERIALIZED VIEW IF NOT EXISTS port_samples_1h_of_5m TO port_samples_1h AS
SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    agent,
    if_index,
    egress,
    asn,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows,
    sum(bytes_set_aside) AS bytes_set_aside,
    max(core) AS core
FROM port_samples_5m
GROUP BY time, exchange, agent, if_index, egress, asn;

CREATE MATERIALIZED VIEW IF NOT EXISTS port_samples_1d_of_1h TO port_samples_1d AS
SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    agent,
    if_index,
    egress,
    asn,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows,
    sum(bytes_set_aside) AS bytes_set_aside,
    max(core) AS core
FROM port_samples_1h
GROUP BY time, exchange, agent, if_index, egress, asn;

CREATE TABLE IF NOT EXISTS listeners_1m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    address LowCardinality(String) CODEC(ZSTD(1)),
    datagrams UInt64 CODEC(T64, ZSTD(1)),
    octets UInt64 CODEC(T64, ZSTD(1)),
    kernel_drops UInt64 CODEC(T64, ZSTD(1)),
    truncated UInt64 CODEC(T64, ZSTD(1)),
    errors UInt64 CODEC(T64, ZSTD(1)),
    refused UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exchange, time, address)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS listeners_5m
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    address LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    kernel_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    truncated SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, address)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS listeners_1h
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    address LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    kernel_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    truncated SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, address)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS listeners_1d
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    address LowCardinality(String) CODEC(ZSTD(1)),
    datagrams SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    octets SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    kernel_drops SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    truncated SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    refused SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1))
)
ENGINE = AggregatingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, address)
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS listeners_5m_of_1m TO listeners_5m AS
SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    address,
    sum(datagrams) AS datagrams,
    sum(octets) AS octets,
    sum(kernel_drops) AS kernel_drops,
    sum(truncated) AS truncated,
    sum(errors) AS errors,
    sum(refused) AS refused
FROM listeners_1m
GROUP BY time, exchange, address;

CREATE MATERIALIZED VIEW IF NOT EXISTS listeners_1h_of_5m TO listeners_1h AS
SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    address,
    sum(datagrams) AS datagrams,
    sum(octets) AS octets,
    sum(kernel_drops) AS kernel_drops,
    sum(truncated) AS truncated,
    sum(errors) AS errors,
    sum(refused) AS refused
FROM listeners_5m
GROUP BY time, exchange, address;

CREATE MATERIALIZED VIEW IF NOT EXISTS listeners_1d_of_1h TO listeners_1d AS
SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    address,
    sum(datagrams) AS datagrams,
    sum(octets) AS octets,
    sum(kernel_drops) AS kernel_drops,
    sum(truncated) AS truncated,
    sum(errors) AS errors,
    sum(refused) AS refused
FROM listeners_1h
GROUP BY time, exchange, address;

CREATE TABLE IF NOT EXISTS windows
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    serial UInt64 CODEC(T64, ZSTD(1)),
    length_ms UInt64 CODEC(T64, ZSTD(1)),
    measured_from DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    measured_to DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    whole UInt8 CODEC(T64, ZSTD(1)),
    finished UInt8 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(finished)
PARTITION BY toYYYYMM(time)
ORDER BY (exchange, time, serial);

CREATE TABLE IF NOT EXISTS members
(
    time DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    exchange LowCardinality(String) CODEC(ZSTD(1)),
    asn UInt32 CODEC(T64, ZSTD(1)),
    name String CODEC(ZSTD(1)),
    speed UInt64 CODEC(T64, ZSTD(1)),
    macs UInt32 CODEC(T64, ZSTD(1)),
    ports UInt32 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYear(time)
ORDER BY (exchange, time, asn);

CREATE VIEW IF NOT EXISTS member_names AS
SELECT exchange, asn, argMax(name, time) AS name, argMax(speed, time) AS speed
FROM members
GROUP BY exchange, asn;
