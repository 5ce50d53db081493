"""The station that looks at the clip before people do: playable or not, what is in it, poster and
filmstrip.
"""

from __future__ import annotations

import logging

from jobs import fetch, heart
from jobs.look import look
from jobs.quality.guarded import Interrupted, NotBegun, OutOfTime
from jobs.quality.report import NotPlayable
from reviewapp import dispatch, line, logs
from reviewapp.models import Candidate

logger = logging.getLogger(__name__)


def check_candidate(candidate_id: int) -> None:
    """Check one clip. A check informs; only a file that nobody could watch ends the candidate.

    A clip that its provider is about to delete is fetched first: its message may stand behind many checks.
    """
    with heart.working("media"):
        urgent = line.begin_urgent_ingest()
        if urgent is not None:
            with logs.about(urgent):
                fetch.fetch(urgent)
        candidate = line.begin_check(candidate_id)
        if candidate is not None:
            with logs.about(candidate):
                _check(candidate)


def _check(candidate: Candidate) -> None:
    try:
        report, clip_facts = look(candidate)
    except FileNotFoundError:
        line.check_refused(candidate, "The file of this clip is gone from storage.")
    except (NotBegun, OSError) as problem:
        logger.exception("%s could not be checked here", candidate.code)
        line.check_postponed(candidate, _ours(problem), counts=False)
    except Interrupted as problem:
        logger.warning("%s: %s", candidate.code, problem)
        line.check_postponed(candidate, "Its check was ended from outside.", counts=True)
    except OutOfTime as problem:
        logger.warning("%s: %s", candidate.code, problem)
        line.check_out_of_time(candidate, str(problem))
    except NotPlayable as problem:
        logger.warning("%s: %s", candidate.code, problem)
        line.check_refused(candidate, str(problem))
    else:
        line.checked(candidate, report, clip_facts)
        # Only now: people wait for the clip, and for the wall's copy of it nobody does.
        dispatch.prepare(candidate)


def _ours(problem: Exception) -> str:
    why = problem.strerror if isinstance(problem, OSError) and problem.strerror else "its checks do not run"
    return f"This site could not check the clip ({why}). It is tried again; it costs nothing."
