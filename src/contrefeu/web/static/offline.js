/* The page's part of going on without the station: holds the keys, keeps the ward's pages ahead, brings acts back.
 *
 * Rules kept here:
 *   - Keys are asked for once a page and held in memory; the worker gets them from here every BEAT_MS.
 *   - An act is "in the journal" only after it was read back from there with the digest that was taken.
 *   - A page that is kept says so above everything, since when, and its hours are those of now.
 */
"use strict";
(() => {
  const BEAT_MS = 10000, AHEAD_MS = 200, AGAIN_MS = 600000, FORM_MS = 3600000, SYNC_MS = 5000, TRIES = 12;
  const root = document.documentElement, who = root.dataset.who || "", byId = (id) => document.getElementById(id);
  if (!navigator.serviceWorker || !window.crypto || !crypto.subtle || !window.indexedDB) return;
  const lost = new URLSearchParams(location.search).has("no"); /* the worker kept nothing of what was just sent */
  let keys = null, acted = Date.now(), over = false;
  const csrf = () => (document.querySelector("input[name=csrf]") || {}).value || "";
  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const post = (path, fields) => fetch(path, { method: "POST", credentials: "same-origin", headers: { accept: "application/json" },
    body: new URLSearchParams([["csrf", csrf()], ...fields]) });
  const hour = (at) => new Intl.DateTimeFormat(root.lang, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: keys ? keys.zone : undefined }).format(at);
  for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, () => { acted = Date.now(); }, { passive: true });

  async function worker() {
    await navigator.serviceWorker.register("/worker.js");
    return (await navigator.serviceWorker.ready).active;
  }
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data.kind === "want" && event.ports[0]) event.ports[0].postMessage(keys && { ...keys, used: acted });
  });
  const tell = (active) => { if (keys && !over) active.postMessage({ kind: "keys", keys: { ...keys, used: acted } }); };

  async function asked() {
    const answer = await post("/offline/keys", []);
    if (answer.status >= 500) throw new Error("not now");
    if (!answer.ok) return null; /* who is asking may keep nothing */
    const found = await answer.json(), now = Date.now();
    return { login: found.login, zone: found.zone, forms: found.forms, ahead: now - found.now, until: now + found.hours * 3600000,
      idle: found.idle * 60000, pages: await Keep.key(found.pages), queue: await Promise.all(found.queue.map(Keep.key)) };
  }
  const fromWorker = (active) => new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event) => done(event.data);
    setTimeout(() => done(null), 2000);
    active.postMessage({ kind: "want" }, [port2]);
  });

  async function opened(active) {
    try { return { keys: await asked() }; } catch { const found = await fromWorker(active); return found && { keys: found }; }
  }

  /* The ward's charts and the forms that nights need, one after the other, while the station is there. */
  async function ahead(active) {
    while (!navigator.serviceWorker.controller) await sleep(AHEAD_MS); /* what no worker steers is not kept */
    tell(active);
    const held = new Map((await Keep.all("pages")).map((one) => [one.path, one.at]));
    const paths = [location.pathname + location.search, "/queue"];
    if (/^\/(ward|round)\//.test(location.pathname)) {
      for (const link of document.querySelectorAll('main a[href^="/patient/"], main a[href^="/round/"], main a[href^="/handover/"]')) paths.push(link.getAttribute("href"));
    }
    const seen = new Set();
    for (const path of paths) {
      const stale = path.startsWith("/write/") ? FORM_MS : AGAIN_MS; /* a form changes less than a chart */
      if (seen.has(path) || Date.now() - (held.get(path) || 0) < stale) continue;
      seen.add(path);
      const answer = await fetch(path, { headers: { "x-keep": "1" }, credentials: "same-origin" });
      if (!answer.ok) continue;
      tell(active);
      if (path.startsWith("/patient/") && paths.length > 2) {
        const chart = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const link of chart.querySelectorAll('a[href^="/write/vitals/"], a[href^="/write/note/"], a[href^="/write/dose/"]')) paths.push(link.getAttribute("href"));
      }
      await sleep(AHEAD_MS);
    }
    return Boolean(await Keep.get("pages", "/queue"));
  }

  /* A station that is busy, or a worker that begins, may fail once: again, until something is there or it is no use. */
  async function tried(task) {
    for (let times = 0; times < TRIES; times++) {
      const found = await task().catch(() => null);
      if (found) return found;
      await sleep(SYNC_MS);
    }
    return null;
  }

  /* Send what waits, in the order in which it was done, and read each back. */
  async function sync() {
    await navigator.locks.request("contrefeu-sync", async () => {
      const mine = (await Keep.all("acts")).filter((one) => one.login === who && one.state === "waiting");
      for (const act of mine.sort((one, other) => one.at - other.at)) {
        const said = await Keep.unseal(keys.queue, who + act.id, act);
        if (said) await Keep.put("acts", { ...act, ...(await brought(said)) });
      }
      const looks = (await Keep.all("looks")).filter((one) => one.login === who).slice(0, 500);
      const told = [];
      for (const one of looks) { const look = await Keep.unseal(keys.queue, `${who}looks`, one); if (look) told.push(look); }
      if (told.length && (await post("/offline/looks", [["looks", JSON.stringify(told)]])).ok) for (const one of looks) await Keep.drop("looks", one.id);
    });
    await show();
  }

  async function brought(said) {
    const fields = said.fields.concat([["waited", `${said.at} ${said.seen} ${Date.now()}`]]);
    const taken = await post("/offline" + said.address, fields);
    const answer = await taken.json().catch(() => ({}));
    if (taken.status >= 500 || taken.status === 401 || taken.redirected) throw new Error("not now");
    if (!taken.ok) return { state: "refused", why: answer.why || answer.problem || "" };
    const back = await post("/offline/kept", [["ref", answer.ref], ["chart", answer.chart]]);
    const read = back.ok ? await back.json() : {};
    if (read.sha256 !== answer.sha256) return {}; /* still waiting: it is sent again, and is the same act */
    return { state: answer.settle ? "settle" : "synced", ref: answer.ref, back: Date.now() };
  }

  async function show() {
    const acts = (await Keep.all("acts")).sort((one, other) => one.at - other.at);
    const waiting = acts.filter((one) => (who ? one.login === who : true) && (one.state === "waiting" || one.state === "refused"));
    const note = byId("waiting");
    if (note) {
      note.hidden = !waiting.length;
      const people = [...new Set(waiting.map((one) => one.login))].join(", ");
      note.querySelector("span").textContent = `${waiting.length}${who ? "" : ` (${people})`}`;
    }
    if (byId("queue") && keys) await list(acts.filter((one) => one.login === who));
  }

  async function list(acts) {
    const words = byId("queue").dataset, rows = [];
    for (const act of acts) {
      const said = await Keep.unseal(keys.queue, who + act.id, act);
      if (!said) continue;
      const row = byId("act").content.cloneNode(true), state = row.querySelector(".state");
      row.querySelector(".what").textContent = said.title || said.address;
      row.querySelector(".when").textContent = hour(act.at - keys.ahead);
      row.querySelector(".typed").textContent = said.words.join(" · ");
      state.textContent = `${words[act.state]}${act.ref ? ` (${act.ref})` : ""}${act.why ? ` ${act.why}` : ""}`;
      state.classList.add({ waiting: "warn", refused: "bad", synced: "good", settle: "warn" }[act.state]);
      const again = row.querySelector("a"), drop = row.querySelector("details");
      if (act.state === "refused") again.href = said.address; else { again.remove(); drop.remove(); }
      drop.querySelector("button").addEventListener("click", async () => { await Keep.drop("acts", act.id); await show(); });
      rows.push(row);
    }
    byId("queue").replaceChildren(...rows);
    byId("none").hidden = lost || rows.length > 0;
  }

  /* A page that was kept: say so, and let its form begin at this minute. */
  function mark() {
    byId("kept-at").textContent = hour(Number(root.dataset.kept) - (keys ? keys.ahead : 0));
    const time = byId("f-time"), day = byId("f-day");
    if (!time || !keys) return;
    const [date, now] = new Intl.DateTimeFormat("sv-SE", { timeZone: keys.zone, dateStyle: "short", timeStyle: "short" }).format(Date.now() - keys.ahead).split(" ");
    time.value = now;
    if (day && ![...day.options].some((one) => one.value === date)) day.prepend(new Option(date, date));
    if (day) day.value = date;
  }

  function leave(active) {
    active.postMessage({ kind: Date.now() > keys.until ? "forget" : "check" }); /* idle here, not in every window */
    over = true;
    keys = null;
    if (root.dataset.kept) location.replace("/away");
  }

  async function main() {
    if (lost && byId("no")) byId("no").hidden = false;
    if (lost && byId("safe")) byId("safe").hidden = true;
    if (!who) { /* a login waits for no worker: one is begun on the first page after it */
      const here = navigator.serviceWorker.controller;
      if (here && location.pathname === "/login") here.postMessage({ kind: "forget" });
      await show();
      return;
    }
    const active = await worker();
    keys = root.dataset.kept ? await fromWorker(active) : (await tried(() => opened(active)) || {}).keys;
    if (!keys) return;
    if (root.dataset.kept) mark();
    tell(active);
    for (const form of document.querySelectorAll('form[action="/logout"]')) form.addEventListener("submit", () => { over = true; });
    setInterval(() => { if (keys && (Date.now() > keys.until || Date.now() - acted > keys.idle)) leave(active); else tell(active); }, BEAT_MS);
    await show();
    if (root.dataset.kept) return; /* live.js opens the page anew when the station answers */
    tried(() => ahead(active));
    for (;;) {
      const waits = keys && (await Keep.all("acts")).some((one) => one.login === who && one.state === "waiting");
      const looks = keys && (await Keep.all("looks")).length;
      if (waits || looks) await sync().catch(() => {});
      await sleep(SYNC_MS);
    }
  }
  main().catch(() => {});
})();
