"""A series as something to keep: CSV, JSON and NetCDF, of the steps as JSON (``Step.to_json``)."""

from processing.pixels.exports.csv_rows import to_csv
from processing.pixels.exports.document import to_json
from processing.pixels.exports.netcdf import to_netcdf

__all__ = ["to_csv", "to_json", "to_netcdf"]
