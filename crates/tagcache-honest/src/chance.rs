//! Sequences by chance: what proptest makes, and shrinks.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use tagcache_fs::sys::{OpenMode, Replace};

use crate::call::{Base, Call, FILE_MODES, MOMENTS, PATHS, Path, Plant, SLOTS, Slot, TARGETS};

/// The longest sequence.
const LONGEST: usize = 60;

/// Any sequence.
pub(crate) fn sequences() -> impl Strategy<Value = Vec<Call>> {
    vec(call(), 1..LONGEST)
}

fn path() -> impl Strategy<Value = Path> {
    (0..PATHS.len()).prop_map(Path)
}

fn slot() -> impl Strategy<Value = Slot> {
    0..SLOTS
}

/// The root, most of the time.
fn base() -> impl Strategy<Value = Base> {
    prop_oneof![4 => Just(None), 1 => slot().prop_map(Some)]
}

fn mode() -> impl Strategy<Value = OpenMode> {
    use OpenMode::{Append, Create, Dir, Read, ReadWrite};
    select(vec![Read, Dir, Create, Create, ReadWrite, Append])
}

fn plant() -> impl Strategy<Value = Plant> {
    prop_oneof![
        4 => (0..TARGETS.len()).prop_map(Plant::Link),
        1 => Just(Plant::Fifo),
        1 => Just(Plant::Socket),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        5 => on_names(),
        4 => on_open_files(),
        4 => (base(), path(), mode(), slot()).prop_map(|(base, path, mode, slot)| Call::Open(base, path, mode, slot)),
    ]
}

fn on_names() -> impl Strategy<Value = Call> {
    let replace = select(vec![Replace::Any, Replace::Never]);
    prop_oneof![
        3 => (base(), path(), path()).prop_map(|(base, from, to)| Call::Link(base, from, to)),
        3 => (base(), path(), path(), replace)
            .prop_map(|(base, from, to, replace)| Call::Rename(base, from, to, replace)),
        2 => (base(), path()).prop_map(|(base, path)| Call::Unlink(base, path)),
        3 => (base(), path()).prop_map(|(base, path)| Call::MakeDir(base, path)),
        1 => (base(), path()).prop_map(|(base, path)| Call::RemoveDir(base, path)),
        1 => (base(), path(), plant()).prop_map(|(base, path, plant)| Call::Plant(base, path, plant)),
    ]
}

fn on_open_files() -> impl Strategy<Value = Call> {
    let moment = || 0..MOMENTS.len();
    prop_oneof![
        (slot(), slot()).prop_map(|(slot, to)| Call::Duplicate(slot, to)),
        slot().prop_map(Call::Close),
        (slot(), 1..9_usize).prop_map(|(slot, limit)| Call::Read(slot, limit)),
        (slot(), 0..9_u64).prop_map(|(slot, offset)| Call::ReadAt(slot, offset)),
        (slot(), 0..6_usize).prop_map(|(slot, len)| Call::Write(slot, len)),
        (slot(), 0..9_u64).prop_map(|(slot, len)| Call::Allocate(slot, len)),
        (slot(), moment()).prop_map(|(slot, index)| Call::SetMtime(slot, index)),
        (slot(), moment()).prop_map(|(slot, index)| Call::SetAtime(slot, index)),
        (slot(), select(vec![1_i64, 3_000_000_000]))
            .prop_map(|(slot, secs)| Call::SetBeforeEpoch(slot, secs)),
        (slot(), 0..FILE_MODES.len()).prop_map(|(slot, index)| Call::SetMode(slot, index)),
        slot().prop_map(Call::List),
        slot().prop_map(Call::Lock),
    ]
}
