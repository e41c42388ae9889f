"""SVG: a figure's drawing, made small enough to stand inside a page."""

from __future__ import annotations

import re
from xml.etree import ElementTree as Tree

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_REFERENCE = re.compile(r"(?<=url\(#)[^)]+")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
LETTERS = ("text", "tspan")
# What a page would apply to all of its elements.
INHERITED = {"stroke-linejoin": "round", "stroke-linecap": "butt"}


def small(drawing: str, prefix: str) -> str:
    """An SVG that matplotlib wrote, without metadata, in hundredths of a point; ids begin with `prefix`, so that several drawings
    can share a page. Looks as before."""
    root = Tree.fromstring(drawing)
    for found in (root.find(f"{SVG}metadata"), root.find(f"{SVG}defs")):
        if found is not None:
            root.remove(found)
    width, height = (float(root.get(side, "0").removesuffix("pt")) for side in ("width", "height"))
    used = {element.get(LINK, "").removeprefix("#") for element in root.iter()}
    used |= {name for element in root.iter() for text in element.attrib.values() for name in _REFERENCE.findall(text)}
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        said = {name: _attribute(name, text, used, prefix) for name, text in element.attrib.items()}
        element.attrib = {"href" if name == LINK else name: text for name, text in said.items() if text}
        if element.tag not in LETTERS:
            element.text = element.tail = None
    _unwrap(root)
    root.attrib = {"viewBox": f"0 0 {width:.6g} {height:.6g}", "style": f"--width:{width:.6g}", **INHERITED}
    return Tree.tostring(root, encoding="unicode", short_empty_elements=True)


def _attribute(name: str, text: str, used: set[str], prefix: str) -> str:
    """An attribute's text, shorter; empty where nothing is left to say."""
    if name == "id":
        return f"{prefix}{text}" if text in used else ""
    if name == LINK:
        return f"#{prefix}{text[1:]}" if text.startswith("#") else "".join(text.split())
    text = _REFERENCE.sub(lambda found: f"{prefix}{found[0]}", text)
    text = _LONG.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), _NO_TURN.sub("", text))
    if name == "style":
        # The page chooses the letters; DejaVu Sans, for which there was room, is wider than most.
        kept = [part.strip() for part in text.split(";") if "font-family" not in part]
        return ";".join(part.replace(": ", ":") for part in kept)
    return re.sub(r"\s*([MLCQzZ])\s*", r"\1", text).strip() if name == "d" else text.strip()


def _unwrap(element: Tree.Element) -> None:
    """Takes away groups that say nothing and shapes that nobody sees."""
    kept = []
    for child in element:
        _unwrap(child)
        if child.tag == "g" and not child.attrib:
            kept += list(child)
        elif not (child.tag == "g" and len(child) == 0) and not (child.tag == "path" and child.get("style") == "fill:none"):
            kept.append(child)
    element[:] = kept
