"""SAFE products with JPEG 2000 images: the engine against GDAL decoding every block of every image once.

``python tests/benchmarks/bench_jpeg2000.py [--pixels 2040] [--dates 6] [--resolutions 10,60] [--json FILE]``. An order
at 60 m is served from the images of 60 m; B08 is delivered at 10 m only, and the floor decodes it whole.
"""

import argparse
import sys
from pathlib import Path

from archives import generated_safe
from contenders import Race
from measuring import describe_machine, take_turns, warm
from tables import print_race, write_json


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2040, help="edge of the archive at 10 m (2040)")
    parser.add_argument("--dates", type=int, default=6)
    parser.add_argument("--resolutions", default="10,60")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}")
    told = []
    for resolution in map(int, options.resolutions.split(",")):
        scenario = generated_safe(pixels=options.pixels, dates=options.dates, resolution=resolution)
        warm(scenario.files)
        course = Race(scenario)
        course.prepare()
        told.append(print_race(scenario.title, take_turns([course.floor(), course.ours()], options.repeats)))
    write_json(options.json, told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
