"""The station that looks again at clips of an older checker, while nothing else waits for its machine."""

from __future__ import annotations

import logging
from typing import Final

from django.db import InterfaceError, OperationalError

from jobs import heart
from jobs.look import look
from jobs.quality.guarded import NotBegun, OutOfTime
from jobs.quality.report import CHECKER_VERSION, NotPlayable
from reviewapp import dispatch, line, logs, rechecks, turns
from reviewapp.models import Candidate

logger = logging.getLogger(__name__)

# Clips of one message: a new one waits no longer than one of them takes.
FEW: Final = 5


def recheck() -> None:
    """Look at a few; the rest goes on in another message. Each is written down before the next is begun."""
    with heart.working("media"), turns.taken(rechecks.KIND) as turn:
        if turn is None:
            return
        for candidate in rechecks.due(CHECKER_VERSION, FEW, turn):
            if rechecks.something_waits():
                return
            report_id = candidate.quality.pk
            with logs.about(candidate):
                _recheck(candidate)
            if not rechecks.passed(turn, CHECKER_VERSION, report_id):
                return
        if not rechecks.due(CHECKER_VERSION, 1, turn):
            rechecks.passed(turn, CHECKER_VERSION, None)
            return
    dispatch.recheck()


def _recheck(candidate: Candidate) -> None:
    try:
        _look_again(candidate)
    except FileNotFoundError:
        # The night's cleaning reports it; there is nothing to look at.
        logger.warning("the file of %s is gone; its earlier report stays", candidate.code)
    except OutOfTime as problem:
        logger.warning("%s: %s Its earlier report stays.", candidate.code, problem)
    except (NotBegun, OperationalError, InterfaceError):
        # Not this clip's fault: the others would fare no better.
        raise
    except Exception:
        # One clip must not keep all older ones from being looked at. The next day's round finds it again.
        logger.exception("%s could not be looked at again; its earlier report stays", candidate.code)


def _look_again(candidate: Candidate) -> None:
    try:
        report, clip_facts = look(candidate)
    except OutOfTime:
        raise
    except NotPlayable as problem:
        logger.warning("%s would not be let through any more: %s", candidate.code, problem)
        report, clip_facts = rechecks.refused(CHECKER_VERSION, str(problem)), {}
    line.rechecked(candidate, report, clip_facts)
