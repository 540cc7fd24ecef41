"""How time and memory grow with pixels and dates.

``python tests/benchmarks/bench_scaling.py [--dates 6,12,24,48,60] [--whole-tile 24] [--json FILE]``. Ten bands at 10 m,
each order a process of its own, kernels compiled. A whole tile takes some 700 MB of disk a date, more than stays in
the page cache: its figures are those of the disk too.
"""

import argparse
import sys
from pathlib import Path

from archives import Scenario, generated, whole_tile
from contenders import Race
from measuring import Failed, describe_machine, take_turns, warm
from tables import write_json

BAR_CHARACTERS = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pixels", type=int, default=2040, help="edge of the archive at 10 m (2040)")
    parser.add_argument("--dates", default="6,12,24,48,60", help="numbers of dates (6,12,24,48,60)")
    parser.add_argument("--whole-tile", type=int, metavar="DATES", help="a whole tile of 10980 px of so many dates too")
    parser.add_argument("--repeats", type=int, default=1, help="runs of each order, the best counts (1)")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    counts = sorted(int(count) for count in options.dates.split(",") if count)
    scenarios = [generated(pixels=options.pixels, dates=counts[-1], chosen=count) for count in counts] if counts else []
    scenarios += [whole_tile(dates=options.whole_tile)] if options.whole_tile else []
    print(describe_machine())
    print(f"python {' '.join(sys.argv)}\n")
    print(f"{'pixels':>13} {'dates':>6} {'best s':>8} {'CPU s':>8} {'peak MB':>8} {'ns/(px date)':>13}")
    told = []
    for scenario in scenarios:
        told.append(run(scenario, options.repeats))
        print_line(told[-1])
    most = max(line["ns_per_pixel_and_date"] for line in told)
    print("\nns per pixel and date")
    for line in told:
        length = round(BAR_CHARACTERS * line["ns_per_pixel_and_date"] / most)
        print(f"{line['width']:6} px {line['dates']:3} dates {'#' * length} {line['ns_per_pixel_and_date']:.1f}")
    write_json(options.json, told)
    return 0


def run(scenario: Scenario, repeats: int) -> dict:
    """The best of some runs."""
    warm(scenario.files)
    course = Race(scenario)
    course.prepare()
    (figure,) = take_turns([course.ours()], repeats)
    if isinstance(figure, Failed):
        raise SystemExit(str(figure))
    height, width = course.shape
    work = height * width * scenario.scenes
    return {
        "width": width, "height": height, "dates": scenario.scenes,
        "ns_per_pixel_and_date": round(figure.best.wall_s / work * 1e9, 2),
    } | figure.as_json()  # fmt: skip


def print_line(line: dict) -> None:
    print(
        f"{line['width']:6} x{line['height']:5} {line['dates']:6} {line['best_wall_s']:8.2f} {line['cpu_s']:8.2f} "
        f"{line['peak_mb']:8.0f} {line['ns_per_pixel_and_date']:13.1f}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
