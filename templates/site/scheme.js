"use strict";
/* The scheme that the reader chose, set before anything is drawn; without a choice the system's holds. */
try {
  const scheme = localStorage.getItem("scheme");
  if (scheme === "light" || scheme === "dark") document.documentElement.dataset.theme = scheme;
} catch { /* a browser that keeps nothing */ }
