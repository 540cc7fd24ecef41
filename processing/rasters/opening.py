"""Which way a raster is read."""

from __future__ import annotations

from processing.rasters.by_gdal import GdalRaster
from processing.rasters.byte_source import LocalFile
from processing.rasters.cog import CogRaster
from processing.rasters.remote import Remote, RemoteCog
from processing.rasters.spool import Spool
from processing.rasters.tiff import NotPlain
from processing.rasters.tiled import Raster


def open_raster(href: str, remote: Remote, spool: Spool) -> Raster:
    """The raster at a path or an URL: by itself if it is a plain COG, else by GDAL. Raises Damaged, OSError."""
    if href.split("?")[0].lower().endswith(".jp2"):
        return GdalRaster(_gdal_path(href), driver="JP2OpenJPEG", spool=spool)
    try:
        if href.startswith(("http://", "https://")):
            return RemoteCog(href, remote)
        if "://" not in href:
            return CogRaster.open(LocalFile(href))
    except NotPlain:
        pass  # GDAL reads it, or says what is wrong with it.
    # No driver but these: a VRT could name files that the archive has no right to.
    return GdalRaster(_gdal_path(href), driver="GTiff", spool=spool)


def _gdal_path(href: str) -> str:
    return "/vsis3/" + href[5:] if href.startswith("s3://") else href
