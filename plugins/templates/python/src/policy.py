"""Suspends members by their title."""

import doorlist
from doorlist import Policy, Problem, User


class {{type}}(Policy):
    name = "{{name}}"
    version = "0.1.0"
    description = "Suspends members by their title."
    settings_schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "titles": {
                "description": "Members with one of these titles are suspended. Upper and lower case differ.",
                "type": "array",
                "items": {"type": "string", "minLength": 1, "maxLength": 256},
                "maxItems": 100,
                "default": [],
            },
        },
    }
    reads = ["title"]
    writes = ["status"]

    def configure(self, settings):
        self.titles = settings["titles"]
        for at, title in enumerate(self.titles):
            if title in self.titles[:at]:
                yield Problem(f"/titles/{at}", "This title is listed twice.")

    def user(self, user: User):
        for title in user.texts("title"):
            if title in self.titles:
                return [doorlist.set_status("suspended", f'The title "{title}" is suspended.')]


# What Doorlist loads.
WitWorld = doorlist.export({{type}})
