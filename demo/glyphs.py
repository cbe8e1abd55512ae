"""A tiny font, so that the demo can label its picture with numpy alone."""

import numpy as np

# Seven rows of five pixels, a byte each, for the characters that the labels use.
FONT = {
    "A": "0e11111f111111", "C": "0e11101010110e", "D": "1e11111111111e", "E": "1f10101e10101f",
    "G": "0e11101711110f", "H": "1111111f111111", "I": "0e04040404040e", "M": "111b1515111111",
    "N": "11191513111111", "P": "1e11111e101010", "R": "1e11111e141211", "S": "0f10100e01011e",
    "T": "1f040404040404", "U": "1111111111110e", "X": "11110a040a1111", "Y": "11110a04040404",
    "Z": "1f01020408101f", "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f",
    "3": "1f02040201110e", "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e",
    "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c", "=": "00001f001f0000",
    ",": "00000000040408", " ": "00000000000000",
}  # fmt: skip


def text(words: str, scale: int) -> np.ndarray:
    """The words in white on black, 7 * scale rows high."""
    glyphs = []
    for character in words.upper():
        rows = np.frombuffer(bytes.fromhex(FONT[character]), np.uint8)
        glyphs.append(np.unpackbits(rows[:, None], axis=1)[:, 2:] * np.uint8(255))
    return np.kron(np.hstack(glyphs), np.ones((scale, scale), np.uint8))
