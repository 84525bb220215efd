/* Passkeys: the server's question goes to the browser, its answer into the hidden field of the form, which is sent. */
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => {
    const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
    return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const known = (list) => (list ?? []).map((each) => ({ ...each, id: bytes(each.id) }));
  const tell = (form, what) => {
    for (const each of ["failed", "known"]) form.querySelector(`[data-passkey-${each}]`).hidden = each !== what;
  };

  const question = async (form) => {
    const body = new URLSearchParams("alone" in form.dataset ? { alone: "yes" } : {});
    const csrf = document.querySelector('meta[name="csrf-token"]').content;
    const answer = await fetch(form.dataset.ask, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const make = async (asked) => {
    const user = { ...asked.user, id: bytes(asked.user.id) };
    const challenge = bytes(asked.challenge);
    const excludeCredentials = known(asked.excludeCredentials);
    const made = await navigator.credentials.create({ publicKey: { ...asked, user, challenge, excludeCredentials } });
    const transports = made.response.getTransports?.() ?? [];
    const attestationObject = text(made.response.attestationObject);
    return [made, { attestationObject, transports }];
  };

  const use = async (asked) => {
    const challenge = bytes(asked.challenge);
    const allowCredentials = known(asked.allowCredentials);
    const shown = await navigator.credentials.get({ publicKey: { ...asked, challenge, allowCredentials } });
    const { authenticatorData, signature, userHandle } = shown.response;
    const owner = userHandle ? { userHandle: text(userHandle) } : {};
    return [shown, { authenticatorData: text(authenticatorData), signature: text(signature), ...owner }];
  };

  const run = async (form) => {
    tell(form, "");
    const button = form.querySelector("[data-passkey-there] button");
    button.disabled = true;
    try {
      const asked = await question(form);
      const [key, more] = form.dataset.passkey === "make" ? await make(asked) : await use(asked);
      const response = { clientDataJSON: text(key.response.clientDataJSON), ...more };
      const sent = { id: key.id, rawId: text(key.rawId), type: key.type, response };
      form.querySelector("[data-passkey-answer]").value = JSON.stringify(sent);
      button.disabled = false;
      form.requestSubmit(button);
    } catch (error) {
      button.disabled = false;
      tell(form, error.name === "InvalidStateError" ? "known" : "failed");
    }
  };

  /* Ahead of what app.js does with forms that are sent. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!("passkey" in form.dataset) || form.querySelector("[data-passkey-answer]").value) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    run(form);
  }, true);

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.querySelector("[data-passkey-answer]").value = "";
    form.querySelector("[data-passkey-without]").hidden = true;
    const isHere = location.origin === form.dataset.origin;
    const shown = !isHere ? "elsewhere" : globalThis.PublicKeyCredential ? "there" : "none";
    form.querySelector(`[data-passkey-${shown}]`).hidden = false;
  }
})();
