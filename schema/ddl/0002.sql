-- Step 2: where the addresses at both ends of a cell are. Without comments, and with rows kept for ever.

ALTER TABLE cells_1m
    ADD COLUMN IF NOT EXISTS src_locality UInt8 CODEC(T64, ZSTD(1)) AFTER reason,
    ADD COLUMN IF NOT EXISTS dst_locality UInt8 CODEC(T64, ZSTD(1)) AFTER src_locality,
    MODIFY ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality);

ALTER TABLE cells_5m
    ADD COLUMN IF NOT EXISTS src_locality UInt8 CODEC(T64, ZSTD(1)) AFTER reason,
    ADD COLUMN IF NOT EXISTS dst_locality UInt8 CODEC(T64, ZSTD(1)) AFTER src_locality,
    MODIFY ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality);

ALTER TABLE cells_1h
    ADD COLUMN IF NOT EXISTS src_locality UInt8 CODEC(T64, ZSTD(1)) AFTER reason,
    ADD COLUMN IF NOT EXISTS dst_locality UInt8 CODEC(T64, ZSTD(1)) AFTER src_locality,
    MODIFY ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality);

ALTER TABLE cells_1d
    ADD COLUMN IF NOT EXISTS src_locality UInt8 CODEC(T64, ZSTD(1)) AFTER reason,
    ADD COLUMN IF NOT EXISTS dst_locality UInt8 CODEC(T64, ZSTD(1)) AFTER src_locality,
    MODIFY ORDER BY (exchange, time, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality);

ALTER TABLE cells_5m_of_1m MODIFY QUERY SELECT
    toStartOfInterval(time, toIntervalMinute(5)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    src_locality,
    dst_locality,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_1m
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality;

ALTER TABLE cells_1h_of_5m MODIFY QUERY SELECT
    toStartOfInterval(time, toIntervalHour(1)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    src_locality,
    dst_locality,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_5m
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality;

ALTER TABLE cells_1d_of_1h MODIFY QUERY SELECT
    toStartOfInterval(time, toIntervalDay(1)) AS time,
    exchange,
    src_asn,
    dst_asn,
    src_mac,
    dst_mac,
    vlan,
    ip_version,
    reason,
    src_locality,
    dst_locality,
    sum(samples) AS samples,
    sum(packets) AS packets,
    sum(bytes) AS bytes,
    sum(variance) AS variance,
    sum(bytes_from_flows) AS bytes_from_flows
FROM cells_1h
GROUP BY time, exchange, src_asn, dst_asn, src_mac, dst_mac, vlan, ip_version, reason, src_locality, dst_locality;
