"""The corner markers of a form: ArUco, of a dictionary whose ids say page and corner."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fontgan.forms.needs import needed


def marker_bits(number: int) -> NDArray[np.bool_]:
    """Return an ArUco marker of 5 x 5 bits in its black frame, (7, 7), true where black."""
    cv2 = needed("cv2")
    drawn = cv2.aruco.generateImageMarker(dictionary(), number, 7)
    bits: NDArray[np.bool_] = np.asarray(drawn) < 128
    return bits


def dictionary() -> Any:
    """Return the markers that forms use."""
    aruco = needed("cv2").aruco
    return aruco.getPredefinedDictionary(aruco.DICT_5X5_1000)
