"""Puts contractors into a group of their own."""

import doorlist
from doorlist import Policy, Problem, User

EMPLOYEE_NUMBER = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber"


class ContractorsGroup(Policy):
    name = "contractors-group"
    version = "1.0.0"
    description = "Puts contractors, known by their user type or employee number, into a group of their own, and out of the others if wanted."
    settings_schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "group": {
                "description": "The name of the contractors' group.",
                "type": "string",
                "minLength": 1,
                "maxLength": 60,
                "default": "Contractors",
            },
            "userTypes": {
                "description": "User types of contractors. Upper and lower case are the same.",
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 256},
                "maxItems": 100,
                "default": ["Contractor"],
            },
            "employeeNumberPrefixes": {
                "description": "How employee numbers of contractors begin. Upper and lower case differ.",
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 64},
                "maxItems": 100,
                "default": [],
            },
            "onlyThere": {
                "description": "Whether contractors are taken out of every other group.",
                "type": "boolean",
                "default": False,
            },
        },
    }
    reads = ["userType", EMPLOYEE_NUMBER, "groups", "view"]
    writes = ["groups"]

    def configure(self, settings):
        self.group_name = settings["group"]
        self.user_types = {user_type.casefold() for user_type in settings["userTypes"]}
        self.prefixes = tuple(settings["employeeNumberPrefixes"])
        self.only_there = settings["onlyThere"]
        if not self.user_types and not self.prefixes:
            yield Problem("", "No user type and no employee number makes anybody a contractor.")

    def user(self, user: User):
        why = self.reason(user)
        if why is None:
            return
        if self.only_there:
            for group_id in user.view.groups:
                yield doorlist.remove_group(group_id, why)
            for name in user.view.named_groups:
                if name != self.group_name:
                    yield doorlist.remove_named_group(name, why)
        yield doorlist.add_named_group(self.group_name, why)

    def reason(self, user: User) -> str | None:
        """Why the user is a contractor."""
        for user_type in user.texts("userType"):
            if user_type.strip().casefold() in self.user_types:
                return f'The user type is "{user_type}".'
        for number in user.texts(EMPLOYEE_NUMBER):
            if number.startswith(self.prefixes):
                return f'The employee number is "{number}".'
        return None


# What Doorlist loads.
WitWorld = doorlist.export(ContractorsGroup)
