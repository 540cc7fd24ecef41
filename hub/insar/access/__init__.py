"""Who asks, who grants, who is told: the verbs of access, and the search of the audit log."""
