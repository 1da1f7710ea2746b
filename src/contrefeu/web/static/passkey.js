/* Passkeys: asks the station what to ask, the browser for a key, and sends what it answers as a form.
 *
 * Rules kept here:
 *   - A form with data-passkey stays hidden where the browser has none to offer: name or badge and code work anywhere.
 *   - What the browser refuses is said beside the button; nothing else changes.
 *   - A page whose token is no longer good is loaded anew: the key is not at fault.
 */
"use strict";
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  async function asked(form) {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    const answer = await fetch(form.dataset.passkey, { method: "POST", body, headers: { accept: "application/json" } });
    if (answer.status === 401 || answer.status === 403) { location.reload(); return new Promise(() => {}); }
    if (!answer.ok) throw new Error(answer.status);
    const said = await answer.json();
    said.challenge = bytes(said.challenge);
    if (!said.user) return navigator.credentials.get({ publicKey: { ...said, allowCredentials: [] } });
    const user = { ...said.user, id: bytes(said.user.id) };
    return navigator.credentials.create({ publicKey: { ...said, user, excludeCredentials: known(said.excludeCredentials) } });
  }

  function told(key) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[name]) response[name] = text(key.response[name]);
    }
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, clientExtensionResults: {}, response });
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button"), refused = form.querySelector("[role=alert]");
      button.disabled = true;
      refused.hidden = true;
      try {
        form.elements.answer.value = told(await asked(form));
        form.submit();
      } catch {
        refused.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
