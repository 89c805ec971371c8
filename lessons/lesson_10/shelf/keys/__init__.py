"""Keys, with which programs ask."""
