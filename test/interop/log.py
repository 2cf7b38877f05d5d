"""Yesterday's batch by hand: a second reading of docs/specification/log.md, with nothing but Python's library.

    python3 log.py TREE KEY [DESIGN BUCKET]

TREE is a URL or a directory, KEY the log's key as apps pin it (name+id+base64). Recomputes the root from the leaves,
checks the signature (by openssl), and finds the leaf of the batch whose file it hashes. Ends with 1 where anything differs.
"""
import base64, hashlib, subprocess, sys, tempfile, urllib.request
from pathlib import Path

DESIGNS = {"low-cost": 1, "unlinkable": 2, "hybrid": 3, "gaen": 4}
tree, key = sys.argv[1].rstrip("/"), sys.argv[2]


def read(path):
    if tree.startswith("http"):
        with urllib.request.urlopen(tree + path) as answer:
            return answer.read()
    return Path(tree + path).read_bytes()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def root(hashes):
    """RFC 6962 2.1: the left half is the largest power of two that is smaller."""
    if len(hashes) == 1:
        return hashes[0]
    left = 1 << ((len(hashes) - 1).bit_length() - 1)
    return sha256(b"\x01", root(hashes[:left]), root(hashes[left:]))


def require(claim, what):
    print(("ok    " if claim else "WRONG ") + what)
    if not claim:
        sys.exit(1)


def is_signed(body, signature, public):
    der = bytes.fromhex("302a300506032b6570032100") + public
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        for name, content in (("key", der), ("body", body), ("signature", signature)):
            (at / name).write_bytes(content)
        command = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key -in body -sigfile signature"
        return subprocess.run(command.split(), cwd=folder, capture_output=True).returncode == 0


def path_of(index, width):
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return f"/tile/entries/{'/'.join(groups)}" + ("" if width == 256 else f".p/{width}")


def leaves(size):
    for index in range(-(-size // 256)):
        width = min(256, size - 256 * index)
        bundle, at = read(path_of(index, width)), 0
        for _ in range(width):
            length = int.from_bytes(bundle[at : at + 2], "big")
            yield bundle[at + 2 : at + 2 + length]
            at += 2 + length


note = read("/checkpoint")
body, _, signatures = note.partition(b"\n\n")
body += b"\n"
origin, size, root_text, bucket = body.decode().split("\n")[:4]
name, key_id, public = key.split("+", 2)
public = base64.b64decode(public)[1:]
signed = [base64.b64decode(line.split()[2]) for line in signatures.decode().splitlines() if line.split()[1] == name]
mine = [one[4:] for one in signed if one[:4].hex() == key_id]
require(origin == name and any(is_signed(body, one, public) for one in mine), f"{origin} has signed {size} leaves, {bucket}")
log = list(leaves(int(size)))
require(root([sha256(b"\x00", leaf) for leaf in log]) == base64.b64decode(root_text), "the leaves make the signed root")
batches = [leaf for leaf in log if leaf[0] == 1]
if len(sys.argv) > 3:
    wanted = (int(sys.argv[4]), DESIGNS[sys.argv[3]])
    batches = [leaf for leaf in batches if (int.from_bytes(leaf[1:5], "big"), leaf[5]) == wanted]
require(len(batches) > 0, "the batch is in the log")
leaf = batches[-1]
number, design = int.from_bytes(leaf[1:5], "big"), next(word for word, code in DESIGNS.items() if code == leaf[5])
file = read(f"/batches/{design}/{number}")
same = len(file) == int.from_bytes(leaf[6:14], "big") and sha256(file) == leaf[14:46]
require(same, f"/batches/{design}/{number} is the file that was logged: {sha256(file).hex()}, {len(file)} bytes")
