// A table that is wider than the page is scrolled; with the keyboard it can only be where it takes the focus.
addEventListener("load", () => {
  const wrapped = document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code");
  const update = () =>
    wrapped.forEach((part) => {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
      else part.removeAttribute("tabindex");
    });
  update();
  addEventListener("resize", update);
});
