# SPDX-License-Identifier: Apache-2.0
"""Record of aie.iron; `machine` is what acquire, fill and calls go to while a design is run."""

from typing import get_origin

import numpy as np

CORE_ROWS = 4
_MOST_COLUMNS = {"npu": 4, "npu1": 4, "npu2": 8}
machine = None


def leaves(arguments):
    for one in arguments:
        if isinstance(one, (list, tuple)):
            yield from leaves(one)
        else:
            yield one


class Buffer:
    def __init__(
        self,
        type=None,
        initial_value=None,
        name=None,
        tile=None,
        use_write_rtp=False,
        address=None,
        mem_bank=None,
    ):
        if type is None and initial_value is None:
            raise ValueError("Must provide either type, initial value, or both.")
        self.type, self.initial_value, self.name, self.tile = type, initial_value, name, tile
        self.worker = None


class Kernel:
    def __init__(
        self,
        name,
        object_file_name,
        arg_types=None,
        *,
        link_with_mode=None,
        stack_size_override=None,
    ):
        self.name, self.object_file_name = name, object_file_name
        self.types = list(arg_types or [])

    def __call__(self, *args):
        if len(args) != len(self.types):
            raise ValueError(f"Kernel expects {len(self.types)} arguments, {len(args)} provided")
        machine.call(self, args)


class ObjectFifo:
    def __init__(
        self,
        obj_type,
        *,
        depth=2,
        name=None,
        to_stream=None,
        from_stream_per_cons=None,
        plio=False,
        pad_value=0,
        disable_synchronization=False,
        repeat_count=None,
        delegate_tile=None,
        via_DMA=False,
        init_values=None,
        consumer_obj_type=None,
        aie_stream=None,
        packet=False,
        packet_id=None,
    ):
        assert get_origin(obj_type) is np.ndarray
        self.obj_type, self.depth, self.name = obj_type, depth, name
        self.producer, self.consumers = None, []

    def prod(self, depth=None, channel=None, tile=None):
        if self.producer is None:
            self.producer = ObjectFifoHandle(self, True, depth, tile)
        elif tile is not None and self.producer.tile is not tile:
            raise ValueError("Producer handle already pinned to another tile")
        return self.producer

    def cons(self, depth=None, from_stream=None, channel=None, tile=None):
        self.consumers.append(ObjectFifoHandle(self, False, depth, tile))
        return self.consumers[-1]


class Link:
    """What split() and join() make: one fifo on one side, its parts on the other."""

    def __init__(self, whole, parts, offsets, tile):
        self.whole, self.parts, self.offsets, self.tile = whole, parts, offsets, tile
        for handle in (whole, *parts):
            handle.endpoint = self


class ObjectFifoHandle:
    def __init__(self, fifo, is_producer, depth, tile):
        self.fifo, self.is_producer, self.tile = fifo, is_producer, tile
        self.depth = depth or fifo.depth
        self._endpoint = None

    @property
    def endpoint(self):
        return self._endpoint

    @endpoint.setter
    def endpoint(self, endpoint):
        if self._endpoint is not None and self._endpoint is not endpoint:
            raise ValueError(f"Endpoint already set for {self.fifo.name}")
        self._endpoint = endpoint

    def acquire(self, num_elem):
        if self.depth < num_elem:
            raise ValueError("Number of elements to acquire must be smaller than depth")
        return machine.acquire(self, num_elem)

    def release(self, num_elem):
        machine.release(self, num_elem)

    def fill(
        self,
        source,
        tap=None,
        wait=False,
        packet=None,
        offset_parameter=None,
        group=None,
        managed=True,
        length_parameter=None,
        length_unit=None,
    ):
        if not self.is_producer:
            raise ValueError("fill() is only valid on a producer ObjectFifoHandle")
        machine.fill(self, source, tap)

    def drain(
        self,
        dest,
        tap=None,
        wait=False,
        packet=None,
        offset_parameter=None,
        group=None,
        managed=True,
        length_parameter=None,
        length_unit=None,
    ):
        if self.is_producer:
            raise ValueError("drain() is only valid on a consumer ObjectFifoHandle")
        machine.drain(self, dest, tap, wait)

    def split(
        self,
        offsets,
        tile=None,
        depths=None,
        obj_types=None,
        names=None,
        to_stream=None,
        from_stream=None,
        plio=False,
        repeat_counts=None,
        pad_value=None,
        channels=None,
    ):
        if self.is_producer:
            raise ValueError("Cannot split() a prod ObjectFifoHandle")
        parts = self._parts(offsets, depths, obj_types, names)
        Link(self, [part.prod() for part in parts], offsets, tile)
        return parts

    def join(
        self,
        offsets,
        tile=None,
        depths=None,
        obj_types=None,
        names=None,
        to_stream=None,
        from_stream=None,
        plio=False,
        repeat_counts=None,
    ):
        if not self.is_producer:
            raise ValueError("Cannot join() a cons ObjectFifoHandle")
        parts = self._parts(offsets, depths, obj_types, names)
        Link(self, [part.cons() for part in parts], offsets, tile)
        return parts

    def _parts(self, offsets, depths, obj_types, names):
        count = len(offsets)
        assert len(obj_types) == len(names) == count
        depths = depths or [self.depth] * count
        return [
            ObjectFifo(kind, name=name, depth=depth)
            for kind, name, depth in zip(obj_types, names, depths, strict=True)
        ]


class Worker:
    def __init__(
        self,
        core_fn,
        fn_args=None,
        tile=None,
        while_true=True,
        stack_size=None,
        data_size=None,
        trace=None,
        trace_events=None,
        dynamic_objfifo_lowering=None,
    ):
        self.core_fn, self.fn_args, self.tile = core_fn, list(fn_args or []), tile
        self.fifos, self.buffers = [], []
        for argument in leaves(self.fn_args):
            if isinstance(argument, ObjectFifoHandle):
                argument.endpoint = self
                self.fifos.append(argument)
            elif isinstance(argument, Buffer):
                if argument.worker is not None:
                    raise ValueError("Buffer has no explicit tile and is shared across Workers")
                argument.worker = self
                self.buffers.append(argument)
            elif isinstance(argument, ObjectFifo):
                raise ValueError("Cannot give an ObjectFifo directly to a worker")


class Runtime:
    def __init__(self, seq_fn, fn_args=None, *, strict_task_groups=True):
        self.seq_fn, self.fn_args = seq_fn, list(fn_args or [])
        for argument in leaves(self.fn_args):
            if isinstance(argument, ObjectFifoHandle) and argument.endpoint is None:
                argument.endpoint = self

    @property
    def types(self):
        return [one for one in self.fn_args if get_origin(one) is np.ndarray]


class Program:
    def __init__(self, device, rt, workers=None):
        self.device, self.runtime, self.workers = device, rt, list(workers or [])

    def resolve_program(self, device_name="main"):
        return self
