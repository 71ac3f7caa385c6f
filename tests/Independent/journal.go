// Verifies what Muqeem publishes of its journal with code that is none of Muqeem's: Go's golang.org/x/mod/sumdb, which the Go project uses for its own log.
//
//	journal checkpoint  VKEY NOTE [WITNESS-VKEY...]   the note is signed, and cosigned by each witness named
//	journal proof       VKEY PROOF ENTRY              the entry (hex) is in the tree, by a tlog-proof file
//	journal receipt     VKEY PROOF RECEIPT            the entry that a receipt opens is in the tree, and its rows are the act's
//	journal consistency VKEY OLDER NEWER TILES        the newer tree continues the older, by the tiles in a folder
//
// Exit code 0 when that is so, 1 with a sentence when it is not.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 3 {
		return errors.New("journal checkpoint|proof|consistency VKEY ...")
	}
	vkey := strings.TrimSpace(string(read(args[1])))
	switch {
	case args[0] == "checkpoint":
		tree, err := open(vkey, read(args[2]), args[3:])
		if err == nil {
			fmt.Println(tree.N, tree.Hash)
		}
		return err
	case args[0] == "proof" && len(args) == 4:
		return checkProof(vkey, read(args[2]), args[3])
	case args[0] == "receipt" && len(args) == 4:
		entry, err := entryOf(read(args[3]))
		if err != nil {
			return err
		}
		return checkProof(vkey, read(args[2]), hex.EncodeToString(entry))
	case args[0] == "consistency" && len(args) == 5:
		return checkConsistency(vkey, read(args[2]), read(args[3]), args[4])
	}
	return errors.New("what is asked is not known")
}

func read(file string) []byte {
	data, err := os.ReadFile(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return data
}

// open verifies a checkpoint and returns its tree. The name of the key is the origin.
func open(vkey string, msg []byte, witnesses []string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	verifiers := []note.Verifier{verifier}
	for _, w := range witnesses {
		witness, err := newWitness(w)
		if err != nil {
			return tlog.Tree{}, err
		}
		verifiers = append(verifiers, witness)
	}
	n, err := note.Open(msg, note.VerifierList(verifiers...))
	if err != nil {
		return tlog.Tree{}, err
	}
	if len(n.Sigs) != len(verifiers) {
		return tlog.Tree{}, fmt.Errorf("%d of %d signatures are there", len(n.Sigs), len(verifiers))
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return tlog.Tree{}, errors.New("the checkpoint does not have three lines")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("the checkpoint is of another origin")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("the size is none")
	}
	hash, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: hash}, nil
}

func checkProof(vkey string, file []byte, entry string) error {
	head, checkpoint, found := bytes.Cut(file, []byte("\n\n"))
	if !found {
		return errors.New("the proof has no checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("not a tlog-proof")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return errors.New("the proof has no index")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	tree, err := open(vkey, checkpoint, nil)
	if err != nil {
		return err
	}
	data, err := hex.DecodeString(entry)
	if err != nil {
		return err
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(data))
}

// entryOf computes the journal's entry from what a receipt opens of it, and looks for each opened row in the manifest.
func entryOf(file []byte) ([]byte, error) {
	var receipt struct {
		Journal struct {
			Entry, Salt, Act, Manifest []byte
			Rows                       [][]byte
		}
	}
	if err := json.Unmarshal(file, &receipt); err != nil {
		return nil, err
	}
	j := receipt.Journal
	sized := func(tag byte, content []byte) []byte {
		head := []byte{tag, 0, 0, 0, 0}
		binary.BigEndian.PutUint32(head[1:], uint32(len(content)))
		return append(head, content...)
	}
	whole := append([]byte{0}, j.Salt...)
	whole = append(whole, sized(2, []byte("muqeem-act-2"))...)
	whole = append(whole, j.Act...)
	whole = append(whole, sized(4, j.Manifest)...)
	entry := sha256.Sum256(whole)
	if !bytes.Equal(entry[:], j.Entry) {
		return nil, errors.New("the act is not the entry's")
	}
	digests := map[string]int{}
	for rest := j.Manifest; len(rest) > 0; {
		if len(rest) < 7 {
			return nil, errors.New("the manifest ends early")
		}
		digest := 7 + int(binary.BigEndian.Uint16(rest[5:]))
		end := digest + 16
		if rest[4]&0x80 != 0 {
			end += 32
		}
		if len(rest) < end {
			return nil, errors.New("the manifest ends early")
		}
		digests[string(rest[digest:digest+16])]++
		rest = rest[end:]
	}
	for _, row := range j.Rows {
		sum := sha256.Sum256(append(append([]byte{}, j.Salt...), row...))
		if digests[string(sum[:16])]--; digests[string(sum[:16])] < 0 {
			return nil, errors.New("a row is not the act's")
		}
	}
	return entry[:], nil
}

func checkConsistency(vkey string, older, newer []byte, folder string) error {
	before, err := open(vkey, older, nil)
	if err != nil {
		return err
	}
	after, err := open(vkey, newer, nil)
	if err != nil {
		return err
	}
	// The reader checks every tile against the newer tree before a hash of it is used.
	proof, err := tlog.ProveTree(after.N, before.N, tlog.TileHashReader(after, tiles(folder)))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, after.N, after.Hash, before.N, before.Hash)
}

// tiles reads from a folder with the paths of C2SP tlog-tiles, which do not say the height.
type tiles string

func (t tiles) Height() int { return 8 }

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range wanted {
		path := strings.TrimPrefix(tile.Path(), "tile/8/")
		data, err := os.ReadFile(filepath.Join(string(t), filepath.FromSlash(path)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

// witness verifies cosignature/v1, which x/mod does not know.
type witness struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func newWitness(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("a witness's vkey has three parts")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 || key[0] != 4 {
		return nil, errors.New("not the key of a witness")
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	hash := binary.BigEndian.Uint32(sum[:])
	if fmt.Sprintf("%08x", hash) != parts[1] {
		return nil, errors.New("the id is not the key's")
	}
	return witness{parts[0], hash, ed25519.PublicKey(key[1:])}, nil
}

func (w witness) Name() string    { return w.name }
func (w witness) KeyHash() uint32 { return w.hash }

func (w witness) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(sig), msg)
	return ed25519.Verify(w.key, []byte(signed), sig[8:])
}
