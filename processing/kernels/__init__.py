"""Compiled loops: arrays in, arrays out, nothing else.

They share one way to pass the reflectances of a block. All bands lie in one flat uint16 ``cells``
array. Band ``b`` begins at ``start[b]`` and holds ``plane[b]`` cells per observation, rows of
``width[b]`` cells, in its own cell size: pixel (y, x) of the block looks at cell
``(cell_row[b, y], cell_column[b, x])``. So a 20 m band serves a 10 m mosaic without being blown up.
A cell is a digital number; with ``offset[observation, band]`` added it is reflectance x 10000.

Kernels are made by the decorator in ``compiled``; what else they need, room and results, is allocated by plain
functions around them.
"""
