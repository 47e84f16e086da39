"""The policy is ordinary Python here: `python3 -m unittest discover test` needs no sandbox. `doorlist plugin test` runs cases/ in it."""

import sys
import unittest
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / "src"), str(HERE.parent.parent.parent / "plugins/python")]

from doorlist import Attribute, User, UserView
from policy import EMPLOYEE_NUMBER, ContractorsGroup


def policy(**settings):
    made = ContractorsGroup()
    defaults = {"group": "Contractors", "userTypes": ["Contractor"], "employeeNumberPrefixes": ["C-"], "onlyThere": False}
    return made, list(made.configure(defaults | settings))


class Contractors(unittest.TestCase):
    def test_user_type_or_employee_number_makes_a_contractor(self):
        made, problems = policy()
        self.assertEqual(problems, [])
        for path, value, contractor in [
            ("userType", "Contractor", True),
            ("userType", " CONTRACTOR", True),
            ("userType", "Employee", False),
            (EMPLOYEE_NUMBER, "C-17", True),
            (EMPLOYEE_NUMBER, "17", False),
            ("title", "Contractor", False),
        ]:
            changes = list(made.user(User("ada@example.com", attributes=(Attribute(path, value),))))
            self.assertEqual([change.value for change in changes], ["Contractors"] if contractor else [], value)

    def test_they_can_be_in_no_other_group(self):
        made, _ = policy(onlyThere=True)
        view = UserView(groups=("1",), named_groups=("Sales", "Contractors"))
        user = User("ada@example.com", attributes=(Attribute("userType", "Contractor"),), view=view)
        changes = [(change.effect, change.value) for change in made.user(user)]
        self.assertEqual(changes, [("remove-group", "1"), ("remove-named-group", "Sales"), ("add-named-group", "Contractors")])

    def test_settings_that_find_nobody_are_refused(self):
        _, problems = policy(userTypes=[], employeeNumberPrefixes=[])
        self.assertEqual([problem.pointer for problem in problems], [""])


if __name__ == "__main__":
    unittest.main()
