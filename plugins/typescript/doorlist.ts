// What the author of a Doorlist policy needs in TypeScript or JavaScript: the types of what passes between Doorlist and a policy, and
// `definePolicy`, which makes a plugin's exports of one object. The plugin speaks world `policy-json` of the contract.
//
// `console.log` writes to the plugin's log, which operators see with the decision.

/** A value of an attribute, as JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the identity provider last said of a user or group. */
export type Lifecycle = "active" | "inactive" | "deleted";

/** Whether a member may use the application. Only an operator blocks. */
export type Status = "active" | "suspended" | "blocked";

/** An attribute by its SCIM path. A multi-valued attribute comes once for each value. */
export interface Attribute {
  /** The path, such as `title` or `emails.value`, spelled as in `reads`. */
  path: string;
  /** The value; an object if it is complex. */
  value: Json;
}

/** A group of the identity provider. */
export interface GroupRef {
  /** The id that Doorlist gave it. */
  id: string;
  /** Its `displayName`. */
  name: string;
}

/** What the policies before this one propose for a user. */
export interface UserView {
  /** Whether the directory has the user as a member. */
  included: boolean;
  /** Whether the member may use the application. */
  status: Status;
  /** One of the tenant's roles. */
  role: string;
  /** The name the member signs in with. */
  userName: string;
  /** The name people read. */
  displayName: string;
  /** Ids of groups of the inventory. */
  groups: string[];
  /** Names of groups that policies put the user in beside those. */
  namedGroups: string[];
  /** What the application will see of the user beside the above. */
  attributes: Attribute[];
}

/** A user of the inventory. What the policy does not declare in `reads` is empty. */
export interface User {
  /** The id that Doorlist gave the user. */
  id: string;
  /** The id that the identity provider gave the user. */
  externalId?: string;
  /** As the identity provider wrote it. */
  userName: string;
  /** As the identity provider wrote it; empty if it wrote none. */
  displayName: string;
  /** Always given. */
  lifecycle: Lifecycle;
  /** Every group the identity provider put the user in, whether or not the directory shows it. */
  groups: GroupRef[];
  /** The declared attributes. */
  attributes: Attribute[];
  /** What is known beside SCIM attributes, such as `connection.provider`. */
  facts: Attribute[];
  /** What holds without any policy. */
  current: { issued: "scim" | "api"; status: Status; role: string };
  /** What the policies before this one propose. */
  view: UserView;
}

/** A group of the inventory. What the policy does not declare in `reads` is empty. */
export interface Group {
  /** The id that Doorlist gave the group. */
  id: string;
  /** The id that the identity provider gave the group. */
  externalId?: string;
  /** As the identity provider wrote it. */
  displayName: string;
  /** Always given. */
  lifecycle: Lifecycle;
  /** The declared attributes. */
  attributes: Attribute[];
  /** What is known beside SCIM attributes. */
  facts: Attribute[];
  /** What the policies before this one propose. */
  view: { included: boolean; displayName: string };
}

/** A change of a user's view, with the reason that people read: one short sentence. */
export type UserChange = { reason: string } & (
  | { effect: "include" | "exclude" }
  | { effect: "set-status"; value: "active" | "suspended" }
  | {
      effect:
        | "set-role"
        | "add-group"
        | "remove-group"
        | "add-named-group"
        | "remove-named-group"
        | "set-user-name"
        | "set-display-name"
        | "remove-attribute";
      value: string;
    }
  | { effect: "set-attribute"; value: Attribute }
);

/** A change of a group's view, with the reason that people read: one short sentence. */
export type GroupChange = { reason: string } & ({ effect: "include" | "exclude" } | { effect: "set-display-name"; value: string });

/** What is wrong with settings. */
export interface Problem {
  /** Where, as a JSON Pointer (RFC 6901) into the settings; empty for the whole. */
  pointer: string;
  /** What, as one short sentence. */
  message: string;
}

/** A part of a view. */
export type Part = "included" | "status" | "role" | "groups" | "userName" | "displayName" | "attributes";

/** A policy: what it is, what its settings are, and what it does to users and groups. Functions that it leaves out change nothing. */
export interface Policy<Settings> {
  /** Lower-case letters, digits and hyphens. */
  name: string;
  /** Semantic version. A changed plugin needs a new one. */
  version: string;
  /** One or two sentences for the operator who chooses the plugin. */
  description: string;
  /** JSON Schema (draft 2020-12) of the settings. Doorlist checks settings by it, with its defaults filled in, before the policy sees them. */
  settingsSchema: { [key: string]: Json };
  /**
   * What the policy wants to see: `id`, `externalId`, `userName`, `displayName`, `groups`, `current`, `view`, `facts`, the path of a SCIM
   * attribute, or `attributes` for all of them.
   */
  reads: string[];
  /** What the policy may change. Any other change is a fault. */
  writes: Part[];
  /** What is wrong with the settings as far as their JSON Schema cannot say it. */
  configure?(settings: Settings): Problem[];
  /** The changes to a user's view. */
  user?(user: User, settings: Settings): UserChange[];
  /** The changes to a group's view. */
  group?(group: Group, settings: Settings): GroupChange[];
}

/** The functions that Doorlist calls. A plugin exports them under these names. */
export interface Exports {
  describe(): string;
  configure(settings: string): string;
  user(user: string): string;
  group(group: string): string;
}

/** Makes the exports of a policy: `export const { describe, configure, user, group } = definePolicy(policy)`. */
export function definePolicy<Settings>(policy: Policy<Settings>): Exports {
  let settings: Settings;
  return {
    describe() {
      const { name, version, description, settingsSchema, reads, writes } = policy;
      return JSON.stringify({ name, version, description, settingsSchema, reads, writes });
    },
    configure(text) {
      settings = JSON.parse(text);
      return JSON.stringify(policy.configure?.(settings) ?? []);
    },
    user: (text) => (policy.user ? JSON.stringify(policy.user(JSON.parse(text), settings)) : "[]"),
    group: (text) => (policy.group ? JSON.stringify(policy.group(JSON.parse(text), settings)) : "[]"),
  };
}

/** The texts that an attribute has at a path, in the order they were sent. */
export function texts(item: User | Group, path: string): string[] {
  return item.attributes.flatMap(({ path: at, value }) => (at === path && typeof value === "string" ? [value] : []));
}

/** The complex values that an attribute has at a path, such as the elements of `emails`. What members each has is for the author to know. */
export function complex<T extends { [name: string]: Json | undefined }>(item: User | Group, path: string): Partial<T>[] {
  const isObject = (value: Json) => typeof value === "object" && value !== null && !Array.isArray(value);
  return item.attributes.flatMap(({ path: at, value }) => (at === path && isObject(value) ? [value as Partial<T>] : []));
}

/** A user as Doorlist hands it to the first policy when only names, attributes and groups are known. For tests. */
export function sampleUser(userName: string, attributes: Attribute[] = [], groups: string[] = []): User {
  const refs = groups.map((name) => ({ id: `id of ${name}`, name }));
  return {
    id: "0192f0c1-0000-7000-8000-000000000001",
    userName,
    displayName: "",
    lifecycle: "active",
    groups: refs,
    attributes,
    facts: [],
    current: { issued: "scim", status: "active", role: "user" },
    view: {
      included: true,
      status: "active",
      role: "user",
      userName,
      displayName: "",
      groups: refs.map(({ id }) => id),
      namedGroups: [],
      attributes: [],
    },
  };
}

/** A group as Doorlist hands it to the first policy when only its name is known. For tests. */
export function sampleGroup(displayName: string): Group {
  return {
    id: "0192f0c1-0000-7000-8000-000000000002",
    displayName,
    lifecycle: "active",
    attributes: [],
    facts: [],
    view: { included: true, displayName },
  };
}
