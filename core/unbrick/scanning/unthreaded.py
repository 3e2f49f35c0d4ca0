"""numpy without threads. Its linear algebra, which nobody here needs, starts one for each processor on its import and
keeps them turning for a while: the import takes half as long again with them, and they take a tenth of a second from
the helper on the other processor.

Imported where a large file is read, inside the functions that need it: so, too, it takes a tenth of a second.
"""

from __future__ import annotations

import os

__all__ = ["np"]

_THREADS = "OPENBLAS_NUM_THREADS"

_said = os.environ.get(_THREADS)
os.environ[_THREADS] = "1"
try:
    import numpy as np
finally:
    # What is started later, a client for a proof, say, has an environment of its own.
    del os.environ[_THREADS]
    if _said is not None:
        os.environ[_THREADS] = _said
