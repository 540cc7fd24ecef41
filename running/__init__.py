"""Starts the whole service on one machine from nothing, and stops all of it again; no part of the service."""
