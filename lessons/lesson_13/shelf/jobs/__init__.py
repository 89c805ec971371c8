"""Jobs: what Shelf does later, told to QStash, which calls back."""
