"""An archive on a real server that tells what it was asked, and can be made to misbehave file by file."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.slow_server import Handler, SlowServer

Misbehaviour = Callable[["WatchedHandler"], None]


class WatchedHandler(Handler):
    """Serves files with ranges and ETags, and misbehaves where it was told to."""

    server: "WatchedServer"

    def _answer(self, *, with_body: bool) -> None:
        path = self.path.split("?")[0]
        self.server.asked.append(path)
        for ending, misbehave in self.server.misbehaving.items():
            if path.endswith(ending):
                misbehave(self)
                return
        super()._answer(with_body=with_body)

    def give(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Any answer at all; headers' names have _ for -."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class WatchedServer(SlowServer):
    """Files of a folder; ``asked`` are the paths, in the order of the requests."""

    def __init__(self, folder: Path, *, delay_s: float = 0) -> None:
        super().__init__(folder, delay_s)
        self.RequestHandlerClass = WatchedHandler
        self.asked: list[str] = []
        self.misbehaving: dict[str, Misbehaviour] = {}
        """By the end of the path, "" for all."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self) -> list[str]:
        """What was asked since this was last asked."""
        taken, self.asked = self.asked, []
        return taken

    def fail_all(self, status: int = 503) -> None:
        self.misbehaving[""] = lambda handler: handler.give(status)


@contextmanager
def watched(folder: Path, *, delay_s: float = 0) -> Iterator[WatchedServer]:
    """The server, running."""
    with WatchedServer(folder, delay_s=delay_s) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def items_at(server: WatchedServer, items: Path, into: Path) -> Path:
    """An ``items.json`` in the folder ``into`` whose files lie on the server, which serves those of ``items``."""
    collection = json.loads(items.read_text())
    for item in collection["features"]:
        for asset in item["assets"].values():
            asset["href"] = f"{server.url}/{asset['href'].removeprefix('./')}"
    into.mkdir(parents=True, exist_ok=True)
    path = into / "items.json"
    path.write_text(json.dumps(collection))
    return path
