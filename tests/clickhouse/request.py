"""A request of ClickHouse's HTTP interface: where its statement, data, settings and parameters stand."""

import email
import email.policy
import struct
from urllib.parse import parse_qsl, urlsplit

import lz4.block

from engine import Refusal

# What the interface itself reads; every other name is a setting of the engine.
OF_THE_INTERFACE = {
    "query", "database", "default_format", "user", "password", "compress", "decompress", "query_id", "session_id", "session_timeout",
    "session_check", "role", "quota_key", "wait_end_of_query", "buffer_size", "client_protocol_version", "enable_http_compression",
}
LZ4, STORED = 0x82, 0x02
CHECKSUM, HEADER = 16, 9


class Request:
    """What is asked, as the engine takes it."""

    def __init__(self, method, target, headers, body):
        fields = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        if fields.get("decompress") == "1":
            body = decompressed(body)
        if headers.get("Content-Type", "").startswith("multipart/form-data"):
            fields.update(form(headers["Content-Type"], body))
            body = b""
        if "query" in fields:
            self.statement, self.data = fields["query"], body
        else:
            self.statement, self.data = body.decode(), b""
        self.database = fields.get("database") or headers.get("X-ClickHouse-Database")
        self.default_format = fields.get("default_format") or headers.get("X-ClickHouse-Format") or "TabSeparated"
        self.session = fields.get("session_id")
        self.query_id = fields.get("query_id")
        self.settings = {name: value for name, value in fields.items() if name not in OF_THE_INTERFACE and not name.startswith("param_")}
        if method == "GET":
            self.settings["readonly"] = "2"
        self.parameters = {name[len("param_"):]: value for name, value in fields.items() if name.startswith("param_")}
        self.user = headers.get("X-ClickHouse-User") or fields.get("user") or "default"
        self.password = headers.get("X-ClickHouse-Key") or fields.get("password") or ""


def form(content_type, body):
    """The fields of a multipart form."""
    message = email.message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP)
    parts = message.iter_parts()
    return {part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True).decode() for part in parts}


def decompressed(body):
    """Undoes ClickHouse's own compression of blocks. Checksums are not held against the data: what is tested here is not the network."""
    out, at = [], 0
    while at < len(body):
        at += CHECKSUM
        if len(body) < at + HEADER:
            raise Refusal.named(271, "CANNOT_DECOMPRESS", "Cannot decompress: a block's header is cut")
        method, compressed, plain = struct.unpack_from("<BII", body, at)
        content = body[at + HEADER : at + compressed]
        at += compressed
        if method == LZ4:
            out.append(lz4.block.decompress(content, uncompressed_size=plain))
        elif method == STORED:
            out.append(content)
        else:
            raise Refusal.named(89, "UNKNOWN_COMPRESSION_METHOD", f"Unknown compression method: {method}")
    return b"".join(out)
