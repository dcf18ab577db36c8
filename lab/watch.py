"""One run from its start to its end: started, looked at, and stopped where nobody would watch it any more.

Flows in: an orchestrator's client. Flows out: how the run ended, whatever that was. Measures nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lab.clock import Clock
from lab.failures import SERVICE_FAILURES, is_absent, is_connection_lost, named
from lab.liveness import Liveness
from lab.orchestrators.run_state import Orchestrator, RunState, Status
from pipeline.errors import ConfigInvalid
from pipeline.steps import Pipeline

# A stopped run ends as soon as its jobs have.
STOP_BOUND_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Watched:
    """How a run ended; `run_id` is None if it never began. `interrupted` by the user."""

    run_id: str | None
    state: RunState
    interrupted: bool = False


class Watch:
    """`progress` is shown every look at a run; `unhealthy_seconds` is how long its orchestrator may be unwell."""

    def __init__(
        self,
        *,
        pipeline: Pipeline,
        clock: Clock,
        poll_seconds: float,
        unhealthy_seconds: float,
        progress: Callable[[str, RunState], None],
    ) -> None:
        self._pipeline = pipeline
        self._unhealthy_seconds = unhealthy_seconds
        self._bound_seconds = sum(step.timeout_seconds * (1 + step.retry.attempts) for step in pipeline.steps)
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._progress = progress

    def to_its_end(self, orchestrator: Orchestrator) -> Watched:
        """Raises ConfigInvalid where the orchestrator is not deployed, and nothing else."""
        run_id: str | None = None
        state = RunState(status=Status.FAILED)
        try:
            run_id = orchestrator.start()
            until = self._clock.monotonic() + self._bound_seconds
            liveness = Liveness(
                pipeline=self._pipeline,
                monotonic=self._clock.monotonic,
                unhealthy_seconds=self._unhealthy_seconds,
            )
            while True:
                look = self._look(orchestrator, run_id, liveness)
                if look is not None:
                    state = look
                    self._progress(orchestrator.lane, state)
                    if state.ended:
                        return Watched(run_id=run_id, state=state)
                    if ending := liveness.after(state, orchestrator):
                        return Watched(run_id=run_id, state=self._stopped(orchestrator, run_id, state, *ending))
                if self._clock.monotonic() >= until:
                    error = f"RunTimedOut: the run did not end within {self._bound_seconds} seconds"
                    return Watched(
                        run_id=run_id, state=self._stopped(orchestrator, run_id, state, Status.TIMED_OUT, error)
                    )
                self._clock.sleep(self._poll_seconds)
        except KeyboardInterrupt:
            error = "RunStopped: interrupted by the user"
            if run_id is not None:
                state = self._stopped(orchestrator, run_id, state, Status.STOPPED, error)
            return Watched(
                run_id=run_id, state=replace(state, status=Status.STOPPED, error=state.error or error), interrupted=True
            )
        except SERVICE_FAILURES as failure:
            if run_id is None and is_absent(failure):
                raise ConfigInvalid(f"{orchestrator.lane} is not deployed ({failure}); deploy it first") from failure
            if run_id is None:
                return Watched(run_id=None, state=RunState(status=Status.FAILED, error=named(failure)))
            return Watched(run_id=run_id, state=self._lost(orchestrator, run_id, state, failure))

    def _look(self, orchestrator: Orchestrator, run_id: str, liveness: Liveness) -> RunState | None:
        """None where the service can't answer for now; raises what is not worth another look."""
        try:
            return orchestrator.poll(run_id)
        except SERVICE_FAILURES as failure:
            if liveness.unanswered(failure) is None:
                return None
            raise

    def _lost(self, orchestrator: Orchestrator, run_id: str, state: RunState, failure: Exception) -> RunState:
        """A run that can't be seen any more is stopped, so that it does not go on behind the next one."""
        error = named(failure)
        if is_connection_lost(failure):
            return replace(state, status=Status.FAILED, error=f"{error}; the run {run_id} may still be going on")
        return self._stopped(orchestrator, run_id, state, Status.FAILED, error)

    def _stopped(self, orchestrator: Orchestrator, run_id: str, state: RunState, status: str, error: str) -> RunState:
        """The run's last state under `status`; the error says whether it could be stopped."""
        try:
            orchestrator.stop(run_id)
            until = self._clock.monotonic() + STOP_BOUND_SECONDS
            state = orchestrator.poll(run_id)
            while not state.ended and self._clock.monotonic() < until:
                self._clock.sleep(self._poll_seconds)
                state = orchestrator.poll(run_id)
        except SERVICE_FAILURES as failure:
            return replace(state, status=status, error=f"{error}; the run was not stopped ({named(failure)})")
        stopped = "the run was stopped" if state.ended else "the run was asked to stop and goes on"
        return replace(state, status=status, error=f"{error}; {stopped}")
