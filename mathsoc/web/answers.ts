// The script of a challenge's page: math fields, and verdicts without a page load. The Trusted
// Types policy comes first, because MathLive writes markup as soon as it is imported.

import "./trusted_types";
import { AnswerForm } from "./answer_form";

for (const form of document.querySelectorAll<HTMLFormElement>("form.answer")) new AnswerForm(form);
