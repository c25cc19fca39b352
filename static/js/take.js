// Copies a value into its field: in a conflict theirs, beside an error what was probably meant.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take]");
  if (!button) return;
  event.preventDefault();
  const field = document.getElementById(button.dataset.take);
  const error = button.closest(".invalid-feedback");
  field.value = button.dataset.value;
  if (error) {
    error.remove();
    field.classList.remove("is-invalid");
    field.removeAttribute("aria-invalid");
    field.setAttribute("aria-describedby", field.getAttribute("aria-describedby").replace(error.id, "").trim());
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
});
