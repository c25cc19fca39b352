// When a response does not come from the console itself (a proxy's error page) or does not come at
// all, the page is kept and a message is shown: the input is still in the form.
(() => {
  const WORDS = "No answer from the console. Nothing is lost: your text is still here. Try again.";
  const TOO_LONG = "These are more filters than an address can hold. Remove one and try again.";

  const say = (words = WORDS) => {
    const bar = document.createElement("div");
    bar.className = "notice-bar bad";
    bar.setAttribute("role", "alert");
    bar.textContent = words;
    document.getElementById("messages").replaceChildren(bar);
  };

  document.addEventListener("htmx:before:swap", (event) => {
    const response = event.detail.ctx.response;
    if (!response || response.status < 400 || response.headers.get("X-Request-ID")) return;
    event.preventDefault();
    say(response.status === 414 ? TOO_LONG : WORDS);
  });
  document.addEventListener("htmx:error", () => say());
})();
