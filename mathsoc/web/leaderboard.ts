// A leaderboard that changes while one looks at it. What has changed is told by server-sent events; without script, or when
// they cannot be had, the page is whole, and says that it may be reloaded.

type Line = { rank: number; name: string; school: string | null; points: number; solved: number; own: boolean };
type Table = { lines: Line[]; own: Line | null };

// The answer ends every minute or so and the browser asks again by itself. It does not where the answer was an error: then
// we ask, less and less often, and in the end no more: the session may be over.
const PATIENCE = [5_000, 20_000, 60_000];
const LATE = 8_000;
// A screen reader is told of others' points this often at most, and of one's own at once.
const SELDOM = 30_000;

const place = document.querySelector<HTMLElement>("[data-live]");
if (place?.dataset.live) watch(place, new URL(place.dataset.live, location.href));

function watch(place: HTMLElement, address: URL): void {
  const state = place.querySelector(".live-state");
  const voice = place.querySelector('[role="status"]');
  let source: EventSource | null = null;
  let failures = 0;
  let again: number | undefined;
  let late: number | undefined;
  let said = -SELDOM;

  const show = (word: "on" | "off" | "wait", text: string): void => {
    place.dataset.state = word;
    if (state && state.textContent !== text) state.textContent = text;
  };

  const begin = (): void => {
    clearTimeout(again);
    if (source || document.hidden) return;
    const own = new EventSource(address);
    source = own;
    own.addEventListener("open", () => {
      clearTimeout(late);
      failures = 0;
      show("on", "Live: changes show here as they happen.");
    });
    own.addEventListener("board", (event) => {
      if (!(event instanceof MessageEvent) || typeof event.data !== "string") return;
      // Another connection begins where this one has come to.
      address.searchParams.set("version", event.lastEventId);
      tell(fill(JSON.parse(event.data) as Record<string, Table>));
    });
    own.addEventListener("error", () => {
      clearTimeout(late);
      // It asks again by itself. That is no news, if it is not in vain.
      late = setTimeout(() => show("wait", "Connecting again…"), LATE);
      if (own.readyState !== EventSource.CLOSED) return;
      end();
      const pause = PATIENCE[failures++];
      if (pause === undefined) {
        show("off", "No longer live. Reload the page to see what has changed.");
      } else {
        show("wait", "Connecting again…");
        again = setTimeout(begin, pause);
      }
    });
  };

  const end = (): void => {
    clearTimeout(late);
    source?.close();
    source = null;
  };

  const tell = (own: Line | undefined): void => {
    if (!voice) return;
    if (own) {
      voice.textContent = `You have ${count(own.points, "point")} now, and rank ${own.rank}.`;
    } else if (performance.now() - said > SELDOM) {
      voice.textContent = "The leaderboard has changed.";
    } else {
      return;
    }
    said = performance.now();
  };

  // Nobody is told what nobody looks at.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return begin();
    clearTimeout(again);
    end();
  });
  // A page that the browser keeps for the way back keeps no connection.
  addEventListener("pagehide", end);
  addEventListener("pageshow", begin);
  begin();
}

// Fills the tables anew. One's own line, if its points or its rank are others than before.
function fill(tables: Record<string, Table>): Line | undefined {
  let mine: Line | undefined;
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-board]")) {
    const name = table.dataset.board ?? "";
    const now = tables[name];
    const [rows, below] = table.tBodies;
    if (!now || !rows || !below) continue;
    const before = new Map(Array.from(table.querySelectorAll("tbody tr"), (row) => [key(row), row.textContent]));
    const lines = now.own ? [...now.lines, now.own] : now.lines;
    const made = lines.map((line) => {
      const row = rowOf(line, table.dataset.own ?? "");
      // What is new, or has other points or another rank, lights up.
      if (before.get(key(row)) !== row.textContent) {
        row.classList.add("changed");
        if (line.own && line.points > 0 && name !== "schools") mine = line;
      }
      return row;
    });
    rows.replaceChildren(...made.slice(0, now.lines.length));
    below.replaceChildren(...made.slice(now.lines.length));
    table.hidden = lines.length === 0;
    const empty = document.querySelector<HTMLElement>(`[data-empty="${CSS.escape(name)}"]`);
    if (empty) empty.hidden = lines.length > 0;
  }
  return mine;
}

function rowOf(line: Line, own: string): HTMLTableRowElement {
  const row = document.createElement("tr");
  if (line.own) row.setAttribute("aria-current", "true");
  const name = document.createElement("th");
  name.scope = "row";
  name.append(line.name);
  if (line.own) name.append(" ", part("here", own));
  if (line.school) name.append(" ", part("school", line.school));
  row.append(cell(line.rank), name, cell(line.points), cell(line.solved));
  return row;
}

function part(kind: string, text: string): HTMLSpanElement {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function cell(number: number): HTMLTableCellElement {
  const cell = document.createElement("td");
  cell.textContent = String(number);
  return cell;
}

function key(row: Element): string {
  return row.querySelector("th")?.textContent ?? "";
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
