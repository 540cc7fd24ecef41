"""S2GM's algorithms once more, written from their description alone: slow, plain, and free of the engine.

The sections that docstrings name are those of the description of S2GM (algorithm document 1.3.3 of the
Mosaics V1.1.0, algorithm document 1.1 and script of the V1.0): 2.1 layers, 2.6 resampling, 3.2 valid
observations, 3.3 one sample per overpass, 3.4 dispatch, 3.5 medoid, 3.6 and 3.7 the two short-term trees,
5.3 angles, 5.4 offsets. Nothing here imports the engine.
"""
