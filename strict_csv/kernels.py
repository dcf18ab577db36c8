"""pyarrow's compute functions, which it makes while it is imported: no type checker can see them."""

from __future__ import annotations

from typing import Any

import pyarrow.compute

kernels: Any = pyarrow.compute
