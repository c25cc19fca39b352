// A fold that somebody opened stays open when what it stands in is replaced, unless a form was sent:
// then the answer is what one wants to see. Before focus.js: what is closed takes no focus.
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
