"""Calls of CloudWatch Logs on their way to moto, which passes over many parameters without a word.

In: calls of Logs. Out: moto's answer; FilterLogEvents is answered here from moto's streams, with the parameters that
moto does not read; what nobody would honour is refused by name, since an answer to another question is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.backends import get_backend
from werkzeug.wrappers import Response

from local_aws.services.engine import Caller
from local_aws.wire.errors import AwsError, NotImplementedLocally
from local_aws.wire.limits import exceeded
from local_aws.wire.request import Incoming
from local_aws.wire.response import success

PASSED_OVER: dict[str, frozenset[str]] = {
    "CreateExportTask": frozenset({"logStreamNamePrefix"}),
    "CreateLogGroup": frozenset({"deletionProtectionEnabled", "logGroupClass"}),
    "DeleteResourcePolicy": frozenset({"expectedRevisionId", "resourceArn"}),
    "DescribeDeliveries": frozenset({"deliverySourceNames", "limit", "nextToken"}),
    "DescribeDeliveryDestinations": frozenset({"limit", "names", "nextToken"}),
    "DescribeDeliverySources": frozenset({"limit", "nextToken", "resourceArns"}),
    "DescribeExportTasks": frozenset({"limit", "nextToken", "statusCode"}),
    "DescribeLogGroups": frozenset(
        {"accountIdentifiers", "includeLinkedAccounts", "logGroupClass", "logGroupIdentifiers", "logGroupNamePattern"}
    ),
    # moto reads this token and gives the same one back, for ever.
    "DescribeMetricFilters": frozenset({"limit", "nextToken"}),
    "DescribeQueries": frozenset({"maxResults", "nextToken", "queryLanguage"}),
    "DescribeResourcePolicies": frozenset({"limit", "nextToken", "policyScope", "resourceArn"}),
    "DescribeSubscriptionFilters": frozenset({"filterNamePrefix", "limit", "nextToken"}),
    "FilterLogEvents": frozenset({"startFromHead"}),
    "GetQueryResults": frozenset({"maxItems", "nextToken"}),
    "PutDeliveryDestination": frozenset({"deliveryDestinationType", "roleArn"}),
    "PutDeliverySource": frozenset({"deliverySourceConfiguration"}),
    "PutDestinationPolicy": frozenset({"forceUpdate"}),
    "PutLogEvents": frozenset({"entity"}),
    "PutMetricFilter": frozenset({"applyOnTransformedLogs", "emitSystemFieldDimensions", "fieldSelectionCriteria"}),
    "PutResourcePolicy": frozenset({"expectedRevisionId", "resourceArn"}),
    "PutSubscriptionFilter": frozenset(
        {"applyOnTransformedLogs", "distribution", "emitSystemFields", "fieldSelectionCriteria"}
    ),
    "StartQuery": frozenset({"limit", "logGroupIdentifiers", "queryLanguage"}),
}
"""What moto 5.2.5 does not read and nothing here makes up for, by operation."""
WITHOUT_MEANING: dict[str, frozenset[str]] = {
    # Nothing is masked here; the sequence token and `interleaved` mean nothing on AWS either (API reference).
    "FilterLogEvents": frozenset({"interleaved", "unmask"}),
    "GetLogEvents": frozenset({"unmask"}),
    "PutLogEvents": frozenset({"sequenceToken"}),
}
"""Accepted and passed over, by moto or here, without any difference to AWS."""

# Every other pattern matches every event in moto 5.2.5.
_MATCHED = re.compile(r'[^\W\d_]\w*(?: +\w+)*|"[^"]+"')


class LogCalls:
    """An interceptor of CloudWatch Logs."""

    def __call__(self, call: Incoming, caller: Caller, proceed: Callable[[], Response]) -> Response:
        given = call.parameters()
        refused = sorted(name for name in PASSED_OVER.get(call.operation, ()) if given.get(name) is not None)
        if call.operation == "FilterLogEvents" and given.get("startFromHead"):
            refused = []  # the default, and the only order there is
        if refused:
            detail = f"{' and '.join(refused)} would be passed over; leave it out, or run it against AWS"
            raise NotImplementedLocally(call.service, call.operation, detail=detail)
        if call.operation != "FilterLogEvents":
            return proceed()
        problems = list(exceeded(given, call.model.input_shape))
        if problems:
            raise AwsError("InvalidParameterException", "; ".join(problems))
        return success(_filtered(given, caller), call.model, call.protocol)


def _filtered(given: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """FilterLogEvents: events of all streams by time; `searchedLogStreams` is empty, as on AWS since 2020."""
    group, prefix = _group(given), given.get("logStreamNamePrefix")
    pattern = given.get("filterPattern") or ""
    if prefix and given.get("logStreamNames"):
        raise AwsError("InvalidParameterException", "logStreamNames and logStreamNamePrefix exclude one another")
    if pattern and not _MATCHED.fullmatch(pattern):
        detail = f"only words and one quoted phrase are matched here, not {pattern!r}"
        raise NotImplementedLocally("logs", "FilterLogEvents filterPattern", detail=detail)
    found: Any = get_backend("logs")[caller.account][caller.region].groups.get(group)
    if found is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    names = given.get("logStreamNames") or []
    if prefix:
        names = [name for name in found.streams if name.startswith(prefix)]
        if not names:  # moto takes no names for all of them
            return {"events": [], "searchedLogStreams": []}
    events, token, _ = found.filter_log_events(
        group,
        names,
        given.get("startTime"),
        given.get("endTime"),
        given.get("limit"),
        given.get("nextToken"),
        pattern,
        True,
    )
    return {"events": events, "searchedLogStreams": [], **({"nextToken": token} if token else {})}


def _group(given: dict[str, Any]) -> str:
    name, identifier = given.get("logGroupName"), given.get("logGroupIdentifier")
    if bool(name) == bool(identifier):
        raise AwsError("InvalidParameterException", "give one of logGroupName and logGroupIdentifier")
    if name:
        return str(name)
    _, _, of_arn = str(identifier).partition(":log-group:")
    return of_arn.removesuffix(":*") or str(identifier)
