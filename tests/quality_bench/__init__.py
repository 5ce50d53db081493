"""`make quality-bench`: how well the automatic checks find what is wrong with a clip, and leave alone what
is not.

Good clips of many kinds are drawn from a seed, and the same clips again with one defect each, so that the
truth is known to the frame. The checks see them as they see a vendor's clips: through the guarded child.
"""

from __future__ import annotations
