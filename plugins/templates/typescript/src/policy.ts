// Suspends members by their title.

import { definePolicy, texts, type Policy } from "../lib/doorlist.ts";

/** What an operator may set; `settingsSchema` says the same to Doorlist. */
export interface Settings {
  titles: string[];
}

export const policy = {
  name: "{{name}}",
  version: "0.1.0",
  description: "Suspends members by their title.",
  settingsSchema: {
    type: "object",
    additionalProperties: false,
    properties: {
      titles: {
        description: "Members with one of these titles are suspended. Upper and lower case differ.",
        type: "array",
        items: { type: "string", minLength: 1, maxLength: 256 },
        maxItems: 100,
        default: [],
      },
    },
  },
  reads: ["title"],
  writes: ["status"],

  configure({ titles }) {
    return titles.flatMap((title, at) =>
      titles.indexOf(title) < at ? [{ pointer: `/titles/${at}`, message: "This title is listed twice." }] : [],
    );
  },

  user(user, { titles }) {
    const title = texts(user, "title").find((title) => titles.includes(title));
    if (title === undefined) return [];
    return [{ effect: "set-status", value: "suspended", reason: `The title "${title}" is suspended.` }];
  },
} satisfies Policy<Settings>;

export const { describe, configure, user, group } = definePolicy<Settings>(policy);
