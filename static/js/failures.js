// When a response does not come from the console itself (a proxy's error page) or does not come at
// all, the page is kept and a message is shown: the input is still in the form.
(() => {
  const WORDS = "No answer from the console. This page is as it was. Try again.";
  const POSTED = "No answer from the console. It may not have been saved. Nothing is lost: your text is still here. Try again.";
  const TOO_LONG = "These are more filters than an address can hold. Remove one and try again.";

  const noAnswer = (event) => (/^post$/i.test(event.detail.ctx?.request?.method ?? "") ? POSTED : WORDS);

  const say = (words) => {
    const bar = document.createElement("div");
    bar.className = "notice-bar bad";
    bar.setAttribute("role", "alert");
    bar.textContent = words;
    document.getElementById("messages").replaceChildren(bar);
  };

  // What was asked in the background stays silent when it fails: nobody waits for it.
  const isQuiet = (event) => event.detail.ctx?.sourceElement?.hasAttribute?.("data-quiet");

  document.addEventListener("htmx:before:swap", (event) => {
    if (isQuiet(event) && event.detail.ctx.response?.status >= 400) return event.preventDefault();
    const response = event.detail.ctx.response;
    if (!response || response.status < 400 || response.headers.get("X-Request-ID")) return;
    event.preventDefault();
    say(response.status === 414 ? TOO_LONG : noAnswer(event));
  });
  document.addEventListener("htmx:error", (event) => isQuiet(event) || say(noAnswer(event)));
})();
