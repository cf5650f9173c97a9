//! Values that go in and come out piece by piece.

#![allow(clippy::unwrap_used, reason = "helpers are a part of the tests, too")]

mod common;

use std::fs;
use std::io::{self, BufRead, ErrorKind, Read, Write};

use tagcache::fs::Errno;
use tagcache::record::header::CHUNK_LEN;
use tagcache::record::{ParseError, peek_head_len};
use tagcache::{Builder, Error, Limits, Policy, Raw, Reader, Stored};
use tagcache_testkit::{Call, Fault, TestSys};

use common::{Fixture, HOUR, text};

const SIZES: [usize; 7] = [0, 1, 70_000, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 3 * CHUNK_LEN + 5];

/// Bytes that tell every place from its neighbours.
fn film(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(((n * 7919) >> 3) & 0xff).unwrap()).collect()
}

fn policy() -> Policy {
    Policy::new().tags(["films", "new"]).expire_in(HOUR)
}

fn reader(fixture: &Fixture, key: &str) -> Reader<TestSys> {
    fixture.cache.reader(key).unwrap().expect("a fresh value")
}

fn all(mut reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map(|_| bytes)
}

/// The damage inside an error of a reader.
fn damage(error: &io::Error) -> &ParseError {
    assert_eq!(error.kind(), ErrorKind::InvalidData, "{error}");
    error.get_ref().and_then(|inner| inner.downcast_ref()).expect("the damage")
}

/// What is left when nothing was stored.
fn assert_nothing_stored(fixture: &Fixture) {
    assert!(fixture.cache.reader("film").unwrap().is_none());
    assert_eq!(fixture.files("tmp"), [""; 0]);
    assert_eq!(fixture.files("data"), [""; 0], "no entry, and no link");
}

#[test]
fn what_comes_from_a_reader_lies_on_disk_as_if_it_were_put_whole() {
    let fixture = Fixture::new();
    for len in SIZES {
        let film = film(len);
        fixture.cache.put("film", &film, &policy()).unwrap();
        let whole = fs::read(fixture.entry("film")).unwrap();
        assert_eq!(fixture.cache.put_reader("film", &film[..], &policy()).unwrap(), Stored::Yes);
        assert!(fs::read(fixture.entry("film")).unwrap() == whole, "{len} bytes");
        assert!(*fixture.cache.get::<Vec<u8>>("film").unwrap().expect("fresh") == film, "{len} bytes");
    }
}

#[test]
fn what_was_put_whole_is_read_as_a_stream() {
    let fixture = Fixture::new();
    for len in SIZES {
        let film = film(len);
        fixture.cache.put("film", &film, &policy()).unwrap();
        let reader = reader(&fixture, "film");
        assert_eq!(reader.len_bytes(), len as u64);
        assert!(all(reader).unwrap() == film, "{len} bytes");
    }
}

#[test]
fn writes_of_any_size_make_the_same_value() {
    let fixture = Fixture::new();
    let film = film(CHUNK_LEN + 77_777);
    for size in [999, 64 << 10, (64 << 10) + 1, 2 * CHUNK_LEN] {
        let mut writer = fixture.cache.writer("film", &policy()).unwrap();
        for piece in film.chunks(size) {
            writer.write_all(piece).unwrap();
        }
        assert_eq!(writer.commit().unwrap(), Stored::Yes);
        assert!(all(reader(&fixture, "film")).unwrap() == film, "in pieces of {size}");
    }
}

#[test]
fn lines_of_a_text_can_be_read_over_the_border_of_a_chunk() {
    let fixture = Fixture::new();
    let mut writer = fixture.cache.writer("log", &policy()).unwrap();
    for number in 0..200_000 {
        writeln!(writer, "line {number}").unwrap();
    }
    writer.commit().unwrap();
    for (number, line) in reader(&fixture, "log").lines().enumerate() {
        assert_eq!(line.unwrap(), format!("line {number}"));
    }
}

#[test]
fn an_invalidation_since_the_writer_was_begun_keeps_the_value_from_being_stored() {
    for tag in [true, false] {
        let fixture = Fixture::new();
        let mut writer = fixture.cache.writer("film", &policy()).unwrap();
        writer.append(&film(100)).unwrap();
        if tag {
            fixture.cache.invalidate_tag("films").unwrap();
        } else {
            fixture.cache.invalidate_key("film").unwrap();
        }
        writer.append(&film(100)).unwrap();
        assert_eq!(writer.commit().unwrap(), Stored::Raced);
        assert_nothing_stored(&fixture);
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing() {
    let fixture = Fixture::new();
    let mut writer = fixture.cache.writer("film", &policy()).unwrap();
    writer.append(&film(CHUNK_LEN)).unwrap();
    drop(writer);
    assert_nothing_stored(&fixture);
}

#[test]
fn a_source_that_fails_leaves_what_was_there_before() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the projector is on fire"))
        }
    }
    let fixture = Fixture::new();
    fixture.cache.put("film", &film(10), &policy()).unwrap();
    let source = io::repeat(b'x').take(300_000).chain(Broken);
    let error = fixture.cache.put_reader("film", source, &policy()).unwrap_err();
    assert!(matches!(&error, Error::Source(source) if source.to_string() == "the projector is on fire"));
    assert_eq!(all(reader(&fixture, "film")).unwrap(), film(10));
    assert_eq!(fixture.files("tmp"), [""; 0]);
}

#[test]
fn a_write_that_failed_cannot_be_made_good_by_going_on() {
    let fixture = Fixture::new();
    let mut writer = fixture.cache.writer("film", &policy()).unwrap();
    fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC));
    let error = writer.append(&film(CHUNK_LEN)).unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.errno() == Errno::NOSPC), "{error}");
    assert!(matches!(writer.append(&film(CHUNK_LEN)), Err(Error::WriteFailed)));
    assert!(matches!(writer.commit(), Err(Error::WriteFailed)));
    assert_nothing_stored(&fixture);
}

#[test]
fn a_fault_at_any_call_of_a_commit_is_an_error_and_stores_nothing_half() {
    for call in [Call::Write, Call::WriteAt, Call::SetMtime, Call::Link, Call::Rename] {
        let fixture = Fixture::new();
        let mut writer = fixture.cache.writer("film", &policy()).unwrap();
        writer.append(&film(CHUNK_LEN)).unwrap();
        fixture.world.faults.add(Fault::on(call, Errno::IO));
        assert!(matches!(writer.commit(), Err(Error::Io(_))), "{call}");
        assert_nothing_stored(&fixture);
    }
}

#[test]
fn a_short_write_is_continued() {
    let fixture = Fixture::new();
    let film = film(200_000);
    let mut writer = fixture.cache.writer("film", &policy()).unwrap();
    fixture.world.faults.add(Fault::short_write(10));
    writer.append(&film).unwrap();
    writer.commit().unwrap();
    assert!(all(reader(&fixture, "film")).unwrap() == film);
}

#[test]
fn a_value_beyond_the_limit_is_refused_while_it_is_written() {
    let fixture = Fixture::with(Builder::new(Raw).limits(Limits::new().bytes(1 << 20)));
    let error = fixture.cache.put_reader("film", io::repeat(b'x'), &policy()).unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert!(fixture.cache.reader("film").unwrap().is_none());
    assert_eq!(fixture.files("tmp"), [""; 0], "a source without an end does not fill the disk");
}

#[test]
fn a_damaged_chunk_is_named_and_none_of_its_bytes_are_handed_out() {
    let fixture = Fixture::new();
    let film = film(3 * CHUNK_LEN);
    fixture.cache.put("film", &film, &policy()).unwrap();
    let path = fixture.entry("film");
    let mut file = fs::read(&path).unwrap();
    let head = peek_head_len(&file).unwrap();
    file[head + CHUNK_LEN + 7] ^= 1;
    fixture.cache.put("film", &film, &policy()).unwrap();
    rewrite(&path, &file);
    let mut bytes = Vec::new();
    let error = reader(&fixture, "film").read_to_end(&mut bytes).unwrap_err();
    assert!(matches!(damage(&error), ParseError::ChunkChecksum { chunk: 1, .. }), "{error}");
    assert!(bytes == film[..CHUNK_LEN], "what came before is right");
}

#[test]
fn a_reader_that_failed_fails_again_and_never_skips_a_chunk() {
    let fixture = Fixture::new();
    fixture.cache.put("film", &film(2 * CHUNK_LEN), &policy()).unwrap();
    let path = fixture.entry("film");
    let mut file = fs::read(&path).unwrap();
    let head = peek_head_len(&file).unwrap();
    file[head] ^= 1;
    rewrite(&path, &file);
    let mut reader = reader(&fixture, "film");
    for _ in 0..3 {
        let error = reader.read(&mut [0; 10]).unwrap_err();
        assert!(matches!(damage(&error), ParseError::ChunkChecksum { chunk: 0, .. }), "{error}");
    }
}

#[test]
fn a_file_that_is_cut_short_under_a_reader_is_an_error_that_says_so() {
    let fixture = Fixture::new();
    fixture.cache.put("film", &film(2 * CHUNK_LEN), &policy()).unwrap();
    for (len, chunks) in [(CHUNK_LEN + 5000, 0), (1000, 0), (0, 0)] {
        let mut opened = reader(&fixture, "film");
        let file = fs::OpenOptions::new().write(true).open(fixture.entry("film")).unwrap();
        file.set_len(len as u64).unwrap();
        let mut bytes = Vec::new();
        let error = opened.read_to_end(&mut bytes).unwrap_err();
        assert!(matches!(damage(&error), ParseError::Truncated { .. }), "{error}");
        assert_eq!(bytes.len(), chunks * CHUNK_LEN, "its table is at its end, so nothing can be checked");
        fixture.cache.put("film", &film(2 * CHUNK_LEN), &policy()).unwrap();
    }
}

/// Other bytes in the same file, with the same times.
fn rewrite(path: &std::path::Path, bytes: &[u8]) {
    let mtime = fs::metadata(path).unwrap().modified().unwrap();
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
    file.set_modified(mtime).unwrap();
}

#[test]
fn a_reader_goes_on_to_the_end_of_what_was_true_when_it_was_opened() {
    let fixture = Fixture::new();
    let film = film(2 * CHUNK_LEN);
    let acts: [fn(&Fixture); 4] = [
        |fixture| assert_eq!(fixture.cache.invalidate_tag("films").unwrap(), 1),
        |fixture| assert!(fixture.cache.invalidate_key("film").unwrap()),
        |fixture| assert_eq!(fixture.cache.put("film", &text("another"), &policy()).unwrap(), Stored::Yes),
        |fixture| assert_eq!(fixture.cache.clear().unwrap(), 1),
    ];
    for act in acts {
        fixture.cache.put("film", &film, &policy()).unwrap();
        let mut begun = reader(&fixture, "film");
        let mut first = vec![0; 100];
        begun.read_exact(&mut first).unwrap();
        act(&fixture);
        let rest = all(begun).unwrap();
        assert!([first, rest].concat() == film);
    }
}

#[test]
fn what_is_not_fresh_is_not_begun() {
    let fixture = Fixture::new();
    fixture.cache.put("film", &film(10), &policy()).unwrap();
    fixture.world.clock.advance(HOUR);
    assert!(fixture.cache.reader("film").unwrap().is_none(), "expired");
    fixture.cache.put("text", &text("of another shape"), &policy()).unwrap();
    assert!(fixture.cache.reader("text").unwrap().is_none(), "text is not just any bytes");
    let stats = fixture.cache.stats();
    assert_eq!((stats.stale, stats.foreign), (1, 1), "and both are counted");
}

#[test]
fn a_stream_of_two_chunks_is_read_in_seven_calls() {
    let fixture = Fixture::new();
    fixture.cache.put("film", &film(2 * CHUNK_LEN), &policy()).unwrap();
    let (_, made) = fixture.world.counter.during(|| all(reader(&fixture, "film")).unwrap());
    let expected = [(Call::Open, 1), (Call::Stat, 1), (Call::Read, 1), (Call::ReadAt, 3), (Call::Close, 1)];
    assert_eq!(made, expected, "the head, the table, and each chunk");
}
