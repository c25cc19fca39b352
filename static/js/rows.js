// A click anywhere in a row of a list opens what its name links to. Links in the row, selected text and
// the keyboard work as without it; Ctrl, Shift and the middle button open a new tab or window.
(() => {
  const MIDDLE = 1;
  const INSIDE = "a, button, input, select, summary, label";

  const linkOf = (event) => {
    const row = event.target.closest(".list tbody tr");
    return row && !event.target.closest(INSIDE) ? row.querySelector("a.name") : null;
  };

  const isSelecting = (row) => {
    const selection = getSelection();
    return !selection.isCollapsed && selection.containsNode(row, true);
  };

  // The browser itself decides what a click with these keys does to a link.
  const open = (link, { ctrlKey, metaKey, shiftKey, altKey }) => {
    link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, view: window, ctrlKey, metaKey, shiftKey, altKey }));
  };

  document.addEventListener("click", (event) => {
    const link = linkOf(event);
    if (link && !isSelecting(link.closest("tr"))) open(link, event);
  });
  // Otherwise the middle button starts scrolling.
  document.addEventListener("mousedown", (event) => {
    if (event.button === MIDDLE && linkOf(event)) event.preventDefault();
  });
  document.addEventListener("auxclick", (event) => {
    const link = event.button === MIDDLE && linkOf(event);
    if (link) open(link, { ctrlKey: true, metaKey: true });
  });
})();
