"""The machinery of Shelf Workshop: commands, grading and the stand-ins that lessons run against."""
