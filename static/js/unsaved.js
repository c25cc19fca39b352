// Asks before the page is left with unsaved input, except when it is saved or discarded.
(() => {
  const changed = new Set();
  let leaving = false;

  const guarded = (form) => form && form.method === "post" && !form.hasAttribute("data-discardable");

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    if (guarded(form)) changed.add(form);
  });
  // An htmx form that was saved is no longer on the page; one that was not saved still is.
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("hx-post")) leaving = true;
  });
  document.addEventListener("click", (event) => {
    const discard = event.target.closest("[data-discard]");
    if (!discard) return;
    const form = discard.closest("form");
    changed.delete(form);
    form.removeAttribute("data-changed");
  });
  window.addEventListener("beforeunload", (event) => {
    if (leaving) return;
    const typed = [...changed].some((form) => form.isConnected);
    if (typed || document.querySelector("form[data-changed]")) event.preventDefault();
  });
})();
