"""A person's side: join a provider and get a MaskNet."""
