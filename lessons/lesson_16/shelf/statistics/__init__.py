"""What bookmarks amount to."""
