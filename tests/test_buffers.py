import gc

from rtseg.buffers import Buffers


def test_memory_is_used_again_when_the_last_view_of_it_is_gone() -> None:
    buffers = Buffers()
    first = buffers.array(4, 5, 3)
    address = first.ctypes.data
    view = first.reshape(20, 3)[1:, ::2].T
    del first
    second = buffers.array(4, 5, 3)
    assert second.ctypes.data != address
    del view
    gc.collect()
    assert buffers.array(4, 5, 3).ctypes.data == address


def test_an_array_of_another_size_has_memory_of_its_own() -> None:
    buffers = Buffers()
    small = buffers.array(2, 2)
    small[:] = 7
    del small
    large = buffers.array(3, 3)
    assert large.shape == (3, 3)
    large[:] = 1
    again = buffers.array(2, 2)
    again[:] = 2
    assert (large == 1).all()
