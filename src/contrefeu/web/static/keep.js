/* What a browser keeps while its station is out of reach: sealed pages, acts that wait, looks to tell. Shared by the
 * worker and the pages.
 *
 * Rules kept here:
 *   - Nothing about a patient is written unsealed. The keys of pages live in the memory of pages and worker alone.
 *   - An act is sealed with its author's key, which the station makes again after any restart: it is never lost with a
 *     session. Who wrote it and when stand beside it in clear; nothing else does.
 *   - What is sealed says where it belongs: it opens for the same person, at the same address, and nowhere else.
 */
"use strict";
const Keep = (() => {
  const PAGES_MAX = 400; /* a ward of 40 with its charts and forms; past it the oldest go */
  const STORES = { pages: "path", acts: "id", looks: "id", meta: "name" };
  const encoder = new TextEncoder(), decoder = new TextDecoder();
  let opening = null;

  function open() {
    opening = opening || new Promise((done, failed) => {
      const asked = indexedDB.open("contrefeu", 1);
      asked.onupgradeneeded = () => {
        for (const [name, keyPath] of Object.entries(STORES)) asked.result.createObjectStore(name, { keyPath });
      };
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => { opening = null; failed(asked.error); };
    });
    return opening;
  }

  async function run(store, mode, act) {
    const database = await open();
    return new Promise((done, failed) => {
      const change = database.transaction(store, mode);
      const asked = act(change.objectStore(store));
      change.oncomplete = () => done(asked && asked.result);
      change.onerror = change.onabort = () => failed(change.error);
    });
  }
  const get = (store, key) => run(store, "readonly", (found) => found.get(key));
  const all = (store) => run(store, "readonly", (found) => found.getAll());
  const put = (store, value) => run(store, "readwrite", (found) => found.put(value));
  const drop = (store, key) => run(store, "readwrite", (found) => found.delete(key));
  const clear = (store) => run(store, "readwrite", (found) => found.clear());

  const algorithm = (iv, place) => ({ name: "AES-GCM", iv, additionalData: encoder.encode(place) });
  async function seal(key, place, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const data = await crypto.subtle.encrypt(algorithm(iv, place), key, encoder.encode(JSON.stringify(value)));
    return { iv, data };
  }
  async function unseal(keys, place, { iv, data }) {
    for (const key of keys) {
      try { return JSON.parse(decoder.decode(await crypto.subtle.decrypt(algorithm(iv, place), key, data))); } catch { /* another key, or somebody else's */ }
    }
    return null;
  }
  const key = (text) => crypto.subtle.importKey("raw", Uint8Array.from(atob(text), (c) => c.charCodeAt(0)), "AES-GCM", false, ["encrypt", "decrypt"]);

  /* The oldest pages go, so that a browser that is never logged out of does not fill its disk. */
  async function prune() {
    const found = (await all("pages")).sort((one, other) => other.at - one.at);
    for (const one of found.slice(PAGES_MAX)) await drop("pages", one.path);
  }

  /* Leave nothing to read: pages, and acts that the journal has. What waits stays, sealed, for its author. */
  async function forget() {
    await clear("pages");
    for (const act of await all("acts")) if (act.state === "synced") await drop("acts", act.id);
  }

  return { get, all, put, drop, seal, unseal, key, prune, forget };
})();
