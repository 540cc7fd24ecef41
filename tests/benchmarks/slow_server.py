"""An HTTP server of files with a delay per request: ``python slow_server.py FOLDER --delay-ms 50``.

HTTP/1.1 with persistent connections and single byte ranges, a thread per connection. Prints its port first.
``GET /-/counts`` tells what it served since the last ``GET /-/counts``: requests, bytes, connections, and answers by
method and status.
"""

import argparse
import json
import os
import re
import threading
import time
from collections import Counter
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

COUNTS = "/-/counts"


class Served:
    """What was served since somebody last asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def add(self, **counts: int) -> None:
        with self._lock:
            self._counts.update(counts)

    def take(self) -> dict[str, int]:
        with self._lock:
            counts, self._counts = dict(self._counts), Counter()
        return {"requests": 0, "bytes": 0, "connections": 0} | counts


class Handler(BaseHTTPRequestHandler):
    """Serves files below ``server.folder``."""

    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes; with Nagle's algorithm the second waits for the client's acknowledgement.
    disable_nagle_algorithm = True
    server: "SlowServer"

    def setup(self) -> None:
        super().setup()
        self.counted, self.etag = False, ""

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        if self.path == COUNTS:
            body = json.dumps(self.server.served.take()).encode()
            self._head(HTTPStatus.OK, len(body))
            self.wfile.write(body)
        else:
            self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        time.sleep(self.server.delay_s)
        self.server.served.add(requests=1, connections=0 if self.counted else 1)
        self.counted, self.etag = True, ""
        path = self.server.folder / unquote(self.path.split("?")[0]).lstrip("/")
        if not path.is_file():
            self._head(HTTPStatus.NOT_FOUND, 0)
            return
        with path.open("rb") as file:
            size = (state := os.fstat(file.fileno())).st_size
            self.etag = f'"{state.st_mtime_ns:x}-{size:x}"'
            begin, end = self._range(size)
            if begin >= size:
                self._head(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, 0, f"bytes */{size}")
            elif (begin, end) == (0, size) and "Range" not in self.headers:
                self._head(HTTPStatus.OK, size)
            else:
                self._head(HTTPStatus.PARTIAL_CONTENT, end - begin, f"bytes {begin}-{end - 1}/{size}")
            if with_body and begin < size:
                self._send(file.fileno(), begin, end)

    def _range(self, size: int) -> tuple[int, int]:
        """First byte and the one after the last; several ranges in one request are answered with the whole file."""
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not asked or asked.groups() == ("", ""):
            return 0, size
        first, last = asked.groups()
        if not first:
            return max(0, size - int(last)), size
        return int(first), min(size, int(last) + 1) if last else size

    def _send(self, file: int, begin: int, end: int) -> None:
        self.wfile.flush()
        while begin < end:
            sent = os.sendfile(self.connection.fileno(), file, begin, end - begin)
            if not sent:
                break
            begin += sent
            self.server.served.add(bytes=sent)

    def _head(self, status: HTTPStatus, length: int, content_range: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("Accept-Ranges", "bytes")
        if self.etag:
            self.send_header("ETag", self.etag)
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


class SlowServer(ThreadingHTTPServer):
    """Waits before every answer."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, delay_s: float) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.delay_s, self.served = folder, delay_s, Served()

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--delay-ms", type=float, default=50)
    options = parser.parse_args()
    with SlowServer(options.folder, options.delay_ms / 1000) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
