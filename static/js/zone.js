// Shows the offer of the browser's time zone, where it is another than the account's.
(() => {
  const offer = document.getElementById("zone-offer");
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  // "Etc/..." and "UTC" are no places.
  if (!offer || !timeZone?.includes("/") || timeZone.startsWith("Etc/")) return;
  offer.querySelector("[data-zone]").textContent = timeZone.replaceAll("_", " ");
  offer.querySelector("[data-zone-button]").value = timeZone;
  offer.hidden = false;
})();
