# SPDX-License-Identifier: Apache-2.0
"""Reader of a mapped netlist (Verilog of library cells) into arrays of cells, pins and nets."""

import re
from dataclasses import dataclass

import numpy as np
from surmax.golden import InputError
from surmax.synth.liberty.timing_library import TimingLibrary

_NAME = r"(?:\\\S+(?=\s)|[A-Za-z_$][\w$]*)"
_RANGE = r"\[(\d+)(?::(\d+))?\]"
_MODULE = re.compile(rf"\bmodule\s+({_NAME})[^;]*;(.*?)\bendmodule\b", re.DOTALL)
_STATEMENT = re.compile(
    rf"""\s*(?:(?P<what>input|output|wire)\s+(?:\[(?P<left>\d+):(?P<right>\d+)\]\s*)?
        (?P<wire>{_NAME})\s*;
      | assign\s+(?P<to>[^;=]+)=(?P<value>[^;]+);
      | (?P<kind>{_NAME})\s+(?P<cell>{_NAME})\s*\((?P<pins>[^;]*)\)\s*;)""",
    re.VERBOSE,
)
_CONNECTION = re.compile(rf"\.({_NAME})\s*\(([^()]*)\)")
_TERM = re.compile(rf"\s*,?\s*(?:(\d+)'([hbd])([\da-fA-FxzXZ_]+)|({_NAME})\s*(?:{_RANGE})?)\s*")
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
# Name that yosys makes up for a net without a name in the design.
_MADE_UP = re.compile(r"_\d+_(?:\[\d+\])?$")

ZERO, ONE = 0, 1


@dataclass(frozen=True, eq=False)
class CellNetlist:
    """C cells of a library with P pins on N nets. Net 0 is constant 0, net 1 is constant 1.

    Pin k of cell c has number first_pin[c] + k, in the order of the library cell's pins, whether
    it is connected or not. The pins that read net n are sinks[first_sink[n] : first_sink[n + 1]].

    Attributes:
        top: name of the module.
        cell_kinds: (C,), number of each cell in TimingLibrary.cells.
        cell_names: C instance names.
        net_names: N names from the design, dots for its hierarchy and [k] for bit k. Of several
            names the most telling one; `_123_` where the design has none.
        first_pin: (C + 1,), number of the first pin of each cell.
        pin_cell: (P,), the cell that has the pin.
        pin_net: (P,), the net of the pin, -1 where it is not connected.
        drivers: (N,), the pin that drives the net, -1 for input ports and constants.
        first_sink: (N + 1,), index into `sinks`.
        sinks: pins that read a net, sorted by net.
        inputs, outputs: port name -> nets of its bits, bit 0 first.
    """

    top: str
    cell_kinds: np.ndarray
    cell_names: tuple[str, ...]
    net_names: tuple[str, ...]
    first_pin: np.ndarray
    pin_cell: np.ndarray
    pin_net: np.ndarray
    drivers: np.ndarray
    first_sink: np.ndarray
    sinks: np.ndarray
    inputs: dict[str, np.ndarray]
    outputs: dict[str, np.ndarray]

    @property
    def pin_number(self) -> np.ndarray:
        """Number of each pin within its library cell, shape (P,)."""
        return np.arange(len(self.pin_cell)) - self.first_pin[self.pin_cell]

    @property
    def input_nets(self) -> np.ndarray:
        """Nets of all input bits, in the order of the ports."""
        return _join(self.inputs)

    @property
    def output_nets(self) -> np.ndarray:
        """Nets of all output bits, in the order of the ports."""
        return _join(self.outputs)

    def has_name(self, net: int) -> bool:
        """Return whether the design has a name for this net."""
        return not _MADE_UP.match(self.net_names[net])

    def origin(self, net: int) -> str:
        """Return the instance path in a net's name, with dots; "" for the top and for no name."""
        name = self.net_names[net]
        return name.rpartition(".")[0] if self.has_name(net) else ""


def read_netlist(text: str, library: TimingLibrary) -> CellNetlist:
    """Read the Verilog of one flat module of library cells, as yosys writes it.

    A constant bit x or z is read as 0.

    Raises InputError on text that is not such a module, on a cell or pin that `library` does not
    have, on a net with two drivers, and on an input pin or output port that nothing drives.
    """
    match = _MODULE.search(_COMMENT.sub("", text))
    if not match:
        raise InputError("netlist must be a Verilog module of mapped cells")
    reader = _Reader(library)
    reader.read(match[2])
    return reader.netlist(_plain(match[1]))


def _plain(name: str) -> str:
    return name.removeprefix("\\")


class _Reader:
    """Collects wires, assignments and cells of a module.

    Each bit of each wire gets a number. Bits that are assigned to each other become one net in
    `netlist`.
    """

    def __init__(self, library: TimingLibrary) -> None:
        self.library = library
        self.wires: dict[str, tuple[int, int, int]] = {}  # first number, lowest index, step
        self.bits: list[str] = ["1'0", "1'1"]
        self.joined: list[tuple[int, int]] = []
        self.ports: dict[str, str] = {}
        self.widths: dict[str, int] = {}
        self.kinds: list[int] = []
        self.cells: list[str] = []
        self.first_pin: list[int] = [0]
        self.pins: list[int] = []

    def read(self, body: str) -> None:
        position = 0
        while match := _STATEMENT.match(body, position):
            position = match.end()
            if match["what"]:
                self._declare(match)
            elif match["kind"]:
                self._instance(_plain(match["kind"]), _plain(match["cell"]), match["pins"])
            else:
                self._assign(match["to"], match["value"])
        rest = body[position:].strip()
        if rest:
            line = rest.splitlines()[0][:60]
            raise InputError(f"netlist: {line!r} must be a declaration, an assignment or a cell")

    def _declare(self, match: re.Match[str]) -> None:
        name = _plain(match["wire"])
        if match["what"] != "wire":
            self.ports[name] = match["what"]
        if name in self.wires:
            return
        left, right = int(match["left"] or 0), int(match["right"] or 0)
        step = 1 if left >= right else -1
        self.wires[name] = len(self.bits), right, step
        self.widths[name] = width = abs(left - right) + 1
        scalar = match["left"] is None
        self.bits += [name] if scalar else [f"{name}[{right + step * k}]" for k in range(width)]

    def _bits(self, expression: str) -> list[int]:
        """Return the numbers of the bits of an expression, bit 0 first."""
        text = expression.strip()
        if text.startswith("{"):
            text = text[1:].removesuffix("}").rstrip()
        parts: list[list[int]] = []
        position = 0
        text += " "  # An escaped name ends with a blank, which strip() took away.
        while position < len(text):
            match = _TERM.match(text, position)
            if not match:
                raise InputError(f"netlist: {expression.strip()!r} must be names and constants")
            position = match.end()
            parts.append(self._constant(match) if match[1] else self._select(match))
        return [bit for part in reversed(parts) for bit in part]

    @staticmethod
    def _constant(match: re.Match[str]) -> list[int]:
        base = {"h": 16, "b": 2, "d": 10}[match[2]]
        value = int(re.sub("[xzXZ]", "0", match[3]), base)
        return [value >> k & 1 for k in range(int(match[1]))]

    def _select(self, match: re.Match[str]) -> list[int]:
        name = _plain(match[4])
        if name not in self.wires:
            raise InputError(f"netlist: wire {name} must be declared before its use")
        number, low, step = self.wires[name]
        if match[5] is None:
            return list(range(number, number + self.widths[name]))
        last = step * (int(match[5]) - low)
        first = step * (int(match[6]) - low) if match[6] else last
        if not 0 <= first <= last < self.widths[name]:
            raise InputError(f"netlist: {match[0].strip()} must be within wire {name}")
        return list(range(number + first, number + last + 1))

    def _assign(self, to: str, value: str) -> None:
        left, right = self._bits(to), self._bits(value)
        if len(left) != len(right):
            raise InputError(
                f"netlist: assign {to.strip()} must have {len(left)} bits on the right, "
                f"not {len(right)}"
            )
        self.joined += zip(left, right, strict=True)

    def _instance(self, kind: str, cell: str, connections: str) -> None:
        number = self.library.index.get(kind)
        if number is None:
            raise InputError(f"netlist: cell {cell} must be of library {self.library.name}: {kind}")
        pins = {pin.name: -1 for pin in self.library.cells[number].pins}
        for pin, expression in _CONNECTION.findall(connections + " "):
            self._connect(pins, _plain(pin), expression, cell)
        self.kinds.append(number)
        self.cells.append(cell)
        self.pins += pins.values()
        self.first_pin.append(len(self.pins))

    def _connect(self, pins: dict[str, int], pin: str, expression: str, cell: str) -> None:
        if not expression.strip():
            return
        bits = self._bits(expression)
        names = [pin] if pin in pins else [f"{pin}[{k}]" for k in range(len(bits))]
        if len(names) != len(bits) or any(name not in pins for name in names):
            raise InputError(f"netlist: cell {cell} has no pin {pin} of {len(bits)} bits")
        pins.update(zip(names, bits, strict=True))

    def netlist(self, top: str) -> CellNetlist:
        nets, names = self._nets()
        first_pin = np.array(self.first_pin)
        pin_cell = np.repeat(np.arange(len(self.kinds)), np.diff(first_pin))
        wire = np.array([*self.pins, -1])[:-1]
        pin_net = np.where(wire < 0, -1, nets[wire])
        drives = np.array(
            [p.direction != "input" for k in self.kinds for p in self.library.cells[k].pins], bool
        )
        ports: dict[str, dict[str, np.ndarray]] = {"input": {}, "output": {}}
        for name, direction in self.ports.items():
            number = self.wires[name][0]
            ports[direction][name] = nets[number : number + self.widths[name]]
        drivers = np.full(len(names), -1)
        out = np.flatnonzero(drives & (pin_net >= 0))
        drivers[pin_net[out]] = out
        sinks = np.flatnonzero(~drives & (pin_net >= 0))
        sinks = sinks[np.argsort(pin_net[sinks], kind="stable")]
        first_sink = np.searchsorted(pin_net[sinks], np.arange(len(names) + 1))
        given = np.concatenate([[ZERO, ONE], *ports["input"].values()]).astype(int)
        read = np.concatenate([pin_net[sinks], *ports["output"].values()]).astype(int)
        _check_drivers(names, np.concatenate([given, pin_net[out]]), read)
        return CellNetlist(
            top=top,
            cell_kinds=np.array(self.kinds, dtype=int),
            cell_names=tuple(self.cells),
            net_names=names,
            first_pin=first_pin,
            pin_cell=pin_cell,
            pin_net=pin_net,
            drivers=drivers,
            first_sink=first_sink,
            sinks=sinks,
            inputs=ports["input"],
            outputs=ports["output"],
        )

    def _nets(self) -> tuple[np.ndarray, tuple[str, ...]]:
        """Return the net of each bit, and the most telling name of each net."""
        parent = list(range(len(self.bits)))

        def root(bit: int) -> int:
            while parent[bit] != bit:
                parent[bit] = parent[parent[bit]]
                bit = parent[bit]
            return bit

        for left, right in self.joined:
            low, high = sorted((root(left), root(right)))
            parent[high] = low
        if root(ONE) == ZERO:
            raise InputError("netlist: constants 0 and 1 must not be assigned to each other")
        groups: dict[int, list[int]] = {}
        for bit in range(len(self.bits)):
            groups.setdefault(root(bit), []).append(bit)
        nets = np.empty(len(self.bits), dtype=int)
        names = []
        for number, bits in enumerate(groups.values()):
            nets[bits] = number
            names.append(min((self.bits[bit] for bit in bits), key=_plainness))
        names[:2] = self.bits[:2]
        return nets, tuple(names)


def _join(ports: dict[str, np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, dtype=int), *ports.values()])


def _plainness(name: str) -> tuple[bool, bool, int, str]:
    """Sort key: names of the design before made-up ones, shorter ones before longer ones."""
    # Amaranth puts a $ into names that it makes up; their hierarchy still tells where they belong.
    return _MADE_UP.match(name) is not None, "$" in name, len(name), name


def _check_drivers(names: tuple[str, ...], driven: np.ndarray, read: np.ndarray) -> None:
    counts = np.bincount(driven, minlength=len(names))
    if (counts > 1).any():
        raise InputError(f"netlist: net {names[int(np.argmax(counts > 1))]} must have one driver")
    undriven = read[counts[read] == 0]
    if undriven.size:
        raise InputError(f"netlist: net {names[int(undriven[0])]} is read: it must have a driver")
