"""Shelf, in small."""
