// The page's policy (require-trusted-types-for) lets no text become markup, but what htmx was answered:
// it alone gets this policy, which cannot be made twice. It has no createScript, so a script inside an
// answer does not run. Browsers without trusted types go on as before.
if (window.trustedTypes) {
  const policy = window.trustedTypes.createPolicy("htmx", { createHTML: (text) => text });
  htmx.registerExtension("trusted-types", { init: (api) => api.initSecurity(policy) });
}
