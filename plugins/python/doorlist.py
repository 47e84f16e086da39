"""What the author of a Doorlist policy needs in Python: the types of what passes between Doorlist and a policy, a base class, and `export`, which
makes a plugin's exports of a policy. The plugin speaks world `policy-json` of the contract.

`print` writes to the plugin's log, which operators see with the decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True)
class Attribute:
    """An attribute by its SCIM path. A multi-valued attribute comes once for each value, a complex value as a dict."""

    path: str
    value: Any


@dataclass(frozen=True)
class GroupRef:
    """A group of the identity provider: the id that Doorlist gave it, and its `displayName`."""

    id: str
    name: str


@dataclass(frozen=True)
class Current:
    """What holds without any policy: `issued` is `scim` or `api`, `status` `active` or `blocked`, `role` one of the tenant's."""

    issued: str = "scim"
    status: str = "active"
    role: str = "user"


@dataclass(frozen=True)
class UserView:
    """What the policies before this one propose for a user."""

    included: bool = True
    status: str = "active"
    """`active`, `suspended` or `blocked`."""
    role: str = "user"
    user_name: str = ""
    display_name: str = ""
    groups: tuple[str, ...] = ()
    """Ids of groups of the inventory."""
    named_groups: tuple[str, ...] = ()
    """Names of groups that policies put the user in beside those."""
    attributes: tuple[Attribute, ...] = ()


@dataclass(frozen=True)
class GroupView:
    """What the policies before this one propose for a group."""

    included: bool = True
    display_name: str = ""


class _Item:
    attributes: tuple[Attribute, ...]

    def texts(self, path: str) -> list[str]:
        """The texts that an attribute has at a path, spelled as in `reads`, in the order they were sent."""
        return [attribute.value for attribute in self.attributes if attribute.path == path and isinstance(attribute.value, str)]


@dataclass(frozen=True)
class User(_Item):
    """A user of the inventory. What the policy does not declare in `reads` is empty; `lifecycle` is always given."""

    user_name: str
    """As the identity provider wrote it."""
    display_name: str = ""
    """As the identity provider wrote it; empty if it wrote none."""
    lifecycle: str = "active"
    """What the identity provider last said: `active`, `inactive` or `deleted`."""
    groups: tuple[GroupRef, ...] = ()
    """Every group the identity provider put the user in, whether or not the directory shows it."""
    attributes: tuple[Attribute, ...] = ()
    """The declared attributes."""
    facts: tuple[Attribute, ...] = ()
    """What is known beside SCIM attributes, such as `connection.provider`."""
    current: Current = field(default_factory=Current)
    view: UserView = field(default_factory=UserView)
    id: str = ""
    external_id: str | None = None


@dataclass(frozen=True)
class Group(_Item):
    """A group of the inventory. What the policy does not declare in `reads` is empty; `lifecycle` is always given."""

    display_name: str
    lifecycle: str = "active"
    attributes: tuple[Attribute, ...] = ()
    facts: tuple[Attribute, ...] = ()
    view: GroupView = field(default_factory=GroupView)
    id: str = ""
    external_id: str | None = None


@dataclass(frozen=True)
class Change:
    """A change of a view, with the reason that people read: one short sentence. The functions below make them."""

    effect: str
    reason: str
    value: str | Attribute | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong with settings: where, as a JSON Pointer (RFC 6901; empty for the whole), and what, as one short sentence."""

    pointer: str
    message: str


def include(reason: str) -> Change:
    """The directory has the user or group."""
    return Change("include", reason)


def exclude(reason: str) -> Change:
    """The directory does not have the user or group."""
    return Change("exclude", reason)


def set_display_name(name: str, reason: str) -> Change:
    """The name people read, of a user or group."""
    return Change("set-display-name", reason, name)


def set_status(status: str, reason: str) -> Change:
    """`active` or `suspended`. Only an operator blocks."""
    return Change("set-status", reason, status)


def set_role(role: str, reason: str) -> Change:
    """One of the tenant's roles."""
    return Change("set-role", reason, role)


def add_group(group_id: str, reason: str) -> Change:
    """Makes the member one of a group of the inventory, by its id."""
    return Change("add-group", reason, group_id)


def remove_group(group_id: str, reason: str) -> Change:
    """Takes the member out of a group, by its id."""
    return Change("remove-group", reason, group_id)


def add_named_group(name: str, reason: str) -> Change:
    """Makes the member one of the group with this name that exists for as long as policies put somebody in it."""
    return Change("add-named-group", reason, name)


def remove_named_group(name: str, reason: str) -> Change:
    """Takes the member out of a group that policies put it in, by its name."""
    return Change("remove-named-group", reason, name)


def set_user_name(name: str, reason: str) -> Change:
    """The name the member signs in with."""
    return Change("set-user-name", reason, name)


def set_attribute(path: str, value: Any, reason: str) -> Change:
    """A value of an attribute; the values an answer sets at one path together replace what was there."""
    return Change("set-attribute", reason, Attribute(path, value))


def remove_attribute(path: str, reason: str) -> Change:
    """Removes every value of an attribute."""
    return Change("remove-attribute", reason, path)


class Policy:
    """A policy: what it is, what its settings are, and what it does to users and groups. What it leaves out changes nothing.

    The functions return a list or are generators.
    """

    name: ClassVar[str]
    """Lower-case letters, digits and hyphens."""
    version: ClassVar[str]
    """Semantic version. A changed plugin needs a new one."""
    description: ClassVar[str]
    """One or two sentences for the operator who chooses the plugin."""
    settings_schema: ClassVar[dict[str, Any]]
    """JSON Schema (draft 2020-12) of the settings. Doorlist checks settings by it, with its defaults filled in, before the policy sees them."""
    reads: ClassVar[list[str]]
    """What the policy wants to see: `id`, `externalId`, `userName`, `displayName`, `groups`, `current`, `view`, `facts`, the path of a SCIM
    attribute, or `attributes` for all of them."""
    writes: ClassVar[list[str]]
    """What the policy may change: `included`, `status`, `role`, `groups`, `userName`, `displayName`, `attributes`. Any other change is a fault."""

    def configure(self, settings: dict[str, Any]) -> Iterable[Problem] | None:
        """Takes the settings, once. What is wrong with them as far as their JSON Schema cannot say it."""

    def user(self, user: User) -> Iterable[Change] | None:
        """The changes to a user's view."""

    def group(self, group: Group) -> Iterable[Change] | None:
        """The changes to a group's view."""


def export(policy: type[Policy]) -> type:
    """Makes the exports of a policy: `WitWorld = doorlist.export(MyPolicy)`, at the end of the module that is built."""

    # One in an instance of the plugin. The class below is made anew for each call.
    made = policy()

    class WitWorld:
        def describe(self) -> str:
            words = {"name": made.name, "version": made.version, "description": made.description}
            return json.dumps(words | {"settingsSchema": made.settings_schema, "reads": made.reads, "writes": made.writes})

        def configure(self, settings: str) -> str:
            problems = made.configure(json.loads(settings)) or ()
            return json.dumps([{"pointer": problem.pointer, "message": problem.message} for problem in problems])

        def user(self, user: str) -> str:
            return _answer(made.user(user_from_json(json.loads(user))))

        def group(self, group: str) -> str:
            return _answer(made.group(group_from_json(json.loads(group))))

    return WitWorld


def _answer(changes: Iterable[Change] | None) -> str:
    return json.dumps([_change_to_json(change) for change in changes or ()])


def _change_to_json(change: Change) -> dict[str, Any]:
    made: dict[str, Any] = {"effect": change.effect, "reason": change.reason}
    if isinstance(change.value, Attribute):
        made["value"] = {"path": change.value.path, "value": change.value.value}
    elif change.value is not None:
        made["value"] = change.value
    return made


def _attributes(listed: list[dict[str, Any]]) -> tuple[Attribute, ...]:
    return tuple(Attribute(each["path"], each["value"]) for each in listed)


def user_from_json(user: dict[str, Any]) -> User:
    """The user that the contract's JSON says."""
    view = user["view"]
    return User(
        id=user["id"],
        external_id=user.get("externalId"),
        user_name=user["userName"],
        display_name=user["displayName"],
        lifecycle=user["lifecycle"],
        groups=tuple(GroupRef(each["id"], each["name"]) for each in user["groups"]),
        attributes=_attributes(user["attributes"]),
        facts=_attributes(user["facts"]),
        current=Current(**user["current"]),
        view=UserView(
            included=view["included"],
            status=view["status"],
            role=view["role"],
            user_name=view["userName"],
            display_name=view["displayName"],
            groups=tuple(view["groups"]),
            named_groups=tuple(view["namedGroups"]),
            attributes=_attributes(view["attributes"]),
        ),
    )


def group_from_json(group: dict[str, Any]) -> Group:
    """The group that the contract's JSON says."""
    view = group["view"]
    return Group(
        id=group["id"],
        external_id=group.get("externalId"),
        display_name=group["displayName"],
        lifecycle=group["lifecycle"],
        attributes=_attributes(group["attributes"]),
        facts=_attributes(group["facts"]),
        view=GroupView(included=view["included"], display_name=view["displayName"]),
    )
