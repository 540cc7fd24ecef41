"""The cache may be away: everything then goes on as if it were empty."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.conf import settings

from portal.cache import ForgivingRedisCache


@pytest.fixture
def away() -> ForgivingRedisCache:
    return ForgivingRedisCache("unix:///nonexistent/redis.sock?db=0", {})


@pytest.fixture
def there(servers: None) -> ForgivingRedisCache:
    return ForgivingRedisCache(settings.REDIS_URL, {"KEY_PREFIX": uuid4().hex})


def test_reading_finds_nothing(away: ForgivingRedisCache) -> None:
    assert away.get("key") is None
    assert away.get("key", "otherwise") == "otherwise"
    assert away.get_many(["a", "b"]) == {}
    assert "key" not in away


def test_writing_is_forgotten(away: ForgivingRedisCache) -> None:
    away.set("key", 1)
    assert away.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert away.delete("key") is False
    assert away.touch("key") is False
    away.delete_many(["a"])
    assert away.get("key") is None


def test_a_lock_is_granted_and_a_count_begins(away: ForgivingRedisCache) -> None:
    assert away.add("lock", 1) is True
    assert away.incr("count") == 1


def test_it_is_an_ordinary_cache_while_redis_is_there(there: ForgivingRedisCache) -> None:
    there.set("key", {"a": 1}, timeout=60)
    assert there.get("key") == {"a": 1}
    assert there.add("key", 2, timeout=60) is False
    there.set("count", 1, timeout=60)
    assert there.incr("count") == 2
    with pytest.raises(ValueError, match="not found"):
        there.incr("unset")
    there.delete_many(["key", "count"])
    assert "key" not in there
