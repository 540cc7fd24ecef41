"""Ground motion: results of InSAR, taken in, and shown to those entitled to them and to nobody else."""
