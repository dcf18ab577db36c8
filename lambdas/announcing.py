"""Says a run's outcome once: claims it, publishes it, and gives the claim back where that failed.

Flows in: an outcome. Flows out: one SNS message, or none where it was said before. Finding the outcome is others' part.
"""

from __future__ import annotations

import logging
from typing import Any

from lambdas.claims import Claims
from pipeline.errors import NotificationFailed
from pipeline.outcome import Outcome

logger = logging.getLogger(__name__)


class Announcer:
    """Clients are arguments, so that a test passes its own."""

    def __init__(self, *, sns: Any, topic_arn: str, claims: Claims) -> None:
        self._sns, self._topic_arn, self._claims = sns, topic_arn, claims

    def announce(self, outcome: Outcome) -> bool:
        """Whether it was said now; raises NotificationFailed, to be called again."""
        if not self._claims.take(outcome.run_id, outcome.body):
            return False
        try:
            self._sns.publish(TopicArn=self._topic_arn, Subject=outcome.subject, Message=outcome.body)
        except Exception as error:
            self._claims.give_back(outcome.run_id)
            raise NotificationFailed(
                f"run {outcome.run_id} {outcome.status} and its message was not sent ({type(error).__name__}); "
                "the run's outcome stands, Lambda tries again"
            ) from error
        logger.info("told run=%s status=%s failed_step=%s", outcome.run_id, outcome.status, outcome.failed_step)
        return True
