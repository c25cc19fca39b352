// When htmx replaces the focused element, the keyboard focus is lost: it moves to the new element with
// the same id, else to the replaced fragment or, when nothing came in its place, to the page's content.
// It stays where somebody types into another form meanwhile.
(() => {
  let lost = null;

  const isTypedElsewhere = (focused, tasks) =>
    focused.form?.matches("[data-changed]") && !tasks.some(({ target }) => target instanceof Element && target.contains(focused));

  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    const target = ctx.target;
    const focused = document.activeElement;
    if (isTypedElsewhere(focused, tasks)) {
      for (const { fragment } of tasks) fragment.querySelectorAll("[autofocus]").forEach((element) => element.removeAttribute("autofocus"));
    }
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
