"""How a mosaic is made: a plain library, usable from a notebook and from ``python -m processing``."""

__version__ = "0.1.0"
