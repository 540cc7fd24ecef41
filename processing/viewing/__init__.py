"""Looking into finished products: map tiles, pixels and histograms straight from their files.

What is shown is always a pixel of the product, never one mixed from several: the nearest of it at and beyond the
product's own resolution; where the map is coarser the nearest of an overview, which holds every second, fourth ...
pixel as it is.

Map tiles are resampled here, from windows that GDAL decodes, and not by GDAL's warper as rio-tiler has it: for three
bands of 10 980 x 10 980 pixels that takes 10 ms instead of 50, and every pixel of the map shows the product's pixel
that lies there, so that a click finds the number that was seen. Colour ramps are rio-tiler's.
"""
