"""The result viewer: a finished mosaic as map tiles, its pixels and its histogram, for its owner and shared links."""
