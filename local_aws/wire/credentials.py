"""Who calls which service: read from SigV4's Authorization header or a presigned URL's query.

In: a WSGI environ. Out: access key, region and the scope's service name. Signatures are not verified: the gateway
listens on the loopback interface only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from local_aws.wire.errors import AwsError

_HEADER = re.compile(r"Credential=(?P<scope>[^,\s]+)")


@dataclass(frozen=True, kw_only=True)
class Credential:
    """The credential scope `<key>/<date>/<region>/<service>/aws4_request`."""

    access_key: str
    region: str
    service: str


def credential_of(environ: dict) -> Credential:
    """Raises AwsError MissingAuthenticationToken for a request without a SigV4 scope."""
    header = _HEADER.search(environ.get("HTTP_AUTHORIZATION", ""))
    query = parse_qs(environ.get("QUERY_STRING", ""))
    if not header and "AWSAccessKeyId" in query:
        # boto3 still presigns S3 URLs of us-east-1 in the old way, which names no service and no region.
        return Credential(access_key=query["AWSAccessKeyId"][0], region="us-east-1", service="s3")
    scope = header["scope"] if header else query.get("X-Amz-Credential", [""])[0]
    parts = scope.split("/")
    if len(parts) != 5:
        raise AwsError(
            "MissingAuthenticationToken",
            "the request carries no SigV4 credential scope; call the local AWS with an AWS SDK and any access key",
            status=403,
        )
    return Credential(access_key=parts[0], region=parts[2], service=parts[3].lower())
