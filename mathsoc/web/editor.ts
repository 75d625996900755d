// A page with a form for rich text, when script runs: an editor in place of the field for HTML, which is kept up beneath it.

import { RichText } from "./rich_text";

for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-rich]")) new RichText(field);
