"""Columns of a large session as vectors of numpy: one step over all rows, where Python takes one for each.

numpy takes a tenth of a second to import, so a short column is never asked for as a vector; what is asked of it is
answered in Python, and is the same.
"""

from __future__ import annotations

from array import array
from itertools import compress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MANY = 1 << 18
"""Rows from which a judgement in vectors saves more than their import takes."""

Ones = bytes | bytearray
"""A column of ones and zeros."""


def many(column: array[Any] | Ones) -> bool:
    """Whether a column is long enough to be asked for as a vector."""
    return len(column) >= MANY


def vector(column: array[Any] | Ones) -> npt.NDArray[np.integer[Any]]:
    """A column as a vector that shares its memory: while that is held, the column cannot grow."""
    from unbrick.scanning.unthreaded import np

    return np.frombuffer(column, column.typecode if isinstance(column, array) else "B")


def total(column: array[int], ones: Ones | None = None) -> int:
    """The sum of a column of numbers without a sign, of the rows that have a one where these are given."""
    if many(column):
        every = vector(column)
        return int((every if ones is None else every[vector(ones).view(bool)]).sum())
    return sum(column if ones is None else compress(column, ones))


def highest(column: array[int]) -> int:
    """The largest number of a column; 0 where it is empty."""
    return int(vector(column).max()) if many(column) else max(column, default=0)


def running(column: array[int], start: int, code: str) -> bytes:
    """The sums of a column up to each of its rows, from a start on, as the bytes of a column of a type. Of any length:
    for whoever has numpy at hand."""
    found = vector(column).cumsum(dtype=code)
    found += start
    return found.tobytes()
