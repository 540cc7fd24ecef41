"""What is answered: tiles, points, series, velocities, aggregates, profiles, exports."""
