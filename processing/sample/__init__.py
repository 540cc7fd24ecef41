"""A generated Sentinel-2 archive to order from when no real source is at hand."""

from processing.sample.archive import make_archive

__all__ = ["make_archive"]
