"""What starting costs: ``python -m processing --help``, and an order of 256 x 256 px once kernels are compiled.

``python tests/benchmarks/bench_start.py [--json FILE]``: best of five, each a process of its own.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from archives import Scenario, extent, generated, square
from contenders import Race
from measuring import Contender, Failed, describe_machine, measure, take_turns, warm
from tables import print_race, write_json

PIXELS, DATES, SMALL_PIXELS = 2040, 12, 256


def small(scenario: Scenario) -> Scenario:
    """The order cut to a square in the middle of the archive."""
    left, top, side = extent(PIXELS)
    margin = (side - SMALL_PIXELS * 10) / 2 // 10 * 10
    return replace(scenario, order=scenario.order | {"area": square(left + margin, top - margin, SMALL_PIXELS * 10)})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    scenario = small(generated(pixels=PIXELS, dates=DATES))
    warm(scenario.files)
    course = Race(scenario)
    course.prepare()
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    asking = Contender("--help", lambda: (measure([sys.executable, "-m", "processing", "--help"]), {}))
    importing = Contender("import of the engine", lambda: (measure([sys.executable, "-c", _IMPORT]), {}))
    height, width = course.shape
    order = replace(course.ours(), name=f"order of {width} x {height} px")
    figures = take_turns([asking, importing, order], options.repeats)
    write_json(options.json, print_race("Starting, 12 dates, 10 bands", figures))
    return 1 if any(isinstance(figure, Failed) for figure in figures) else 0


_IMPORT = "import processing.mosaic"

if __name__ == "__main__":
    sys.exit(main())
