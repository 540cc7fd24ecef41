"""Reading over HTTP: requests, bytes, connections and time of the engine and of odc-stac on the same slow server.

``python tests/benchmarks/bench_remote.py [--delay-ms 50] [--preset small|large] [--json FILE]``. The server is local, a
process of its own, and waits so long before every answer; its line is as fast as the machine's memory.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

from archives import Scenario, generated
from bench_engine import PRESETS
from contenders import HERE, Race
from measuring import Contender, Failed, Figure, cores, describe_machine, take_turns, warm
from peers import make_environment
from tables import print_race, write_json


@contextmanager
def slow_server(folder: Path, delay_ms: float) -> Iterator[str]:
    """Address of a server of the files in ``folder``."""
    command = [sys.executable, HERE / "slow_server.py", folder, "--delay-ms", str(delay_ms)]
    with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def moved(scenario: Scenario, address: str) -> Scenario:
    """The scenario with the archive's files at ``address``: an ``items.json`` of absolute hrefs."""
    collection = json.loads(scenario.source.read_text())
    for feature in collection["features"]:
        for asset in feature["assets"].values():
            asset["href"] = f"{address}/{asset['href'].removeprefix('./')}"
    items = scenario.source.with_name("items-remote.json")
    items.write_text(json.dumps(collection))
    return replace(scenario, source=items, title=f"{scenario.title}, over HTTP")


def counted(contender: Contender, address: str) -> Contender:
    """The contender that also tells what the server served it."""

    def run() -> tuple:
        take_counts(address)
        cost, told = contender.run()
        return cost, {**told, "served": take_counts(address)}

    return replace(contender, run=run)


def take_counts(address: str) -> dict[str, int]:
    with urlopen(f"{address}/-/counts") as answer:
        counts: dict[str, int] = json.load(answer)
        return counts


def print_served(figures: list[Figure | Failed], archive_bytes: int) -> None:
    print(f"{'':26} {'requests':>9} {'connections':>12} {'MB':>8} {'of needed':>10}")
    for figure in figures:
        if isinstance(figure, Figure):
            served = figure.told["served"]
            print(
                f"{figure.name:26} {served['requests']:9} {served['connections']:12} {served['bytes'] / 1e6:8.1f} "
                f"{served['bytes'] / archive_bytes:10.1%}"
            )
    print(f"Needed: the {archive_bytes / 1e6:.1f} MB of all files of the ordered bands and the scene class.")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="small")
    parser.add_argument("--delay-ms", type=float, default=50)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--peer-repeats", type=int, default=1)
    parser.add_argument(
        "--peer-threads", default=f"{cores()},{8 * cores()}", help="each once: a thread per core, and 8"
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    make_environment()
    local = generated(**PRESETS[options.preset])
    warm(local.files)
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    with slow_server(local.source.parent, options.delay_ms) as address:
        course = Race(moved(local, address))
        course.prepare()
        contenders = [course.ours()]
        for threads in map(int, options.peer_threads.split(",")):
            peer = course.peer("median", repeats=options.peer_repeats, threads=threads)
            contenders.append(replace(peer, name=f"{peer.name}, {threads} threads"))
        figures = take_turns([counted(contender, address) for contender in contenders], options.repeats)
    told = print_race(f"{course.scenario.title}, {options.delay_ms:.0f} ms per request", figures)
    print_served(figures, sum(path.stat().st_size for path in local.files))
    write_json(options.json, told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
