// Keeps an opened fold open when htmx replaces its container, unless a form was sent: then the
// response must be visible. Runs before focus.js, because closed content cannot get the focus.
(() => {
  let opened = [];

  document.addEventListener("htmx:before:swap", (event) => {
    const { target, sourceEvent } = event.detail.ctx;
    const folds = target instanceof Element ? target.querySelectorAll("details[id][open]") : [];
    opened = sourceEvent?.type === "submit" ? [] : [...folds].map((fold) => fold.id);
  });
  document.addEventListener("htmx:after:swap", () => {
    for (const id of opened.splice(0)) document.getElementById(id)?.setAttribute("open", "");
  });
})();
