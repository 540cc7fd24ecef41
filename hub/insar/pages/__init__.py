"""The pages of ground motion."""
