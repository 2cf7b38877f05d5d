"""Writes vectors/tlog.json: cosignatures, the witness's request, and proofs of misbehaviour.

    python3 vectors/make/tlog.py > vectors/tlog.json

The examples under `c2sp` are printed in the C2SP documents tlog-cosignature, tlog-witness and tlog-tiles; what they are
expected to mean is said in their text. The rest is written from the specification: Ed25519 comes from OpenSSL (the
package `cryptography`), the tree is written out below, and every secret is SHA-256 of a label.
"""
import base64
import hashlib
import json
import struct

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def H(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def seed(label):
    return H(b"lindung vectors tlog " + label.encode())


def private(label):
    return Ed25519PrivateKey.from_private_bytes(seed(label))


def public(label):
    return private(label).public_key().public_bytes_raw()


def key_id(name, kind, key):
    return H(name.encode() + b"\n" + bytes([kind]) + key)[:4]


def vkey(name, kind, label):
    key = public(label)
    return f"{name}+{key_id(name, kind, key).hex()}+{b64(bytes([kind]) + key)}"


LOG, LOG_NAME = "log", "log.example/lindung"


def body(size, root, bucket):
    return f"{LOG_NAME}\n{size}\n{b64(root)}\nbucket {bucket}\n"


def line(name, kind, label, signature):
    return f"\u2014 {name} {b64(key_id(name, kind, public(label)) + signature)}\n"


def signed(text):
    return text + "\n" + line(LOG_NAME, 1, LOG, private(LOG).sign(text.encode()))


def cosigned(text, name, label, time):
    signature = private(label).sign(f"cosignature/v1\ntime {time}\n".encode() + text.encode())
    return line(name, 4, label, struct.pack(">Q", time) + signature)


def mth(leaves):
    if not leaves:
        return H()
    if len(leaves) == 1:
        return H(b"\0" + leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return H(b"\1" + mth(leaves[:k]) + mth(leaves[k:]))


def inclusion(index, leaves):
    if len(leaves) == 1:
        return []
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if index < k:
        return inclusion(index, leaves[:k]) + [mth(leaves[k:])]
    return inclusion(index - k, leaves[k:]) + [mth(leaves[:k])]


def consistency(m, leaves, whole=True):
    n = len(leaves)
    if m == n:
        return [] if whole else [mth(leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return consistency(m, leaves[:k], whole) + [mth(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [mth(leaves[:k])]


def leaf(bucket, design, text):
    data = text.encode()
    return bytes([1]) + struct.pack(">IBQ", bucket, design, len(data)) + H(data)


def field(data):
    return struct.pack(">H", len(data)) + data


def hashes(proof):
    return bytes([len(proof)]) + b"".join(proof)


def proof_file(kind, *parts):
    return b"LNDM" + bytes([1, kind]) + field(vkey(LOG_NAME, 1, LOG).encode()) + b"".join(parts)


def note(leaves, bucket):
    return field(signed(body(len(leaves), mth(leaves), bucket)).encode())


def misbehaviour():
    honest = [leaf(250000 + i, 3, f"batch {i}") for i in range(7)]
    forged = honest[:2] + [leaf(250002, 3, "another batch")] + honest[3:]
    out = []
    for size in (3, 4, 7):
        proof = consistency(size, forged)
        file = proof_file(1, note(honest[:size], 250002), note(forged, 250006), mth(forged[:size]), hashes(proof))
        out.append({"kind": "histories", "sizes": [size, 7], "file": file.hex()})
    file = proof_file(2, note(honest[:4], 250006), note(honest, 250003))
    out.append({"kind": "bucket", "sizes": [4, 7], "file": file.hex()})
    twice = honest + [leaf(250006, 3, "batch 6, made again")]
    pair = b"".join(struct.pack(">Q", i) + twice[i] + hashes(inclusion(i, twice)) for i in (6, 7))
    out.append({"kind": "order", "sizes": [8], "file": proof_file(3, note(twice, 250006), pair).hex()})
    honest_pair = b"".join(struct.pack(">Q", i) + honest[i] + hashes(inclusion(i, honest)) for i in (5, 6))
    proof = consistency(4, honest)
    nothing = [
        proof_file(1, note(honest[:4], 250003), note(honest, 250006), mth(honest[:4]), hashes(proof)),
        proof_file(1, note(honest, 250006), note(honest, 250006), mth(honest), hashes([])),
        proof_file(2, note(honest[:4], 250003), note(honest, 250006)),
        proof_file(3, note(honest, 250006), honest_pair),
    ]
    return out, [file.hex() for file in nothing]


def witnessed():
    text = body(70000, H(b"root"), 250000)
    times = {"w1": 1679315147, "w2": 0, "w3": 2**53 - 1}
    witnesses = [
        {
            "name": f"{label}.example/witness",
            "seed": seed(label).hex(),
            "key": vkey(f"{label}.example/witness", 4, label),
            "time": time,
            "line": cosigned(text, f"{label}.example/witness", label, time),
        }
        for label, time in times.items()
    ]
    return {"log_key": vkey(LOG_NAME, 1, LOG), "note": signed(text), "witnesses": witnesses}


C2SP = {
    "cosigned": {
        "note": "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n",
        "names": ["example.com/behind-the-sofa", "witness.example.com/w1"],
        "key_ids": ["033de0ae", "8d66cf3f"],
        "time": 1679315147,
    },
    "add_checkpoint": {
        "body": "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n"
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n",
        "old_size": 20852014,
        "hashes": 4,
        "signatures": 2,
    },
    "answer": {
        "lines": "\u2014 witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==\n"
        "\u2014 witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==\n"
        "\u2014 witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==\n",
        "names": ["witness.example/w1", "witness.example/w1", "witness.example/w2"],
    },
    "tiles": [
        {"size": 70000, "full": {"0": 273, "1": 1}, "partial": {"0": 112, "1": 17, "2": 1}},
        {"size": 256, "full": {"0": 1}, "partial": {"1": 1}},
    ],
    "path": {"level": 0, "index": 1234067, "path": "/tile/0/x001/x234/067"},
}

shown, nothing = misbehaviour()
print(
    json.dumps(
        {
            "format": "lindung-tlog/1",
            "source": "C2SP tlog-cosignature, tlog-witness and tlog-tiles (their examples), and docs/specification/log.md",
            "encoding": "lower-case hexadecimal; notes, keys and lines as text",
            "c2sp": C2SP,
            "witnessed": witnessed(),
            "misbehaviour": shown,
            "no_misbehaviour": nothing,
        },
        indent=1,
    )
)
