// The script of forms with rich text: an editor in front of each field for HTML. The editor writes
// its HTML into the field, which stays part of the form.

import { RichText } from "./rich_text";

for (const field of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-rich]")) new RichText(field);
