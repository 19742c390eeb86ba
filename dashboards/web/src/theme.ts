// Runs before the first drawing: the theme that was chosen here before, if any. Without one the system's preference holds.
{
  const chosen = localStorage.getItem("theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
}

export {};
