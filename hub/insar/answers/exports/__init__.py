"""Points and their series as files to keep, and page by page: CSV, GeoJSON, Parquet."""
