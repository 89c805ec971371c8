"""Bookmark files: what browsers export, and what they import."""
