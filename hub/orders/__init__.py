"""Orders and their products: what was asked for, how it stands, and where its files are."""
