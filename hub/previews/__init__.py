"""Previews: a look at a mosaic before it is ordered, made by the workers of the queue "quick"."""
