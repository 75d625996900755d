// A toolbar with a roving tabindex: one stop for the Tab key, and arrows, Home and End move between
// the buttons.

export interface Tool {
  label: string;
  // Short text, or the data of an SVG path in a 24 by 24 view box.
  icon: string;
  run: () => void;
  isPressed?: () => boolean;
  isDisabled?: () => boolean;
}

const SVG = "http://www.w3.org/2000/svg";

export class Toolbar {
  readonly element = document.createElement("span");
  private readonly buttons: [HTMLButtonElement, Tool][];

  constructor(label: string, groups: Tool[][]) {
    this.element.className = "tools";
    this.element.setAttribute("role", "toolbar");
    this.element.setAttribute("aria-label", label);
    this.buttons = groups.flatMap((group) => {
      const set = document.createElement("span");
      this.element.append(set);
      return group.map((tool): [HTMLButtonElement, Tool] => {
        const button = createButton(tool);
        button.addEventListener("click", () => tool.run());
        set.append(button);
        return [button, tool];
      });
    });
    this.element.addEventListener("keydown", (event) => this.moveFocus(event));
    this.element.addEventListener("focusin", (event) => this.setTabStop(event.target));
    this.setTabStop(this.buttons[0]?.[0]);
  }

  focus(): void {
    this.buttons.find(([button]) => button.tabIndex === 0)?.[0].focus();
  }

  // A disabled button stays focusable, so it gets `aria-disabled` and not `disabled`.
  update(): void {
    for (const [button, { isPressed, isDisabled }] of this.buttons) {
      if (isPressed) button.setAttribute("aria-pressed", String(isPressed()));
      button.setAttribute("aria-disabled", String(isDisabled?.() ?? false));
    }
  }

  private setTabStop(chosen: EventTarget | null | undefined): void {
    for (const [button] of this.buttons) button.tabIndex = button === chosen ? 0 : -1;
  }

  private moveFocus(event: KeyboardEvent): void {
    const last = this.buttons.length - 1;
    const at = this.buttons.findIndex(([button]) => button === event.target);
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.buttons[to]?.[0].focus();
  }
}

function createButton({ label, icon }: Tool): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.title = label;
  if (!icon.startsWith("M")) {
    button.append(icon);
    return button;
  }
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", icon);
  svg.append(path);
  button.append(svg);
  return button;
}
