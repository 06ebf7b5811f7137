# SPDX-License-Identifier: Apache-2.0
"""Run a recorded IRON design on the host: fifos are queues, the kernel is a host library.

Objects only flow from the host through a column to the host, so that each stage can run to its end
before the next: fills, splits, workers, joins, drains.
"""

import ctypes
from collections import defaultdict, deque

import numpy as np


class Machine:
    """Runs one program on host buffers (flat arrays, in the order of the runtime's types)."""

    def __init__(self, iron, program, library):
        self.iron, self.program, self.library = iron, program, library
        self.queues = defaultdict(deque)
        self.held = {}
        self.drains = []
        self.calls = 0

    def run(self, buffers):
        self.iron.machine = self
        runtime = self.program.runtime
        for kind, buffer in zip(runtime.types, buffers, strict=True):
            check_type(kind, buffer)
        given = iter(buffers)
        runtime.seq_fn(*(next(given) if one in runtime.types else one for one in runtime.fn_args))
        for worker in self.program.workers:
            worker.core_fn(*worker.fn_args)
            assert not any(id(one) in self.held for one in worker.fifos), "an object was kept"
        for handle, buffer, share in self.drains:
            self._join(handle.fifo)
            part = taken(buffer, share)
            objects = self.queues.pop(id(handle))
            np.concatenate(list(objects), out=part)
        left = [queue for queue in self.queues.values() if queue]
        assert not left, "objects are left in a fifo"

    # What handles and kernels of the record call.

    def fill(self, handle, buffer, share):
        for one in taken(buffer, share).reshape(-1, elements(handle.fifo.obj_type)):
            check_type(handle.fifo.obj_type, one)
            self._put(handle.fifo, one)

    def drain(self, handle, buffer, share, wait):
        assert wait, "nobody waits for the results"
        self.drains.append((handle, buffer, share))

    def acquire(self, handle, number):
        assert number == 1
        assert id(handle) not in self.held
        if handle.is_producer:
            kind = handle.fifo.obj_type
            # What an acquired object held before is anybody's guess.
            self.held[id(handle)] = aligned(np.full(elements(kind), 0x55, dtype_of(kind)))
        else:
            self.held[id(handle)] = self.queues[id(handle)].popleft()
        return self.held[id(handle)]

    def release(self, handle, number):
        assert number == 1
        held = self.held.pop(id(handle))
        if handle.is_producer:
            self._put(handle.fifo, held)

    def call(self, kernel, arguments):
        self.calls += 1
        native = []
        for kind, one in zip(kernel.types, arguments, strict=True):
            if isinstance(one, self.iron.Buffer):
                one = one.initial_value
            if isinstance(one, np.ndarray):
                check_type(kind, one)
                native.append(ctypes.c_void_p(one.ctypes.data))
            else:
                assert kind is np.int32
                native.append(ctypes.c_int32(one))
        getattr(self.library, kernel.name)(*native)

    def _put(self, fifo, one):
        for handle in fifo.consumers:
            link = handle.endpoint
            if isinstance(link, self.iron.Link) and link.whole is handle:
                assert link.tile.row == 1
                for part, offset in zip(link.parts, link.offsets, strict=True):
                    count = elements(part.fifo.obj_type)
                    self._put(part.fifo, one[offset : offset + count])
            else:
                self.queues[id(handle)].append(aligned(one))

    def _join(self, fifo):
        link = fifo.producer.endpoint
        assert link.whole is fifo.producer
        queues = [self.queues.pop(id(part)) for part in link.parts]
        for parts in zip(*queues, strict=True):
            whole = np.zeros(elements(fifo.obj_type), dtype_of(fifo.obj_type))
            for part, offset in zip(parts, link.offsets, strict=True):
                whole[offset : offset + part.size] = part
            self._put(fifo, whole)


def taken(buffer, share):
    """The part of a host buffer that an access pattern walks; only runs are allowed here."""
    assert share.sizes[:-1] == [1, 1, 1]
    assert share.strides == [0, 0, 0, 1]
    assert int(np.prod(share.tensor_dims)) == buffer.size
    assert share.offset + share.sizes[-1] <= buffer.size
    return buffer[share.offset : share.offset + share.sizes[-1]]


def elements(kind):
    """Elements of a buffer type np.ndarray[(n,), np.dtype[t]]."""
    ((count,), _) = kind.__args__
    return count


def dtype_of(kind):
    return np.dtype(kind.__args__[1].__args__[0])


def check_type(kind, array):
    assert array.shape == (elements(kind),)
    assert array.dtype == dtype_of(kind)


def aligned(array):
    """A copy at an address that is a multiple of 64."""
    raw = np.empty(array.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 64
    copy = raw[start : start + array.nbytes].view(array.dtype)
    copy[:] = array
    return copy
