"""Columns of ones and zeros: of which rows something is true, found in the bytes of a column instead of row by row."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterator
from itertools import compress

from unbrick.scanning.vectors import Ones, many, vector

FEW = 16
"""Where one row in so many is looked for, finding each costs more than looking at all."""


def table(marked: Callable[[int], object]) -> bytes:
    """Byte → 1 where it is marked, as a translation table."""
    return bytes(bool(marked(byte)) for byte in range(256))


def of_kinds(column: array[int], *kinds: int) -> bytes:
    """1 where a column of bytes holds one of some values."""
    return column.tobytes().translate(table(lambda kind: kind in kinds))


def of_flags(column: array[int], *flags: int) -> bytes:
    """1 where a column of 16 bits each has one of some bits."""
    mask = sum({*flags})
    if many(column):
        return (vector(column) & mask > 0).tobytes()
    raw = column.tobytes()
    found = [
        raw[number if sys.byteorder == "little" else 1 - number :: 2].translate(table(half.__and__))
        for number, half in enumerate((mask & 255, mask >> 8)) if half
    ]
    return found[0] if len(found) == 1 else either(*found)


def below_zero(column: array[int]) -> bytes:
    """1 where a column of 32 bits each holds a number below 0."""
    if many(column):
        return (vector(column) < 0).tobytes()
    return column.tobytes()[3 if sys.byteorder == "little" else 0 :: 4].translate(_NEGATIVE)


_NEGATIVE = table(lambda byte: byte & 128)


def above(column: array[int], limit: int) -> bytes:
    """1 where a column of 32 bits each, of numbers that are not below 0, holds more than a limit."""
    if many(column):
        return (vector(column) > limit).tobytes()
    raw = column.tobytes()
    found, equal = 0, int.from_bytes(b"\1" * len(column))
    for number in range(3, -1, -1):
        part = limit >> 8 * number & 255
        plane = raw[number if sys.byteorder == "little" else 3 - number :: 4]
        found |= equal & int.from_bytes(plane.translate(table(part.__lt__)))
        equal &= int.from_bytes(plane.translate(table(part.__eq__)))
    return found.to_bytes(len(column))


def where(column: array[int], value: int) -> Iterator[int]:
    """Where a column holds a value."""
    raw, searched, width = column.tobytes(), array(column.typecode, (value,)).tobytes(), column.itemsize
    place = raw.find(searched)
    while place >= 0:
        if place % width == 0:
            yield place // width
        place = raw.find(searched, place + 1)


def both(one: Ones, other: Ones) -> bytes:
    """1 where two columns of ones and zeros have one."""
    if many(one):
        return (vector(one) & vector(other)).tobytes()
    return (int.from_bytes(one) & int.from_bytes(other)).to_bytes(len(one))


def either(one: Ones, other: Ones) -> bytes:
    """1 where at least one of two columns of ones and zeros has one."""
    if many(one):
        return (vector(one) | vector(other)).tobytes()
    return (int.from_bytes(one) | int.from_bytes(other)).to_bytes(len(one))


def without(one: Ones, other: Ones) -> bytes:
    """1 where the first of two columns of ones and zeros has one and the second has none."""
    if many(one):
        return (vector(one) > vector(other)).tobytes()
    return both(one, other.translate(_NOT))


_NOT = table(lambda byte: not byte)


def places(ones: Ones) -> Iterator[int]:
    """Where a one stands among zeros; where they are few, without looking at each."""
    if ones.count(1) * FEW > len(ones):
        yield from compress(range(len(ones)), ones)
        return
    if many(ones):
        yield from vector(ones).view(bool).nonzero()[0].tolist()
        return
    place = ones.find(1)
    while place >= 0:
        yield place
        place = ones.find(1, place + 1)
