"""The tree of RFC 6962: the reference vectors, and the laws for every size up to 300."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from countenance.ledger import merkle
from countenance.ledger import merkle_proofs as proofs

# The eight leaves and the hashes of the reference set of Certificate Transparency; they agree with x/mod.
CT_LEAVES = [
    bytes.fromhex(h)
    for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 300
LEAVES = [merkle.leaf_hash(str(i).encode()) for i in range(MOST)]
ROOTS = [merkle.root_of(LEAVES[:n]) for n in range(MOST + 1)]
NODE = proofs.node_in(LEAVES)


def test_the_hashes_of_rfc_6962() -> None:
    """Leaf and node hashes have their prefixes; an empty tree is the hash of nothing."""
    assert merkle.leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert (
        merkle.node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )
    assert [merkle.root_of(map(merkle.leaf_hash, CT_LEAVES[:n])).hex() for n in range(9)] == CT_ROOTS


def test_the_proofs_of_the_reference_set() -> None:
    """Known proofs over the eight leaves, by their first eight bytes."""
    node = proofs.node_in([merkle.leaf_hash(leaf) for leaf in CT_LEAVES])

    def heads(proof: list[bytes]) -> list[str]:
        return [h[:8].hex() for h in proof]

    assert heads(proofs.inclusion_proof(0, 8, node)) == [
        "96a296d224f285c6",
        "5f083f0a1a33ca07",
        "6b47aaf29ee3c2af",
    ]
    assert heads(proofs.inclusion_proof(5, 8, node)) == [
        "bc1a0643b12e4d2d",
        "ca854ea128ed050b",
        "d37ee418976dd957",
    ]
    assert heads(proofs.inclusion_proof(2, 3, node)) == ["fac54203e7cc696c"]
    assert heads(proofs.consistency_proof(6, 8, node)) == [
        "0ebc5d3437fbe2db",
        "ca854ea128ed050b",
        "d37ee418976dd957",
    ]
    assert heads(proofs.consistency_proof(4, 7, node)) == ["837dbb152e9b0790"]
    assert proofs.consistency_proof(1, 8, node) == proofs.inclusion_proof(0, 8, node)


def test_roots_are_those_of_a_definition_written_down_again_and_of_another_library() -> None:
    """For every size up to 300 the frontier, the recursive definition and pymerkle agree."""

    def definition(leaves: list[bytes]) -> bytes:
        if len(leaves) == 1:
            return leaves[0]
        half = 1 << (len(leaves) - 1).bit_length() - 1
        return merkle.node_hash(definition(leaves[:half]), definition(leaves[half:]))

    oracle = InmemoryTree(algorithm="sha256")
    frontier = merkle.Frontier()
    for size in range(1, MOST + 1):
        oracle.append_entry(str(size - 1).encode())
        frontier.append(LEAVES[size - 1])
        assert frontier.root() == definition(LEAVES[:size]) == oracle.get_root() == ROOTS[size]
        assert len(frontier.hashes) == bin(size).count("1")


def test_every_leaf_of_every_small_tree_has_its_proof() -> None:
    """All inclusion proofs of all sizes up to 130 lead to the root, and to no other with another place."""
    for size in range(1, 131):
        for index in range(size):
            path = proofs.inclusion_proof(index, size, NODE)
            assert len(path) <= (size - 1).bit_length()
            assert merkle.root_from_inclusion(index, size, LEAVES[index], path) == ROOTS[size]
            assert merkle.root_from_inclusion(index, size, LEAVES[index], [*path, bytes(32)]) is None
            if path:
                assert merkle.root_from_inclusion(index, size, LEAVES[index], path[:-1]) != ROOTS[size]


def test_every_pair_of_small_trees_has_its_consistency_proof() -> None:
    """All pairs of sizes up to 100: the proof holds, and for no other old root, nor longer or shorter."""
    for new in range(1, 101):
        for old in range(1, new + 1):
            path = proofs.consistency_proof(old, new, NODE)
            assert proofs.consistent(old, new, ROOTS[old], ROOTS[new], path)
            assert not proofs.consistent(old, new, ROOTS[old - 1], ROOTS[new], path)
            assert not proofs.consistent(old, new, ROOTS[old], ROOTS[new], [*path, bytes(32)])
            assert not path or not proofs.consistent(old, new, ROOTS[old], ROOTS[new], path[1:])


@given(st.integers(1, MOST), st.data())
@settings(max_examples=150, deadline=None)
def test_proofs_up_to_300_hold_and_one_flipped_bit_breaks_them(size: int, data: st.DataObject) -> None:
    """For any tree, leaf and earlier size; any bit of any hash counts."""
    index = data.draw(st.integers(0, size - 1))
    path = proofs.inclusion_proof(index, size, NODE)
    assert merkle.root_from_inclusion(index, size, LEAVES[index], path) == ROOTS[size]
    old = data.draw(st.integers(1, size))
    consistency = proofs.consistency_proof(old, size, NODE)
    assert proofs.consistent(old, size, ROOTS[old], ROOTS[size], consistency)
    for proof in (path, consistency):
        if proof:
            at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
            hurt = bytearray(proof[at])
            hurt[bit // 8] ^= 1 << bit % 8
            proof[at] = bytes(hurt)
    if path:
        assert merkle.root_from_inclusion(index, size, LEAVES[index], path) != ROOTS[size]
    if consistency:
        assert not proofs.consistent(old, size, ROOTS[old], ROOTS[size], consistency)


def test_the_edges_of_consistency() -> None:
    """Nothing is consistent with a larger old tree; from nothing only an empty proof; equal sizes need equal roots."""
    assert proofs.consistent(0, 5, merkle.EMPTY_ROOT, ROOTS[5], [])
    assert not proofs.consistent(0, 5, merkle.EMPTY_ROOT, ROOTS[5], [ROOTS[1]])
    assert not proofs.consistent(0, 0, merkle.EMPTY_ROOT, ROOTS[1], [])
    assert not proofs.consistent(5, 5, ROOTS[5], ROOTS[4], [])
    assert not proofs.consistent(5, 5, ROOTS[5], ROOTS[5], [ROOTS[1]])
    assert not proofs.consistent(6, 5, ROOTS[6], ROOTS[5], [])
    assert not proofs.consistent(4, 8, ROOTS[4], ROOTS[8], [])
    with pytest.raises(ValueError, match="no leaf 5"):
        proofs.inclusion_proof(5, 5, NODE)
    with pytest.raises(ValueError, match="does not begin"):
        proofs.consistency_proof(6, 5, NODE)


@given(st.lists(st.binary(max_size=4), max_size=40), st.integers(0, 40))
def test_a_frontier_can_be_taken_up_again(leaves: list[bytes], cut: int) -> None:
    """Stopping at any size and going on from its hashes gives the same root; a copy does not feel later leaves."""
    hashes = [hashlib.sha256(leaf).digest() for leaf in leaves]
    first = merkle.Frontier()
    for each in hashes[:cut]:
        first.append(each)
    again = merkle.Frontier(first.size, first.hashes)
    before = first.copy()
    for each in hashes[cut:]:
        again.append(each)
    assert again.root() == merkle.root_of(hashes)
    assert before.root() == merkle.root_of(hashes[:cut])


def test_a_frontier_takes_whole_nodes_and_refuses_a_false_edge() -> None:
    """256 leaves may come as one node of level 8; the number of hashes must fit the size."""
    frontier = merkle.Frontier()
    frontier.append(merkle.perfect_root(LEAVES[:256]), level=8)
    frontier.append(LEAVES[256])
    assert frontier.root() == ROOTS[257]
    with pytest.raises(ValueError, match="does not have 2 hashes"):
        merkle.Frontier(4, [bytes(32), bytes(32)])
