// Choosing a plan fills in its limits, unless the person has typed other limits.
document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-ceilings]");
  if (!chosen) return;
  const plans = [...chosen.form.querySelectorAll("[data-ceilings]")].map((plan) => JSON.parse(plan.dataset.ceilings));
  for (const [name, ceiling] of Object.entries(JSON.parse(chosen.dataset.ceilings))) {
    const field = chosen.form.elements[name];
    if (ceiling !== null && plans.some((plan) => String(plan[name]) === field.value.trim())) field.value = ceiling;
  }
});
