"""Looking at the archive from afar: smaller copies of its rasters, masks of what was seen, forecasts of mosaics."""
