"""``python -m processing ORDER.json --source SOURCE --out DIR``: an order made into a mosaic, no portal needed.

``python -m processing series``: the series of a place (``series_command``). ``python -m processing learn``: how files
on servers are laid out, for the series to come (``learn_command``).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from processing.clock import Clock
from processing.command_line import (
    EXIT_CODES,
    SOURCE_HELP,
    Progress,
    check_writable,
    nothing_collected,
    positive,
    read_json,
)
from processing.profiling import Profile, take_profile

_STOPPING = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    work = _chosen(list(sys.argv[1:] if arguments is None else arguments))
    from processing.errors import ProcessingError

    try:
        work()
    except ProcessingError as refused:
        print(refused, file=sys.stderr)
        return EXIT_CODES.get(refused.code, 1)
    except KeyboardInterrupt as stopped:
        print("Stopped; nothing was left behind.", file=sys.stderr)
        # As shells count: 130 after Ctrl-C, 143 after SIGTERM.
        return 128 + (stopped.args[0] if stopped.args else signal.SIGINT)
    except BrokenPipeError:
        # Whoever reads our output has seen enough, and there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return 0


def _chosen(arguments: list[str]) -> Callable[[], None]:
    """What the arguments ask for; options that make no sense end the process, as argparse does it."""
    if arguments[:1] == ["series"]:
        from processing import series_command

        asked = series_command.parser().parse_args(arguments[1:])
        return lambda: series_command.give_series(asked, show=_show, tell=_unheard if asked.quiet else _tell)
    if arguments[:1] == ["learn"]:
        from processing import learn_command

        about = learn_command.parser().parse_args(arguments[1:])
        return lambda: learn_command.learn(about, tell=_unheard if about.quiet else _tell)
    options = _parser().parse_args(arguments)
    return lambda: print(make_order(options))


def _show(text: str) -> None:
    """Out at once: what is made may be long in coming, and somebody waits for it."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _unheard(line: str) -> None:
    """Nobody wants to know."""


def clear_up_when_stopped() -> None:
    """Make SIGTERM end the process as Ctrl-C does, by way of every ``finally``."""
    for number in _STOPPING:
        signal.signal(number, _stop)


def _stop(number: int, frame: object) -> None:
    # A second signal must not cut the clearing up short.
    for each in _STOPPING:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def make_order(options: argparse.Namespace) -> Path:
    """Make all products of the order; return its folder, which appears once they are all there."""
    clock = Clock()
    with clock.measuring("import"), nothing_collected():
        from processing.mosaic import Limits, base_folder_name, plan_products, split
        from processing.sources import open_source
        from processing.spec import MosaicSpec
        from processing.storage import put_in_place, storage_errors

    spec = MosaicSpec.parse(read_json(options.order, field="order"))
    source = open_source(options.source)
    plans = plan_products(spec, source)
    for empty in sorted({plan.name for plan in split(spec)} - {plan.name for plan in plans}):
        print(f"{empty}: the archive has no scene of it; left out.", file=sys.stderr)
    limits = Limits(memory_mb=options.memory, threads=options.threads)
    final = Path(options.out) / base_folder_name(spec, options.number or spec.digest()[:8])
    check_writable(final.parent)
    with storage_errors(final.parent), tempfile.TemporaryDirectory(dir=options.out, prefix=".order-") as scratch:
        took = _make_products(spec, plans, source, Path(scratch), options, limits)
        put_in_place(Path(scratch) / final.name, final)
    _tell_profile(take_profile([(clock.seconds(), clock.cpu_seconds()), *took]), options)
    return final


def _make_products(
    spec: Any, plans: Sequence[Any], source: Any, into: Path, options: argparse.Namespace, limits: Any
) -> list[tuple[dict[str, float], dict[str, float]]]:
    """Make the products one after the other; return seconds and CPU seconds of each, by kind of work."""
    from processing.mosaic import make_product

    took = []
    for plan in plans:
        made = make_product(
            spec, plan, source=source, into=into, order_number=options.number or spec.digest()[:8],
            progress=Progress(plan.name, _unheard if options.quiet else _tell), limits=limits,
        )  # fmt: skip
        for warning in made.warnings:
            print(f"{plan.name}: {warning}", file=sys.stderr)
        took.append((made.statistics["seconds"], made.statistics.get("cpu_seconds", {})))
    return took


def _tell_profile(profile: Profile, options: argparse.Namespace) -> None:
    if options.profile:
        print(profile.table(), file=sys.stderr)
    if options.profile_json:
        options.profile_json.write_text(json.dumps(profile.as_json(), indent=1) + "\n", encoding="utf-8")


def _number(text: str) -> str:
    """An order number fit for a folder's name."""
    if not text.isalnum() or not text.isascii() or len(text) > 20:
        raise argparse.ArgumentTypeError("an order number is up to 20 letters and digits")
    return text


def _writable(text: str) -> Path:
    """A file that can be written, tried before the order is made rather than after."""
    try:
        Path(text).open("a").close()
    except OSError as failure:
        raise argparse.ArgumentTypeError(f"{text} cannot be written to ({failure.strerror})") from failure
    return Path(text)


def _parser() -> argparse.ArgumentParser:
    from processing.registry import names

    parser = argparse.ArgumentParser(
        prog="python -m processing",
        description="Make a Sentinel-2 mosaic from an order. For the values of a place over time: "
        "python -m processing series --help; to make the first one quick: python -m processing learn --help.",
        epilog=f"Methods: {', '.join(names('methods'))}. Masks: {', '.join(names('masks'))}. "
        f"Formats: {', '.join(names('formats'))}. "
        "Exit codes: 2 bad order, 3 unreachable source, 4 corrupt input, 5 full disk, "
        "6 too little memory, 7 failed quality control.",
    )
    parser.add_argument("order", metavar="ORDER.json", help="the order; - reads it from standard input")
    parser.add_argument("--source", required=True, help=SOURCE_HELP)
    parser.add_argument("--out", required=True, metavar="DIR", help="where the product folder appears")
    parser.add_argument(
        "--number", type=_number, metavar="N", help="order number in the folder's name (default: from the order)"
    )
    parser.add_argument(
        "--memory", type=positive, default=768, metavar="MB", help="memory to stay within (default 768)"
    )
    parser.add_argument("--threads", type=positive, default=2, metavar="N", help="blocks made at once (default 2)")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    parser.add_argument("--profile", action="store_true", help="where the time went, as a table on stderr")
    parser.add_argument("--profile-json", type=_writable, metavar="FILE", help="the same as JSON")
    return parser


if __name__ == "__main__":
    clear_up_when_stopped()
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    if code > 128:
        # Stopped, maybe before the block was entered that removes a scratch folder: Python does so as it ends.
        sys.exit(code)
    # All is written and let go of: taking the interpreter apart module by module would take a tenth of a second.
    os._exit(code)
