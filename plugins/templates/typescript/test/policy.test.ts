// The policy is ordinary TypeScript here: `npm test` needs no sandbox. `doorlist plugin test` runs cases/ in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleUser } from "../lib/doorlist.ts";
import { policy } from "../src/policy.ts";

test("a title suspends if it is listed", () => {
  for (const [title, suspended] of [["Guest", true], ["guest", false], ["Engineer", false]] as const) {
    const user = sampleUser("ada@example.com", [{ path: "title", value: title }]);
    assert.equal(policy.user(user, { titles: ["Guest", "Intern"] }).length > 0, suspended, title);
  }
});

test("a title listed twice is refused", () => {
  assert.deepEqual(policy.configure({ titles: ["Guest", "Guest"] }).map(({ pointer }) => pointer), ["/titles/1"]);
});
