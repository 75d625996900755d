// If the request of the script fails, the browser submits the form.

import { openChallenge, pupil, type, waitForText } from '../lib/answers.mjs';
import { story } from '../lib/story.mjs';

await story(async () => {
  const page = await pupil('Ada');
  await openChallenge(page, 'Hands of the clock');
  await page.route('/api/submit', (route) => route.abort());
  await type(page, 0, '145');
  await page.keyboard.press('Enter');
  await waitForText(page.locator('.said'), 'That is right.');
});
