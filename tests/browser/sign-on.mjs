// Signs in by single sign-on in a headless Chromium, as people do, with scripts and without.
//
// Told by the environment: BASE (where the server is, on another site than its provider), CHROMIUM (the browser).
// Ends with 0 if everything was as expected; else says what was not.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const { BASE, CHROMIUM } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const faults = [];

function expect(holds, what) {
  if (!holds) faults.push(what);
}

/** Demands that everybody can use the page. */
async function check(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
  for (const { id, nodes } of violations) faults.push(`${page.url()}: ${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
for (const javaScriptEnabled of [true, false]) {
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  const wanted = `${BASE}/dashboard?x=y`;
  await page.goto(wanted);
  if (javaScriptEnabled) await check(page);
  await page.click("main a.button");
  await page.fill("input[name=login]", "olga");
  await page.fill("input[name=password]", "anything");
  await page.click("button[type=submit]");
  // Consent; then the way back, and on to where one wanted to go.
  await page.click("button[type=submit]");
  await page.waitForURL(wanted);
  const header = await page.textContent("header");
  expect(header.includes("Signed in as Person <olga>, owner"), `scripts ${javaScriptEnabled}: ${page.url()}: ${header}`);
  const own = (await context.cookies(BASE)).map((cookie) => `${cookie.name} ${cookie.sameSite}`);
  expect(own.join() === "doorlist_session Strict", `scripts ${javaScriptEnabled}: cookies ${own}`);
  if (javaScriptEnabled) await check(page);
  await context.close();
}
await browser.close();
if (faults.length > 0) {
  console.error(faults.join("\n"));
  process.exit(1);
}
