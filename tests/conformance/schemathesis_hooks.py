"""What an OpenAPI document cannot say: parameters that exclude each other, resources that have to stay, and answers that depend on requests."""

import json

import schemathesis

# Pairs of query parameters that RFC 7644 section 3.9 and RFC 9865 section 2 forbid together.
EXCLUSIVE = [("attributes", "excludedAttributes"), ("cursor", "startIndex")]

# Every name of an attribute in a request of this run. What no schema knows is kept, so answers may have these names.
sent = set()


@schemathesis.hook
def filter_case(context, case):
    """Passes over what the document cannot forbid: such pairs, and the deletion of what other requests refer to."""
    query = case.query or {}
    if any(one in query and other in query for one, other in EXCLUSIVE):
        return False
    kept = context.operation.schema.raw_schema["info"]["x-kept"]
    return case.operation.method.upper() != "DELETE" or (case.path_parameters or {}).get("id") not in kept


@schemathesis.hook
def map_body(context, body):
    return whole(body)


def whole(value):
    """Writes whole numbers without a fraction. For JSON Schema 1.0 is one, for RFC 7643 section 2.3.4 it is not."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: whole(part) for key, part in value.items()}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return value


def names(value, found):
    """Adds every key of a JSON value to a set."""
    if isinstance(value, dict):
        found.update(value)
        for part in value.values():
            names(part, found)
    elif isinstance(value, list):
        for part in value:
            names(part, found)
    return found


@schemathesis.hook
def before_call(context, case, kwargs):
    names(case.body, sent)


def described(schema):
    """Every property that the document describes, collected once."""
    if not hasattr(described, "names"):
        described.names = set()
        waiting = [schema]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                if isinstance(part.get("properties"), dict):
                    described.names.update(part["properties"])
                waiting.extend(part.values())
            elif isinstance(part, list):
                waiting.extend(part)
    return described.names


@schemathesis.check
def nothing_is_invented(ctx, response, case):
    """An answer has only what schemas describe and what some client sent."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return
    invented = names(body, set()) - described(case.operation.schema.raw_schema) - sent
    assert not invented, f"Nobody sent or described {sorted(invented)}"
