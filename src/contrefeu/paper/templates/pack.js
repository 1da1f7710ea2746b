"use strict";
// Opens the pack that lies in this file, and says how old it grows. Nothing is asked of any server.
const lock = document.getElementById("lock"), inside = document.getElementById("inside");
const bytes = name => Uint8Array.from(atob(lock.dataset[name]), letter => letter.charCodeAt(0));
const RED_MS = 3600e3;
async function opened(password) {
  const raw = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: bytes("salt"), iterations: Number(lock.dataset.rounds) };
  const key = await crypto.subtle.deriveKey(how, raw, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  return new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: bytes("nonce") }, key, bytes("sealed")));
}
function grow() {
  const said = document.getElementById("age");
  if (!lock.dataset.asof) { said.className = "red"; return; }
  const age = Date.now() - Date.parse(lock.dataset.asof), minutes = Math.max(0, Math.floor(age / 60e3));
  const words = minutes < 60 ? minutes + " min" : Math.floor(minutes / 60) + " h " + String(minutes % 60).padStart(2, "0");
  said.textContent = lock.dataset.age.replace("{age}", words) + (age > RED_MS ? " · " + lock.dataset.old : "");
  document.body.className = age > RED_MS ? "old" : "";
}
lock.addEventListener("submit", async event => {
  event.preventDefault();
  const field = document.getElementById("password"), told = document.getElementById("said");
  told.textContent = "…";
  try {
    // A parsed document runs no script, and this page's policy lets none in.
    inside.append(...new DOMParser().parseFromString(await opened(field.value.trim().toLowerCase()), "text/html").body.childNodes);
  } catch { told.textContent = lock.dataset.wrong; field.select(); return; }
  field.value = ""; lock.hidden = true; inside.hidden = false;
  grow(); setInterval(grow, 30e3);
});
