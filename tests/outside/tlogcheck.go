// Command tlogcheck checks a Sightline ledger with none of Sightline's code: the note, the hashes and the proofs are those of
// golang.org/x/mod/sumdb, which the Go project uses for its own checksum database. Only the C2SP file layout, the three lines of a
// checkpoint, and witness cosignatures are read here, because that library does not know them.
//
//	tlogcheck log [-older FILE]... [-witness VKEY]... FOLDER VKEY
//	tlogcheck receipt [-witness VKEY]... FILE VKEY LEAFHASH
//
// Build without a network: GO111MODULE=off GOPATH=/usr/share/gocode go build tlogcheck.go (Debian: golang-go,
// golang-golang-x-mod-dev). Exit code 0 and one line where all holds, 1 and the reason where anything does not.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight is that of C2SP tlog-tiles: 256 hashes in a full tile.
const tileHeight = 8

// provenMax is how many entries of a log are proved by tiles alone, beside the check of all of them.
const provenMax = 256

// emptyRoot is the root of a log without entries, RFC 6962 section 2.1; the library speaks of logs from one entry on.
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

type several []string

func (s *several) String() string { return strings.Join(*s, " ") }
func (s *several) Set(text string) error {
	*s = append(*s, text)
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "tlogcheck:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("say log or receipt")
	}
	var older, witnesses several
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.Var(&older, "older", "a checkpoint seen elsewhere; this log must be the same one, grown")
	flags.Var(&witnesses, "witness", "verifier key of a witness that must have cosigned")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch rest := flags.Args(); {
	case args[0] == "log" && len(rest) == 2:
		return checkLog(rest[0], rest[1], older, witnesses)
	case args[0] == "receipt" && len(rest) == 3 && len(older) == 0:
		return checkReceipt(rest[0], rest[1], rest[2], witnesses)
	}
	return errors.New("wrong arguments")
}

// checkpoint is a signed tree head whose signatures hold.
type checkpoint struct {
	origin string
	tlog.Tree
}

func openCheckpoint(message []byte, vkey string, witnesses []string) (*checkpoint, error) {
	log, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, err
	}
	verifiers := []note.Verifier{log}
	for _, witness := range witnesses {
		verifier, err := newWitness(witness)
		if err != nil {
			return nil, err
		}
		verifiers = append(verifiers, verifier)
	}
	opened, err := note.Open(message, note.VerifierList(verifiers...))
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	for _, verifier := range verifiers {
		signed := false
		for _, signature := range opened.Sigs {
			signed = signed || signature.Name == verifier.Name() && signature.Hash == verifier.KeyHash()
		}
		if !signed {
			return nil, fmt.Errorf("checkpoint: not signed by %s", verifier.Name())
		}
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return nil, errors.New("checkpoint: fewer than three lines")
	}
	if lines[0] != log.Name() {
		return nil, fmt.Errorf("checkpoint: of log %q, not of %q", lines[0], log.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return nil, errors.New("checkpoint: the second line is not a size")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, fmt.Errorf("checkpoint: the third line is not a hash: %w", err)
	}
	return &checkpoint{lines[0], tlog.Tree{N: size, Hash: root}}, nil
}

func checkLog(folder, vkey string, older, witnesses []string) error {
	message, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	head, err := openCheckpoint(message, vkey, witnesses)
	if err != nil {
		return err
	}
	stored, err := readEntries(folder, head.N)
	if err != nil {
		return err
	}
	root := emptyRoot
	if head.N > 0 {
		if root, err = tlog.TreeHash(head.N, stored); err != nil {
			return err
		}
	}
	if root != head.Hash {
		return errors.New("the entries do not hash to the signed root")
	}
	if err := checkTiles(folder, head.N, stored); err != nil {
		return err
	}
	// From here on as a client that has the checkpoint and fetches tiles: the library authenticates every tile that it takes.
	client := tlog.TileHashReader(head.Tree, tiles(folder))
	step := head.N/provenMax + 1
	for index := int64(0); index < head.N; index += step {
		if err := prove(client, head.Tree, index, stored); err != nil {
			return err
		}
	}
	if head.N > 0 {
		if err := prove(client, head.Tree, head.N-1, stored); err != nil {
			return err
		}
	}
	for _, file := range older {
		message, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		seen, err := openCheckpoint(message, vkey, nil)
		if err != nil {
			return fmt.Errorf("older %w", err)
		}
		if err := checkGrown(client, head.Tree, seen.Tree); err != nil {
			return err
		}
	}
	fmt.Printf("%s: %d entries, root %s\n", head.origin, head.N, hex.EncodeToString(head.Hash[:]))
	return nil
}

// checkGrown proves that head is seen with entries appended.
func checkGrown(client tlog.HashReader, head, seen tlog.Tree) error {
	switch {
	case seen.N > head.N:
		return fmt.Errorf("rolled back: %d entries were signed before, now %d", seen.N, head.N)
	case seen.N == head.N && seen.Hash != head.Hash:
		return fmt.Errorf("split view: two roots are signed for %d entries", head.N)
	case seen.N == head.N:
		return nil
	case seen.N == 0:
		if seen.Hash != emptyRoot {
			return errors.New("split view: a log of no entries has another root")
		}
		return nil
	}
	proof, err := tlog.ProveTree(head.N, seen.N, client)
	if err == nil {
		err = tlog.CheckTree(proof, head.N, head.Hash, seen.N, seen.Hash)
	}
	if err != nil {
		return fmt.Errorf("split view: what was signed at %d entries is not the beginning of this log: %w", seen.N, err)
	}
	return nil
}

func prove(client tlog.HashReader, tree tlog.Tree, index int64, stored storedHashes) error {
	proof, err := tlog.ProveRecord(tree.N, index, client)
	if err == nil {
		err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, stored[tlog.StoredHashIndex(0, index)])
	}
	if err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	return nil
}

// storedHashes are all hashes of a tree, in the library's order.
type storedHashes []tlog.Hash

func (s storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, 0, len(indexes))
	for _, index := range indexes {
		if index >= int64(len(s)) {
			return nil, fmt.Errorf("hash %d is not there", index)
		}
		hashes = append(hashes, s[index])
	}
	return hashes, nil
}

// readEntries hashes all entries of the bundles.
func readEntries(folder string, size int64) (storedHashes, error) {
	var stored storedHashes
	for number := int64(0); number<<tileHeight < size; number++ {
		width := size - number<<tileHeight
		if width > 1<<tileHeight {
			width = 1 << tileHeight
		}
		name := piece("entries", number, int(width))
		rest, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		for index := number << tileHeight; index < number<<tileHeight+width; index++ {
			if len(rest) < 2 || len(rest) < 2+int(binary.BigEndian.Uint16(rest)) {
				return nil, fmt.Errorf("%s: entry %d is cut off", name, index)
			}
			end := 2 + int(binary.BigEndian.Uint16(rest))
			hashes, err := tlog.StoredHashes(index, rest[2:end], stored)
			if err != nil {
				return nil, err
			}
			stored, rest = append(stored, hashes...), rest[end:]
		}
		if len(rest) > 0 {
			return nil, fmt.Errorf("%s: bytes follow the last entry", name)
		}
	}
	return stored, nil
}

// checkTiles compares every tile of every level with what the entries hash to.
func checkTiles(folder string, size int64, stored storedHashes) error {
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		if full := 1 << tileHeight; tile.W < full && int64(tile.W) != size>>(tileHeight*uint(tile.L))%int64(full) {
			continue // of a smaller size on the way
		}
		want, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		name := piece(strconv.Itoa(tile.L), tile.N, tile.W)
		got, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s: not what the entries hash to", name)
		}
	}
	return nil
}

// tiles reads tiles in the C2SP layout; the library's own paths are those of the Go checksum database.
type tiles string

func (t tiles) Height() int { return tileHeight }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var read [][]byte
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(string(t), piece(strconv.Itoa(tile.L), tile.N, tile.W)))
		if err != nil {
			return nil, err
		}
		read = append(read, data)
	}
	return read, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// piece is the C2SP path of a tile or bundle: 1234067 is x001/x234/067, a partial one ends in .p/width.
func piece(series string, number int64, width int) string {
	path := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		path = fmt.Sprintf("x%03d/%s", number%1000, path)
	}
	if width < 1<<tileHeight {
		path = fmt.Sprintf("%s.p/%d", path, width)
	}
	return "tile/" + series + "/" + path
}

func checkReceipt(file, vkey, leafHash string, witnesses []string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	split := bytes.Index(text, []byte("\n\n"))
	if split < 0 {
		return errors.New("receipt: no checkpoint")
	}
	lines := strings.Split(string(text[:split]), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("receipt: not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("receipt: no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return fmt.Errorf("receipt: %w", err)
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return fmt.Errorf("receipt: %w", err)
		}
		proof = append(proof, hash)
	}
	head, err := openCheckpoint(text[split+2:], vkey, witnesses)
	if err != nil {
		return err
	}
	leaf, err := hex.DecodeString(leafHash)
	if err != nil || len(leaf) != tlog.HashSize {
		return errors.New("a leaf hash has 64 hexadecimal digits")
	}
	var hash tlog.Hash
	copy(hash[:], leaf)
	if err := tlog.CheckRecord(proof, head.N, head.Hash, index, hash); err != nil {
		return err
	}
	fmt.Printf("%s: entry %d of %d\n", head.origin, index, head.N)
	return nil
}

// witness verifies cosignatures (C2SP tlog-cosignature, Ed25519).
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// cosigner is the key type of a timestamped Ed25519 cosignature.
const cosigner = 0x04

func newWitness(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("witness key: not name+id+key")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosigner {
		return nil, errors.New("witness key: not of a cosigner")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if hex.EncodeToString(sum[:4]) != parts[1] {
		return nil, errors.New("witness key: its id is wrong")
	}
	return &witness{parts[0], binary.BigEndian.Uint32(sum[:4]), key[1:]}, nil
}

func (w *witness) Name() string    { return w.name }
func (w *witness) KeyHash() uint32 { return w.hash }

func (w *witness) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(w.key, []byte(message), signature[8:])
}
