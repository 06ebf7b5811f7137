# SPDX-License-Identifier: Apache-2.0
"""Drive a signal of generated Verilog by another expression; both are found by name.

The expression is Verilog in terms of the module's signals and of `right`, the value that the signal
has in the right design:

- of a wire, or an output of the module, the value that its driver gives;
- of a register, its next value, which holds enable and reset already;
- of an input of the module, the value that comes in; only the module's own logic sees the other;
- of "INSTANCE/PORT", the value at that pin of an instance.

Names of modules, signals, instances and ports may be patterns (fnmatch): all that match are driven.
Because nothing but names is looked up, an edit survives any change of the design that keeps them.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from surmax.tb.rewrite.parse import (
    Branch,
    Instance,
    Module,
    Signal,
    Tokens,
    Update,
    VerilogError,
    modules_of,
    tokens_of,
    written,
)


def drive(text: str, module: str, signal: str, expression: str) -> str:
    """Return the Verilog with `signal` of `module` driven by `expression`.

    Args:
        text: as surmax.rtl.verilog returns it.
        module: name or pattern of modules; MODULE/INSTANCE is the module of an instance.
        signal: name or pattern of signals, or of instances and ports with a slash between them.
        expression: Verilog, see above.

    Raises:
        VerilogError: no module matches, a matching module has no such signal, the expression uses a
            name that the module does not have, or the text is not as surmax.rtl writes it.
    """
    modules = modules_of(text)
    editors = [_Editor(one, modules) for one in _matching(modules, module)]
    for editor in editors:
        if "/" in signal:
            editor.drive_pins(signal, expression)
        else:
            editor.drive_signals(signal, expression)
    return _edited(text, [edit for editor in editors for edit in editor.edits])


def delay(text: str, module: str, signal: str, time: str) -> str:
    """Return the Verilog with an inertial delay in every `assign` of `signal` in `module`.

    Both may be patterns. A text without such a module comes back as it is. Other modules are not
    read, so that they may be any Verilog.
    """
    edits = [
        (assign.start, assign.start, f" #{time}")
        for one in modules_of(text).values()
        if fnmatchcase(one.name, module)
        for assign in one.assigns
        if len(assign.left) == 1 and fnmatchcase(assign.left[0].name or "", signal)
    ]
    return _edited(text, edits)


def rename_module(text: str, old: str, new: str) -> str:
    """Return the Verilog with module `old` called `new`; no other module may instantiate it.

    Raises VerilogError when there is no module `old`.
    """
    (module,) = _matching(modules_of(text), old)
    return _edited(text, [(*module.name_span, written(new))])


def _matching(modules: dict[str, Module], pattern: str) -> list[Module]:
    parents, _, instance = pattern.partition("/")
    chosen = [one for name, one in modules.items() if fnmatchcase(name, parents)]
    if not chosen:
        raise VerilogError(f"module must be one of {', '.join(modules)}, not {parents!r}")
    if not instance:
        return chosen
    inside = [inst for one in chosen for inst in one.instances if fnmatchcase(inst.name, instance)]
    if not inside:
        raise VerilogError(f"instance must be in module {parents}, not {instance!r}")
    return [modules[name] for name in dict.fromkeys(one.module for one in inside)]


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


class _Editor:
    """Collects the edits of one module: (start, end, text that takes the place between them)."""

    def __init__(self, module: Module, modules: dict[str, Module]) -> None:
        self.edits: list[tuple[int, int, str]] = []
        self._module, self._modules = module, modules

    def drive_signals(self, pattern: str, expression: str) -> None:
        """Drive all signals that match."""
        signals = self._module.signals
        found = [one for name, one in signals.items() if fnmatchcase(name, pattern)]
        if not found:
            raise self._error(f"signal must be one of {', '.join(signals)}, not {pattern!r}")
        for signal in found:
            if signal.memory:
                raise self._error(f"signal must be a wire or register, not memory {signal.name!r}")
            right, wrong = f"{signal.name}__right", f"{signal.name}__wrong"
            if {right, wrong} & signals.keys():
                raise self._error(f"signal {signal.name!r} must be driven once, not twice")
            if "input" in signal.kinds:
                self._drive_input(signal, wrong, expression)
            elif "reg" in signal.kinds:
                self._drive_register(signal, right, expression)
            else:
                self._drive_wire(signal, right, expression)

    def drive_pins(self, pattern: str, expression: str) -> None:
        """Drive all pins that match."""
        instances, ports = pattern.split("/", 1)
        found = [
            (one, port)
            for one in self._module.instances
            if fnmatchcase(one.name, instances)
            for port in one.pins
            if fnmatchcase(port, ports)
        ]
        if not found:
            names = ", ".join(one.name for one in self._module.instances)
            raise self._error(f"pin must be one of instances {names}, not {pattern!r}")
        for instance, port in found:
            self._drive_pin(instance, port, expression)

    def _drive_input(self, signal: Signal, wrong: str, expression: str) -> None:
        """Let all users of an input see the expression; the port keeps its name."""
        module = self._module
        read = [one.right for one in module.assigns]
        read += [tokens_of(module.text, one.start, one.end) for one in module.always]
        read += [pin for instance in module.instances for pin in instance.pins.values()]
        self._rename(read, signal.name, wrong)
        self._declare(signal.range, wrong)
        self._assign(written(wrong), self._translated(expression, signal.written))

    def _drive_wire(self, signal: Signal, right: str, expression: str) -> None:
        """Let the wire's drivers drive another wire, and the expression drive this one."""
        module = self._module
        lefts = [one.left for one in module.assigns]
        for instance in module.instances:
            lefts += [
                pin
                for port, pin in instance.pins.items()
                if any(token.name == signal.name for token in pin)
                and "output" in self._port(instance, port).kinds
            ]
        if not self._rename(lefts, signal.name, right):
            raise self._error(f"signal {signal.name!r} must have a driver")
        self._declare(signal.range, right)
        self._assign(signal.written, self._translated(expression, written(right)))

    def _drive_register(self, signal: Signal, right: str, expression: str) -> None:
        """Compute the register's next value as a wire, and clock the expression in."""
        module = self._module
        processes = [
            one
            for one in module.always
            if any(token.name == signal.name for up in one.updates() for token in up.left)
        ]
        if not processes:
            raise self._error(f"register {signal.name!r} must be assigned")
        self._declare(signal.range, right)
        for one in processes:
            left = next(one.updates()).left
            lefts = {module.source(update.left) for update in one.updates()}
            if len(lefts) > 1 or left[0].name != signal.name:
                raise self._error(f"a process must assign one register, not {' and '.join(lefts)}")
            target = written(right) + module.source(left[1:])
            self._assign(target, self._next_value(one.body, module.source(left)))
            self.edits.append((one.start, one.end, ""))
        value = self._translated(expression, written(right))
        self._append(f"always @(posedge {processes[0].clock}) {signal.written} <= {value};")

    def _next_value(self, body: Update | Branch | None, hold: str) -> str:
        if body is None:
            return hold
        if isinstance(body, Update):
            return f"({self._module.source(body.right)})"
        then, other = (self._next_value(part, hold) for part in (body.then, body.other))
        return f"(({self._module.source(body.condition)}) ? {then} : {other})"

    def _drive_pin(self, instance: Instance, port: str, expression: str) -> None:
        pin, signal = instance.pins[port], self._port(instance, port)
        right, wrong = (f"{instance.name}__{port}__{kind}" for kind in ("right", "wrong"))
        if not pin:
            raise self._error(f"pin {instance.name}/{port} must be connected")
        here, value = self._module.source(pin), self._translated(expression, written(right))
        self._declare(signal.range, right)
        if "input" in signal.kinds:
            self._declare(signal.range, wrong)
            self._assign(written(right), here)
            self._assign(written(wrong), value)
        else:
            self._assign(here, value)
        inside = wrong if "input" in signal.kinds else right
        self.edits.append((pin[0].start, pin[-1].end, written(inside)))

    def _port(self, instance: Instance, port: str) -> Signal:
        module = self._modules.get(instance.module)
        if module is None or port not in module.signals:
            raise self._error(f"instance {instance.name} must be of a module with port {port!r}")
        return module.signals[port]

    def _rename(self, items: Iterable[Tokens], old: str, new: str) -> int:
        """Rename a signal in some items; return in how many places."""
        found = [token for tokens in items for token in tokens if token.name == old]
        self.edits += [(token.start, token.end, written(new)) for token in found]
        return len(found)

    def _translated(self, expression: str, right: str) -> str:
        """Return the expression with `right` and the module's signals as the text has them."""
        words = []
        for token in tokens_of(expression):
            if token.name is None:
                words.append(token.text)
            elif token.name == "right":
                words.append(right)
            elif token.name in self._module.signals:
                words.append(self._module.signals[token.name].written)
            else:
                raise self._error(f"expression must use signals of the module, not {token.name!r}")
        return " ".join(words)

    def _declare(self, bits: str, name: str) -> None:
        """Declare a wire ahead of all items: a header ends with the first semicolon."""
        at = self._module.header_end
        self.edits.append((at, at, f"\n  wire {bits} {written(name)};"))

    def _assign(self, left: str, right: str) -> None:
        self._append(f"assign {left} = {right};")

    def _append(self, item: str) -> None:
        self.edits.append((self._module.end, self._module.end, f"  {item}\n"))

    def _error(self, message: str) -> VerilogError:
        return VerilogError(f"module {self._module.name}: {message}")
