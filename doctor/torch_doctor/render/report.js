"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = button.previousElementSibling.textContent;
    try { await navigator.clipboard.writeText(text); } catch {
      const area = document.createElement("textarea");
      area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
}
const open = () => {
  const aim = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (aim) { if (aim.tagName === "DETAILS") aim.open = true; aim.scrollIntoView(); }
};
addEventListener("hashchange", open);
open();
