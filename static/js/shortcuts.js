// Keys without a modifier, which an account can switch off (WCAG 2.1.4): "/" moves the focus to the
// search, "h" to the newest change in the page's history. They do nothing while typing.
(() => {
  const search = () => document.querySelector("[data-shortcut='/']");
  const PLACES = {
    "/": search,
    h: () => document.querySelector("#history .fresh .when a") ?? document.querySelector("#history .when a"),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.documentElement.dataset.shortcuts === "off") return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const place = PLACES[event.key]?.();
    if (!place) return;
    event.preventDefault();
    place.focus();
    place.select?.();
  });
})();

// Escape leaves a form in which nothing was typed, as its "Cancel" does.
(() => {
  const isDefault = (field) => {
    if (field.options) return [...field.options].every((option) => option.selected === option.defaultSelected) || (field.selectedIndex === 0 && !field.querySelector("[selected]"));
    if (field.type === "checkbox" || field.type === "radio") return field.checked === field.defaultChecked;
    return field.defaultValue === undefined || field.value === field.defaultValue;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing || event.defaultPrevented) return;
    const form = event.target.closest("form:not([data-changed])");
    const cancel = form?.querySelector("[data-discard]");
    if (cancel && [...form.elements].every(isDefault)) cancel.click();
  });
})();

// Escape closes the menu and returns the focus to its button.
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (event.key !== "Escape" || !menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
