// Before anything is drawn: the colours that were chosen, so that the page does not flash.
(function () {
  var chosen = localStorage.getItem("tally.theme");
  var dark = matchMedia("(prefers-color-scheme: dark)").matches;
  var scheme = chosen === "dark" || chosen === "light" ? chosen : dark ? "dark" : "light";
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();
