"""Keys, passwords and tokens: how they are told from other text, and how they are hidden."""
