"""``manage.py keep_masks``: look at the archive's scenes now, so that forecasts know them all."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hub.forecast import keeping, layouts
from processing.errors import ProcessingError

AT_A_TIME = 16


class Command(BaseCommand):
    help = (
        "Look at the archive's scenes and keep what they saw; forecasts need nothing else. Of files on servers it is "
        "also learned how they are laid out, so that the first series of a place is no slower than later ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=date.fromisoformat, metavar="DAY", help="first day, YYYY-MM-DD"
        )
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="last day, YYYY-MM-DD")

    def handle(self, *args: Any, **options: Any) -> None:
        if keeping.is_behind_api():
            raise CommandError("An archive behind an API has no end; of it is kept what was asked about.")
        try:
            granules = keeping.keys_of(keeping.everything(options["first"], options["last"]))
            missing = list(keeping.missing(granules).items())
            for begin in range(0, len(missing), AT_A_TIME):
                keeping.keep(dict(missing[begin : begin + AT_A_TIME]))
                self.stdout.write(f"{min(begin + AT_A_TIME, len(missing))} of {len(missing)}")
            due = list(layouts.due_among(granules).items())
            for begin in range(0, len(due), AT_A_TIME):
                layouts.learn(dict(due[begin : begin + AT_A_TIME]))
                self.stdout.write(f"{min(begin + AT_A_TIME, len(due))} of {len(due)}: layouts of files")
        except ProcessingError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{len(granules)} scenes, of which {len(missing)} were looked at anew.")
