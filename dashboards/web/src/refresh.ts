// Refreshing: the same page is fetched again and what changed in it is put in place. Focus and scroll stay where they are, and
// readers of the screen hear of it no more than once a minute.

/** Between announcements of the first sentence. */
const ANNOUNCE_EVERY_MS = 60_000;

export function refreshWhileVisible(after: () => Promise<void>): void {
  const seconds = Number(document.body.dataset["refresh"]);
  if (!seconds) return;
  const button = document.querySelector<HTMLButtonElement>("button.live");
  let running = true;
  let busy = false;
  let announced = Date.now();

  async function refresh(): Promise<void> {
    if (busy || !running || document.hidden) return;
    busy = true;
    try {
      const fresh = await fetched();
      document.body.classList.toggle("stale", !fresh);
      if (!fresh) return;
      replace(fresh);
      await after();
      if (Date.now() - announced >= ANNOUNCE_EVERY_MS) {
        announced = Date.now();
        announce();
      }
    } finally {
      busy = false;
    }
  }

  setInterval(refresh, seconds * 1000);
  document.addEventListener("visibilitychange", () => void refresh());
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    running = !running;
    button.setAttribute("aria-pressed", String(running));
    void refresh();
  });
}

/** The page as it is now; null where the server does not answer. */
async function fetched(): Promise<Document | null> {
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    return response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
  } catch {
    return null;
  }
}

function replace(fresh: Document): void {
  for (const region of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const next = fresh.querySelector<HTMLElement>(`[data-live="${region.dataset["live"]}"]`);
    if (!next || isInUse(region)) continue;
    const { scrollLeft, scrollTop } = region;
    region.replaceChildren(...next.childNodes);
    region.scrollTo({ left: scrollLeft, top: scrollTop, behavior: "instant" });
  }
}

/** Whether somebody's focus or selection is inside: then it is left alone until they go on. */
function isInUse(region: HTMLElement): boolean {
  const active = document.activeElement;
  const selection = getSelection();
  const selected = selection && !selection.isCollapsed && selection.anchorNode && region.contains(selection.anchorNode);
  return (active !== region && region.contains(active)) || Boolean(selected);
}

function announce(): void {
  const place = document.getElementById("announce");
  if (place) place.textContent = document.querySelector("h1")?.textContent ?? "";
}
