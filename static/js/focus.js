// When htmx replaces the focused element, the keyboard focus is lost: it moves to the new element with
// the same id, else to the replaced fragment or, when nothing came in its place, to the page's content.
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
    const came = (lost.id && document.getElementById(lost.id)) || document.getElementById(lost.part);
    const place = came ?? document.getElementById("main");
    if (!came || !place.querySelector("[autofocus]")) place.focus({ preventScroll: true });
    lost = null;
  });
})();
