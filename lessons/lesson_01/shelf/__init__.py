"""Shelf, a bookmark manager."""
