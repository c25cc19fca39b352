// Runs before the first paint: "auto" follows the device; a chosen theme is already in the page.
// A choice in the menu takes effect on this page, so that nothing typed on it is lost.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  const apply = () => {
    const { theme } = root.dataset;
    const auto = dark.matches ? "dark" : "light";
    root.dataset.bsTheme = theme === "auto" ? auto : theme;
  };
  root.classList.add("js");
  dark.addEventListener("change", apply);
  apply();

  // The preferences on the account page would otherwise save the theme of before.
  const renewPreference = (before, chosen) => {
    const preference = document.getElementById("account-theme");
    if (preference?.value === before) preference.value = chosen;
  };

  const choose = (form, chosen) => {
    renewPreference(root.dataset.theme, chosen);
    root.dataset.theme = chosen;
    apply();
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", button.value === chosen);
    const menu = form.closest("details");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus({ preventScroll: true });
  };

  document.addEventListener("htmx:after:request", (event) => {
    const { request, response } = event.detail.ctx;
    const form = request.form;
    if (form?.matches("[data-themes]") && response.status === 200) choose(form, request.body.get("theme"));
  });
})();
