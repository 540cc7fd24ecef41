"""Time series of a place: asked for by users, made by the workers of the queue "quick", kept in the user area."""
