"""Releases of the European Ground Motion Service and whatever else has their format.

Source: EGMS Product Description & Format Specification, EGMS-D6-PDD-SC1-2.0-009.
"""
