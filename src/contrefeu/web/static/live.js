/* A page that keeps itself fresh: waits on /changes, fetches itself, and lays the difference over what is there.
 *
 * Rules kept here:
 *   - Scroll, focus, what is typed and what is unfolded stay as they are.
 *   - What the feed changed is marked for MARK_MS; a screen reader hears how many lines did.
 *   - When nobody answers, a banner says since when, and the page says nothing newer than it knows.
 *   - Waiting is no act: a session that nobody uses ends, whatever the page does.
 */
"use strict";
(() => {
  const MARK_MS = 9000, GAP_MS = 600, RETRY_MS = 1500, REPEAT_MS = 60000;
  const root = document.documentElement;
  let change = -1, failures = 0, acted = false, dirty = false, fetching = false, nextAt = 0;

  const byId = (id) => document.getElementById(id);
  for (const kind of ["keydown", "pointerdown", "wheel", "touchstart"]) {
    addEventListener(kind, () => { acted = true; }, { passive: true });
  }
  addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && byId("q")) {
      event.preventDefault();
      byId("q").focus();
    }
  });
  /* A badge reader types a number and Enter: the code comes next, nothing is sent yet. */
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.id !== "login" || !byId("secret") || byId("secret").value) return;
    event.preventDefault();
    byId("secret").focus();
  });
  for (const select of document.querySelectorAll("select[data-submit]")) {
    select.addEventListener("change", () => select.form.requestSubmit());
  }
  if (!root.dataset.live) return;

  const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
  const clock = () => new Date().toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  function lost(is) {
    failures = is ? failures + 1 : 0;
    const banner = byId("lost");
    if (is && banner.hidden && failures > 1) {
      byId("lost-since").textContent = clock();
      banner.hidden = false;
    } else if (!is) banner.hidden = true;
    root.toggleAttribute("data-lost", is && failures > 1);
  }

  /* Lay `next` over `now`: same element where key (id, data-key) or place and kind agree. */
  function lay(now, next) {
    for (const { name } of [...now.attributes]) {
      if (!next.hasAttribute(name) && name !== "data-changed" && name !== "open") now.removeAttribute(name);
    }
    for (const { name, value } of [...next.attributes]) {
      if (name !== "open" && now.getAttribute(name) !== value) now.setAttribute(name, value);
    }
    if (now.tagName === "IFRAME") return;
    const keyed = new Map();
    for (const child of now.children) if (key(child)) keyed.set(key(child), child);
    let at = now.firstChild, stays = null;
    for (const wanted of [...next.childNodes]) {
      const match = wanted.nodeType === 1 && key(wanted) ? keyed.get(key(wanted)) : fits(at, wanted) ? at : null;
      if (match && match.nodeName === wanted.nodeName) {
        if (match !== at && at && at.compareDocumentPosition(match) & Node.DOCUMENT_POSITION_FOLLOWING) {
          /* What stands before it and is wanted no more goes first: an element that is moved loses its focus. */
          stays = stays || new Set([...next.children].map(key).filter(Boolean));
          while (match !== at && !stays.has(key(at))) { const gone = at; at = at.nextSibling; gone.remove(); }
        }
        if (match !== at) now.insertBefore(match, at); else at = at.nextSibling;
        if (match.nodeType === 1) lay(match, wanted);
        else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue;
      } else now.insertBefore(document.importNode(wanted, true), at);
    }
    while (at) { const gone = at; at = at.nextSibling; gone.remove(); }
  }
  const key = (node) => node.id || (node.dataset && node.dataset.key) || "";
  const fits = (old, wanted) => old && old.nodeName === wanted.nodeName && !(old.nodeType === 1 && key(old));

  const marks = () => new Map([...document.querySelectorAll("[data-mark]")].map((e) => [e.dataset.mark, e.textContent]));

  function mark(before) {
    let count = 0;
    for (const element of document.querySelectorAll("[data-mark]")) {
      if (before.get(element.dataset.mark) === element.textContent) continue;
      count += 1;
      element.removeAttribute("data-changed");
      void element.offsetWidth; /* begins the fading again */
      element.setAttribute("data-changed", "");
      setTimeout(() => element.removeAttribute("data-changed"), MARK_MS);
    }
    if (count) byId("said").textContent = byId("said").dataset.text.replace("#", String(count));
  }

  async function renew() {
    if (fetching || document.hidden) { dirty = true; return; }
    fetching = true;
    dirty = false;
    const began = performance.now();
    try {
      const answer = await fetch(location.href, { headers: { "x-refresh": "1" }, credentials: "same-origin" });
      if (answer.status === 401) { location.reload(); return; }
      if (!answer.ok && answer.status >= 500) throw new Error("no page");
      const next = new DOMParser().parseFromString(await answer.text(), "text/html");
      const before = marks();
      for (const part of ["surround", "live"]) if (byId(part) && next.getElementById(part)) lay(byId(part), next.getElementById(part));
      document.title = next.title;
      mark(before);
      lost(false);
    } catch { lost(true); dirty = true; }
    /* A page that is dear to make is asked for less often. */
    nextAt = performance.now() + Math.max(GAP_MS, 4 * (performance.now() - began));
    fetching = false;
  }

  async function watch() {
    for (;;) {
      const asked = acted;
      acted = false;
      try {
        const answer = await fetch(`/changes?after=${change}${asked ? "&active=1" : ""}`, { credentials: "same-origin" });
        if (answer.status === 401) { location.reload(); return; }
        if (!answer.ok) throw new Error("no answer");
        const found = (await answer.json()).change;
        if (root.dataset.kept) { location.reload(); return; } /* the station is back: what it says now, not what was kept */
        const first = change === -1, again = failures > 0;
        if (found !== change) { change = found; if (!first) dirty = true; }
        if (first && String(found) !== root.dataset.live) dirty = true;
        if (again) dirty = true;
        lost(false);
      } catch {
        acted = acted || asked;
        lost(true);
        await sleep(RETRY_MS);
      }
    }
  }

  async function pace() {
    let last = performance.now();
    for (;;) {
      await sleep(100);
      if (performance.now() - last > REPEAT_MS) dirty = true; /* ages and "late" move with the clock alone */
      if (dirty && !document.hidden && performance.now() >= nextAt) { last = performance.now(); await renew(); }
    }
  }
  watch();
  pace();
})();
