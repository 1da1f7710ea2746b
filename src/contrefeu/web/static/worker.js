/* The service worker: gives the last pages when the station does not answer, and keeps what was written.
 *
 * Rules kept here:
 *   - The station goes first, always. A kept page is given only when it does not answer, and says so.
 *   - Keys are in memory. A worker that was stopped asks the open pages for them; when there are none, nothing opens.
 *   - A form that could not be sent is kept, or the browser says that it was not: never lost in silence.
 *   - After a logout, an expiry, or the login page, nothing can be read.
 */
"use strict";
importScripts("@KEEP@");

const FILES = "@FILES@", CACHE = "contrefeu-static";
const READ_MS = 6000; /* a station that hangs is out of reach; people wait no longer for a page */
const SEND_MS = 15000; /* a form sent twice is one act, so that giving up early loses nothing */
const ASK_MS = 1000; /* for a page to give its keys */
const KEPT = /^\/($|ward\/|hospital$|patient\/|round\/|handover\/|work$|messages$|queue$|write\/)/;
let keys = null;

addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  for (const old of await cache.keys()) await cache.delete(old);
  await cache.addAll(FILES);
  await cache.put("/away", await fetch("/away", { credentials: "omit" }));
  await skipWaiting();
})()));
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("message", (event) => {
  const said = event.data;
  if (said.kind === "keys") event.waitUntil(take(said.keys));
  if (said.kind === "want") event.waitUntil(current().then((found) => event.ports[0].postMessage(found)));
  if (said.kind === "check") event.waitUntil(current());
  if (said.kind === "forget") event.waitUntil(forget());
});

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate" && request.method === "POST") event.respondWith(sent(request, url));
  else if (request.mode === "navigate" && request.method === "GET") event.respondWith(read(event, url));
  else if (request.headers.has("x-refresh") || request.headers.has("x-keep")) event.respondWith(renewed(event, url));
});

async function file(request) {
  return (await (await caches.open(CACHE)).match(request.url)) || fetch(request);
}

async function take(found) {
  if (keys && keys.login !== found.login) await Keep.forget();
  const before = keys && keys.login === found.login ? keys.used : 0;
  keys = { ...found, used: Math.max(found.used, before) };
  await current();
}

async function forget() {
  keys = null;
  await Keep.forget();
}

/* The keys, unless their time is over or nobody has touched a page for too long. */
async function current() {
  if (!keys) keys = await asked();
  if (keys && (Date.now() > keys.until || Date.now() - keys.used > keys.idle)) await forget();
  return keys;
}

async function asked() {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const answers = pages.map((page) => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => done(event.data);
    setTimeout(() => done(null), ASK_MS);
    page.postMessage({ kind: "want" }, [port2]);
  }));
  return (await Promise.all(answers)).find(Boolean) || null;
}

const late = (ms) => new Promise((_, failed) => setTimeout(() => failed(new Error("late")), ms));
const within = (ms, request) => Promise.race([fetch(request), late(ms)]);

async function read(event, url) {
  try {
    await left();
    const answer = (await holds(url)) ? await within(READ_MS, event.request) : await fetch(event.request);
    if (url.pathname === "/login") event.waitUntil(forget());
    keep(event, url, answer);
    return answer;
  } catch { return kept(url); }
}

async function renewed(event, url) {
  const answer = await fetch(event.request);
  keep(event, url, answer);
  return answer;
}

/* Somebody logged out while the station was out of reach: it learns so before anything else is asked of it. */
async function left() {
  const found = await Keep.get("meta", "leave");
  if (!found) return;
  await fetch("/logout", { method: "POST", body: new URLSearchParams({ csrf: found.csrf }) });
  await Keep.drop("meta", "leave");
}

function keep(event, url, answer) {
  const html = (answer.headers.get("content-type") || "").startsWith("text/html");
  if (!answer.ok || answer.redirected || !html || !KEPT.test(url.pathname)) return;
  const copy = answer.clone();
  event.waitUntil((async () => {
    const found = await current();
    if (!found) return;
    const path = url.pathname + url.search;
    const page = { html: await copy.text(), policy: answer.headers.get("content-security-policy") || "" };
    await Keep.put("pages", { path, at: Date.now(), ...(await Keep.seal(found.pages, found.login + path, page)) });
    await Keep.prune();
  })());
}

const holds = async (url) => (await Keep.get("pages", url.pathname + url.search)) || Keep.get("pages", url.pathname);

async function kept(url) {
  const found = await current(), held = found && (await holds(url));
  const page = held && (await Keep.unseal([found.pages], found.login + held.path, held));
  if (!page) return (await caches.open(CACHE)).match("/away");
  if (url.pathname !== "/queue") {
    const look = await Keep.seal(found.queue[0], `${found.login}looks`, [url.pathname, Date.now() - found.ahead]);
    await Keep.put("looks", { id: crypto.randomUUID(), login: found.login, ...look });
  }
  const html = page.html.replace("<html ", `<html data-kept="${held.at}" `);
  const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": page.policy, "cache-control": "no-store" };
  return new Response(html, { headers });
}

async function sent(request, url) {
  const copy = request.clone();
  try {
    await left();
    const answer = await within(SEND_MS, request);
    if (url.pathname === "/logout") await forget();
    return answer;
  } catch {
    const form = [...(await copy.formData()).entries()];
    const value = (name) => (form.find((one) => one[0] === name) || [])[1] || "";
    if (url.pathname === "/logout") {
      await forget();
      await Keep.put("meta", { name: "leave", csrf: value("csrf") });
      return (await caches.open(CACHE)).match("/away");
    }
    const found = await current();
    const acts = found && (await actsOf(found, url, form, value));
    if (!acts) return found ? Response.redirect("/queue?no=1", 303) : Response.error();
    for (const act of acts) {
      const id = crypto.randomUUID();
      const sealed = await Keep.seal(found.queue[0], found.login + id, act);
      await Keep.put("acts", { id, login: found.login, at: act.at, state: "waiting", ...sealed });
    }
    return Response.redirect("/queue", 303);
  }
}

const UNSAID = /^(once|confirm|seen-.*)$/; /* fields that say which form it is, or that a warning was read: nothing that was typed */

/* What a form asks to be written: one act, or one a dose that was ticked; null when it cannot wait. */
async function actsOf(found, url, form, value) {
  const [, kind, name] = url.pathname.split("/"), at = Date.now();
  const seen = ((await holds(url)) || { at }).at;
  const plain = form.filter(([field, text]) => field !== "csrf" && typeof text === "string");
  if (kind === "write" && found.forms.includes(name) && !value("pin")) {
    const address = url.pathname + url.search, page = await opened(found, address);
    const words = plain.filter(([field, text]) => text && !UNSAID.test(field)).map(([, text]) => spoken(page, text));
    return [{ address, fields: plain, at, seen, words, title: titleOf(page) }];
  }
  if (kind !== "round") return null;
  const acts = [];
  for (const [, dose] of plain.filter(([field]) => field === "give")) {
    const [patient, line] = dose.split("|"), address = `/write/dose/${encodeURIComponent(patient)}/${encodeURIComponent(line.split("/")[1])}`;
    const [day, time] = when(found, at);
    const fields = [["outcome", "completed"], ["day", day], ["time", time], ["once", `${value("once")}/${dose}`]];
    const form = await opened(found, address), chart = form || (await opened(found, `/patient/${encodeURIComponent(patient)}`));
    acts.push({ address, fields, at, seen, words: [spoken(form, "completed"), `${day} ${time}`], title: titleOf(chart) });
  }
  return acts;
}

/* The page that is kept at a path, as text; "" when none is. */
async function opened(found, path) {
  const held = await Keep.get("pages", path);
  const page = held && (await Keep.unseal([found.pages], found.login + path, held));
  return page ? page.html : "";
}

const titleOf = (html) => ((/<title>([^<]*)<\/title>/.exec(html) || [])[1] || "").split(" · ")[0];

/* What a choice says, for its author to read again; what was typed stays as it is. */
function spoken(html, text) {
  const at = html.indexOf(`<option value="${text}"`);
  return at < 0 ? text : html.slice(html.indexOf(">", at) + 1, html.indexOf("<", at + 1));
}

/* Day and hour of the hospital, by the station's clock as far as it is known. */
function when(found, at) {
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: found.zone, dateStyle: "short", timeStyle: "short" });
  return parts.format(at - found.ahead).split(" ");
}
