"""Runs scim2-tester against the server at the URL of the first argument, with the token of the environment, and prints its results as JSON.

The suite runs as it is. With the second argument "test-resources" it is helped over attributes of kinds that users and groups have none of, which it
does not know how to make or compare: see `prepare` and `AskingClient`.
"""

import json
import os
import random
import sys
from datetime import UTC, datetime

from httpx2 import Client
from pydantic import BaseModel
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Extension, Mutability, Path, Required, ResponseParameters, Returned
from scim2_tester import check_server

REQUEST_SECONDS_MAX = 30

# scim2-tester makes up a text for a value of these types, unless the field has examples.
EXAMPLES = {float: [1.5, -2.25], datetime: [datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)]}


def prepare(model, seen, is_resource=True):
    """Gives examples to the fields of a model, and of what it consists of, that need them, and leaves out what cannot be compared.

    The suite compares each value that it reads with the one that it wrote. It makes an exception for resources' own attributes that
    are writeOnly, and not for others that are never returned (RFC 7643 section 7, "returned"); and it compares the text of a
    resource's own binary attribute with its bytes (section 2.3.6). Those are left to the other suites: the client takes them for
    read-only. It makes up a text for decimals and points in time (sections 2.3.3 and 2.3.5), and expects what is always returned
    also of a resource that has none of it, which is not there (section 2.5).
    """
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        kind = model.get_field_root_type(name)
        # Binary values are bytes with a note how they are written.
        kind = getattr(kind, "__origin__", kind)
        # Not by the model's own method, which would remember what it said.
        is_never_returned = Returned.never in field.metadata and not (is_resource and Mutability.write_only in field.metadata)
        if is_never_returned or (is_resource and kind is bytes):
            field.metadata = [part for part in field.metadata if not isinstance(part, Mutability)] + [Mutability.read_only]
        elif is_resource and Returned.always in field.metadata:
            # The suite expects it in every answer, so every resource has to have it.
            field.metadata = [part for part in field.metadata if not isinstance(part, Required)] + [Required.true]
        elif kind in EXAMPLES:
            field.examples = EXAMPLES[kind]
        elif isinstance(kind, type) and issubclass(kind, BaseModel):
            prepare(kind, seen, issubclass(kind, Extension))


class AskingClient(SyncSCIMClient):
    """Names every attribute of a resource when it reads one that has attributes to be asked for.

    The suite compares what it reads with what it wrote, and asks for nothing; "returned": "request" is not returned then (RFC 7643
    section 7, RFC 7644 section 3.9).
    """

    def query(self, resource_model=None, id=None, query_parameters=None, **rest):
        if query_parameters is None and id is not None:
            paths = list(Path[resource_model].iter_paths())
            if any(is_asked_for(path) for path in paths):
                query_parameters = ResponseParameters(attributes=[path for path in paths if not has_parts(path, paths)])
        return super().query(resource_model, id, query_parameters=query_parameters, **rest)


def is_asked_for(path):
    binding = path.resolve()
    return binding is not None and binding.get_annotation(Returned) == Returned.request


def has_parts(path, paths):
    return any(str(other).startswith((f"{path}.", f"{path}:")) for other in paths)


def named(result):
    """The check, the resource type and the attribute that a result is about."""
    attribute = result.data.get("urn") if isinstance(result.data, dict) else None
    return " ".join(filter(None, [result.title, result.resource_type, attribute]))


def main() -> None:
    random.seed(7643)
    # Nothing of the environment may send requests to a proxy: the server is on this machine.
    http = Client(
        base_url=sys.argv[1],
        headers={"Authorization": "Bearer " + os.environ["SCIM_TOKEN"]},
        timeout=REQUEST_SECONDS_MAX,
        trust_env=False,
    )
    is_helped = sys.argv[2:] == ["test-resources"]
    client = AskingClient(http) if is_helped else SyncSCIMClient(http)
    client.discover()
    seen = set()
    for resource_type in client.provider.resource_types if is_helped else []:
        prepare(client.get_resource_model(resource_type.name), seen)
    results = check_server(client)
    described = [
        {
            "status": result.status.name,
            "check": named(result),
            "reason": result.reason,
            "data": str(result.data),
        }
        for result in results
    ]
    json.dump(described, sys.stdout)


main()
