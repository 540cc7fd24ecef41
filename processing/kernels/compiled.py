"""Kernels: functions that Numba compiles once, and that run without it from then on.

Importing Numba takes as long as a small mosaic. So the machine code it makes is kept in a file for each kernel and
kind of arguments (``kept``); LLVM's loader is enough to run it. Numba is imported where such a file is missing, and
both times the code is called the same way.

A kernel takes arrays, numbers, and tuples of these; it gives nothing, or whole numbers. It allocates nothing and
raises nothing: room that it needs is handed to it. Kernels that it calls are compiled into it.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import Any

import numpy as np

# Numba's status of a call that went well; -2: and its result is None.
_SUCCESS = (0, -2)
# What Numba calls when nobody needs an array any more; but a kernel owns none.
_NO_DESTRUCTOR = "define void @NRT_MemInfo_call_dtor(ptr %0) { ret void }"
_NUMBERS: dict[type, str] = {
    **dict.fromkeys((bool, np.bool_), "bool"),
    **dict.fromkeys((int, *(np.dtype(code).type for code in np.typecodes["AllInteger"])), "int"),
    **dict.fromkeys((float, np.float32, np.float64), "float"),
}


def kernel(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Decorator that makes a ``Kernel`` of a function; ``options`` are Numba's."""
    if function is None:
        return lambda decorated: Kernel(decorated, options)
    return Kernel(function, options)


class Kernel:
    """A function that is compiled, or loaded compiled, when it is called with a new kind of arguments."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any]) -> None:
        self._function, self._options = function, options
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self._loaded: dict[Any, _Loaded] = {}
        self._loading = threading.Lock()

    def __call__(self, *arguments: Any) -> Any:
        """Run it without Python's lock. Raises RuntimeError where it divides by zero."""
        words: list[Any] = []
        kinds = _take_apart(arguments, words)
        loaded = self._loaded.get(kinds) or self._load(kinds)
        return loaded(words)

    @cached_property
    def dispatcher(self) -> Any:
        """What it is to Numba; imports it."""
        from numba import njit

        return njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **self._options)(self._function)

    @property
    def _numba_type_(self) -> Any:
        """Numba looks here when it compiles a kernel that calls this one."""
        from numba.core.types import Dispatcher

        return Dispatcher(self.dispatcher)

    def _load(self, kinds: Any) -> _Loaded:
        from processing.kernels import kept

        with self._loading:
            if kinds not in self._loaded:
                name = kept.file_name(f"{self._function.__module__.rpartition('.')[2]}.{self.__name__}", kinds)
                try:
                    loaded = _Loaded(self.__name__, kinds, kept.read(name))
                except (OSError, ValueError, RuntimeError):
                    code = self._compile(kinds)
                    kept.keep(name, code)
                    loaded = _Loaded(self.__name__, kinds, code)
                self._loaded[kinds] = loaded
            return self._loaded[kinds]

    def _compile(self, kinds: Any) -> Any:
        """The code for arguments of these kinds. Raises TypeError where it does what a kernel may not."""
        import llvmlite.binding as llvm

        from processing.kernels.kept import Code

        signature = tuple(map(_numba_type, kinds))
        self.dispatcher.compile(signature)
        compiled = self.dispatcher.overloads[signature]
        module = llvm.parse_assembly(compiled.library.get_llvm_str())
        module.link_in(llvm.parse_assembly(_NO_DESTRUCTOR))
        if outside := sorted(
            each.name for each in module.functions if each.is_declaration and not _is_known(each.name)
        ):
            raise TypeError(f"The kernel {self.__name__} allocates or raises: it needs {', '.join(outside)}.")
        module.get_function(compiled.fndesc.llvm_func_name).name = "kernel"
        return Code(_results(self.__name__, compiled.signature.return_type), _processor().emit_object(module))


class _Loaded:
    """A kernel in memory for one kind of arguments."""

    def __init__(self, name: str, kinds: Any, code: Any) -> None:
        """Raises RuntimeError where LLVM cannot load the code."""
        import llvmlite.binding as llvm

        self._name = name
        self._engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _processor())
        self._engine.add_object_file(llvm.ObjectFileRef.from_data(code.object_code))
        self._engine.finalize_object()
        # Numba's calling convention: where to put the result, where to put an exception, the arguments.
        called = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *_word_types(kinds))
        self._call = called(self._engine.get_function_address("kernel"))
        self._results = code.results
        self._room = ctypes.c_int64 * max(1, code.results)

    def __call__(self, words: list[Any]) -> Any:
        made, failure = self._room(), ctypes.c_void_p()
        if self._call(ctypes.addressof(made), ctypes.addressof(failure), *words) not in _SUCCESS:
            raise RuntimeError(f"The kernel {self._name} failed.")
        if self._results == 0:
            return None
        return made[0] if self._results == 1 else tuple(made)


def _take_apart(arguments: tuple[Any, ...], words: list[Any]) -> Any:
    """Add the arguments to ``words`` as Numba passes them; return of what kinds they are, on which the code depends.

    Of an array these are its type, its dimensions, and whether its numbers lie one after the other.
    """
    kinds: list[Any] = []
    for argument in arguments:
        if isinstance(argument, np.ndarray):
            kinds.append((argument.dtype.str, argument.ndim, argument.flags.c_contiguous))
            # Its owner and its parent, of which a kernel need not know; then all about its numbers.
            address = argument.__array_interface__["data"][0]
            words += (0, 0, argument.size, argument.itemsize, address, *argument.shape, *argument.strides)
        elif isinstance(argument, tuple):
            kinds.append(("tuple", *_take_apart(argument, words)))
        else:
            kinds.append(_NUMBERS.get(type(argument)) or _kind_of_number(argument))
            words.append(argument)
    return tuple(kinds)


def _kind_of_number(argument: Any) -> str:
    """Of one that is no plain number, such as an enumeration's. Raises TypeError where it is none at all."""
    for kind, number in _NUMBERS.items():
        if isinstance(argument, kind):
            return number
    raise TypeError(f"a kernel takes arrays, numbers and tuples, not {type(argument).__name__}")


def _word_types(kinds: Any) -> Iterator[Any]:
    """The C types of the words of such arguments."""
    for kind in kinds:
        if isinstance(kind, str):
            yield {"bool": ctypes.c_bool, "int": ctypes.c_int64, "float": ctypes.c_double}[kind]
        elif kind[0] == "tuple":
            yield from _word_types(kind[1:])
        else:
            yield from (ctypes.c_int64,) * (5 + 2 * kind[1])


def _numba_type(kind: Any) -> Any:
    from numba import from_dtype, types

    if isinstance(kind, str):
        return {"bool": types.boolean, "int": types.int64, "float": types.float64}[kind]
    if kind[0] == "tuple":
        return types.BaseTuple.from_types([_numba_type(each) for each in kind[1:]])
    dtype, dimensions, contiguous = kind
    return types.Array(from_dtype(np.dtype(dtype)), dimensions, "C" if contiguous else "A")


def _results(name: str, given: Any) -> int:
    """How many whole numbers there are in a result of this Numba type. Raises TypeError where there is other."""
    from numba import types

    if given == types.none:
        return 0
    numbers = list(given) if isinstance(given, types.BaseTuple) else [given]
    if not numbers or any(number != types.int64 for number in numbers):
        raise TypeError(f"The kernel {name} gives {given}; it may give whole numbers of 64 bits.")
    return len(numbers)


def _is_known(function: str) -> bool:
    """Whether LLVM or the C library has a function, which a process without Numba needs."""
    if function.startswith("llvm."):
        return True
    with contextlib.suppress(AttributeError):
        return bool(ctypes.CDLL(None)[function]) and not function.startswith("Py")
    return False


def _processor() -> Any:
    """The one that this process runs on, to LLVM; an engine keeps what it is given, so that each needs its own."""
    target, name, features = _native()
    return target.create_target_machine(
        cpu=name, features=features, opt=3, reloc="pic", codemodel="jitdefault", jit=True
    )


@cache
def _native() -> tuple[Any, str, str]:
    """LLVM's target, the processor's name, what it can do."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
