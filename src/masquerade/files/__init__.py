"""Files: opened without trust, told by their content, and written whole or not at all. Nothing here knows a key."""
