// A row of buttons that is one stop for the Tab key: arrows, Home and End lead from button to button.

export interface Tool {
  label: string;
  // What the button shows: a letter or two, or a path on a sheet of 24 by 24.
  sign: string;
  run: () => void;
  isOn?: () => boolean;
  isOff?: () => boolean;
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
        const button = drawn(tool);
        button.addEventListener("click", () => tool.run());
        set.append(button);
        return [button, tool];
      });
    });
    this.element.addEventListener("keydown", (event) => this.move(event));
    this.element.addEventListener("focusin", (event) => this.stopAt(event.target));
    this.stopAt(this.buttons[0]?.[0]);
  }

  focus(): void {
    this.buttons.find(([button]) => button.tabIndex === 0)?.[0].focus();
  }

  // A button that can do nothing now stays where the keyboard finds it.
  update(): void {
    for (const [button, { isOn, isOff }] of this.buttons) {
      if (isOn) button.setAttribute("aria-pressed", String(isOn()));
      button.setAttribute("aria-disabled", String(isOff?.() ?? false));
    }
  }

  private stopAt(chosen: EventTarget | null | undefined): void {
    for (const [button] of this.buttons) button.tabIndex = button === chosen ? 0 : -1;
  }

  private move(event: KeyboardEvent): void {
    const last = this.buttons.length - 1;
    const at = this.buttons.findIndex(([button]) => button === event.target);
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.buttons[to]?.[0].focus();
  }
}

function drawn({ label, sign }: Tool): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", label);
  button.title = label;
  if (!sign.startsWith("M")) {
    button.append(sign);
    return button;
  }
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", sign);
  svg.append(path);
  button.append(svg);
  return button;
}
