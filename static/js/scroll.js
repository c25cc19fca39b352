// Runs before the page is parsed. After "back" or a reload the browser restores the scroll position,
// and an autofocus would take it away. Browsers ignore autofocus when something has the focus already
// (HTML, 6.6.7), so the page's content gets it, without scrolling.
(() => {
  const [arrival] = performance.getEntriesByType("navigation");
  if (!["back_forward", "reload"].includes(arrival?.type)) return;
  new MutationObserver((_, observer) => {
    const main = document.getElementById("main");
    if (!main) return;
    observer.disconnect();
    main.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });
})();
