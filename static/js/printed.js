// On paper: the moment of printing, in the account's time zone. Until then it is the page's own time.
window.addEventListener("beforeprint", () => {
  const place = document.querySelector("[data-printed]");
  if (!place) return;
  const parts = { timeZone: place.dataset.printed, hourCycle: "h23", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const found = new Intl.DateTimeFormat("en-US", parts).formatToParts(new Date());
  const { day, month, year, hour, minute, second } = Object.fromEntries(found.map(({ type, value }) => [type, value]));
  place.textContent = `${day} ${month} ${year} ${hour}:${minute}:${second}`;
});
