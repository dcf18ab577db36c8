"""The WSGI application: who calls what is read once, every call is recorded, then an engine or moto answers.

In: HTTP requests of any AWS SDK. Out: HTTP responses. A call that nobody serves is a 4xx that names itself; an
engine's own bug is a 500 with its traceback on the server's log.
"""

from __future__ import annotations

import errno
import socket
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from werkzeug.wrappers import Response

from local_aws.gateway.control import PREFIX, Control
from local_aws.gateway.record import Record, RecordedCall, resources_of
from local_aws.services.engine import Caller, Engines
from local_aws.services.moto_backend import VALIDATED, MotoBackend, is_served_by_moto
from local_aws.wire.credentials import Credential, credential_of
from local_aws.wire.errors import AwsError, NotImplementedLocally, ReplyLost
from local_aws.wire.keys import MACHINERY, MACHINERY_KEY, Keys
from local_aws.wire.pages import one_page
from local_aws.wire.request import Incoming, SignedRequest, incoming, protocol_of
from local_aws.wire.response import failure, success
from local_aws.world.world import World

# Interceptors stand between the wire and moto: S3 events, notifications' faults, STS keys.
Interceptor = Callable[[Incoming, Caller, Callable[[], Response]], Response]


@dataclass(kw_only=True, eq=False)
class Application:
    """One per server; threads share it."""

    engines: Engines
    moto: MotoBackend
    world: World | None
    keys: Keys
    record: Record
    control: Control
    interceptors: dict[str, Interceptor]
    account: str
    log: Callable[[str], None]
    last_call: float = field(init=False, default_factory=time.monotonic)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        came = time.monotonic()
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            self.last_call = came
            return self.control.respond(SignedRequest(environ))(environ, start_response)
        try:
            credential = credential_of(environ)
        except AwsError as error:
            return failure(error, "json")(environ, start_response)
        # Neither the machinery's polls nor a schedule's sweeps keep a forgotten local AWS awake.
        if credential.access_key != MACHINERY_KEY and not self.keys.holder(credential.access_key).by_schedule:
            self.last_call = came
        try:
            response = self._answer(environ, credential)
        except ReplyLost:
            _drop_connection(environ)
            response = Response(b"", status=503)
        return response(environ, start_response)

    def _answer(self, environ: dict[str, Any], credential: Credential) -> Response:
        began, began_monotonic = time.time(), time.perf_counter()
        _prepare(environ, credential)
        request = SignedRequest(environ)
        holder = self.keys.holder(credential.access_key)
        caller = Caller(
            role=holder.role,
            region=credential.region,
            account=self.account,
            access_key=credential.access_key,
            run_id=holder.run_id,
        )
        operation, resources, status, code = "?", [], 0, None
        try:
            try:
                call = incoming(request, credential)
                operation = call.operation
                resources = _resources(call)
                response = self._serve(call, caller)
            except AwsError as error:
                code = error.code
                response = failure(error, _error_protocol(credential.service, request))
            except ReplyLost:
                code = "ReplyLost"
                raise
            except Exception as error:
                self.log(traceback.format_exc())
                code = "InternalFailure"
                text = f"{credential.service}:{operation}: {failure_text(error)}"
                response = failure(AwsError(code, text, status=500), _error_protocol(credential.service, request))
            status = response.status_code
            if status >= 400 and code is None:
                code = _code_of(response)
            return response
        finally:
            if caller.role != MACHINERY:
                self.record.add(
                    RecordedCall(
                        time=began,
                        role=caller.role,
                        service=credential.service,
                        operation=operation,
                        resources=resources,
                        status=status,
                        error=code,
                        latency_ms=round((time.perf_counter() - began_monotonic) * 1000, 3),
                    )
                )

    def _serve(self, call: Incoming, caller: Caller) -> Response:
        interceptor = self.interceptors.get(call.service)
        if self.engines.has(call.service, call.operation):
            parameters = call.validated_parameters()
            result = self.engines.call(call.service, call.operation, parameters, caller)
            return success(one_page(result or {}, call.model, parameters), call.model, call.protocol)
        if not is_served_by_moto(call.service, call.operation):
            raise NotImplementedLocally(call.service, call.operation)
        if call.service in VALIDATED:
            call.validated_parameters()
        if interceptor is None:
            return self._by_moto(call)
        return interceptor(call, caller, lambda: self._by_moto(call))

    def _by_moto(self, call: Incoming) -> Response:
        """What the call changed is written before its answer is given; what could not be kept is refused."""
        if self.world is None:
            return self.moto.respond(call)
        keys = self.world.keys_to_change(call)
        parameters = call.parameters() if call.service in ("glue", "logs") else {}
        self.world.check(call, keys, parameters)
        response = self.moto.respond(call)
        if response.status_code < 300:
            self.world.changed(call, keys, parameters)
        return response


def failure_text(error: Exception) -> str:
    """What failed inside, and where: a full disk is told from a defect by who reads only the answer."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    cause = "DiskFull" if isinstance(error, OSError) and error.errno == errno.ENOSPC else type(error).__name__
    return f"the local AWS itself failed: {cause}: {error}{place}; its log has the traceback"


def _prepare(environ: dict[str, Any], credential: Credential) -> None:
    # moto routes by AWS's host names, and stores an empty body for a PUT of a form (urllib's default content type).
    environ["HTTP_HOST"] = f"{credential.service}.{credential.region}.amazonaws.com"
    if credential.service == "s3" and environ["REQUEST_METHOD"] == "PUT":
        content_type = environ.get("CONTENT_TYPE", "")
        if content_type.startswith("application/x-www-form-urlencoded"):
            environ["CONTENT_TYPE"] = ""
    if "HTTP_TRANSFER_ENCODING" not in environ:
        environ.setdefault("CONTENT_LENGTH", "0")


def _resources(call: Incoming) -> list[str]:
    if call.protocol == "rest-xml":
        # What a list is limited to decides who may ask for it.
        prefix = [call.request.args.get("prefix", "")] if call.operation.startswith("ListObject") else []
        return [*resources_of(call.uri_parameters), *prefix]
    return resources_of(call.parameters())


def _error_protocol(service: str, request: SignedRequest) -> str:
    try:
        return protocol_of(service, request.content_type or "")
    except Exception:  # an unknown service has no model to ask
        return "json"


def _code_of(response: Response) -> str | None:
    body = response.get_data(as_text=True)
    for opening, closing in (("<Code>", "</Code>"), ('"__type": "', '"'), ('"__type":"', '"')):
        _, found, rest = body.partition(opening)
        if found:
            return rest.partition(closing)[0].rsplit("#", 1)[-1]
    return None


def _drop_connection(environ: dict[str, Any]) -> None:
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)
