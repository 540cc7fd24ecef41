"""The cache, which may be away without taking the site down with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

logger = logging.getLogger(__name__)


def _or(answer: Callable[..., Any], method: Callable[..., Any]) -> Callable[..., Any]:
    """``method``, or what ``answer`` makes of the same arguments when Redis is away."""

    @wraps(method)
    def forgiving(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (RedisConnectionError, RedisTimeoutError) as error:
            logger.warning("The cache is away, %s goes on without it: %s", method.__name__, error)
            return answer(*args, **kwargs)

    return forgiving


class ForgivingRedisCache(RedisCache):
    """A Redis cache that is empty, and forgets everything, while Redis is away.

    Signing in and ordering must go on then. Rate limits, which are counted here, do not hold meanwhile.
    """

    get = _or(lambda key, default=None, version=None: default, RedisCache.get)
    get_many = _or(lambda keys, version=None: {}, RedisCache.get_many)
    has_key = _or(lambda key, version=None: False, RedisCache.has_key)
    # Locks are taken by add(): whoever asks gets it.
    add = _or(lambda *args, **kwargs: True, RedisCache.add)
    incr = _or(lambda key, delta=1, version=None: delta, RedisCache.incr)
    set = _or(lambda *args, **kwargs: None, RedisCache.set)
    set_many = _or(lambda data, *args, **kwargs: list(data), RedisCache.set_many)
    touch = _or(lambda *args, **kwargs: False, RedisCache.touch)
    delete = _or(lambda *args, **kwargs: False, RedisCache.delete)
    delete_many = _or(lambda *args, **kwargs: None, RedisCache.delete_many)
