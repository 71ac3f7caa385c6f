// Reads a square code with the phone's camera and sends the form with it. Offered only where the browser itself knows how; the form works without.
(() => {
  "use strict";
  const every = 200;

  async function prepare(part) {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices?.getUserMedia || !(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      return;
    }
    const field = document.getElementById(part.dataset.scan);
    const [button, video, words] = ["button", "video", "[role=status]"].map(s => part.querySelector(s));
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    let stream = null;
    let asking = false;

    function stop(said) {
      stream?.getTracks().forEach(track => track.stop());
      stream = video.srcObject = null;
      video.hidden = true;
      button.setAttribute("aria-pressed", "false");
      words.textContent = said ?? "";
    }

    async function look() {
      if (!stream) {
        return;
      }
      try {
        const found = video.readyState >= 2 && (await detector.detect(video)).find(code => code.rawValue);
        if (found && stream) {
          stop(words.dataset.found);
          field.value = found.rawValue;
          field.form.requestSubmit();
          return;
        }
      } catch {
        // One picture could not be read: the next may be.
      }
      setTimeout(look, every);
    }

    button.addEventListener("click", async () => {
      if (stream) {
        stop();
        return;
      }
      if (asking) {
        // There would be two streams, and nobody to stop the first.
        return;
      }
      asking = true;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
        video.srcObject = stream;
        video.hidden = false;
        button.setAttribute("aria-pressed", "true");
        words.textContent = words.dataset.looking;
        await video.play();
        look();
      } catch {
        // Not allowed, or no camera.
        stop(words.dataset.refused);
      } finally {
        asking = false;
      }
    });
    addEventListener("pagehide", () => stop());
    document.addEventListener("visibilitychange", () => document.hidden && stop());
    part.hidden = false;
  }

  document.querySelectorAll("[data-scan]").forEach(part => prepare(part).catch(() => { /* not offered */ }));
})();
