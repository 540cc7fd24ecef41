"""The engine's English in the language of the page: it has none but English, and its sentences are kept in rows."""
