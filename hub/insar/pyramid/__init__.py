"""The pyramid of cells, and which of them may be shown."""
