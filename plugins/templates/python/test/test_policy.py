"""The policy is ordinary Python here: `python3 -m unittest discover test` needs no sandbox. `doorlist plugin test` runs cases/ in it."""

import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / directory) for directory in ("src", "lib")]

from doorlist import Attribute, User
from policy import {{type}}


class Titles(unittest.TestCase):
    def test_a_title_suspends_if_it_is_listed(self):
        policy = {{type}}()
        self.assertEqual(list(policy.configure({"titles": ["Guest", "Intern"]})), [])
        for title, suspended in [("Guest", True), ("guest", False), ("Engineer", False)]:
            user = User("ada@example.com", attributes=(Attribute("title", title),))
            self.assertEqual(bool(policy.user(user)), suspended, title)

    def test_a_title_listed_twice_is_refused(self):
        problems = list({{type}}().configure({"titles": ["Guest", "Guest"]}))
        self.assertEqual([problem.pointer for problem in problems], ["/titles/1"])


if __name__ == "__main__":
    unittest.main()
