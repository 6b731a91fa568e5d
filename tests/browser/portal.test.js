// The portal as people meet it: Debian's chromium, both languages, scripts on and off.
// Run by tests/browser.rs, which hands over a sandbox with real sealed documents:
//   PORTAL  address         PASSWORD  one-time password of PORTAL_NAME
//   SEALED  JSON: [{"id", "number", "sha256", "words", "type", "year"}], what the register says of the certified files
//   HELD    JSON: [{"job", "reason", "source"}]       SHOTS  folder for pictures of every page (optional)
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const { PORTAL, PASSWORD, PORTAL_NAME = "operator", SHOTS } = process.env;
const sealed = JSON.parse(process.env.SEALED);
const held = JSON.parse(process.env.HELD);
// Its mark finds room only where a person points.
const crowded = held.find((document) => document.source.endsWith("chật.png"));
const OWN = "một câu dễ nhớ ở kho lưu trữ";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const desk = { viewport: { width: 1366, height: 768 }, acceptDownloads: true };

let browser;
const elsewhere = [];
const blocked = [];

before(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--no-first-run", "--disable-default-apps"],
  });
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
});
after(async () => browser?.close());

// A fresh browser; every request and every complaint of the content policy is noted.
async function visit(options = {}) {
  const context = await browser.newContext({ ...desk, ...options });
  const page = await context.newPage();
  page.on("request", (request) => { if (!request.url().startsWith(PORTAL)) elsewhere.push(request.url()); });
  page.on("console", (line) => {
    if (line.type() === "error" && /Content Security Policy|Refused to/.test(line.text())) blocked.push(line.text());
  });
  return page;
}

async function login(page, password = OWN, name = PORTAL_NAME) {
  await page.goto(`${PORTAL}/login`);
  await page.fill("#name", name);
  await page.fill("#password", password);
  await page.click("main button");
}

// Every language of a page without a violation.
async function judged(page, address, name) {
  for (const lang of ["vi", "en"]) {
    const mark = address.includes("?") ? "&" : "?";
    await page.goto(`${PORTAL}${address}${mark}lang=${lang}`, { waitUntil: "networkidle" });
    assert.equal(await page.getAttribute("html", "lang"), lang);
    const words = await page.textContent("body");
    assert.doesNotMatch(words, /portal-[a-z-]+|\{[a-z_]+\}/, `${address}: a text is missing`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${lang}.png` });
    const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
    assert.ok(found.passes.length > 5, "axe looked at the page");
    const faults = found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(", ")}`);
    assert.deepEqual(faults, [], `${address} in ${lang}`);
    const wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert.equal(wide, 0, `${address} is wider than 1366 pixels`);
  }
  await page.goto(`${PORTAL}/?lang=vi`);
}

test("the one-time password opens one session, in which it is changed", async () => {
  const page = await visit();
  await page.goto(`${PORTAL}/held`);
  assert.match(page.url(), /\/login\?back=/);
  await judgedLogin(page);
  await login(page, PASSWORD);
  assert.equal(new URL(page.url()).pathname, "/password");
  await page.goto(`${PORTAL}/held`);
  assert.equal(new URL(page.url()).pathname, "/password", "nothing else before it is changed");
  await page.fill("#present", PASSWORD);
  await page.fill("#chosen", OWN);
  await page.fill("#again", OWN);
  await page.click("main button");
  assert.equal(new URL(page.url()).pathname, "/");
  const other = await visit();
  await login(other, PASSWORD);
  assert.equal(new URL(other.url()).pathname, "/login", "it opens nothing more");
  assert.equal(await other.locator("[role=alert]").count(), 1);
  await other.context().close();
  await page.context().close();
});

async function judgedLogin(page) {
  for (const lang of ["vi", "en"]) {
    await page.goto(`${PORTAL}/login?lang=${lang}`);
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/login-${lang}.png` });
    const found = await page.evaluate(`${axe}; axe.run(document)`);
    assert.deepEqual(found.violations.map((v) => v.id), []);
  }
  await page.goto(`${PORTAL}/login?lang=vi`);
}

test("every page in both languages, without a violation", async () => {
  const page = await visit();
  await login(page);
  const [first] = sealed;
  const query = encodeURIComponent(first.words);
  for (const [address, name] of [
    ["/", "find-newest"], [`/?q=${query}`, "find"], ["/?q=xyzzyq", "find-none"],
    [`/document/${first.id}?q=${query}`, "document"], [`/document/${first.id}?zoom=2`, "document-large"],
    ["/flow", "flow"], ["/held", "held"], [`/held/${held[0].job}`, "held-one"],
    [`/held/${crowded.job}`, "held-place"], [`/held/${crowded.job}?size=compact&spot.x=330&spot.y=440`, "held-place-blank"],
    [`/held/${crowded.job}?spot.x=60&spot.y=60`, "held-place-ink"], [`/job/${held[0].job}`, "held-document"],
    ["/copies", "copies"], ["/book", "book"], ["/accesses", "accesses"], ["/password", "password"], ["/nowhere", "nowhere"],
  ]) await judged(page, address, name);
  await page.context().close();
});

test("what the description says is asked by a form, which fills the box", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await login(page);
  await page.locator(".described summary").click();
  if (SHOTS) await page.screenshot({ path: `${SHOTS}/find-described.png` });
  const known = sealed.find((document) => document.type && document.year);
  await page.fill("#by-nam", known.year);
  await page.locator(".described button").click();
  assert.equal(await page.inputValue("#q"), `nam:"${known.year}"`);
  const found = await page.locator(".hits > li").count();
  assert.ok(found > 0, "papers of that year");
  await page.locator(".described summary").click();
  await page.fill("#by-loai", known.type);
  await page.locator(".described button").click();
  assert.equal(await page.inputValue("#q"), `nam:"${known.year}" loai:"${known.type}"`);
  const fewer = await page.locator(".hits > li").count();
  assert.ok(fewer > 0 && fewer <= found, `${fewer} of ${found}`);
  await page.locator(".described summary").click();
  await page.fill("#by-nguoiky", "Không Có Ai");
  await page.locator(".described button").click();
  assert.equal(await page.locator(".hits > li").count(), 0);
  await page.context().close();
});

for (const javaScriptEnabled of [true, false]) {
  test(`search → document → download gives the stored bytes (scripts ${javaScriptEnabled ? "on" : "off"})`, async () => {
    const page = await visit({ javaScriptEnabled });
    await login(page);
    const [first] = sealed;
    await page.fill("#q", first.words);
    await page.click("main button");
    assert.ok(await page.locator("mark").count() > 0, "the words that answer are marked");
    await page.locator(`h3 a[href*="${first.id}"]`).first().click();
    assert.ok(await page.locator("rect.hit").count() > 0, "their boxes are drawn over the page");
    const picture = await page.locator("svg image").first().getAttribute("href");
    const drawn = await page.context().request.get(PORTAL + picture);
    assert.equal(drawn.headers()["content-type"], "image/jpeg");
    assert.equal((await drawn.body()).subarray(0, 3).toString("hex"), "ffd8ff");
    assert.equal(await page.locator(".verdicts li.valid").count(), 4, "four verdicts, all valid");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("a.button[download]")]);
    const bytes = readFileSync(await download.path());
    assert.equal(createHash("sha256").update(bytes).digest("hex"), first.sha256);
    assert.match(download.suggestedFilename(), /\.pdf$/);
    const original = page.locator(".files a:not(.button)").first();
    const scan = await page.context().request.get(PORTAL + (await original.getAttribute("href")));
    assert.ok(scan.ok() && (await scan.body()).length > 1000);
    assert.match(scan.headers()["content-disposition"], /^attachment/);
    await page.goto(page.url());
    await page.locator("details", { hasText: /Ai đã xem/ }).locator("summary").click();
    const log = await page.locator(".history").last().textContent();
    assert.match(log, /document\.pdf/, "the download stands in the access log");
    assert.match(log, /originals\//, "and so does the scan's");
    await page.context().close();
  });
}

test("a description's value points at where it was read", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await login(page);
  await page.goto(`${PORTAL}/document/${sealed[0].id}`);
  const link = page.locator(".known a").first();
  const field = new URL(await link.getAttribute("href"), PORTAL).hash;
  await link.click();
  assert.equal(new URL(page.url()).hash, field);
  const stroke = await page.locator(field).evaluate?.("e => getComputedStyle(e).stroke").catch(() => null);
  assert.equal(await page.locator(field).count(), 1, "its box is on the page");
  assert.notEqual(stroke, "none");
  await page.context().close();
});

test("keys turn pages and find the box; Flow renews itself", async () => {
  const page = await visit();
  await login(page);
  const long = sealed.find((document) => document.pages > 1);
  await page.goto(`${PORTAL}/document/${long.id}`);
  await page.locator("h1").click();
  await page.keyboard.press("ArrowRight");
  await page.waitForURL(/page=2/);
  await page.goto(`${PORTAL}/flow`);
  await page.evaluate("document.getElementById('live').replaceChildren()");
  await page.waitForSelector("#live .lanes", { timeout: 8000 });
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate("document.activeElement.className"), "skip", "the first stop skips to the content");
  await page.context().close();
});

test("what may be secret is not shown", async () => {
  const page = await visit();
  await login(page);
  const secret = held.find((document) => document.reason === "secret");
  await page.goto(`${PORTAL}/held/${secret.job}`);
  assert.equal(await page.locator("article img, article image").count(), 0);
  const picture = await page.context().request.get(`${PORTAL}/picture/${secret.job}/1/1000`);
  assert.ok(!picture.ok(), "and cannot be asked for");
  await page.context().close();
});

test("a held document is rejected through the page, by name", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await login(page);
  const chosen = held.find((document) => document.reason === "no_room" && document.job !== crowded.job);
  await page.goto(`${PORTAL}/held/${chosen.job}`);
  const forgotten = await page.context().newPage();
  await forgotten.goto(`${PORTAL}/held/${chosen.job}`);
  assert.ok(await page.locator("rect.area").count() > 0, "the area of the mark is drawn");
  const forged = await page.context().request.post(`${PORTAL}/held/${chosen.job}`, { form: { decision: "reject", csrf: "0" } });
  assert.equal(forged.status(), 403, "a form without its token");
  // The mark never stands on ink: a box over the table is refused with the reason, and the document stays held.
  await page.fill(`#x${chosen.job}`, "30");
  await page.fill(`#y${chosen.job}`, "40");
  await page.locator(".acts details").first().locator("button").click();
  assert.equal(await page.locator("[role=alert]").count(), 1, "a place on ink is refused");
  assert.match(await page.textContent("[role=alert]"), /mm/);
  await page.locator("summary.danger").click();
  await page.fill(`#why-reject${chosen.job}`, "quét lại với lề rộng hơn");
  await page.click("button.danger");
  assert.equal(new URL(page.url()).pathname, "/held");
  await page.goto(`${PORTAL}/job/${chosen.job}`);
  await page.locator("details", { hasText: /Lịch sử/ }).locator("summary").click();
  const history = await page.locator(".history").first().textContent();
  assert.match(history, /Từ chối: quét lại với lề rộng hơn/);
  assert.ok(history.includes(PORTAL_NAME), "by whom");
  // A tab that was opened before decides nothing, and shows where the document is now.
  await forgotten.locator(".acts button[value=retry]").click();
  assert.match(await forgotten.textContent("main .note.bad"), /đã thay đổi/);
  await forgotten.click(`main a[href="/job/${chosen.job}"]`);
  assert.doesNotMatch(await forgotten.locator(".history").first().textContent(), /Thử lại/);
  await page.context().close();
});

test("the mark's place is pointed at, seen, and confirmed", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await login(page);
  await page.goto(`${PORTAL}/held/${crowded.job}`);
  assert.equal(await page.locator("[role=status]").count(), 0);
  const picture = page.locator("input[type=image]");
  await picture.click({ position: { x: 60, y: 60 } });
  assert.equal(await page.locator(".note.bad[role=status]").count(), 1, "print lies there");
  assert.equal(await page.locator("rect.spot.bad").count(), 1, "and where is drawn");
  await page.selectOption(`#spot-size${crowded.job}`, "compact");
  await picture.click({ position: { x: 330, y: 440 } });
  assert.equal(await page.locator(".note[role=status]:not(.bad)").count(), 1, "blank");
  assert.equal(await page.inputValue(`#spot-size${crowded.job}`), "compact", "the size stays chosen");
  const [x, y, width, height] = await Promise.all(["x", "y", "width", "height"].map(
    async (name) => Number(await page.inputValue(`#${name}${crowded.job}`))));
  // 472 pixels are 210 mm: the middle of the mark is where the click was.
  assert.ok(Math.abs(x + width / 2 - 330 * 210 / 472) < 0.3 && Math.abs(y + height / 2 - 440 * 210 / 472) < 0.3, `${x} ${y}`);
  await page.goto(`${PORTAL}/job/${crowded.job}`);
  assert.doesNotMatch(await page.locator(".history").first().textContent(), /Chọn chỗ/, "nothing is decided yet");
  await page.goBack();
  await page.locator(".acts details").first().locator("button").click();
  assert.equal(new URL(page.url()).pathname, "/held");
  assert.equal(await page.locator(`article[aria-labelledby=t${crowded.job}]`).count(), 0, "it waits for nobody any more");
  await page.goto(`${PORTAL}/job/${crowded.job}`);
  await page.locator("details", { hasText: /Lịch sử/ }).locator("summary").click();
  assert.match(await page.locator(".history").first().textContent(), /Chọn chỗ đặt mẫu chữ ký/, "the decision is in its history");
  await page.context().close();
});

test("pages that do not fit are accepted with a reason, and go on", async () => {
  const page = await visit({ javaScriptEnabled: false });
  await login(page);
  const chosen = held.find((document) => document.reason === "incomplete");
  await page.goto(`${PORTAL}/held/${chosen.job}`);
  await page.locator("summary", { hasText: "Chấp nhận" }).click();
  await page.fill(`#why-accept${chosen.job}`, "đã đếm lại, đủ tờ");
  await page.fill(`#sheets${chosen.job}`, "1");
  await page.locator("details[open] button").click();
  assert.equal(new URL(page.url()).pathname, "/held");
  assert.equal(await page.locator(`article[aria-labelledby=t${chosen.job}]`).count(), 0, "it waits for nobody any more");
  await page.context().close();
});

test("a session ends when it is ended", async () => {
  const page = await visit();
  await login(page);
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === "mocban");
  assert.ok(session.httpOnly && session.sameSite === "Strict");
  await page.click(".who button");
  assert.equal(new URL(page.url()).pathname, "/login");
  const thief = await visit();
  await thief.context().addCookies([session]);
  await thief.goto(`${PORTAL}/book`);
  assert.equal(new URL(thief.url()).pathname, "/login", "its cookie opens nothing");
  await thief.context().close();
  await page.context().close();
});

test("nothing was asked of anybody else, and the content policy was never in the way", () => {
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(blocked, []);
});
