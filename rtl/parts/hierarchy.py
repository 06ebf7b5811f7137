# SPDX-License-Identifier: Apache-2.0
"""Verilog modules with the ports of their components, each written once.

Amaranth writes every instance as a module of its own and derives the ports between them from the
nets that cross. For Verilog that people read, each kind of component is converted alone instead,
and its instances refer to it by name. In simulation, and inside a user's Amaranth design, the same
code places the components themselves.
"""

from amaranth.back import rtlil
from amaranth.hdl import ClockSignal, Instance, Module, ResetSignal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In


class VerilogPlatform:
    """Passed as the platform of an elaboration for Verilog: collects the modules that it needs."""

    def __init__(self) -> None:
        self.modules: dict[str, str] = {}

    def define(self, component: wiring.Component, kind: str) -> None:
        """Convert `component` to RTLIL as module `kind`, once."""
        if kind not in self.modules:
            self.modules[kind] = ""  # keeps the order: a module before those that it uses
            self.modules[kind] = rtlil.convert(component, name=kind, platform=self, emit_src=False)

    def text(self) -> str:
        """RTLIL of all modules."""
        return "\n".join(self.modules.values())


def place(m: Module, platform: object, name: str, component: wiring.Component, kind: str) -> None:
    """Make `component` the submodule `name` of `m`; in Verilog it is an instance of `kind`.

    All components that are placed as one kind in a build must be alike. A component with the
    attribute `combinational` gets no clock.
    """
    if not isinstance(platform, VerilogPlatform):
        m.submodules[name] = component
        return
    platform.define(component, kind)
    component._MustUse__used = True  # the first of its kind stands for it
    ports: dict[str, Value] = {}
    for path, member, value in component.signature.flatten(component):
        direction = "i" if member.flow is In else "o"
        ports[f"{direction}_{'__'.join(map(str, path))}"] = Value.cast(value)
    if not getattr(component, "combinational", False):
        ports |= {"i_clk": ClockSignal(), "i_rst": ResetSignal()}
    m.submodules[name] = Instance(kind, **ports)
