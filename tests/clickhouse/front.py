"""ClickHouse's HTTP interface over its engine in this process, for tests: `front.py --data FOLDER [--port N] [--user NAME --password WORD]`.

Prints `listening on http://127.0.0.1:PORT` and serves until its standard input ends, so that it never outlives who started it.
"""

import argparse
import base64
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lz4.frame

from engine import Engine, Refusal
from request import Request

os.environ["TZ"] = "UTC"

# Codes of ClickHouse that are not answered with 500.
STATUS = {194: 401, 192: 403, 193: 403, 516: 403, 497: 403, 62: 400, 36: 400, 27: 400, 26: 400, 6: 400, 41: 400, 43: 400, 53: 400, 456: 400,
          46: 404, 47: 404, 50: 404, 56: 404, 60: 404, 81: 404, 115: 404, 48: 501, 209: 408, 241: 500}


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    # Small answers wait for nothing.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self):
        if self.path in ("/ping", "/"):
            return self.give(200, b"Ok.\n", {})
        return self.serve(b"")

    def do_POST(self):
        body = self.body()
        if body is None:
            self.close_connection = True
            return None
        return self.serve(body)

    def serve(self, body):
        began = time.monotonic_ns()
        try:
            request = Request(self.command, self.path, self.headers, body)
            self.admit(request)
            octets, rows = self.server.engine.answer(request)
        except Refusal as refusal:
            text = f"{refusal} (version {self.server.engine.version})\n"
            return self.give(STATUS.get(refusal.code, 500), text.encode(), {"X-ClickHouse-Exception-Code": str(refusal.code)})
        summary = {"read_rows": str(rows), "result_rows": "0", "elapsed_ns": str(time.monotonic_ns() - began)}
        return self.give(200, octets, {"X-ClickHouse-Format": request.default_format, "X-ClickHouse-Summary": json.dumps(summary)})

    def admit(self, request):
        """Refuses who is not the one user."""
        user, password = request.user, request.password
        basic = self.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            user, _, password = base64.b64decode(basic[len("Basic "):]).decode().partition(":")
        if user == self.server.user and hmac.compare_digest(password.encode(), self.server.password.encode()):
            return
        raise Refusal.named(
            516, "AUTHENTICATION_FAILED", f"{user}: Authentication failed: password is incorrect, or there is no user with such name."
        )

    def body(self):
        """The request's body; `None` if it was cut, for what was not sent to its end is not run."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self.chunks()
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def chunks(self):
        out = []
        while True:
            size = self.rfile.readline().split(b";")[0].strip()
            if not size:
                return None
            length = int(size, 16)
            chunk = self.rfile.read(length)
            if len(chunk) < length or self.rfile.readline() not in (b"\r\n", b"\n"):
                return None
            if length == 0:
                return b"".join(out)
            out.append(chunk)

    def give(self, status, octets, headers):
        if octets and "lz4" in self.headers.get("Accept-Encoding", ""):
            octets = lz4.frame.compress(octets)
            headers = {**headers, "Content-Encoding": "lz4"}
        self.send_response(status)
        self.send_header("Content-Length", str(len(octets)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(octets)
        self.wfile.flush()

    def log_message(self, *_):
        """Says nothing of each request."""


class Front(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, arguments):
        self.engine = Engine(arguments.data)
        self.user, self.password = arguments.user, arguments.password
        super().__init__(("127.0.0.1", arguments.port), Handler)

    def handle_error(self, request, client_address):
        """A client that goes away is part of the tests; anything else is said."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of the engine's data")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; a free one without it")
    parser.add_argument("--user", default="default")
    parser.add_argument("--password", default="")
    front = Front(parser.parse_args())
    threading.Thread(target=front.serve_forever, daemon=True).start()
    print(f"listening on http://127.0.0.1:{front.server_port}", flush=True)
    sys.stdin.buffer.read()
    # Ends at once, requests or not: whoever started it is gone.
    os._exit(0)


if __name__ == "__main__":
    main()
