// Warns while a monthly limit is typed that is below the calls already used.
document.addEventListener("input", (event) => {
  const place = document.getElementById(`${event.target.id}-below`);
  if (!place) return;
  const typed = event.target.value.trim();
  place.firstElementChild.hidden = !/^[0-9]+$/.test(typed) || BigInt(typed) >= BigInt(place.dataset.used);
});
