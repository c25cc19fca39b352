// Shows how strong a password is while it is typed, estimated from its length and variety. It only
// informs people; the server enforces the rule.
(() => {
  const COMMON = /passw|secret|admin|welcome|qwert|asterisk|letmein|trunk|phone|1234|abcd/i;
  const POOLS = [[/[a-z]/, 26], [/[A-Z]/, 26], [/[0-9]/, 10], [/[^a-zA-Z0-9]/, 33]];

  // Repeated and consecutive characters (aaa, 123) do not count: attackers try them too.
  const effective = (text) => {
    const codes = [...text].map((letter) => letter.charCodeAt(0));
    return codes.filter((code, at) => at === 0 || Math.abs(code - codes[at - 1]) > 1).length;
  };

  const bits = (text) => {
    const pool = POOLS.reduce((sum, [kind, size]) => sum + (kind.test(text) ? size : 0), 0);
    return effective(text) * Math.log2(pool || 1) - (COMMON.test(text) ? 25 : 0);
  };

  const words = (text, minimum) => {
    if (!text) return "";
    if (text.length < minimum) return `Too short: ${minimum} characters or more.`;
    const strength = bits(text);
    if (strength < 45) return "Weak: easy to guess. Make it longer, or generate one.";
    if (strength < 65) return "Fair: longer is better.";
    return strength < 90 ? "Good." : "Strong.";
  };

  document.addEventListener("input", (event) => {
    const place = document.getElementById(`${event.target.id}-strength`);
    if (!place) return;
    const said = words(event.target.value, Number(event.target.minLength));
    // Announced once, not at every key: a live region reads out each change.
    if (place.textContent !== said) place.textContent = said;
  });
})();
