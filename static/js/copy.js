// Copies the text or value of the element that the button names, and says so. Only what the page shows is
// copied: not a password whose field hides it.
(() => {
  const SHOWN_MS = 2_000;
  const COPIED = "Copied.";
  const REFUSED = "Copying is not allowed here. The text is selected: press Ctrl C.";
  const HIDDEN = "Not copied: the password is hidden. Show it first.";

  const select = (source) => {
    if (source.select) source.select();
    else getSelection().selectAllChildren(source);
  };

  // What happened, in words.
  const copy = async (source) => {
    if (source.type === "password") return HIDDEN;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      return COPIED;
    } catch {
      select(source);
      return REFUSED;
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const note = document.createElement("span");
    note.textContent = await copy(document.getElementById(button.dataset.copy));
    // A new element is announced again, also after the same words.
    document.getElementById("live").replaceChildren(note);
    if (note.textContent !== COPIED) return;
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), SHOWN_MS);
  });
})();
