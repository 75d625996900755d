// The first layer of MathLive's virtual keyboard, with the keys that school answers need.

import type { VirtualKeyboardLayout } from "mathlive";

// Not `\\text`, because MathLive would stay in text mode.
export const OR = "\\;\\mathrm{or}\\;";
export const AND = "\\;\\mathrm{and}\\;";

const GAP = "[separator-5]";

export const KEYBOARD_LAYOUT: VirtualKeyboardLayout = {
  label: "123",
  tooltip: "Numbers and roots",
  rows: [
    ["x", "y", GAP, "[7]", "[8]", "[9]", "[/]", GAP, { latex: "#@^2", insert: "#@^2" }, "#@^{#?}", "\\sqrt{#0}"],
    ["n", "e", GAP, "[4]", "[5]", "[6]", "[*]", GAP, "\\pi", "<", ">"],
    ["(", ")", GAP, "[1]", "[2]", "[3]", "[-]", GAP, "\\pm", { label: "or", insert: OR }, { label: "[backspace]", width: 1 }],
    [",", ":", GAP, "[0]", "[.]", "[=]", "[+]", GAP, "[left]", "[right]", { label: "[return]", width: 1 }],
  ],
};
