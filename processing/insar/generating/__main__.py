"""``python -m processing.insar.generating FOLDER``: a release of ground motion that was never measured."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from processing.command_line import positive
from processing.insar.generating import DAX, LEVELS, generate


def main() -> int:
    """Make the files and name them; bad options end the process with one sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m processing.insar.generating",
        description="Generate a release of ground motion in the format of EGMS, with what is true of it beside.",
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--points", type=positive, default=10_000, metavar="N", help="of an L2 level (default 10000)")
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--years", nargs=2, type=positive, default=[2018, 2022], metavar=("FIRST", "LAST"))
    parser.add_argument("--centre", nargs=2, type=float, default=list(DAX), metavar=("LON", "LAT"))
    parser.add_argument("--step", type=positive, default=6, metavar="DAYS", help="between dates (default 6)")
    parser.add_argument("--seed", type=positive, default=1, metavar="N")
    parser.add_argument("--version", type=positive, default=1, metavar="N")
    parser.add_argument("--gnss", type=Path, metavar="FILE", help="EGMS_AEPND_*.csv to take the land's motion from")
    asked = parser.parse_args()
    try:
        made = generate(
            asked.folder, points=asked.points, levels=asked.levels, first_year=asked.years[0],
            last_year=asked.years[1], centre=tuple(asked.centre), step_days=asked.step, seed=asked.seed,
            version=asked.version, gnss=asked.gnss,
        )  # fmt: skip
    except (ValueError, OSError) as refused:
        print(refused, file=sys.stderr)
        return 2
    for level, count in made.counts.items():
        print(f"{level}: {count} points", file=sys.stderr)
    for path in (*made.files, made.truth):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
