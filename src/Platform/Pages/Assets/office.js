// Keys for officers who want them: they move and follow links, and never send anything. "?" switches them off and on; the browser remembers.
(() => {
  "use strict";
  const store = "office-keys";
  let on = true;
  try { on = localStorage.getItem(store) !== "off"; } catch { /* private windows may refuse storage */ }
  const typing = target => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || typing(event.target)) return;
    if (event.key === "?") {
      on = !on;
      try { localStorage.setItem(store, on ? "on" : "off"); } catch { /* as above */ }
      return;
    }
    if (!on) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      const all = rows();
      const next = all[all.indexOf(document.activeElement) + (key === "j" ? 1 : -1)] ?? (key === "j" ? all[0] : all[all.length - 1]);
      if (next) { event.preventDefault(); next.focus(); }
      return;
    }
    const target = [...document.querySelectorAll("[data-key]")].find(e => e.dataset.key === key);
    if (!target) return;
    event.preventDefault();
    if (target instanceof HTMLAnchorElement) location.assign(target.href); else target.focus();
  });
})();
