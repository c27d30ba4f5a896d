"""What ptxas wrote about each kernel into a cubin: an ELF file with sections .nv.info.

The attributes' codes are those that ``cuobjdump -elf`` names EIATTR_KPARAM_INFO and so on; NVIDIA
documents neither, so the tests also compare them with what ptxas says and with the PTX.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

FRAME_SIZE, KPARAM_INFO, REGCOUNT = 0x11, 0x17, 0x2F
WITH_BYTES = 4
SYMTAB, NOBITS = 2, 8


@dataclass
class Kernel:
    """stack: bytes of local memory a thread; 0 means that nothing was spilled."""

    registers: int = 0
    stack: int = -1
    parameters: list[tuple[int, int]] = field(default_factory=list)  # (offset, bytes)


def kernels_of(cubin: bytes) -> dict[str, Kernel]:
    sections = list(_sections(cubin))
    symbols = next(data for _, kind, data in sections if kind == SYMTAB)
    strings = next(data for name, _, data in sections if name == ".strtab")
    kernels = {
        name.removeprefix(".nv.info."): Kernel()
        for name, _, _ in sections
        if name.startswith(".nv.info.")
    }
    for name, _, data in sections:
        if name == ".nv.info":
            for code, value in _attributes(data):
                if code in {FRAME_SIZE, REGCOUNT}:
                    symbol, number = struct.unpack("<II", value)
                    (place,) = struct.unpack_from("<I", symbols, 24 * symbol)
                    kernel = kernels.get(_text(strings, place))
                    if kernel:  # and not one of the compiler's own subroutines
                        setattr(kernel, "stack" if code == FRAME_SIZE else "registers", number)
        elif name.startswith(".nv.info."):
            infos = [struct.unpack("<IHHI", v) for c, v in _attributes(data) if c == KPARAM_INFO]
            parameters = [(offset, flags >> 18) for _, _, offset, flags in infos]
            kernels[name.removeprefix(".nv.info.")].parameters = sorted(parameters)
    return kernels


def _sections(elf: bytes) -> Iterator[tuple[str, int, bytes]]:
    assert elf[:4] == b"\x7fELF"
    (table,) = struct.unpack_from("<Q", elf, 40)
    size, count, names_index = struct.unpack_from("<3H", elf, 58)
    headers = [struct.unpack_from("<IIQQQQ", elf, table + i * size) for i in range(count)]
    names = headers[names_index][4]
    for name, kind, _, _, offset, length in headers:
        data = b"" if kind == NOBITS else elf[offset : offset + length]
        yield _text(elf, names + name), kind, data


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(data):
        form, code, length = struct.unpack_from("<BBH", data, place)
        place += 4
        if form == WITH_BYTES:
            yield code, data[place : place + length]
            place += length


def _text(data: bytes, place: int) -> str:
    return data[place : data.index(0, place)].decode()
