// Updates "23 h 41 min" while the page is open.
(() => {
  const MINUTE = 60_000;

  const tick = () => {
    for (const element of document.querySelectorAll("[data-until]")) {
      const left = Math.max(0, Math.ceil((Date.parse(element.dataset.until) - Date.now()) / MINUTE));
      const hours = Math.floor(left / 60);
      const minutes = left % 60;
      const shown = [hours && `${hours} h`, (minutes || !hours) && `${minutes} min`];
      element.textContent = shown.filter(Boolean).join(" ");
    }
  };
  setInterval(tick, MINUTE / 2);
})();
