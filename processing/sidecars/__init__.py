"""The files beside a product's data: what it is, how it came about, how it looks, whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from processing.account import Account
from processing.quality.page import quality_page
from processing.sidecars.checksums import sha256, write_checksums
from processing.sidecars.inspire import write_inspire
from processing.sidecars.product_json import product_metadata
from processing.sidecars.provenance import provenance
from processing.sidecars.qgis import write_styles
from processing.sidecars.quicklook import write_quicklook
from processing.sidecars.stac import stac_item

__all__ = ["write_inspire", "write_sidecars"]


def write_sidecars(folder: Path, account: Account) -> list[Path]:
    """Write all sidecars of the product whose data are in ``folder``; return their paths.

    ``inspire.xml`` is not among them: it stands beside the products of an order, see ``write_inspire``.
    """
    suffix = account.heading.suffix
    paths = [
        _write_json(folder / f"metadata_{suffix}.json", product_metadata(account)),
        _write_json(folder / "provenance.json", provenance(account)),
        _write_json(folder / "qc.json", account.quality.to_json()),
        _write_text(folder / "qc.html", quality_page(account.quality, title=account.heading.title)),
        *write_styles(folder, account),
        *write_quicklook(folder, account),
    ]
    # Last come those that list the others.
    sums = {path: sha256(path) for path in [*_data_files(account), *paths]}
    item = _write_json(folder / f"stac_{suffix}.json", stac_item(account, paths, sums))
    return [*paths, item, write_checksums(folder, sums)]


def _data_files(account: Account) -> list[Path]:
    return [path for file in account.files for path in (file.path, *file.companions)]


def _write_json(path: Path, content: Mapping[str, Any]) -> Path:
    return _write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> Path:
    # Archives can hold half a character of UTF-16, which UTF-8 has no bytes for: JSON's own escape stands for it.
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
