//! A stream that meets a full disk on its way: what was written of its source cannot be asked for again, so room is made and
//! the rest follows. What a put does is in `ground.rs`.

#![allow(clippy::unwrap_used, reason = "this is a test")]

mod common;

use std::io::Read;

use tagcache::fs::Errno;
use tagcache::{Builder, Error, Limits, Policy, Raw, Stored, Writer};
use tagcache_testkit::{Call, Fault, TestSys};

use common::{Fixture, HOUR};

/// The calls that take space on a disk.
const TAKE_SPACE: [Call; 8] = [
    Call::Create,
    Call::OpenOrCreate,
    Call::Write,
    Call::WriteAt,
    Call::Allocate,
    Call::Link,
    Call::MakeDir,
    Call::Rename,
];

/// How much is gathered before it is written.
const PIECE: usize = 64 << 10;

/// A cache with that many other values in it, of 20 KB each, and limits that are never reached.
fn within_limits(others: u64) -> Fixture {
    let fixture = Fixture::with(Builder::new(Raw).limits(Limits::new().bytes(1 << 30)));
    put_others(&fixture, others);
    fixture
}

fn put_others(fixture: &Fixture, others: u64) {
    for number in 0..others {
        fixture
            .cache
            .put(format!("other {number}"), &vec![7u8; 20_000], &Policy::new().tag("others"))
            .unwrap();
    }
}

fn policy() -> Policy {
    Policy::new().tags(["films", "new"]).expire_in(HOUR)
}

/// Bytes that tell every place from its neighbours.
fn film(len: usize) -> Vec<u8> {
    (0..len).map(|n| u8::try_from(((n * 7919) >> 3) & 0xff).unwrap()).collect()
}

fn writer(fixture: &Fixture) -> Writer<TestSys> {
    fixture.cache.writer("film", &policy()).unwrap()
}

/// What is read back, each chunk by its checksum.
fn stored(fixture: &Fixture) -> Vec<u8> {
    let mut bytes = Vec::new();
    fixture.cache.reader("film").unwrap().expect("a fresh value").read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_full_disk_at_any_call_of_a_stream_costs_other_values_and_not_the_stream() {
    let film = film(3 * PIECE + 5);
    let put = |fixture: &Fixture| {
        let mut writer = writer(fixture);
        writer.reserve(film.len() as u64)?;
        film.chunks(PIECE).try_for_each(|piece| writer.append(piece))?;
        writer.commit()
    };
    let fixture = within_limits(10);
    let (done, made) = fixture.world.counter.trace(|| put(&fixture));
    done.unwrap();
    let calls = common::calls_that_can_fail(&made).into_iter().filter(|(call, _)| TAKE_SPACE.contains(call));
    let calls: Vec<_> = calls.collect();
    assert!(calls.len() > 15, "{calls:?}");
    for errno in [Errno::NOSPC, Errno::DQUOT] {
        for (call, earlier) in &calls {
            let what = format!("{errno:?} at {call} {earlier}");
            let fixture = within_limits(10);
            fixture.world.faults.add(Fault::on(*call, errno).after(*earlier));
            assert_eq!(put(&fixture).expect(&what), Stored::Yes, "{what}");
            assert!(stored(&fixture) == film, "{what}: not its bytes");
            assert_eq!(fixture.files("tmp"), [""; 0], "{what}");
            assert_eq!(fixture.cache.invalidate_tag("new").unwrap(), 1, "{what}: its tags lead to it");
        }
    }
}

#[test]
fn a_disk_that_is_full_again_and_again_in_the_middle_of_a_write_keeps_no_byte_twice() {
    for size in [999, PIECE, 5 * PIECE + 3] {
        let (fixture, film) = (within_limits(1000), film(20 * PIECE + 7));
        let mut writer = writer(&fixture);
        let (mut written, mut full_again) = (0, 0);
        for piece in film.chunks(size) {
            if written >= full_again {
                // So much is let through of a write, and the next call says that this was all.
                fixture.world.faults.add(Fault::short_write(1 + written % 5000).below("tmp/"));
                fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("tmp/").after(1));
                full_again += 3 * PIECE;
            }
            writer.append(piece).unwrap();
            written += piece.len();
        }
        assert_eq!(writer.commit().unwrap(), Stored::Yes);
        assert!(stored(&fixture) == film, "in pieces of {size}");
        let evicted = fixture.cache.stats().evicted;
        assert!((53..1000).contains(&evicted), "{evicted} made room, and not all of them");
    }
}

#[test]
fn a_stream_makes_room_for_a_piece_of_its_callers_and_not_for_a_small_one() {
    let made_room = |len| {
        let fixture = within_limits(100);
        let mut writer = writer(&fixture);
        let before = fixture.cache.usage().unwrap().bytes;
        fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("tmp/"));
        writer.append(&film(len)).unwrap();
        before - fixture.cache.usage().unwrap().bytes
    };
    // More by what the last one took of it, and less by what the tallies take.
    let slack = 64 << 10;
    let (small, large) = (made_room(PIECE), made_room(900_000));
    assert!(small.abs_diff(1 << 20) < slack, "a MiB: {small}");
    assert!(large.abs_diff(1_800_000) < slack, "twice the piece: {large}");
}

#[test]
fn a_stream_on_a_disk_that_stays_full_fails_after_one_more_try_and_leaves_no_draft() {
    let fixture = within_limits(100);
    let mut writer = writer(&fixture);
    fixture.world.faults.add(Fault::on(Call::Write, Errno::NOSPC).below("tmp/").for_ever());
    let (failed, made) = fixture.world.counter.trace(|| writer.append(&film(PIECE)));
    let error = failed.unwrap_err();
    assert!(matches!(&error, Error::Io(error) if error.errno() == Errno::NOSPC), "{error}");
    let tries = made
        .iter()
        .filter(|made| made.call == Call::Write && made.path.to_bytes().starts_with(b"tmp/"))
        .count();
    assert_eq!(tries, 2);
    assert!(matches!(writer.append(&film(PIECE)), Err(Error::WriteFailed)));
    assert!(matches!(writer.commit(), Err(Error::WriteFailed)));
    assert!(fixture.cache.reader("film").unwrap().is_none());
    assert_eq!(fixture.files("tmp"), [""; 0]);
}

#[test]
fn a_stream_without_limits_evicts_nothing_and_fails() {
    // A stream of unknown length does not reserve, and the log is there.
    for call in TAKE_SPACE.into_iter().filter(|call| !matches!(call, Call::Allocate | Call::OpenOrCreate)) {
        let fixture = Fixture::new();
        put_others(&fixture, 10);
        for folder in ["tmp/", "data/"] {
            fixture.world.faults.add(Fault::on(call, Errno::NOSPC).below(folder));
        }
        let error = fixture.cache.put_reader("film", &film(3 * PIECE)[..], &policy()).unwrap_err();
        assert!(matches!(&error, Error::Io(error) if error.errno() == Errno::NOSPC), "{call}: {error}");
        assert!(fixture.cache.reader("film").unwrap().is_none(), "{call}");
        assert_eq!(fixture.files("tmp"), [""; 0], "{call}");
        assert_eq!(fixture.cache.stats().evicted, 0, "{call}");
        assert_eq!(fixture.cache.invalidate_tag("others").unwrap(), 10, "{call}: all of them are there");
    }
}

#[test]
fn what_is_beyond_the_limit_is_refused_when_it_is_reserved_and_no_room_is_made_for_it() {
    let fixture = within_limits(100);
    let mut writer = writer(&fixture);
    fixture.world.faults.add(Fault::on(Call::Allocate, Errno::NOSPC));
    assert!(matches!(writer.reserve(1 << 30), Err(Error::TooLarge { .. })));
    assert_eq!(fixture.cache.stats().evicted, 0);
}

#[test]
fn a_stream_that_was_overtaken_while_room_was_made_is_not_stored() {
    let fixture = within_limits(100);
    let mut writer = writer(&fixture);
    writer.append(&film(PIECE)).unwrap();
    fixture.cache.invalidate_tag("films").unwrap();
    fixture.world.faults.add(Fault::on(Call::Link, Errno::NOSPC).after(1));
    assert_eq!(writer.commit().unwrap(), Stored::Raced);
    assert!(fixture.cache.reader("film").unwrap().is_none());
    assert_eq!(fixture.files("tmp"), [""; 0]);
}
