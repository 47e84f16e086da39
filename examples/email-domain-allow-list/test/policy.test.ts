// The policy is ordinary TypeScript here: `npm test` needs no sandbox. `doorlist plugin test` runs cases/ in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleUser } from "../../../plugins/typescript/doorlist.ts";
import { addressOf, policy } from "../src/policy.ts";

const emails = (...all: [string, boolean][]) => all.map(([value, primary]) => ({ path: "emails", value: { value, primary } }));

test("the primary address counts, then the first, then the userName", () => {
  for (const [userName, attributes, address] of [
    ["ada", emails(["a@one.example", false], ["b@two.example", true]), "b@two.example"],
    ["ada", emails(["a@one.example", false], ["b@two.example", false]), "a@one.example"],
    ["ada@three.example", emails(), "ada@three.example"],
    ["ada", emails(), undefined],
    ["ada", emails(["nonsense", true], ["a@one.example", false]), "a@one.example"],
  ] as const) {
    assert.equal(addressOf(sampleUser(userName, [...attributes])), address);
  }
});

test("a domain is the whole behind the last @", () => {
  for (const [userName, subdomains, kept] of [
    ["ada@example.com", false, true],
    ["ada@Example.COM", false, true],
    ["ada@eu.example.com", false, false],
    ["ada@eu.example.com", true, true],
    ["ada@notexample.com", true, false],
    ["example.com@evil.example", true, false],
  ] as const) {
    const changes = policy.user(sampleUser(userName), { domains: ["example.com"], subdomains, others: "exclude" });
    assert.equal(changes.length === 0, kept, userName);
  }
});

test("a domain listed twice is refused", () => {
  const settings = { domains: ["example.com", "EXAMPLE.com"], subdomains: false, others: "exclude" as const };
  assert.deepEqual(policy.configure(settings).map(({ pointer }) => pointer), ["/domains/1"]);
});
