"""Ground motion by radar interferometry (InSAR): deliveries of others, the arithmetic of motion, stored series."""
