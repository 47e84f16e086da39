// The policy is ordinary JavaScript here: `npm test` needs no sandbox. `doorlist plugin test` runs cases/ in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleUser } from "../../../plugins/typescript/doorlist.ts";
import { policy, teamsOf } from "../src/policy.js";

/** @type {import("../src/policy.js").Settings} */
const settings = { separator: "/", prefix: "", names: "path", whole: "hide" };

test("a nested name is the teams on the way", () => {
  assert.deepEqual(teamsOf("Eng / Platform / SRE", settings), ["Eng", "Eng / Platform", "Eng / Platform / SRE"]);
  assert.deepEqual(teamsOf("Eng/Platform", settings), ["Eng", "Eng / Platform"]);
  assert.deepEqual(teamsOf("Eng / Platform", { ...settings, names: "last" }), ["Eng", "Platform"]);
  assert.deepEqual(teamsOf("Team: Eng > Web", { ...settings, prefix: "Team: ", separator: " > " }), ["Eng", "Eng > Web"]);
});

test("other names are no teams", () => {
  for (const name of ["Eng", "", "/", "Eng /", " / Eng"]) {
    assert.deepEqual(teamsOf(name, settings), [], name);
  }
  assert.deepEqual(teamsOf("Eng / Web", { ...settings, prefix: "Team: " }), []);
});

test("a team that two groups have in common comes once", () => {
  const user = sampleUser("ada@example.com", [], ["Eng / Web", "Eng / Platform", "VPN"]);
  const groups = policy.user(user, settings).map(({ value }) => value);
  assert.deepEqual(groups, ["Eng", "Eng / Web", "Eng / Platform"]);
});
