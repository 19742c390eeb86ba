// Light or dark: by the system until somebody chooses here.

const system = matchMedia("(prefers-color-scheme: dark)");

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : system.matches;
}

/** Tells pictures, which cannot read style sheets by themselves, that the colours are others now. */
function announce(): void {
  document.dispatchEvent(new Event("themechange"));
}

export function offerThemes(): void {
  const button = document.querySelector<HTMLButtonElement>("button.theme");
  system.addEventListener("change", announce);
  if (!button) return;
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    localStorage.setItem("theme", next);
    announce();
  });
}
