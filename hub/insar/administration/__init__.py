"""What the administration needs for ground motion."""
