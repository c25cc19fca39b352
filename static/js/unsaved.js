// Leaving the page with typed input asks first. Saving and discarding on purpose do not.
(() => {
  const changed = new Set();

  const formOf = (event) => event.target.closest("form:not([data-discardable]):not([role=search])");

  document.addEventListener("input", (event) => {
    const form = formOf(event);
    if (form && form.method === "post") changed.add(form);
  });
  document.addEventListener("submit", (event) => changed.delete(event.target));
  document.addEventListener("click", (event) => {
    const discard = event.target.closest("[data-discard]");
    if (discard) changed.delete(discard.closest("form"));
  });
  window.addEventListener("beforeunload", (event) => {
    if ([...changed].some((form) => form.isConnected)) event.preventDefault();
  });
})();
