"""Areas: pasted as text, uploaded as files, chosen by name."""
