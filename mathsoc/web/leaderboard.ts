// A live leaderboard. Changes arrive as server-sent events. Without script or events, the page is
// complete and tells the visitor to reload it.

type Line = { rank: number; name: string; school: string | null; points: number; solved: number; own: boolean };
type Table = { lines: Line[]; own: Line | null };

// The server ends the stream every minute or so, and the browser reconnects by itself. It does not
// reconnect after an error status. These are the delays in milliseconds before the script does.
// After the last one it gives up, because the session may be over.
const RETRY_DELAYS = [5_000, 20_000, 60_000];
const RECONNECT_NOTICE = 8_000;
// The least time between two announcements to screen readers. The visitor's own points are
// announced at once.
const ANNOUNCEMENT_INTERVAL = 30_000;

const element = document.querySelector<HTMLElement>("[data-live]");
if (element?.dataset.live) watch(element, new URL(element.dataset.live, location.href));

function watch(element: HTMLElement, address: URL): void {
  const state = element.querySelector(".live-state");
  const announcer = element.querySelector('[role="status"]');
  let source: EventSource | null = null;
  let failures = 0;
  let retryTimer: number | undefined;
  let noticeTimer: number | undefined;
  let announcedAt = -ANNOUNCEMENT_INTERVAL;

  const show = (word: "on" | "off" | "wait", text: string): void => {
    element.dataset.state = word;
    if (state && state.textContent !== text) state.textContent = text;
  };

  const connect = (): void => {
    clearTimeout(retryTimer);
    if (source || document.hidden) return;
    const stream = new EventSource(address);
    source = stream;
    stream.addEventListener("open", () => {
      clearTimeout(noticeTimer);
      failures = 0;
      show("on", "Live: changes show here as they happen.");
    });
    stream.addEventListener("board", (event) => {
      if (!(event instanceof MessageEvent) || typeof event.data !== "string") return;
      // The next connection continues at this version.
      address.searchParams.set("version", event.lastEventId);
      announce(updateTables(JSON.parse(event.data) as Record<string, Table>));
    });
    stream.addEventListener("error", () => {
      clearTimeout(noticeTimer);
      // The browser reconnects by itself. The visitor is told only if that takes long.
      noticeTimer = setTimeout(() => show("wait", "Connecting again…"), RECONNECT_NOTICE);
      if (stream.readyState !== EventSource.CLOSED) return;
      disconnect();
      const delay = RETRY_DELAYS[failures++];
      if (delay === undefined) {
        show("off", "No longer live. Reload the page to see what has changed.");
      } else {
        show("wait", "Connecting again…");
        retryTimer = setTimeout(connect, delay);
      }
    });
  };

  const disconnect = (): void => {
    clearTimeout(noticeTimer);
    source?.close();
    source = null;
  };

  const announce = (own: Line | undefined): void => {
    if (!announcer) return;
    if (own) {
      announcer.textContent = `You have ${count(own.points, "point")} now, and rank ${own.rank}.`;
    } else if (performance.now() - announcedAt > ANNOUNCEMENT_INTERVAL) {
      announcer.textContent = "The leaderboard has changed.";
    } else {
      return;
    }
    announcedAt = performance.now();
  };

  // A hidden page needs no connection.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return connect();
    clearTimeout(retryTimer);
    disconnect();
  });
  // A page in the back/forward cache must not hold a connection.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
}

// Replaces the rows of all tables. Returns the visitor's own line if its points or rank changed.
function updateTables(tables: Record<string, Table>): Line | undefined {
  let mine: Line | undefined;
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-board]")) {
    const name = table.dataset.board ?? "";
    const update = tables[name];
    const [rows, below] = table.tBodies;
    if (!update || !rows || !below) continue;
    const before = new Map(Array.from(table.querySelectorAll("tbody tr"), (row) => [rowKey(row), row.textContent]));
    const lines = update.own ? [...update.lines, update.own] : update.lines;
    const made = lines.map((line) => {
      const row = createRow(line, table.dataset.own ?? "");
      // A row that is new or changed is highlighted.
      if (before.get(rowKey(row)) !== row.textContent) {
        row.classList.add("changed");
        if (line.own && line.points > 0 && name !== "schools") mine = line;
      }
      return row;
    });
    rows.replaceChildren(...made.slice(0, update.lines.length));
    below.replaceChildren(...made.slice(update.lines.length));
    table.hidden = lines.length === 0;
    const empty = document.querySelector<HTMLElement>(`[data-empty="${CSS.escape(name)}"]`);
    if (empty) empty.hidden = lines.length > 0;
  }
  return mine;
}

function createRow(line: Line, own: string): HTMLTableRowElement {
  const row = document.createElement("tr");
  if (line.own) row.setAttribute("aria-current", "true");
  const name = document.createElement("th");
  name.scope = "row";
  name.append(line.name);
  if (line.own) name.append(" ", createSpan("here", own));
  if (line.school) name.append(" ", createSpan("school", line.school));
  row.append(createCell(line.rank), name, createCell(line.points), createCell(line.solved));
  return row;
}

function createSpan(kind: string, text: string): HTMLSpanElement {
  const span = document.createElement("span");
  span.className = kind;
  span.textContent = text;
  return span;
}

function createCell(number: number): HTMLTableCellElement {
  const cell = document.createElement("td");
  cell.textContent = String(number);
  return cell;
}

function rowKey(row: Element): string {
  return row.querySelector("th")?.textContent ?? "";
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
