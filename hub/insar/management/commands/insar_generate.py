"""``manage.py insar_generate FOLDER``: files of ground motion in EGMS's format that nobody measured."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from processing.insar.generating import DAX, LEVELS, generate


class Command(BaseCommand):
    help = "Generate a release of ground motion in EGMS's format, with what is true of it beside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--points", type=int, default=10_000, help="of an L2 level (10000)")
        parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
        parser.add_argument("--years", nargs=2, type=int, default=[2018, 2022], metavar=("FIRST", "LAST"))
        parser.add_argument("--centre", nargs=2, type=float, default=list(DAX), metavar=("LON", "LAT"))
        parser.add_argument("--step", type=int, default=6, metavar="DAYS", help="between dates (6)")
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = options["years"]
        try:
            made = generate(
                options["folder"], points=options["points"], levels=options["levels"], first_year=first,
                last_year=last, centre=tuple(options["centre"]), step_days=options["step"], seed=options["seed"],
            )  # fmt: skip
        except (ValueError, OSError) as error:
            raise CommandError(str(error)) from error
        for path in made.files:
            self.stdout.write(str(path))
