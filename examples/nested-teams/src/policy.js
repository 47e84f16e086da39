// Splits groups with nested names, such as `Eng / Platform / SRE`, into one group for each team on the way.

import { definePolicy } from "../../../plugins/typescript/doorlist.ts";

/**
 * What an operator may set; `settingsSchema` says the same to Doorlist.
 * @typedef {{ separator: string, prefix: string, names: "path" | "last", whole: "hide" | "keep" }} Settings
 */

/** @satisfies {import("../../../plugins/typescript/doorlist.ts").Policy<Settings>} */
export const policy = {
  name: "nested-teams",
  version: "1.0.0",
  description: "Splits groups with nested names, such as Eng / Platform / SRE, into one group for each team on the way.",
  settingsSchema: {
    type: "object",
    additionalProperties: false,
    properties: {
      separator: {
        description: "What stands between the names of teams. Spaces around it do not count.",
        type: "string",
        minLength: 1,
        maxLength: 16,
        default: "/",
      },
      prefix: {
        description: "Only groups whose name starts so are nested teams; the teams' groups are named without it.",
        type: "string",
        maxLength: 64,
        default: "",
      },
      names: {
        description: "What the teams' groups are named: the whole path to the team, or its last name only.",
        enum: ["path", "last"],
        default: "path",
      },
      whole: {
        description: "Whether the directory also has the group as the identity provider has it.",
        enum: ["hide", "keep"],
        default: "hide",
      },
    },
  },
  reads: ["displayName", "groups"],
  writes: ["included", "groups"],

  user(user, settings) {
    /** @type {Map<string, string>} The groups to be in, each with the group that it comes from. */
    const teams = new Map();
    for (const { name } of user.groups) {
      for (const team of teamsOf(name, settings)) {
        if (!teams.has(team)) teams.set(team, name);
      }
    }
    return [...teams].map(([team, name]) => ({ effect: "add-named-group", value: team, reason: `Member of "${name}".` }));
  },

  group(group, settings) {
    if (settings.whole === "keep" || teamsOf(group.displayName, settings).length === 0) return [];
    return [{ effect: "exclude", reason: "The directory has a group for each of its teams." }];
  },
};

/**
 * The names of the teams' groups, the outermost first; none if the group is no nested team.
 * @param {string} name
 * @param {Settings} settings
 */
export function teamsOf(name, { separator, prefix, names }) {
  if (!name.startsWith(prefix)) return [];
  const teams = name.slice(prefix.length).split(separator).map((team) => team.trim()).filter((team) => team !== "");
  if (teams.length < 2) return [];
  return names === "last" ? teams : teams.map((_, at) => teams.slice(0, at + 1).join(` ${separator.trim()} `));
}

export const { describe, configure, user, group } = definePolicy(policy);
