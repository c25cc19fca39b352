// Passkeys: requests options from the server and a passkey from the browser, and sends its response
// with the form.
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    if (!buffer) return null;
    const plain = btoa(String.fromCharCode(...new Uint8Array(buffer)));
    return plain.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const NO_ANSWER = "No answer from the console. Try again.";
  const STOPPED = "No passkey was used. Try again, or go on without one.";

  // A form that was too old can be sent again with these fields.
  const fillIn = (form, fields) => {
    for (const [name, value] of Object.entries(fields ?? {})) {
      const field = form.elements[name] ?? Object.assign(document.createElement("input"), { type: "hidden", name });
      field.value = value;
      form.append(field);
    }
  };

  const options = async (url, form) => {
    const response = await fetch(url, { method: "POST", body: new FormData(form) }).catch(() => null);
    const answer = response && (await response.json().catch(() => null));
    fillIn(form, answer?.fields);
    if (!response || !answer || !response.ok) throw Object.assign(new Error(answer?.message ?? NO_ANSWER), { field: answer?.field });
    answer.challenge = bytes(answer.challenge);
    if (answer.user) answer.user.id = bytes(answer.user.id);
    for (const list of [answer.excludeCredentials, answer.allowCredentials]) {
      for (const known of list ?? []) known.id = bytes(known.id);
    }
    return answer;
  };

  const asJson = (credential) => {
    const { response } = credential;
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const entries = parts.filter((name) => response[name]).map((name) => [name, text(response[name])]);
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      response: Object.fromEntries(entries),
      clientExtensionResults: credential.getClientExtensionResults(),
    });
  };

  // Sent as by its button, so that other scripts know of it; the fields were checked before.
  const ready = new WeakSet();
  const leave = (form) => {
    ready.add(form);
    form.noValidate = true;
    // A form ignores a request to be sent while its submit event is still being handled.
    setTimeout(() => form.requestSubmit());
  };

  const send = (form, action, credential) => {
    fillIn(form, { credential: asJson(credential) });
    form.action = action;
    leave(form);
  };

  // What was wrong before is no longer said; the hint of a field stays beside it.
  const forget = (form) => {
    form.querySelector("[data-passkey-error]").textContent = "";
    for (const field of form.querySelectorAll(".is-invalid")) {
      document.getElementById(`${field.id}-error`)?.remove();
      field.classList.remove("is-invalid");
      field.removeAttribute("aria-invalid");
    }
  };

  // Beside its field, as the server shows it on a page, and otherwise below the form.
  const say = (form, error) => {
    const field = error.field && form.elements[error.field];
    if (!field?.id) {
      form.querySelector("[data-passkey-error]").textContent = error instanceof DOMException ? STOPPED : error.message;
      return;
    }
    const id = `${field.id}-error`;
    const words = Object.assign(document.createElement("div"), { id, className: "invalid-feedback d-block", textContent: error.message });
    field.after(words);
    field.classList.add("is-invalid");
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", [id, document.getElementById(`${field.id}-hint`)?.id].filter(Boolean).join(" "));
    field.focus();
  };

  const run = async (form, button, work) => {
    forget(form);
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      say(form, error);
    } finally {
      button.disabled = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-passkey-options]");
    if (!button) return;
    const form = button.form;
    run(form, button, async () => {
      const publicKey = await options(button.dataset.passkeyOptions, form);
      send(form, button.dataset.passkeyTo, await navigator.credentials.get({ publicKey }));
    });
  });

  // Instead of a code: when the code is empty, the browser is asked for a passkey of the account.
  const confirm = async (form) => {
    const url = form.dataset.passkeyConfirm;
    if (!url || !window.PublicKeyCredential || form.elements.current_code.value.trim()) return;
    const publicKey = await options(url, form);
    form.elements.assertion.value = asJson(await navigator.credentials.get({ publicKey }));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const { passkeyCreate, passkeyConfirm } = form.dataset;
    if ((!passkeyCreate && !passkeyConfirm) || ready.delete(form)) return;
    event.preventDefault();
    run(form, form.querySelector("button:not([type])"), async () => {
      await confirm(form);
      if (!passkeyCreate) return leave(form);
      const publicKey = await options(passkeyCreate, form);
      send(form, form.action, await navigator.credentials.create({ publicKey }));
    });
  });

  if (!window.PublicKeyCredential) document.documentElement.classList.add("no-passkeys");
})();
