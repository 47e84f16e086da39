// Keeps the users whose e-mail address is in one of the domains.

import { complex, definePolicy, type Policy, type User, type UserChange } from "../../../plugins/typescript/doorlist.ts";

/** What an operator may set; `settingsSchema` says the same to Doorlist. */
export interface Settings {
  domains: string[];
  subdomains: boolean;
  others: "exclude" | "suspend";
}

export const policy = {
  name: "email-domain-allow-list",
  version: "1.0.0",
  description: "Keeps the users whose e-mail address is in one of the domains, and excludes or suspends the others.",
  settingsSchema: {
    type: "object",
    additionalProperties: false,
    required: ["domains"],
    properties: {
      domains: {
        description: "Domains of e-mail addresses, such as example.com. Upper and lower case are the same.",
        type: "array",
        items: { type: "string", pattern: "^[^@\\s.]+(\\.[^@\\s.]+)+$", maxLength: 253 },
        minItems: 1,
        maxItems: 100,
      },
      subdomains: {
        description: "Whether addresses in domains below those count too.",
        type: "boolean",
        default: false,
      },
      others: {
        description: "What happens to everybody else.",
        enum: ["exclude", "suspend"],
        default: "exclude",
      },
    },
  },
  reads: ["userName", "emails"],
  writes: ["included", "status"],

  configure({ domains }) {
    const lower = domains.map((domain) => domain.toLowerCase());
    return lower.flatMap((domain, at) =>
      lower.indexOf(domain) < at ? [{ pointer: `/domains/${at}`, message: "This domain is listed twice." }] : [],
    );
  },

  user(user, settings) {
    // The view of a deleted user is excluded already, and a second reason would hide the first.
    if (user.lifecycle === "deleted") return [];
    const address = addressOf(user);
    if (address === undefined) return [refusal(settings, "The user has no e-mail address.")];
    const domain = address.slice(address.lastIndexOf("@") + 1);
    if (settings.domains.some((allowed) => isWithin(domain, allowed, settings.subdomains))) return [];
    return [refusal(settings, `The e-mail address is in "${domain}", which is not allowed.`)];
  },
} satisfies Policy<Settings>;

/** The primary address, or else the first; without any, a `userName` that is one. */
export function addressOf(user: User): string | undefined {
  const emails = complex<{ value?: string; primary?: boolean }>(user, "emails");
  const addresses = [emails.find(({ primary }) => primary), ...emails].map((email) => email?.value);
  return [...addresses, user.userName].find((address) => address?.includes("@"));
}

function isWithin(domain: string, allowed: string, subdomains: boolean): boolean {
  const [inner, outer] = [domain.toLowerCase(), allowed.toLowerCase()];
  return inner === outer || (subdomains && inner.endsWith(`.${outer}`));
}

function refusal({ others }: Settings, reason: string): UserChange {
  return others === "exclude" ? { effect: "exclude", reason } : { effect: "set-status", value: "suspended", reason };
}

export const { describe, configure, user, group } = definePolicy<Settings>(policy);
