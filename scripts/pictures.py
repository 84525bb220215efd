"""Small PNG files: the 256 commonest colours of a picture stay as they are, the rest becomes the nearest of them."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

COLOURS = 256
Pixels = NDArray[np.uint8]  # height × width × (red, green, blue)


def reduced(pixels: Pixels) -> tuple[NDArray[np.uint8], Pixels]:
    """Each pixel's place in a palette, and the palette."""
    height, width, _channels = pixels.shape
    codes = pixels.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    found, places, counts = np.unique(codes.ravel(), return_inverse=True, return_counts=True)
    common = np.argsort(-counts, kind="stable")[:COLOURS]
    palette, every = _rgb(found[common]), _rgb(found)
    nearest = np.empty(len(found), dtype=np.uint8)
    for start in range(0, len(found), 4096):
        apart = every[start : start + 4096, None, :].astype(np.int32) - palette[None, :, :].astype(np.int32)
        nearest[start : start + 4096] = (apart**2).sum(axis=2).argmin(axis=1)
    return nearest[places].reshape(height, width), palette


def png(pixels: Pixels) -> bytes:
    """The picture as a PNG file with a palette."""
    indexed, palette = reduced(pixels)
    height, width = indexed.shape
    rows = np.zeros((height, width + 1), dtype=np.uint8)  # each row begins with its filter: none
    rows[:, 1:] = indexed
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _rgb(codes: NDArray[np.uint32]) -> Pixels:
    return np.stack([codes >> 16 & 255, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
