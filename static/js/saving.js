// While a form is being saved its fields are locked and its button says so: what is typed meanwhile
// would be lost when the response replaces the form. They are unlocked when the save has failed.
(() => {
  const locked = new Map();
  const CHOICES = "select, [type=checkbox], [type=radio]";

  // A hidden button only defines what Enter does; people see the main one.
  const shownButton = (form, pressed) =>
    pressed?.matches("button:not([aria-hidden])") ? pressed : form.querySelector("button.btn-primary");

  const rename = (button) => {
    const words = button.dataset.busy ?? "Saving…";
    if (!words) return () => {};
    const before = [...button.childNodes];
    button.replaceChildren(words);
    return () => button.replaceChildren(...before);
  };

  const lockField = (field) => {
    if (field.matches(CHOICES)) {
      field.setAttribute("aria-disabled", "true");
      return () => field.removeAttribute("aria-disabled");
    }
    const before = field.readOnly;
    field.readOnly = true;
    return () => { field.readOnly = before; };
  };

  const lock = (form, pressed, isPage) => {
    if (form.method !== "post" || locked.has(form)) return;
    const fields = [...form.elements].filter((field) => field.matches("input:not([type=hidden]), select, textarea"));
    const button = shownButton(form, pressed);
    const undo = fields.map(lockField);
    if (button) undo.push(rename(button));
    form.setAttribute("aria-busy", "true");
    locked.set(form, { undo, isPage, focused: document.activeElement });
  };

  const unlock = (form) => {
    const { undo, focused } = locked.get(form);
    locked.delete(form);
    form.removeAttribute("aria-busy");
    for (const step of undo) step();
    // A disabled button has lost the focus; htmx enables it again right after this.
    queueMicrotask(() => {
      if (document.activeElement === document.body && form.contains(focused)) focused.focus({ preventScroll: true });
    });
  };

  const unlockPage = () => {
    for (const [form, { isPage }] of locked) if (isPage) unlock(form);
  };

  document.addEventListener("htmx:before:request", (event) => {
    const { request } = event.detail.ctx;
    if (request.method === "POST" && request.form) lock(request.form, request.submitter ?? event.detail.ctx.sourceElement, false);
  });
  // Where the server leads to another page, the form waits for it as after a whole page was sent.
  document.addEventListener("htmx:after:request", (event) => {
    const { request, hx } = event.detail.ctx;
    if (hx?.redirect && locked.has(request.form)) locked.get(request.form).isPage = true;
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const { ctx } = event.detail;
    // Else htmx leaves the button disabled, also where the person stays on this page.
    if (ctx.hx?.redirect) ctx.keepIndicators = false;
    else if (locked.has(ctx.request.form)) unlock(ctx.request.form);
  });

  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) lock(event.target, event.submitter, true);
  });
  // The person stays after a question, stops the loading, or comes back to the page.
  window.addEventListener("beforeunload", (event) => {
    if (event.defaultPrevented) unlockPage();
  });
  window.addEventListener("pageshow", unlockPage);
  window.navigation?.addEventListener("navigateerror", unlockPage);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") unlockPage();
  });

  // Choices have no read-only state.
  const keep = (event) => {
    if (event.key === "Tab" || event.key === "Escape") return;
    if (event.target.matches?.("[aria-disabled=true]") && locked.has(event.target.form)) event.preventDefault();
  };
  for (const kind of ["click", "keydown", "mousedown"]) document.addEventListener(kind, keep, true);
})();
