"""The kernel alone, in LLVM's language: 16 references' 4-bit codes times a probe's 8-bit code, held against a bar.

A group is 16 references. Its codes are chunks of 64 bytes: of reference r the bytes 4r … 4r+3, each with dimension j
in the low half and dimension j + d/2 in the high half. So four bytes of the probe, repeated 16 times, meet 16
references at once and the sums stay in their lanes. The sums are exact in all three forms: ``vpdpbusd`` (VNNI) adds
products of u8 and s8 in 32 bits; ``pmaddubsw`` (AVX2) adds pairs in 16 bits, at most 2 · 15 · 127 = 3,810, so it never
saturates; the portable form multiplies in 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from countenance.gallery.index.compiled import Kind

GROUP = 16
"""References in a group."""
CHUNK = 64
"""Bytes of a chunk: eight dimensions of 16 references."""

_I8, _I32, _I64, _F32 = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_BYTES, _SUMS, _FLOATS = ir.VectorType(_I8, CHUNK), ir.VectorType(_I32, GROUP), ir.VectorType(_F32, GROUP)


@cache
def kernel(kind: Kind, probes: int) -> Callable[..., Any]:
    """``f(codes, probe, errors, numbers, chunks) -> mask`` for numba, of ``probes`` (1 to 4) probes at once.

    Addresses: ``codes`` of the group (64-byte aligned), ``probe`` the int8 codes, probe after probe, ``errors`` 16
    bytes, ``numbers`` float32, three for each probe: scale, error step, bar. Bit 16 p + r of the mask is set unless
    ``scale · (code · probe) + step · error < bar`` for reference r and probe p.
    """

    # numba reads the number and names of the arguments off this function.
    def bounded(_typing: Any, _codes: Any, _probe: Any, _errors: Any, _numbers: Any, _chunks: Any) -> Any:
        signature = types.uint64(types.uintp, types.uintp, types.uintp, types.uintp, types.int64)
        return signature, lambda _context, builder, _signature, arguments: _build(builder, kind, probes, *arguments)

    made: Callable[..., Any] = intrinsic(bounded)
    return made


@cache
def lowest() -> Callable[..., Any]:
    """``f(mask) -> int`` for numba: the number of the lowest bit that is set; ``mask`` is not 0."""

    def counted(_typing: Any, _mask: Any) -> Any:
        return types.int64(types.uint64), lambda _context, b, _signature, arguments: b.cttz(
            arguments[0], ir.IntType(1)(1)
        )

    made: Callable[..., Any] = intrinsic(counted)
    return made


@cache
def taken() -> Callable[..., Any]:
    """``f(address) -> int`` for numba: the int64 there, which is one more afterwards, whoever else asks meanwhile."""

    def counted(_typing: Any, _address: Any) -> Any:
        return types.int64(types.uintp), lambda _context, b, _signature, arguments: b.atomic_rmw(
            "add", b.inttoptr(arguments[0], _I64.as_pointer()), _I64(1), "monotonic"
        )

    made: Callable[..., Any] = intrinsic(counted)
    return made


@cache
def pointer(to: Any) -> Callable[..., Any]:
    """``f(address) -> pointer`` for numba, to values of this type of it, as ``numba.carray`` wants one."""

    def pointed(_typing: Any, _address: Any) -> Any:
        kind = types.CPointer(to)  # type: ignore[no-untyped-call]  # numba has no types of its own
        return kind(types.uintp), lambda context, b, _signature, arguments: b.inttoptr(
            arguments[0], context.get_value_type(kind)
        )

    made: Callable[..., Any] = intrinsic(pointed)
    return made


@cache
def near() -> Callable[..., Any]:
    """``f(address, size)`` for numba: have these bytes brought into the cache, they are read soon."""

    def fetched(_typing: Any, _address: Any, _size: Any) -> Any:
        return types.void(types.uintp, types.int64), _build_near

    made: Callable[..., Any] = intrinsic(fetched)
    return made


def _build_near(_context: Any, b: ir.IRBuilder, _signature: Any, arguments: Any) -> Any:
    address, size = arguments
    form = ir.FunctionType(ir.VoidType(), [_I8.as_pointer(), _I32, _I32, _I32])
    fetch = b.module.declare_intrinsic("llvm.prefetch", (_I8.as_pointer(),), form)
    before, loop, after = b.block, b.append_basic_block("lines"), b.append_basic_block("fetched")
    b.branch(loop)
    b.position_at_end(loop)
    at = b.phi(_I64)
    at.add_incoming(_I64(0), before)
    b.call(fetch, [b.inttoptr(b.add(address, at), _I8.as_pointer()), _I32(0), _I32(3), _I32(1)])
    following = b.add(at, _I64(CHUNK))
    at.add_incoming(following, loop)
    b.cbranch(b.icmp_signed("<", following, size), loop, after)
    b.position_at_end(after)
    return ir.Constant(_I8.as_pointer(), None)  # numba's nothing


def _build(
    b: ir.IRBuilder, kind: Kind, probes: int, codes: Any, probe: Any, errors: Any, numbers: Any, chunks: Any
) -> Any:
    """The sums in a loop over the chunks, then the comparison with the bar."""
    sums = _sums(b, kind, probes, b.inttoptr(codes, _BYTES.as_pointer()), b.inttoptr(probe, _I32.as_pointer()), chunks)
    error = b.uitofp(b.load(b.inttoptr(errors, ir.VectorType(_I8, GROUP).as_pointer()), align=1), _FLOATS)
    number = b.inttoptr(numbers, _F32.as_pointer())
    mask: Any = ir.Constant(_I64, 0)
    for p, total in enumerate(sums):
        scale, step, bar = (_repeat(b, b.load(b.gep(number, [_I64(3 * p + i)]), align=4), _FLOATS) for i in range(3))
        bound = b.fadd(b.fmul(b.sitofp(total, _FLOATS), scale), b.fmul(error, step))
        passed = b.zext(b.bitcast(b.fcmp_unordered(">=", bound, bar), ir.IntType(GROUP)), _I64)
        mask = b.or_(mask, b.shl(passed, _I64(GROUP * p)))
    return mask


def _sums(b: ir.IRBuilder, kind: Kind, probes: int, codes: Any, probe: Any, chunks: Any) -> list[Any]:
    before, loop = b.block, b.append_basic_block("chunks")
    after = b.append_basic_block("bound")
    b.branch(loop)
    b.position_at_end(loop)
    at = b.phi(_I64)
    at.add_incoming(_I64(0), before)
    # Two sums a probe, for the low and the high halves, so that each addition need not wait for the one before it.
    running = [b.phi(_SUMS) for _ in range(2 * probes)]
    code = b.load(b.gep(codes, [at]), align=CHUNK)
    low = b.and_(code, ir.Constant(_BYTES, [15] * CHUNK))
    high = b.lshr(code, ir.Constant(_BYTES, [4] * CHUNK))
    ends = []
    for number, total in enumerate(running):
        word = b.add(b.mul(chunks, _I64(number)), at)  # a probe's low dimensions lie before its high ones
        four = b.bitcast(_repeat(b, b.load(b.gep(probe, [word]), align=4), _SUMS), _BYTES)
        ends.append(_dot(b, kind, total, high if number % 2 else low, four))
        total.add_incoming(ir.Constant(_SUMS, [0] * GROUP), before)
        total.add_incoming(ends[-1], loop)
    following = b.add(at, _I64(1))
    at.add_incoming(following, loop)
    b.cbranch(b.icmp_signed("<", following, chunks), loop, after)
    b.position_at_end(after)
    return [b.add(ends[2 * p], ends[2 * p + 1]) for p in range(probes)]


def _dot(b: ir.IRBuilder, kind: Kind, total: Any, codes: Any, four: Any) -> Any:
    """``total`` plus, in each lane, the four products of that lane's bytes."""
    match kind:
        case Kind.VNNI:
            name, form = "llvm.x86.avx512.vpdpbusd.512", ir.FunctionType(_SUMS, [_SUMS, _BYTES, _BYTES])
            return b.call(b.module.declare_intrinsic(name, (), form), [total, codes, four])
        case Kind.AVX2:
            halves = [_dot_avx2(b, _part(b, codes, side), _part(b, four, side)) for side in (0, 1)]
            return b.add(total, b.shuffle_vector(*halves, ir.Constant(_SUMS, list(range(GROUP)))))
        case Kind.PORTABLE:
            wide = ir.VectorType(_I32, CHUNK)
            product = b.mul(b.zext(codes, wide), b.sext(four, wide))
            for byte in range(4):
                lanes = ir.Constant(_SUMS, list(range(byte, CHUNK, 4)))
                total = b.add(total, b.shuffle_vector(product, product, lanes))
            return total


def _dot_avx2(b: ir.IRBuilder, codes: Any, four: Any) -> Any:
    bytes_, shorts, sums = ir.VectorType(_I8, 32), ir.VectorType(ir.IntType(16), 16), ir.VectorType(_I32, 8)
    pairs = b.module.declare_intrinsic("llvm.x86.avx2.pmadd.ub.sw", (), ir.FunctionType(shorts, [bytes_, bytes_]))
    fours = b.module.declare_intrinsic("llvm.x86.avx2.pmadd.wd", (), ir.FunctionType(sums, [shorts, shorts]))
    return b.call(fours, [b.call(pairs, [codes, four]), ir.Constant(shorts, [1] * 16)])


def _part(b: ir.IRBuilder, vector: Any, side: int) -> Any:
    lanes = list(range(32 * side, 32 * side + 32))
    return b.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_I32, 32), lanes))


def _repeat(b: ir.IRBuilder, value: Any, vector: Any) -> Any:
    first = b.insert_element(ir.Constant(vector, ir.Undefined), value, _I32(0))
    return b.shuffle_vector(first, ir.Constant(vector, ir.Undefined), ir.Constant(_SUMS, [0] * GROUP))
