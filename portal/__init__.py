"""The site's frame: settings, URLs, ASGI, the Celery app, accounts, service desk and pages."""

# A process that never imported the Celery app would send its tasks to amqp://localhost.
from portal.celery import app as celery_app

__all__ = ["celery_app"]
