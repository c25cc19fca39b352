// The page's CSP (require-trusted-types-for) allows no text to become markup, except htmx's responses:
// only htmx gets this policy, which cannot be created twice. It has no createScript, so a script
// inside a response does not run. Browsers without Trusted Types ignore it.
if (window.trustedTypes) {
  const policy = window.trustedTypes.createPolicy("htmx", { createHTML: (text) => text });
  htmx.registerExtension("trusted-types", { init: (api) => api.initSecurity(policy) });
}
