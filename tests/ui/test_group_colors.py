"""The colours of groups can be seen on their page, and told apart with every kind of colour vision."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from integrations.ui.group_chart import DARK, LIGHT

# Machado, Oliveira and Fernandes 2009, full strength, on linear RGB
VISION = {
    "all colours": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
PAGES = {"light": ("#ffffff", LIGHT), "dark": ("#12141c", DARK)}


def linear(color: str) -> np.ndarray:
    parts = np.array([int(color[each : each + 2], 16) / 255 for each in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(parts: np.ndarray) -> np.ndarray:
    x, y, z = np.cbrt(np.clip(TO_XYZ @ parts, 0.0001, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("page", PAGES)
def test_every_colour_stands_out_from_its_page(page: str) -> None:
    background, colors = PAGES[page]
    for color in colors:
        light, dark = sorted((TO_XYZ[1] @ linear(each) + 0.05 for each in (color, background)), reverse=True)
        assert light / dark >= 3, f"WCAG 1.4.11: {color}"


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("page", PAGES)
def test_no_two_colours_look_the_same(page: str, vision: str) -> None:
    seen = {color: lab(np.clip(np.array(VISION[vision]) @ linear(color), 0, 1)) for color in PAGES[page][1]}
    for one, other in combinations(seen, 2):
        assert np.linalg.norm(seen[one] - seen[other]) >= 10, f"{one} and {other}"
