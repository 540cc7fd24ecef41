"""Hands product numbers to the workers. A message is only a hint: the row decides who makes what."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from celery import current_app
from django.utils import timezone
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import RedisError

from hub.orders.models import Product

logger = logging.getLogger(__name__)

BROKER_AWAY = (BrokerError, RedisError, OSError)
# A web request waits for this: give up soon. Workers have longer limits of their own (settings).
PATIENCE = {"socket_connect_timeout": 1, "socket_timeout": 1}


def enqueue(product_pks: Iterable[int]) -> int:
    """Send a message for each product; return how many went out.

    While the broker is away this gives up at the first one, within a second or two and without raising:
    the rows are there, and ``sweep`` sends what is missing.
    """
    sent = []
    try:
        with broker() as connection:
            for pk in product_pks:
                current_app.send_task("hub.orders.tasks.produce", (pk,), connection=connection, retry=False)
                sent.append(pk)
    except BROKER_AWAY as error:
        logger.warning("The broker is away, sweep will enqueue the rest: %s", error)
    Product.objects.filter(pk__in=sent).update(enqueued_at=timezone.now())
    return len(sent)


def length(name: str = "") -> int | None:
    """How many messages wait in the queue of that name, by default that of orders; None while the broker is away."""
    try:
        with broker() as connection:
            queue = current_app.amqp.queues[name or current_app.conf.task_default_queue]
            return queue(connection.default_channel).queue_declare(passive=False).message_count
    except BROKER_AWAY as error:
        logger.warning("The broker is away: %s", error)
        return None


@contextmanager
def broker() -> Iterator[Connection]:
    """A connection to the broker that tries once and not for long."""
    connection = current_app.connection_for_write()
    hasty = connection.clone(transport_options=connection.transport_options | PATIENCE)
    with hasty:
        hasty.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
        yield hasty
