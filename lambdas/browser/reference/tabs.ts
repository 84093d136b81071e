/** Makes tabs of the samples, as the ARIA Authoring Practices describe them: arrows move, one tab is in the tab order. */
export function startTabs(): void {
  const tabs = [...document.querySelectorAll<HTMLButtonElement>("[role=tab]")];

  function select(chosen: HTMLButtonElement): void {
    for (const tab of tabs) {
      const isChosen = tab === chosen;
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls") ?? "");
      if (panel !== null) panel.hidden = !isChosen;
    }
  }

  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key] ?? 0;
      const next = tabs[(index + step + tabs.length) % tabs.length];
      if (step === 0 || next === undefined) return;
      select(next);
      next.focus();
    });
  }
  const [first] = tabs;
  if (first !== undefined) select(first);

  for (const copy of document.querySelectorAll<HTMLButtonElement>(".copy"))
    copy.addEventListener("click", async () => {
      const code = copy.parentElement?.querySelector("pre")?.textContent ?? "";
      await navigator.clipboard.writeText(code).then(
        () => (copy.textContent = "Copied"),
        () => (copy.textContent = "Not allowed here"),
      );
    });
}
