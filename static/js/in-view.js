// A form that opens in the place of a card is scrolled into view as a whole; one that is higher than
// the window is shown from its start.
document.addEventListener("htmx:after:swap", (event) => {
  const { target, request } = event.detail.ctx;
  const card = target instanceof Element && target.id && document.getElementById(target.id);
  if (request?.method !== "GET" || !card || !card.querySelector("form[method=post] [autofocus]")) return;
  const above = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop);
  card.scrollIntoView({ block: card.offsetHeight + above > innerHeight ? "start" : "nearest" });
});
