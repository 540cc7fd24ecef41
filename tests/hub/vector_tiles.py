"""Reads Mapbox Vector Tiles, as far as tests need it: https://github.com/mapbox/vector-tile-spec, version 2."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_MOVE, _LINE, _CLOSE = 1, 2, 7


@dataclass(frozen=True)
class Feature:
    """One feature: its corners in units of the tile's grid, y downward."""

    id: int
    kind: int
    """1 point, 2 line, 3 polygon."""
    corners: tuple[tuple[int, int], ...]
    properties: dict[str, Any]

    @property
    def area(self) -> float:
        """By the surveyor's formula: positive for an outer ring."""
        turned = (*self.corners[1:], self.corners[0])
        return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(self.corners, turned, strict=True)) / 2


def read_tile(content: bytes) -> dict[str, list[Feature]]:
    """The features of a tile by layer; checks that each layer is of version 2 and has 4096 units."""
    return dict(_layer(value) for number, value in _fields(content) if number == 3)


def _layer(content: bytes) -> tuple[str, list[Feature]]:
    name, keys, values, features, about = "", [], [], [], {}
    for number, value in _fields(content):
        match number:
            case 1:
                name = value.decode()
            case 2:
                features.append(value)
            case 3:
                keys.append(value.decode())
            case 4:
                values.append(_value(value))
            case _:
                about[number] = value
    assert about == {5: 4096, 15: 2}
    return name, [_feature(each, keys, values) for each in features]


def _feature(content: bytes, keys: list[str], values: list[Any]) -> Feature:
    found = dict(_fields(content))
    tags = list(_numbers(found.get(2, b"")))
    properties = {keys[key]: values[value] for key, value in zip(tags[::2], tags[1::2], strict=True)}
    return Feature(found.get(1, -1), found[3], tuple(_corners(list(_numbers(found[4])))), properties)


def _corners(commands: list[int]) -> Iterator[tuple[int, int]]:
    x = y = at = 0
    while at < len(commands):
        command, count = commands[at] & 7, commands[at] >> 3
        at += 1
        assert command in (_MOVE, _LINE, _CLOSE)
        for _ in range(count if command != _CLOSE else 0):
            x, y = x + _signed(commands[at]), y + _signed(commands[at + 1])
            at += 2
            yield x, y


def _value(content: bytes) -> Any:
    ((number, value),) = _fields(content)
    match number:
        case 1:
            return value.decode()
        case 2:
            return struct.unpack("<f", value)[0]
        case 3:
            return struct.unpack("<d", value)[0]
        case 6:
            return _signed(value)
        case 7:
            return bool(value)
    return value


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def _numbers(content: bytes) -> Iterator[int]:
    number = shift = 0
    for byte in content:
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield number
            number = shift = 0


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Numbers and values of the fields of a protocol buffer."""
    at = 0

    def read() -> int:
        nonlocal at
        start = at
        while content[at] > 127:
            at += 1
        at += 1
        return next(_numbers(content[start:at]))

    while at < len(content):
        key = read()
        length = {0: 0, 1: 8, 5: 4}.get(key & 7)
        if length == 0:
            yield key >> 3, read()
            continue
        if length is None:
            length = read()
        yield key >> 3, content[at : at + length]
        at += length
