"""Ground motion as JSON, vector tiles and files: the map page asks here, as programs do."""
