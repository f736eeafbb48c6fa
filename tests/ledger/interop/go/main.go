// Command interop verifies and writes C2SP tlog-tiles logs with golang.org/x/mod alone.
//
//	interop verify VKEY DIR [WITNESS-VKEY]   the checkpoint, every entry, every tile that leads to it
//	interop proof VKEY FILE ENTRY-FILE       a .tlog-proof
//	interop consistent VKEY OLD NEW FILE     two checkpoints, and a proof of one base64 hash a line
//	interop write NAME DIR COUNT             a log of COUNT entries; prints its verifier key
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) >= 3 && args[0] == "verify":
		return verify(args[1], args[2], args[3:])
	case len(args) == 4 && args[0] == "proof":
		return proof(args[1], args[2], args[3])
	case len(args) == 5 && args[0] == "consistent":
		return consistent(args[1], args[2], args[3], args[4])
	case len(args) == 4 && args[0] == "write":
		return write(args[1], args[2], args[3])
	}
	return errors.New("usage: interop verify|proof|consistent|write …")
}

// cosigner verifies cosignature/v1 lines, which x/mod does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("malformed witness key")
	}
	data, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(data) != 33 || data[0] != 4 {
		return nil, errors.New("malformed witness key")
	}
	sum := sha256.Sum256([]byte(parts[0] + "\n" + string(data)))
	return &cosigner{parts[0], binary.BigEndian.Uint32(sum[:4]), ed25519.PublicKey(data[1:])}, nil
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig[:8]), msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

// open verifies a signed checkpoint and gives its tree and how many known keys signed it.
func open(data []byte, vkey string, witnesses []string) (tlog.Tree, int, error) {
	var tree tlog.Tree
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return tree, 0, err
	}
	known := []note.Verifier{log}
	for _, each := range witnesses {
		witness, err := newCosigner(each)
		if err != nil {
			return tree, 0, err
		}
		known = append(known, witness)
	}
	signed, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return tree, 0, err
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) < 4 || lines[0] != log.Name() {
		return tree, 0, errors.New("not a checkpoint of this log")
	}
	tree.N, err = strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tree, 0, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, len(signed.Sigs), err
}

// path spells a tile as C2SP does: without its height, and "entries" for "data".
func path(t tlog.Tile) string {
	rest := strings.TrimPrefix(t.Path(), fmt.Sprintf("tile/%d/", height))
	return "tile/" + strings.Replace(rest, "data/", "entries/", 1)
}

type tiles struct{ dir string }

func (t tiles) Height() int                         { return height }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(list []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range list {
		data, err := os.ReadFile(filepath.Join(t.dir, path(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func verify(vkey, dir string, witnesses []string) error {
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, signatures, err := open(data, vkey, witnesses)
	if err != nil {
		return err
	}
	if signatures != 1+len(witnesses) {
		return fmt.Errorf("%d of %d known keys signed", signatures, 1+len(witnesses))
	}
	if tree.N == 0 {
		if tree.Hash != tlog.Hash(sha256.Sum256(nil)) {
			return errors.New("an empty tree with another root than the hash of nothing")
		}
		fmt.Println("OK: 0 entries")
		return nil
	}
	reader := tlog.TileHashReader(tree, tiles{dir})
	for start := int64(0); start < tree.N; start += 1 << height {
		width := tree.N - start
		if width > 1<<height {
			width = 1 << height
		}
		bundle := tlog.Tile{H: height, L: -1, N: start >> height, W: int(width)}
		data, err := os.ReadFile(filepath.Join(dir, path(bundle)))
		if err != nil {
			return err
		}
		var indexes []int64
		var hashes []tlog.Hash
		for i := int64(0); i < width; i++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return fmt.Errorf("%s ends within entry %d", path(bundle), start+i)
			}
			size := 2 + int(binary.BigEndian.Uint16(data))
			hashes = append(hashes, tlog.RecordHash(data[2:size]))
			indexes = append(indexes, tlog.StoredHashIndex(0, start+i))
			data = data[size:]
		}
		if len(data) != 0 {
			return fmt.Errorf("%s has bytes left over", path(bundle))
		}
		stored, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for i := range stored {
			if stored[i] != hashes[i] {
				return fmt.Errorf("entry %d hash mismatch", start+int64(i))
			}
		}
	}
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("root mismatch")
	}
	fmt.Printf("OK: %d entries, %d signatures\n", tree.N, signatures)
	return nil
}

func proof(vkey, file, entryFile string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	entry, err := os.ReadFile(entryFile)
	if err != nil {
		return err
	}
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	tree, _, err := open([]byte(parts[1]), vkey, nil)
	if err != nil {
		return err
	}
	index := int64(-1)
	var hashes tlog.RecordProof
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "extra ") {
			continue
		}
		if strings.HasPrefix(line, "index ") {
			if index, err = strconv.ParseInt(line[len("index "):], 10, 64); err != nil {
				return err
			}
			continue
		}
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		hashes = append(hashes, hash)
	}
	if err := tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	fmt.Printf("OK: entry %d of %d\n", index, tree.N)
	return nil
}

func consistent(vkey, oldFile, newFile, proofFile string) error {
	var trees [2]tlog.Tree
	for i, file := range []string{oldFile, newFile} {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if trees[i], _, err = open(data, vkey, nil); err != nil {
			return err
		}
	}
	data, err := os.ReadFile(proofFile)
	if err != nil {
		return err
	}
	var hashes tlog.TreeProof
	for _, line := range strings.Fields(string(data)) {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		hashes = append(hashes, hash)
	}
	if err := tlog.CheckTree(hashes, trees[1].N, trees[1].Hash, trees[0].N, trees[0].Hash); err != nil {
		return err
	}
	fmt.Printf("OK: %d grew to %d\n", trees[0].N, trees[1].N)
	return nil
}

func write(name, dir, count string) error {
	size, err := strconv.ParseInt(count, 10, 64)
	if err != nil {
		return err
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		return err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var found []tlog.Hash
		for _, index := range indexes {
			found = append(found, stored[index])
		}
		return found, nil
	})
	var entries [][]byte
	for i := int64(0); i < size; i++ {
		entry := []byte(fmt.Sprintf("entry %d of a log written in Go", i))
		hashes, err := tlog.StoredHashes(i, entry, reader)
		if err != nil {
			return err
		}
		stored = append(stored, hashes...)
		entries = append(entries, entry)
	}
	root := tlog.Hash(sha256.Sum256(nil))
	if size > 0 {
		if root, err = tlog.TreeHash(size, reader); err != nil {
			return err
		}
	}
	for _, tile := range tlog.NewTiles(height, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return err
		}
		if err := put(filepath.Join(dir, path(tile)), data); err != nil {
			return err
		}
		if tile.L == 0 {
			var bundle bytes.Buffer
			for _, entry := range entries[tile.N<<height : tile.N<<height+int64(tile.W)] {
				binary.Write(&bundle, binary.BigEndian, uint16(len(entry)))
				bundle.Write(entry)
			}
			tile.L = -1
			if err := put(filepath.Join(dir, path(tile)), bundle.Bytes()); err != nil {
				return err
			}
		}
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", name, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return err
	}
	if err := put(filepath.Join(dir, "checkpoint"), signed); err != nil {
		return err
	}
	fmt.Println(vkey)
	return nil
}

func put(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
