// For pages with widgets: what html-manager expects of a page, and what its sliders keep from a screen reader.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  // It typesets labels through MathJax 2's queue, which MathJax 3 lacks. Labels here are plain text: nothing to do.
  if (window.MathJax && !window.MathJax.Hub) window.MathJax.Hub = { Queue() {} };

  if (!document.querySelector('script[type="application/vnd.jupyter.widget-view+json"]')) return;
  // A handle has no name, and its value is read as the number of the frame.
  new MutationObserver(() => {
    for (const handle of document.querySelectorAll(".frames .noUi-handle")) {
      const slider = handle.closest(".widget-slider");
      const readout = slider.querySelector(".widget-readout");
      readout.contentEditable = "false"; // without a kernel, typing does nothing
      handle.setAttribute("aria-label", slider.querySelector(".widget-label").textContent);
      handle.setAttribute("aria-valuetext", readout.textContent);
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true });
});
