// The script of every page. The pages are complete without it.

import { addPasswordToggles } from "./password_toggle";
import { keepDrafts } from "./form_drafts";
import { makeFormulasFocusable } from "./formulas";
import { setUpTheme } from "./theme";

setUpTheme();
makeFormulasFocusable();
addPasswordToggles();
keepDrafts();
