// Passkeys: the browser speaks with the authenticator, the answer goes into the form that is there anyway.
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const told = (credential, names) => JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, clientExtensionResults: {},
    response: Object.fromEntries(names.filter((name) => credential.response[name]).map((name) => [name, text(credential.response[name])])),
  });
  const fail = (form) => { form.querySelector("[data-passkey-problem]").hidden = false; };

  const entry = document.querySelector("[data-passkey-challenge]");
  if (entry) {
    entry.hidden = false;
    entry.querySelector("button").addEventListener("click", async () => {
      const form = entry.closest("form");
      for (const field of [form.elements.name, form.elements.password]) if (!field.reportValidity()) return;
      try {
        const credential = await navigator.credentials.get({ publicKey: {
          challenge: bytes(entry.dataset.passkeyChallenge), rpId: entry.dataset.passkeyParty, userVerification: "required", allowCredentials: [],
        } });
        form.elements.passkey.value = told(credential, ["clientDataJSON", "authenticatorData", "signature", "userHandle"]);
        form.elements.code.required = false;
        form.requestSubmit();
      } catch { fail(form); }
    });
  }

  const making = document.querySelector("[data-passkey-options]");
  if (making) {
    making.hidden = false;
    making.addEventListener("submit", async (event) => {
      if (making.elements.credential.value) return;
      event.preventDefault();
      const wanted = JSON.parse(making.dataset.passkeyOptions);
      try {
        const credential = await navigator.credentials.create({ publicKey: {
          ...wanted, challenge: bytes(wanted.challenge), user: { ...wanted.user, id: bytes(wanted.user.id) },
          excludeCredentials: (wanted.excludeCredentials ?? []).map((known) => ({ ...known, id: bytes(known.id) })),
        } });
        making.elements.credential.value = told(credential, ["clientDataJSON", "attestationObject"]);
        making.requestSubmit();
      } catch { fail(making); }
    });
  }
})();
