"""The rasters of an archive, read window by window, each of their tiles decoded once.

Blocks come column by column, each column from top to bottom. Plain Cloud Optimized GeoTIFFs are inflated as
far as the blocks have come (``cog``), so that long stacks need little memory; all else is decoded by GDAL, tile
by tile (``by_gdal``), and what no block has asked for yet waits on the disk (``spool``).
"""
