"""The files beside a product's data: what it is, how it came about, how it looks, whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from processing.account import Account
from processing.quality.page import quality_page
from processing.sidecars.checksums import sha256, sha256_of_all, write_checksums
from processing.sidecars.inspire import write_inspire
from processing.sidecars.product_json import product_metadata
from processing.sidecars.provenance import provenance
from processing.sidecars.qgis import write_styles
from processing.sidecars.quicklook import write_quicklook
from processing.sidecars.stac import stac_item

__all__ = ["write_inspire", "write_sidecars"]


def write_sidecars(folder: Path, account: Account) -> dict[Path, str]:
    """Write all sidecars of the product whose data are in ``folder``; return the SHA-256 of data and sidecars.

    ``inspire.xml`` is not among them: it stands beside the products of an order, see ``write_inspire``.
    """
    with ThreadPoolExecutor(2) as pool:
        # The data are complete: they are looked at and their sums are made while the sidecars are.
        quicklook = pool.submit(write_quicklook, folder, account)
        sums_of_data = pool.submit(sha256_of_all, _data_files(account))
        paths = [*_write_descriptions(folder, account), *quicklook.result()]
    sums = sums_of_data.result() | sha256_of_all(paths)
    # Last come those that list the others.
    item = _write_json(folder / f"stac_{account.heading.suffix}.json", stac_item(account, paths, sums))
    sums[item] = sha256(item)
    listing = write_checksums(folder, sums)
    return sums | {listing: sha256(listing)}


def _write_descriptions(folder: Path, account: Account) -> list[Path]:
    suffix = account.heading.suffix
    return [
        _write_json(folder / f"metadata_{suffix}.json", product_metadata(account)),
        _write_json(folder / "provenance.json", provenance(account)),
        _write_json(folder / "qc.json", account.quality.to_json()),
        _write_text(folder / "qc.html", quality_page(account.quality, title=account.heading.title)),
        *write_styles(folder, account),
    ]


def _data_files(account: Account) -> list[Path]:
    return [path for file in account.files for path in (file.path, *file.companions)]


def _write_json(path: Path, content: Mapping[str, Any]) -> Path:
    return _write_text(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str) -> Path:
    # Archives can hold half a character of UTF-16, which UTF-8 has no bytes for: JSON's own escape stands for it.
    path.write_text(text, encoding="utf-8", errors="backslashreplace")
    return path
