// A formula that is wider than its column scrolls sideways. It needs keyboard focus while it is
// too wide, so that it can be scrolled without a mouse.

export function makeFormulasFocusable(): void {
  const observer = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target instanceof HTMLElement) update(target);
  });
  for (const formula of document.querySelectorAll<HTMLElement>(".formula")) observer.observe(formula);
}

function update(formula: HTMLElement): void {
  if (formula.scrollWidth > formula.clientWidth) {
    formula.tabIndex = 0;
    formula.setAttribute("role", "group");
    formula.setAttribute("aria-label", "Wide formula, scrolls sideways");
  } else {
    formula.removeAttribute("tabindex");
    formula.removeAttribute("role");
    formula.removeAttribute("aria-label");
  }
}
