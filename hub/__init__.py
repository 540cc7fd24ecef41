"""What the service is about: orders, products, downloads, results, API and live status."""
