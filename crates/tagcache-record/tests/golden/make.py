#!/usr/bin/env python3
"""Writes the golden files from chapter 2 of docs/FORMAT.md alone, knowing nothing of the Rust.

Two implementations that agree byte for byte are better evidence than one that agrees with itself.
The files are pinned: run this again only to add one, never to make a test pass.
"""

import pathlib
import struct
import zlib

NEVER = 2**64 - 1
CHUNK_LEN = 1 << 20


def record(key, tags, payload, codec=0, schema=0, created_at=0, expires_at=NEVER, keep_until=NEVER,
           boot=bytes(16), compute_time=0):
    section = b"".join(struct.pack("<H", len(tag)) + tag for tag in tags)
    head = b"\xf9TAGC\r\n\n"
    head += struct.pack("<HHI", 1, 0, codec)
    head += struct.pack("<QQQQ", schema, created_at, expires_at, keep_until)
    head += boot
    head += struct.pack("<QQIIHB5x", compute_time, len(payload), len(key), len(section), len(tags), 20)
    assert len(head) == 96
    head += key + section
    head += bytes(-(len(head) + 4) % 8)
    head_crc = zlib.crc32(head)
    file = head + struct.pack("<I", head_crc) + payload
    for index in range((len(payload) + CHUNK_LEN - 1) // CHUNK_LEN):
        chunk = payload[index * CHUNK_LEN:][:CHUNK_LEN]
        file += struct.pack("<I", zlib.crc32(chunk, zlib.crc32(struct.pack("<Q", index), head_crc)))
    return file


DAY = 86_400 * 10**9
NEW_YEAR = 1_704_067_200 * 10**9  # 2024-01-01T00:00:00Z

GOLDEN = {
    "blog_home": record(
        b"blog-home", [b"bio", b"blog-new"], b"<h1>Blog</h1>",
        codec=1, schema=0x1122334455667788, created_at=NEW_YEAR, expires_at=NEW_YEAR + 7 * DAY,
        keep_until=NEW_YEAR + 8 * DAY, compute_time=3_000_000),
    "empty_payload": record(b"k", [], b""),
    "tags_128": record(b"many", [b"tag-%03d" % n for n in range(128)], b"128 tags"),
    "key_4096": record(bytes(n % 256 for n in range(4096)), [b"t"], b"long key"),
    "tag_4096": record(b"k", [b"\x00" * 4096, b"\x00" * 4095 + b"\x01"], b"long tags"),
    "any_bytes": record(b"../\n\x00", [b"\x00", b"\x00\x00", b"/", b"\xff"], bytes(range(256))),
    "extremes": record(
        b"extremes", [b"x"], b"!", codec=2**32 - 1, schema=NEVER, created_at=NEVER, expires_at=0,
        keep_until=0, boot=bytes(range(0xf0, 0x100)), compute_time=NEVER),
    "no_padding": record(b"1234", [], b"head of 104 bytes"),
}


def long_payload(length):
    """Bytes that tell every place of the payload from its neighbours: n * 7919 >> 3, modulo 256."""
    return bytes((n * 7919 >> 3) & 0xff for n in range(length))


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    for name, file in GOLDEN.items():
        (here / f"{name}.bin").write_bytes(file)
        print(f"{len(file):8} {name}.bin")
    # Too large to store: tests/chunks.rs makes the same payloads and compares these numbers.
    for length in (CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN + 5):
        file = record(b"long", [], long_payload(length))
        print(f"payload of {length} bytes: record of {len(file)} bytes with crc32 {zlib.crc32(file):#010x}")
