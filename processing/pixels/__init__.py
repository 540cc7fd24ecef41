"""Single places instead of whole mosaics: why a pixel is as it is, and how it went on through time."""
