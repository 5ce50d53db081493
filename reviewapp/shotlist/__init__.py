"""The shot list as a file: reading, planning and writing it.

`decoding`, `table`, `lines`, `planning` and `writing` are pure and know no database; `store` is the one file
here that reads and writes rows.
"""

from __future__ import annotations
