// Draws regions again from the server while they are looked at, and keeps the clocks beside them going by the server's time. The reader can stop it.
(() => {
  "use strict";
  document.querySelectorAll("[data-live]").forEach(region => {
    const every = Math.max(1, Number(region.dataset.every)) * 1000;
    let paused = false;

    async function refresh() {
      if (paused || document.hidden) {
        return;
      }
      try {
        const answer = await fetch(region.dataset.live, { credentials: "same-origin", cache: "no-store", redirect: "error" });
        const drawn = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(region.id);
        region.classList.toggle("stale", !drawn);
        if (drawn) {
          region.replaceChildren(...Array.from(drawn.childNodes, node => document.importNode(node, true)));
          clocks();
        }
      } catch {
        // No connection: what is shown stays, and is marked as not live.
        region.classList.add("stale");
      }
    }

    const control = document.querySelector(`[data-pause-for="${region.id}"]`);
    if (control) {
      const button = control.querySelector("button");
      control.hidden = false;
      button.addEventListener("click", () => {
        paused = !paused;
        button.setAttribute("aria-pressed", String(paused));
        refresh();
      });
    }
    setInterval(refresh, every);
    document.addEventListener("visibilitychange", refresh);
  });

  // data-clock holds the server's time in milliseconds when the page was drawn; data-until ends a progress bar of so many milliseconds.
  const running = new WeakMap();
  function clocks() {
    document.querySelectorAll("[data-clock], progress[data-until]").forEach(element => {
      if (!running.has(element)) {
        running.set(element, performance.now());
      }
    });
  }
  function tick() {
    document.querySelectorAll("[data-clock]").forEach(element => {
      const now = new Date(Number(element.dataset.clock) + performance.now() - running.get(element) + 3 * 3600 * 1000);
      element.textContent = now.toISOString().slice(11, 19);
    });
    document.querySelectorAll("progress[data-until]").forEach(bar => {
      bar.value = Math.max(0, Number(bar.dataset.until) - (performance.now() - running.get(bar)));
    });
  }
  clocks();
  if (document.querySelector("[data-clock], progress[data-until]")) {
    setInterval(tick, 1000);
  }
})();
