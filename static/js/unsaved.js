// Asks before the page is left with unsaved input. A form with unsaved input has the attribute
// `data-changed`, also when the server shows it again with an error. Only the form that is sent, and
// one that is discarded, may be left without a question.
(() => {
  let sent = null;

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.method === "post" && !form.hasAttribute("data-discardable")) form.setAttribute("data-changed", "");
  });
  // htmx sends its forms itself and prevents the browser from doing so.
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) sent = event.target;
  });
  // A form that htmx has sent is done when the server says where to go on.
  document.addEventListener("htmx:after:request", (event) => {
    const { hx, request } = event.detail.ctx;
    if (hx?.redirect) sent = request.form;
  });
  document.addEventListener("click", (event) => {
    const discard = event.target.closest("[data-discard]");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
    if (discard && !elsewhere) discard.closest("form").removeAttribute("data-changed");
  });
  window.addEventListener("beforeunload", (event) => {
    const leaving = sent;
    sent = null;
    const lost = [...document.querySelectorAll("form[data-changed]")].filter((form) => form !== leaving);
    if (lost.length) event.preventDefault();
  });
})();
