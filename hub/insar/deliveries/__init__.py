"""From a delivered file to points and series: whole or not at all."""
