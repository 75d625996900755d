// Forms and the pages around them, by their labels, as a visitor uses them.

// Fills in the fields with these labels. `true` ticks a checkbox, a file is an object.
export async function fill(page, fields) {
  for (const [label, value] of Object.entries(fields)) {
    const field = page.getByRole('main').getByLabel(label, { exact: true });
    if (value === true) await field.check();
    else if (typeof value === 'object') await field.setInputFiles(value);
    else if (await field.evaluate(({ localName }) => localName) === 'select') await field.selectOption(value);
    else await field.fill(value);
  }
}

// Presses a button of the page's own forms. Returns the status of the response.
export async function press(page, button, within = page.getByRole('main')) {
  const response = page.waitForResponse((it) => it.request().isNavigationRequest());
  await within.getByRole('button', { name: button, exact: typeof button === 'string' }).click();
  const status = (await response).status();
  await page.waitForLoadState('load');
  return status;
}

// Fills in the fields and presses the button. Returns the status of the response.
export async function send(page, fields, button) {
  await fill(page, fields);
  return press(page, button);
}

// Opens the page of a link in the page's content.
export async function follow(page, name) {
  await page.getByRole('main').getByRole('link', { name, exact: true }).first().click();
  await page.waitForLoadState('load');
}

// Opens the preview of the form, and closes it after the check.
export async function preview(page, check) {
  const popup = page.context().waitForEvent('page');
  await page.getByRole('button', { name: 'Preview in a new window' }).click();
  const opened = await popup;
  await opened.waitForLoadState('load');
  await check(opened);
  await opened.close();
}

export const heading = (page) => page.locator('h1').textContent();
export const path = (page) => new URL(page.url()).pathname;
// The message after a redirect.
export const notice = (page) => page.locator('main .said').textContent();
export const isFocused = (locator) => locator.evaluate((it) => it === document.activeElement);
