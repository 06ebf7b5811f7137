# SPDX-License-Identifier: Apache-2.0
"""Verilog modules with the ports of their components, each written once.

Amaranth writes every instance as a module of its own and derives the ports between them from the
nets that cross. For Verilog that people read, each kind of component is converted alone instead,
and its instances refer to it by name. In simulation, and inside a user's Amaranth design, the same
code places the components themselves.
"""

from types import TracebackType
from typing import Self

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Elaboratable, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In


class VerilogPlatform:
    """Platform of an elaboration for Verilog: collects the modules that it needs.

    It is a context manager: components that only lend their ports live until the context ends.

    Attributes:
        modules: RTLIL of each module by its name, a module before those that it uses.
    """

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}
        self._lenders: list[Elaboratable] = []

    def __enter__(self) -> Self:
        """Return the platform."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Discard the components that lent their ports."""
        discard(*self._lenders)

    def define(self, component: wiring.Component, kind: str) -> None:
        """Convert `component` to RTLIL as module `kind`, if that module is not there yet.

        A component whose module is there lends its ports until the context ends.
        """
        if kind in self.modules:
            self._lenders.append(component)
            return
        self.modules[kind] = ""  # takes its place in the order before the modules that it uses
        self.modules[kind] = rtlil.convert(component, name=kind, platform=self, emit_src=False)

    def text(self) -> str:
        """Return the RTLIL of all modules."""
        return "\n".join(self.modules.values())


def discard(*components: Elaboratable) -> None:
    """Empty components that were made for their ports only.

    Amaranth warns when a component is deleted that no design has used, as long as the component
    still holds its state. None of these will be used.
    """
    for component in components:
        vars(component).clear()


def place(m: Module, platform: object, name: str, component: wiring.Component, kind: str) -> None:
    """Make `component` the submodule `name` of `m`; in Verilog it is an instance of `kind`.

    All components that are placed as one kind in a build must be alike. A component with the
    attribute `combinational` gets no clock.
    """
    if not isinstance(platform, VerilogPlatform):
        m.submodules[name] = component
        return
    platform.define(component, kind)
    ports: dict[str, Value] = {}
    for path, member, value in component.signature.flatten(component):
        direction = "i" if member.flow is In else "o"
        ports[f"{direction}_{'__'.join(map(str, path))}"] = Value.cast(value)
    if not getattr(component, "combinational", False):
        ports |= {"i_clk": ClockSignal(), "i_rst": ResetSignal()}
    m.submodules[name] = Instance(kind, **ports)
