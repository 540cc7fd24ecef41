"""Why this pixel: the observations a mosaic's pixel was chosen from, and why each other one was not."""
