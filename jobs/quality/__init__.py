"""The automatic checks: pure functions from a file to facts, findings and a score. PyAV and numpy, no Django.

`guarded.verify` is what the station calls: it runs `verify.verify` in a child process with limits, because
the files come from outside and a decoder is the likeliest thing to be broken by one.
"""

from __future__ import annotations
