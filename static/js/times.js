// Renews "5 minutes ago" each minute and when the tab is shown again. The words are those of
// webui/web/template_filters.py, in the account's time zone; a test compares both.
(() => {
  const { zone, now } = document.documentElement.dataset;
  const SECOND = 1_000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const options = { timeZone: zone, hourCycle: "h23", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  const format = new Intl.DateTimeFormat("en-US", options);
  // The server's clock counts: that of the device may be wrong.
  const ahead = Date.parse(now) - Date.now();
  const current = () => Date.now() + (Math.abs(ahead) > 2 * MINUTE ? ahead : 0);

  const read = (at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  const dayNumber = ({ day, month, year }) => Date.parse(`${day} ${month} ${year} UTC`) / DAY;
  const ago = (count, unit) => `${count} ${unit}${count === 1 ? "" : "s"} ago`;

  const clock = (at, until, today) => {
    const here = read(at), there = read(until);
    const days = dayNumber(there) - dayNumber(here), time = `${here.hour}:${here.minute}`;
    if (days === 0) return `${today}${time}`;
    if (days === 1) return `yesterday ${time}`;
    const date = `${here.day} ${here.month}`;
    return here.year === there.year ? `${date} ${time}` : `${date} ${here.year}`;
  };
  const WORDS = {
    ago: (at, until) => {
      const passed = until - at;
      if (passed < MINUTE) return "just now";
      if (passed < HOUR) return ago(Math.floor(passed / MINUTE), "minute");
      return passed < 12 * HOUR ? ago(Math.floor(passed / HOUR), "hour") : clock(at, until, "today ");
    },
    clock: (at, until) => clock(at, until, ""),
  };

  const renew = () => {
    const until = current();
    for (const element of document.querySelectorAll("time[data-words]")) {
      const words = WORDS[element.dataset.words](Date.parse(element.dateTime), until);
      // Only what differs is replaced: a selection in the text stays.
      if (element.textContent !== words) element.textContent = words;
    }
  };
  setInterval(renew, MINUTE);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState !== "visible") return;
    renew();
    // What asks the server whether it is still true listens for this.
    document.dispatchEvent(new CustomEvent("shown"));
  });
})();
