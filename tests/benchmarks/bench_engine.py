"""The engine against the floor of reading and writing, and against odc-stac: wall, CPU, memory and their ratios.

``python tests/benchmarks/bench_engine.py [--preset small|large] [--json FILE]``. Every run is a process of its own,
imports included, with warm page cache. Floor: every block of every image that the order needs, of all scenes, read once
by rasterio in a thread per core, and the result written once (deflate level 6 of GDAL, predictor 2, blocks of 512).
"""

import argparse
import sys
from pathlib import Path

from archives import TEN_BANDS, Scenario, generated, slovenia
from contenders import CHUNK, Race
from measuring import describe_machine, take_turns, warm
from peers import S2MOSAIC, make_environment
from tables import print_race, write_json

PRESETS = {"small": {"pixels": 2040, "dates": 12}, "large": {"pixels": 5490, "dates": 30}}
METHODS = ("geomedian", "median")


def race(scenario: Scenario, *, repeats: int, peer_repeats: int, methods: tuple[str, ...], chunk: int) -> dict:
    """Run everybody in turn, print the table, return it as JSON."""
    course = Race(scenario, chunk=chunk)
    warm(scenario.files)
    course.prepare()
    contenders = [course.floor(), course.ours(), *(course.peer(method, repeats=peer_repeats) for method in methods)]
    figures = take_turns(contenders, repeats)
    return print_race(scenario.title, figures)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=PRESETS, default="small", help="2040 px, 12 dates; 5490 px, 30 dates")
    parser.add_argument("--pixels", type=int, help="edge of the archive at 10 m instead, a multiple of 6")
    parser.add_argument("--dates", type=int)
    parser.add_argument("--bands", type=lambda text: tuple(text.split(",")), default=TEN_BANDS)
    parser.add_argument("--repeats", type=int, default=3, help="runs of floor and ours (3)")
    parser.add_argument("--peer-repeats", type=int, help="runs of each peer (2; large: 1)")
    parser.add_argument("--peers", type=lambda text: tuple(filter(None, text.split(","))), default=METHODS)
    parser.add_argument("--chunk", type=int, default=CHUNK, help=f"edge of the peers' chunks in pixels ({CHUNK})")
    parser.add_argument("--no-slovenia", action="store_true", help="the generated archive only")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.peers:
        make_environment()
    size = PRESETS[options.preset] | {
        name: given for name in ("pixels", "dates") if (given := getattr(options, name)) is not None
    }
    scenarios = [generated(**size, bands=options.bands)]
    if not options.no_slovenia:
        scenarios += [real] if (real := slovenia()) else []
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    peer_repeats = options.peer_repeats or (1 if options.preset == "large" else 2)
    told = [
        race(scenario, repeats=options.repeats, peer_repeats=peer_repeats, methods=options.peers, chunk=options.chunk)
        for scenario in scenarios
    ]
    if not options.no_slovenia and len(scenarios) == 1:
        print("\nReal scenes of Slovenia: skipped, ../shared/data/s2/slovenia_2023 is not there.")
    if options.peers:
        print(f"\n{S2MOSAIC}")
    write_json(options.json, told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
