// Copies the text or value of the element that the button names, and confirms it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent;
  const live = document.getElementById("live");
  const note = document.createElement("span");
  try {
    await navigator.clipboard.writeText(text);
    note.textContent = "Copied.";
  } catch {
    note.textContent = "Copying is not allowed here. Select the text instead.";
  }
  live.replaceChildren(note);
});
