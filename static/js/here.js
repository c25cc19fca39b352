// Keeps what forms send as `next` up to date: the address of the page as it is now, after htmx has
// changed it, with its anchor.
(() => {
  const renew = () => {
    const here = location.pathname + location.search + location.hash;
    for (const next of document.querySelectorAll("[data-here]")) next.value = here;
  };
  for (const kind of ["htmx:after:history:push", "htmx:after:history:replace"]) document.addEventListener(kind, renew);
  for (const kind of ["hashchange", "popstate"]) window.addEventListener(kind, renew);

  // The browser keeps the anchor over the redirect to the sign-in page; the server never sees it.
  const { hash } = location;
  if (!hash) return;
  for (const next of document.querySelectorAll("[data-here], [data-anchor]")) {
    if (next.value && !next.value.includes("#")) next.value += hash;
  }
})();
