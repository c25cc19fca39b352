// Shows and hides what is typed into a password field. It is hidden again before the form is sent,
// because browsers remember what was typed into a field with readable text.
(() => {
  const buttons = (form) => form.querySelectorAll("[data-reveal]");

  const show = (button, shown) => {
    document.getElementById(button.dataset.reveal).type = shown ? "text" : "password";
    button.firstElementChild.textContent = shown ? "Hide" : "Show";
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-reveal]");
    if (!button) return;
    const shown = document.getElementById(button.dataset.reveal).type === "password";
    show(button, shown);
    const note = document.createElement("span");
    note.textContent = shown ? "The password is shown." : "The password is hidden.";
    document.getElementById("spoken").replaceChildren(note);
  });
  document.addEventListener("submit", (event) => {
    for (const button of buttons(event.target)) show(button, false);
  }, true);
})();
