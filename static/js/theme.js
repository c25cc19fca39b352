// Runs before the first paint: "auto" follows the device; a chosen theme is already in the page.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  if (root.dataset.theme !== "auto") return;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => { root.dataset.bsTheme = dark.matches ? "dark" : "light"; };
  dark.addEventListener("change", apply);
  apply();
})();
