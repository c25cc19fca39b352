// When htmx replaces the focused element, the keyboard focus is lost: it moves to the new element with
// the same id, else to the replaced fragment.
(() => {
  let lost = null;

  document.addEventListener("htmx:before:swap", (event) => {
    const target = event.detail.ctx.target;
    const focused = document.activeElement;
    const inside = target instanceof Element && target.id && target.contains(focused);
    lost = inside ? { id: focused.id, part: target.id } : null;
  });
  document.addEventListener("htmx:after:swap", () => {
    if (!lost || (document.activeElement && document.activeElement !== document.body)) return;
    const place = (lost.id && document.getElementById(lost.id)) || document.getElementById(lost.part);
    if (place && !place.querySelector("[autofocus]")) place.focus({ preventScroll: true });
    lost = null;
  });
})();
