"""Who am I: STS for keys that the gateway handed out itself, and roles behind keys that STS handed out.

In: STS calls. Out: GetCallerIdentity of the role behind a minted key; every key of an AssumeRole is bound to its role.
Trust policies are not checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from local_aws.services.engine import Caller
from local_aws.wire.keys import OPERATOR, Holder, Keys
from local_aws.wire.request import Incoming

_ACCESS_KEY = re.compile(r"<AccessKeyId>([^<]+)</AccessKeyId>")
_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>{arn}</Arn><UserId>{key}</UserId><Account>{account}</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@dataclass(kw_only=True, eq=False)
class Identities:
    """An interceptor of STS calls."""

    keys: Keys

    def __call__(self, call: Incoming, caller: Caller, proceed: Callable[[], Response]) -> Response:
        if call.operation == "GetCallerIdentity" and caller.role != OPERATOR:
            text = _IDENTITY.format(arn=caller.role, key=caller.access_key, account=caller.account)
            return Response(text, content_type="text/xml")
        role = call.parameters().get("RoleArn") if call.operation == "AssumeRole" else None
        response = proceed()
        found = _ACCESS_KEY.search(response.get_data(as_text=True)) if role else None
        if role and found and response.status_code < 300:
            self.keys.bind(found[1], Holder(role=role))
        return response
