// What the pages gain when script runs. Without it every page is complete.

import { rememberedTheme } from "./theme";
import { scrollableFormulas } from "./formulas";
import { passwordsToShow } from "./passwords";

rememberedTheme();
scrollableFormulas();
passwordsToShow();
