"""Pickles: models in pickle and joblib files, opened only when everything they name is known.

A file is gone through twice. The first time every global is replaced by a stand-in that does
nothing, so that all of them can be listed and nothing of the file can run; arrays, which joblib
writes between the pickle's own bytes, are stepped over. Only when each global is known is the file
loaded, by an unpickler that asks again for each.
"""

import bz2
import gzip
import io
import lzma
import math
import pickle
import warnings
import zlib
from collections.abc import Collection
from types import BuiltinFunctionType, FunctionType
from typing import Any, BinaryIO, cast

import numpy as np
from joblib import numpy_pickle

from modelport.bundles.allowed import (
    Global,
    idle_trust,
    is_known,
    renamed,
    resolve,
    strange_names,
)
from modelport.errors import BundleError

LARGEST = 4 * 1024**3
"""Most bytes of a file, also when unpacked."""

_Unpickler = cast("type[Any]", numpy_pickle.NumpyUnpickler)
_Wrapper = cast("type[Any]", numpy_pickle.NumpyArrayWrapper)
_WRAPPER = Global("joblib.numpy_pickle", "NumpyArrayWrapper")
_DTYPE = Global("numpy", "dtype")


def read_pickle(content: bytes, file: str, trust: Collection[str] = ()) -> Any:
    """Load the object that a pickle or joblib file holds.

    Args:
        content: The file, also one that joblib compressed.
        file: Its name, for errors.
        trust: Globals that the user trusts besides those that are known, as `module.name`.

    Raises:
        BundleError: it is none, or it names globals that are not known, of which all are listed;
            nothing of it was run then.
    """
    plain = unpacked(content, file)
    found = globals_of(plain, file)
    _check(found, file, trust)
    try:
        with warnings.catch_warnings():
            # An old name of NumPy's core; `renamed` knows it.
            warnings.simplefilter("ignore", DeprecationWarning)
            return _Loader(io.BytesIO(plain), len(plain), trust).load()
    except Exception as error:  # whatever the parts of a damaged file say
        raise _unreadable(file, error) from error


def globals_of(plain: bytes, file: str) -> tuple[Global, ...]:
    """Everything that an unpacked pickle names, sorted; nothing of it is run or imported.

    Raises:
        BundleError: it is no pickle.
    """
    lister = _Lister(io.BytesIO(plain), len(plain), set())
    try:
        lister.load()
    except Exception as error:
        raise _unreadable(file, error) from error
    return tuple(sorted(lister.found))


def unpacked(content: bytes, file: str) -> bytes:
    """The bytes of the pickle itself.

    Raises:
        BundleError: the compressed data is damaged, or too large.
    """
    try:
        plain = _unpack(content)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise _unreadable(file, error) from error
    if len(plain) > LARGEST:
        limit = f"{LARGEST // 1024**3} GiB"
        raise BundleError(f"{file} holds more than {limit} unpacked; save a smaller model")
    return plain


def _unpack(content: bytes) -> bytes:
    stream = io.BytesIO(content)
    if content.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream).read(LARGEST + 1)
    if content.startswith(b"BZ"):
        return bz2.BZ2File(stream).read(LARGEST + 1)
    if content.startswith((b"\xfd7zXZ", b"\x5d\x00")):
        return lzma.LZMAFile(stream).read(LARGEST + 1)
    if content.startswith(b"\x78"):
        inflater = zlib.decompressobj()
        plain = inflater.decompress(content, LARGEST + 1)
        if not inflater.eof and len(plain) <= LARGEST:
            raise EOFError("the compressed data ends too early")
        return plain
    return content


def _check(found: Collection[Global], file: str, trust: Collection[str]) -> None:
    """Refuse what is not known, and trust in what is not there."""
    unknown = [item for item in found if not is_known(item, trust)]
    old = [item for item in unknown if item.module.split(".")[0] == "sklearn" and _gone(item)]
    strange = [str(item) for item in unknown if item not in old]
    faults = [strange_names(file, strange)] if strange else []
    if old:
        import sklearn

        faults.append(
            f"{file} names {', '.join(map(str, old))}, which scikit-learn {sklearn.__version__} "
            "does not have; save the model again with this version, or as ONNX"
        )
    faults += idle_trust(file, trust, {str(item) for item in found})
    if faults:
        raise BundleError("\n".join(faults))


def _gone(found: Global) -> bool:
    plain = all(part.isidentifier() for part in (*found.module.split("."), found.name))
    return plain and "." not in found.name and resolve(found) is None


def _unreadable(file: str, error: Exception) -> BundleError:
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return BundleError(
        f"{file} cannot be read as a pickle or joblib file: {reason}; save the model again with "
        "joblib.dump"
    )


class _StandIn:
    """Stands for whatever a pickle names, takes every call and does nothing."""

    def __new__(cls, *_arguments: object, **_named: object) -> "_StandIn":
        return object.__new__(cls)

    def __init__(self, *arguments: object, **_named: object) -> None:
        self.arguments = arguments
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __setitem__(self, _key: object, _value: object) -> None: ...

    def append(self, _item: object) -> None: ...

    def add(self, _item: object) -> None: ...


class _TypeStandIn(_StandIn):
    """Stands for an array's type, which decides how many bytes the array takes."""


class _Base(_Unpickler):
    """joblib's unpickler without what leads around `find_class`, or out of the file."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        super().__init__("", stream, ensure_native_byte_order=True)
        self.size = size

    def load_build(self) -> None:
        if isinstance(self.stack[-2], type | FunctionType | BuiltinFunctionType):
            raise pickle.UnpicklingError("it changes a class")
        super().load_build()

    dispatch = {**_Unpickler.dispatch, pickle.BUILD[0]: load_build}  # noqa: RUF012 - pickle's own way

    def get_extension(self, code: int) -> None:
        raise pickle.UnpicklingError(f"it uses the extension {code}")

    def array_bytes(self, shape: object, itemsize: int) -> int:
        """How many bytes an array takes; more than the file has is refused before it is made."""
        if not isinstance(shape, tuple) or not all(
            isinstance(length, int) and length >= 0 for length in cast("tuple[object]", shape)
        ):
            raise pickle.UnpicklingError("an array has no shape")
        count = math.prod(cast("tuple[int, ...]", shape))
        if count * max(itemsize, 1) > self.size:
            raise pickle.UnpicklingError("an array is larger than the file")
        return count * itemsize

    def step(self, wrapper: Any) -> None:
        """Go past the bytes that joblib puts before an array."""
        if wrapper.safe_get_numpy_array_alignment_bytes() is not None:
            self.file_handle.read(int.from_bytes(self.file_handle.read(1), "little"))


class _Lister(_Base):
    """Goes through a pickle and notes what it names."""

    def __init__(self, stream: BinaryIO, size: int, found: set[Global]) -> None:
        super().__init__(stream, size)
        self.found = found

    def find_class(self, module: str, name: str) -> type:
        wanted = renamed(Global(module, name))
        self.found.add(wanted)
        if wanted == _WRAPPER:
            return _SkippedArray
        return type(name, (_TypeStandIn if wanted == _DTYPE else _StandIn,), {})


class _Loader(_Base):
    """Loads a pickle whose globals are all known.

    The type of an array never gets its state from the file: NumPy would change its own types, on
    which it then crashes. What the state says is checked, and a type with fields is made anew.
    """

    def __init__(self, stream: BinaryIO, size: int, trust: Collection[str]) -> None:
        super().__init__(stream, size)
        self.trust = trust

    def find_class(self, module: str, name: str) -> Any:
        wanted = renamed(Global(module, name))
        if not is_known(wanted, self.trust):
            raise pickle.UnpicklingError(f"it names {wanted}")
        if wanted == _WRAPPER:
            return _CheckedArray
        value = resolve(wanted)
        if value is None:
            raise pickle.UnpicklingError(f"it needs {wanted}, which is not installed here")
        return value

    def load_build(self) -> None:
        kind, state = self.stack[-2:]
        for part in cast("tuple[object, ...]", state if isinstance(state, tuple) else (state,)):
            _check_keys(part)
        if not isinstance(kind, np.dtype):
            super().load_build()
            return
        made = _with_state(cast("np.dtype[Any]", kind), self.stack.pop())
        self.stack[-1] = made
        for index in [index for index, value in self.memo.items() if value is kind]:
            self.memo[index] = made

    def load_setitem(self) -> None:
        super().load_setitem()
        _check_keys(self.stack[-1])

    def load_setitems(self) -> None:
        super().load_setitems()
        _check_keys(self.stack[-1])

    dispatch = {  # noqa: RUF012 - pickle's own way
        **_Base.dispatch,
        pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
    }


class _SkippedArray(_Wrapper):
    """The place of an array whose bytes are not wanted."""

    def read(self, unpickler: _Lister, _native: object) -> _StandIn:
        itemsize, holds_objects = _layout(self.dtype)
        if holds_objects:
            _Lister(unpickler.file_handle, unpickler.size, unpickler.found).load()
            return _StandIn()
        unpickler.step(self)
        size = unpickler.array_bytes(self.shape, itemsize)
        if len(unpickler.file_handle.read(size)) != size:
            raise EOFError("an array ends too early")
        return _StandIn()


class _CheckedArray(_Wrapper):
    """An array that is read with the same care as its pickle."""

    def read(self, unpickler: _Loader, native: object) -> Any:
        if not isinstance(self.dtype, np.dtype):
            raise pickle.UnpicklingError("an array has no type")
        kind = cast("np.dtype[Any]", self.dtype)
        if kind.hasobject:
            return _Loader(unpickler.file_handle, unpickler.size, unpickler.trust).load()
        unpickler.array_bytes(self.shape, kind.itemsize)
        return self.read_array(unpickler, native)


def _layout(kind: object) -> tuple[int, bool]:
    """Bytes of one item of an array's type, and whether it holds objects, from its stand-in."""
    if not isinstance(kind, _TypeStandIn) or not kind.arguments:
        raise pickle.UnpicklingError("an array has no type")
    found = np.dtype(str(kind.arguments[0]))
    fields: Any = kind.state[4] if isinstance(kind.state, tuple) and len(kind.state) > 4 else None
    parts = [_layout(field[0]) for field in fields.values()] if isinstance(fields, dict) else []
    return found.itemsize, found.hasobject or any(holds for _, holds in parts)


def _check_keys(held: object) -> None:
    """Refuse attributes that Python or NumPy would obey, such as `__array_interface__`."""
    for key in cast("dict[object, object]", held) if isinstance(held, dict) else ():
        if isinstance(key, str) and key.startswith("__") and key.endswith("__"):
            raise pickle.UnpicklingError(f"it sets {key}")


def _with_state(kind: np.dtype[Any], state: object) -> np.dtype[Any]:
    """An array's type with the state that a pickle has for it."""
    parts: list[Any] = list(cast("tuple[Any, ...]", state)) if isinstance(state, tuple) else []
    if len(parts) not in (8, 9) or parts[2] is not None or parts[1] not in ("<", "|", "="):
        raise pickle.UnpicklingError(f"an array has the type {kind}, which no model needs")
    names: Any = parts[3]
    fields: Any = parts[4]
    size: Any = parts[5]
    if names is None or fields is None:
        if size not in (-1, kind.itemsize):
            raise pickle.UnpicklingError("an array's type has another size")
        return kind
    columns: list[tuple[Any, Any]] = [fields[name][:2] for name in names]
    if any(column[0].hasobject or not isinstance(column[1], int) for column in columns):
        raise pickle.UnpicklingError("an array's type has fields of objects")
    return np.dtype(
        {
            "names": list(names),
            "formats": [column[0] for column in columns],
            "offsets": [column[1] for column in columns],
            "itemsize": kind.itemsize,
        }
    )
