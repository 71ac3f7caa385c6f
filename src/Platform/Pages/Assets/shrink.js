// Makes chosen pictures smaller before they are sent, and says in the page's words what was chosen. Without this the server does the shrinking.
(() => {
  "use strict";
  const worthIt = 300 * 1024;

  async function smaller(file, side) {
    if (!file.type.startsWith("image/") || file.size < worthIt || !("createImageBitmap" in window)) {
      return file;
    }
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise(done => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  }

  document.querySelectorAll("input[type=file]").forEach(input => {
    input.addEventListener("change", async () => {
      const side = Number(input.dataset.shrink);
      if (side && window.DataTransfer) {
        try {
          const chosen = new DataTransfer();
          for (const file of await Promise.all(Array.from(input.files, file => smaller(file, side)))) {
            chosen.items.add(file);
          }
          input.files = chosen.files;
        } catch {
          // The picture goes as it is.
        }
      }
      const words = input.parentElement.querySelector("[data-chosen]");
      if (words && input.files.length > 0) {
        words.textContent = words.dataset.chosen + " " + Array.from(input.files, file => "\u2068" + file.name + "\u2069").join(", ");
      }
    });
  });
})();
