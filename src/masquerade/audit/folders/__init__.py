"""Two folders, photos and what some tool made of them, as the engine of the audit takes them."""
