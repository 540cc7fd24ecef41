"""``python -m processing.sample DIR``: make a generated archive to order from."""

import argparse
import sys
from datetime import date
from pathlib import Path

from processing.sample import make_archive


def main(arguments: list[str] | None = None) -> int:
    """0 with the path to order from on stdout; 2 for bad arguments, 4 when it cannot be written, with a sentence."""
    given = vars(_parser().parse_args(arguments))
    try:
        source = make_archive(given.pop("folder"), **given, progress=_report)
    except (ValueError, FileExistsError) as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2
    except OSError as failure:
        sys.stderr.write(
            f"The archive could not be written ({failure.strerror or failure}): "
            "make room or name a folder that can be written.\n"
        )
        return 4
    sys.stdout.write(f"{source}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m processing.sample",
        description="Make a generated Sentinel-2 L2A archive over the border of the tiles 33TWL and 33TWM. "
        "An archive that is there already, made with the same arguments, is kept.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the archive's folder, made if missing")
    parser.add_argument("--size-km", type=float, default=20, help="side of the square window (20)")
    parser.add_argument("--dates", type=int, default=12, help="number of passes, six every 30 days (12)")
    parser.add_argument(
        "--start", type=date.fromisoformat, default=date(2024, 6, 3), help="day of the first pass (2024-06-03)"
    )
    parser.add_argument("--seed", type=int, default=7, help="another number gives another land and sky (7)")
    parser.add_argument("--cloudiness", type=float, default=0.4, help="mean share of clouds, 0 to 1 (0.4)")
    parser.add_argument("--blocksize", type=int, default=1024, help="side of the COG blocks in pixels (1024)")
    parser.add_argument(
        "--tiles",
        type=lambda text: tuple(text.split(",")),
        default=("33TWL", "33TWM"),
        help="33TWL, 33TWM or 33TWL,33TWM (both)",
    )
    parser.add_argument(
        "--layout", default="cog", help="cog: folders of COGs and items.json; safe: a folder of SAFE products (cog)"
    )
    parser.add_argument("--threads", type=int, default=2, help="dates made at the same time (2)")
    return parser


def _report(percent: float) -> None:
    sys.stderr.write(f"{percent:3.0f} %\n")


if __name__ == "__main__":
    sys.exit(main())
