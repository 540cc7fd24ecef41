"""The REST API: orders, products and the catalogue as JSON, errors as problem+json (RFC 9457)."""
