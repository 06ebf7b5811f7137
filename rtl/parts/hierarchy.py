# SPDX-License-Identifier: Apache-2.0
"""Verilog with one module for each kind of component, and the component's ports.

By itself Amaranth writes one module for every instance, with ports that it derives from the nets
between them. Such text is long and hard to read. For Verilog, each kind of component is therefore
converted alone and once, and its instances refer to it by name. In simulation, and inside a user's
Amaranth design, the same code places the components themselves.
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
    """Make `component` the submodule `name` of `m`; in Verilog, an instance of module `kind`.

    All components of one kind in a build must be alike: only the first one is converted. A
    component whose attribute `combinational` is true gets neither clock nor reset.

    Args:
        m: module that the component is placed in.
        platform: a VerilogPlatform when Verilog is generated, anything else otherwise.
        name: name of the submodule or instance.
        component: the component; its ports can be connected afterwards.
        kind: name of its Verilog module.
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
