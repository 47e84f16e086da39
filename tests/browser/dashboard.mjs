// Drives the dashboard in a headless Chromium, as people use it, while this script also plays JumpCloud over SCIM.
//
// Told by the environment: BASE (where the server is), KEY (an operator key of the installation), CHROMIUM (the browser), PLUGIN (a plugin's file), SHOTS (where screenshots go),
// PAGES (further pages to look at: JSON with their addresses below the tenant's by name).
// Ends with 0 if everything was as expected; else says what was not.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const { BASE, KEY, CHROMIUM, SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WIDTHS = [320, 1280, 3840];
const faults = [];
const seen = new Set();

function expect(holds, what) {
  if (!holds) faults.push(what);
}

/** A SCIM request of JumpCloud's. */
async function scim(token, method, path, body) {
  const answer = await fetch(`${BASE}/scim/v2${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/scim+json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** A request of the admin API's, for what a page is only shown. */
async function api(method, path, body, media = "application/json") {
  const answer = await fetch(`${BASE}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, "content-type": media },
    body: body instanceof Uint8Array ? body : body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Holds the page that is shown against what holds of all pages, once for each name. */
async function check(page, name) {
  if (seen.has(name)) return;
  seen.add(name);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() =>
      axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
    );
    for (const violation of violations) {
      const where = violation.nodes.map((node) => node.html.slice(0, 200)).join("\n    ");
      faults.push(`${name} (${scheme}): ${violation.id}: ${violation.help}\n    ${where}`);
    }
  }
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide <= 0, `${name}: ${wide} pixels too wide at ${width}`);
    await page.screenshot({ path: join(SHOTS, `${name}-${width}.png`), fullPage: width < 2000 });
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: "light" });
}

async function signIn(page) {
  await page.goto(`${BASE}/dashboard`);
  await check(page, "sign-in");
  await page.getByLabel("API key").fill("dl_key_wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("This key opens nothing").waitFor();
  await page.getByLabel("API key").fill(KEY);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Tenants" }).waitFor();
}

/** From nothing to a green connection. Gives the token and the tenant's address. */
async function connect(page, name) {
  await check(page, "tenants");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Make a tenant" }).click();
  await page.getByRole("link", { name: "Connect JumpCloud" }).waitFor();
  await check(page, "integrations-empty");
  const tenant = new URL(page.url()).pathname.split("/")[3];
  await page.getByRole("link", { name: "Connect JumpCloud" }).click();
  await check(page, "wizard-1");
  await page.getByRole("button", { name: "Get started" }).click();
  await check(page, "wizard-2");
  await page.getByLabel("Only groups whose name starts").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("Enter at least one beginning of a name").waitFor();
  expect(await page.getByLabel("Group name starts with").evaluate((field) => field === document.activeElement), "what is wrong is gone on with");
  await check(page, "wizard-refused");
  await page.getByLabel("Group name starts with").fill("NB-");
  await page.getByRole("button", { name: "Continue" }).click();
  await check(page, "wizard-3");
  await page.getByLabel("Only members of these groups").check();
  await page.getByLabel("Groups", { exact: true }).fill("NB-Staff");
  await page.getByRole("button", { name: "Continue" }).click();
  await check(page, "wizard-4");
  await page.getByRole("button", { name: "Make base URL and token" }).click();
  const token = await page.getByRole("textbox", { name: "Token Key" }).inputValue();
  await page.getByRole("button", { name: "Copy" }).first().waitFor();
  expect(token.startsWith("dl_scim_"), "the token is shown");
  await check(page, "credentials");
  await page.getByRole("link", { name: "I have entered them" }).click();
  await page.getByText("Nothing has come yet.").waitFor();
  await check(page, "connection-waiting");

  // JumpCloud: its test, its activation with a test user, then people and groups. The page follows without being loaded again.
  await page.evaluate(() => (window.stays = document.getElementById("state")));
  const place = () => page.locator("#base-url").evaluate((field) => field.getBoundingClientRect().top + window.scrollY);
  const before = await place();
  const state = page.locator("#progress");
  await scim(token, "GET", "/Users?startIndex=1&count=1");
  await state.getByText("JumpCloud reached Doorlist with the token").waitFor();
  const user = (mail, id) => ({
    schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
    userName: mail,
    externalId: id,
    displayName: mail.split("@")[0],
    active: true,
    emails: [{ value: mail, type: "work", primary: true }],
  });
  const test = await scim(token, "POST", "/Users", user("test@example.com", "66e2d689590450d073d2df00"));
  await scim(token, "DELETE", `/Users/${test.id}`);
  const people = [];
  for (const who of ["ada", "grace", "alan"]) {
    people.push(await scim(token, "POST", "/Users", user(`${who}@example.com`, `66e2d689590450d073d2d${who.length}${who.charCodeAt(0)}`)));
  }
  const group = await scim(token, "POST", "/Groups", { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], displayName: "NB-Staff" });
  await scim(token, "PATCH", `/Groups/${group.id}`, {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
    Operations: [{ op: "add", path: "members", value: people.slice(0, 2).map(({ id }) => ({ value: id })) }],
  });
  await state.getByText("Connected").waitFor({ timeout: 30_000 });
  expect(await page.evaluate(() => window.stays?.isConnected), "the page turned green without being loaded anew, and what is said aloud stayed in its place");
  await page.locator("#warned").getByText(/warning/).waitFor();
  expect((await place()) === before, `the base URL moved from ${before} to ${await place()}`);
  await check(page, "connection-green");
  return { token, tenant, people, group };
}

/** Why is Alan not here? He is in no group that is asked for. */
async function explain(page, { tenant }) {
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/users`);
  await page.getByRole("link", { name: "Who was left out" }).click();
  await check(page, "left-out");
  await page.getByRole("link", { name: "alan@example.com" }).click();
  await page.getByText("Policy by policy").waitFor();
  const said = await page.locator("main").innerText();
  expect(/NB-Staff/.test(said), `the reason names the group: ${said}`);
  await check(page, "why-left-out");
  await page.getByLabel("Name, e-mail address or any id").fill("nobody@example.com");
  await page.getByRole("button", { name: "Ask why" }).click();
  await page.getByText("Nothing is known of this one").waitFor();
  await check(page, "why-unknown");
}

/** The filter on users only watches from now on: what would that change? Alan comes. */
async function plan(page, { tenant }) {
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/policies`);
  await check(page, "policies");
  const filter = page.getByRole("row", { name: /user-group-filter/ }).first();
  await filter.getByRole("button", { name: /^Settings/ }).click();
  await check(page, "policy-settings");
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/policies`);
  await page.getByRole("row", { name: /user-group-filter/ }).first().getByRole("button", { name: /^Only monitor/ }).click();
  await page.getByText("Not in force yet").waitFor();
  await check(page, "policies-draft");
  await page.getByRole("button", { name: "See what would change" }).click();
  await page.getByRole("heading", { name: "Plan" }).waitFor();
  const differences = await page.locator("#differences").innerText();
  expect(differences.includes("alan@example.com"), `the plan names who would come: ${differences}`);
  await check(page, "plan");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.getByRole("heading", { name: "Applied plan" }).waitFor();
  await api("GET", `/tenants/${tenant}/sync?wait=60s`);
  await check(page, "plan-applied");
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/users`);
  await page.getByRole("link", { name: "alan", exact: true }).click();
  await page.getByRole("heading", { name: "alan" }).waitFor();
  await check(page, "member");
}

/** A plugin passes its checks, and a file that is none does not. */
async function upload(page, { tenant }) {
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/plugins`);
  await check(page, "plugins");
  await page.getByLabel("File").setInputFiles({ name: "none.wasm", mimeType: "application/wasm", buffer: Buffer.from("none") });
  await page.getByRole("button", { name: "Upload and check" }).click();
  await page.getByText("The plugin is refused").waitFor();
  await check(page, "plugin-refused");
  await page.getByLabel("File").setInputFiles(process.env.PLUGIN);
  await page.getByRole("button", { name: "Upload and check" }).click();
  await page.getByText("passed every check").waitFor();
  await check(page, "plugin");
}

/** More go than the guard lets: who is held is released. */
async function release(page, { tenant, token, people, group }) {
  await api("PATCH", `/tenants/${tenant}`, { guard: { count: 0, sharePercent: 0 } });
  // Those who came last may go uncounted, as a provider's test user does; so others come first.
  for (const number of [1, 2, 3, 4, 5]) {
    const mail = `later${number}@example.com`;
    const later = await scim(token, "POST", "/Users", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName: mail,
      externalId: `later-${number}`,
      emails: [{ value: mail, primary: true }],
    });
    await scim(token, "PATCH", `/Groups/${group.id}`, {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
      Operations: [{ op: "add", path: "members", value: [{ value: later.id }] }],
    });
  }
  await api("GET", `/tenants/${tenant}/sync?wait=60s`);
  await scim(token, "DELETE", `/Users/${people[0].id}`);
  await api("GET", `/tenants/${tenant}/sync?wait=60s`);
  await page.goto(`${BASE}/dashboard/tenants/${tenant}/holds`);
  await check(page, "holds");
  await page.locator("main table a").first().click();
  await page.getByText("ada@example.com").first().waitFor();
  await check(page, "hold");
  await page.getByRole("button", { name: "Release all" }).click();
  await page.getByText("Released.").waitFor();
  await api("GET", `/tenants/${tenant}/sync?wait=60s`);
  const { items } = await api("GET", `/tenants/${tenant}/users`);
  expect(!items.some(({ userName }) => userName === "ada@example.com"), "who was released is gone");
}

/** An address without what tells one thing from another of its kind. */
function kind(path) {
  return path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "id")
    .replace(/\/plugins\/[^/]+\/[^/]+/, "/plugins/name/version")
    .replace(/\/requests\/.*/, "/requests/id")
    .replace(/\/(revisions|history|new)\/[0-9]+/, "/$1/number");
}

/** Follows every link to a page of another kind, and holds each against what holds of all pages. */
async function walk(page, { tenant }) {
  const [home, todo, known] = ["/dashboard", ["/dashboard"], new Set()];
  while (todo.length > 0) {
    const path = todo.shift();
    const answer = await page.goto(`${BASE}${path}`);
    expect(answer.status() === 200, `${path}: ${answer.status()}, and a link leads there`);
    await check(page, `walk${kind(path).slice(home.length).replaceAll("/", "-")}`);
    const links = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => link.href));
    for (const link of links.map((link) => new URL(link))) {
      const below = link.origin === new URL(BASE).origin && link.pathname.startsWith(home);
      const others = link.pathname.startsWith(`${home}/tenants/`) && !link.pathname.startsWith(`${home}/tenants/${tenant}`);
      if (!below || others || known.has(kind(link.pathname))) continue;
      known.add(kind(link.pathname));
      todo.push(link.pathname + link.search);
    }
  }
  expect(known.size > 20, `only ${known.size} kinds of pages are linked`);
}

async function run() {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) faults.push(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`script: ${error}`));
    page.on("dialog", (dialog) => dialog.accept());
    await signIn(page);
    const world = await connect(page, "Browsed <b>&amp; co");
    await page.goto(`${BASE}/dashboard/tenants/${world.tenant}/integrations`);
    await check(page, "integrations");
    await page.getByRole("button", { name: "Turn off" }).click();
    await page.getByText("Saved.").waitFor();
    await page.getByRole("button", { name: "Turn on" }).click();
    await page.getByText("Saved.").waitFor();
    await explain(page, world);
    await plan(page, world);
    await upload(page, world);
    await release(page, world);
    for (const [name, below] of Object.entries(JSON.parse(process.env.PAGES))) {
      await page.goto(`${BASE}/dashboard/tenants/${world.tenant}${below}`);
      await check(page, name);
    }
    await walk(page, world);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("API key").waitFor();
  } finally {
    await browser.close();
  }
}

try {
  await run();
} catch (error) {
  faults.push(String(error));
}
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
console.log(`${seen.size} pages are as they should be: ${[...seen].join(", ")}`);
