"""Where files lie: scratch folders of workers, and delivered products below ``MEDIA_ROOT``.

SCRATCH_ROOT/<product>-<attempt>/               what an attempt writes; swept when it is over
MEDIA_ROOT/incoming/<product>-<attempt>/        a product on its way in
MEDIA_ROOT/orders/<order>/<base folder>/<product name>/   delivered
...../.viewing/                                 copies for the viewer, if it needs any; not among the product's files

Files of the whole order, such as inspire.xml, lie beside the product's folder in the zip, but inside it here:
products are delivered one by one, and none may change a file that another has delivered.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from django.conf import settings

from hub.orders.models import Product, ProductFile, Role
from hub.orders.states import Status
from processing.errors import ProcessingError
from processing.mosaic import MadeFile, MadeProduct
from processing.viewing.view import prepare

logger = logging.getLogger(__name__)

ATTEMPT_FOLDER = re.compile(r"(?P<product>\d+)-(?P<attempt>\d+)")
# The same bytes whenever it is made: the earliest date that a zip file can hold.
ZIP_DATE = (1980, 1, 1, 0, 0, 0)
COPY_BYTES = 2**20


def scratch_folder(product: Product) -> Path:
    """The folder that this attempt at ``product`` writes into."""
    return Path(settings.SCRATCH_ROOT) / _attempt(product)


def order_folder(order_pk: int) -> Path:
    """The folder that holds everything delivered of an order."""
    return Path(settings.MEDIA_ROOT) / "orders" / str(order_pk)


def path_of(file: ProductFile) -> Path:
    """Where the bytes of ``file`` are, if they are still kept."""
    return Path(settings.MEDIA_ROOT) / file.path


def remove_order(order_pk: int) -> None:
    """Remove everything delivered of an order; nothing there is fine."""
    folder = order_folder(order_pk)
    if folder.exists():
        shutil.rmtree(folder)


def prepare_viewing(product: Product) -> None:
    """Write what the viewer shows a delivered product from, where its own files would be slow: see processing.viewing.

    Whatever goes wrong with it, the product is delivered and can be looked into, only more slowly.
    """
    data = product.files.filter(role=Role.DATA).first()
    if data is None:
        return
    try:
        prepare(path_of(data).parent, threads=settings.PRODUCT_THREADS)
    except (OSError, ProcessingError):
        logger.warning("Product %s will be looked into as it is", product.pk, exc_info=True)


@dataclass(frozen=True)
class Staged:
    """A product's files inside ``MEDIA_ROOT`` that nobody can reach yet."""

    product: Product
    folder: Path
    home: Path
    files: tuple[MadeFile, ...]
    """Their names are relative to ``folder``."""

    def rows(self) -> list[ProductFile]:
        """A row for each file as it will be after ``publish``; not saved."""
        place = self.home.relative_to(settings.MEDIA_ROOT)
        return [
            ProductFile(
                product=self.product,
                name=PurePosixPath(file.name).name,
                path=str(place / file.name),
                size_bytes=file.size_bytes,
                sha256=file.sha256,
                role=file.role,
                layer=file.layer or "",
            )
            for file in self.files
        ]

    def publish(self) -> None:
        """Move the folder to its home by one rename; what an earlier attempt left there goes."""
        self.home.parent.mkdir(parents=True, exist_ok=True)
        if self.home.exists():
            shutil.rmtree(self.home)
        self.folder.rename(self.home)

    def discard(self) -> None:
        """Remove what was staged and not published."""
        shutil.rmtree(self.folder, ignore_errors=True)


def stage(product: Product, made: MadeProduct) -> Staged:
    """Move the made files into ``MEDIA_ROOT`` and add the zip of all; on an error nothing stays there."""
    base = made.folder.parent.name
    folder = Path(settings.MEDIA_ROOT) / "incoming" / _attempt(product)
    home = order_folder(product.order_id) / base / product.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        # A rename on one file system, a copy between two.
        shutil.move(made.folder, folder)
        place = PurePosixPath(base, product.name)
        members = {str(place / path.relative_to(folder).as_posix()): path for path in _files_in(folder)}
        files = []
        for file in made.files:
            path = PurePosixPath(file.name)
            if path.is_relative_to(place):
                files.append(replace(file, name=str(path.relative_to(place))))
            else:
                members[file.name] = Path(shutil.move(made.folder.parent / path.name, folder / path.name))
                files.append(replace(file, name=path.name))
        archive = _zip(folder / f"{base}-{product.name}.zip", members)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Staged(product=product, folder=folder, home=home, files=(*files, archive))


def remove_dead_attempts() -> int:
    """Remove the scratch and incoming folders of attempts that are not under way; return how many."""
    # Listed before the rows are read: a folder that is in the list belongs to a claim that is committed.
    found = list(_attempt_folders())
    running = set(Product.objects.filter(status=Status.RUNNING).values_list("pk", "attempt"))
    dead = [folder for folder, product, attempt in found if (product, attempt) not in running]
    for folder in dead:
        shutil.rmtree(folder, ignore_errors=True)
        logger.info("Removed %s, which a dead attempt left", folder)
    return len(dead)


def _attempt(product: Product) -> str:
    return f"{product.pk}-{product.attempt}"


def _attempt_folders() -> Iterator[tuple[Path, int, int]]:
    for root in (Path(settings.SCRATCH_ROOT), Path(settings.MEDIA_ROOT) / "incoming"):
        for folder in root.iterdir() if root.is_dir() else ():
            if match := ATTEMPT_FOLDER.fullmatch(folder.name):
                yield folder, int(match["product"]), int(match["attempt"])


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _zip(target: Path, members: dict[str, Path]) -> MadeFile:
    """Write ``target``, a zip of the files ``members`` by their path in it.

    Stored, not deflated: the rasters are compressed already.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, path in sorted(members.items()):
            entry = zipfile.ZipInfo(name, ZIP_DATE)
            entry.external_attr = 0o644 << 16
            entry.file_size = path.stat().st_size
            with path.open("rb") as content, archive.open(entry, "w") as packed:
                shutil.copyfileobj(content, packed, COPY_BYTES)
    return MadeFile(
        name=target.name, size_bytes=target.stat().st_size, sha256=_sha256(target), role=Role.ARCHIVE, layer=None
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
