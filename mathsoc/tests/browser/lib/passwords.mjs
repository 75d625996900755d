// The types and `autocomplete` values of the visible fields, which password managers read.

export function autocompletes(page) {
  return page.locator('main input:not([type=hidden])').evaluateAll((all) => all.map((it) => `${it.type} ${it.autocomplete}`));
}
