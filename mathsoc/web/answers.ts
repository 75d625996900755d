// The page of a challenge, when script runs: fields that set mathematics while one types, and verdicts without a new page.
// The first import comes first: MathLive writes markup as soon as it is there.

import "./vetted";
import { Answering } from "./answering";

for (const form of document.querySelectorAll<HTMLFormElement>("form.answer")) new Answering(form);
