//! The simulated filesystem and a real one, call by call: the same results, the same errors, the same stat, the same
//! names.

use std::ffi::{CStr, CString};
use std::path::Path;

use proptest::prelude::*;
use tagcache_fs::sys::{DirBatch, Errno, FileKind, OpenMode, Replace, Sys};
use tagcache_fs::{Os, Time};
use tagcache_sim::{Sim, Traits};

#[derive(Clone, Debug)]
enum Call {
    Open(usize, OpenMode),
    Close(usize),
    Stat(usize),
    StatAt(usize),
    Read(usize, usize),
    ReadAt(usize, u64),
    Write(usize, usize),
    Allocate(usize, u64),
    SetMtime(usize, u64),
    SetMode(usize, bool),
    Link(usize, usize),
    Rename(usize, usize, bool),
    Unlink(usize),
    MakeDir(usize),
    RemoveDir(usize),
    List(usize),
    Lock(usize),
}

const PATHS: [&CStr; 9] = [c"a", c"b", c"d", c"d/a", c"d/b", c"d/e", c"d/e/a", c"a/b", c"x/y"];
const HANDLES: usize = 4;

fn call() -> impl Strategy<Value = Call> {
    use OpenMode::{Append, Create, Dir, Read, ReadWrite};
    let path = 0..PATHS.len();
    let handle = 0..HANDLES;
    let mode = prop::sample::select(vec![Read, Dir, Create, Create, ReadWrite, Append]);
    prop_oneof![
        4 => (path.clone(), mode).prop_map(|(path, mode)| Call::Open(path, mode)),
        1 => handle.clone().prop_map(Call::Close),
        1 => handle.clone().prop_map(Call::Stat),
        1 => path.clone().prop_map(Call::StatAt),
        1 => (handle.clone(), 1..9usize).prop_map(|(handle, limit)| Call::Read(handle, limit)),
        1 => (handle.clone(), 0..9u64).prop_map(|(handle, offset)| Call::ReadAt(handle, offset)),
        1 => (handle.clone(), 1..6usize).prop_map(|(handle, len)| Call::Write(handle, len)),
        1 => (handle.clone(), 1..9u64).prop_map(|(handle, len)| Call::Allocate(handle, len)),
        1 => (handle.clone(), 0..3u64).prop_map(|(handle, time)| Call::SetMtime(handle, time)),
        1 => (handle.clone(), any::<bool>()).prop_map(|(handle, on)| Call::SetMode(handle, on)),
        3 => (path.clone(), path.clone()).prop_map(|(from, to)| Call::Link(from, to)),
        3 => (path.clone(), path.clone(), any::<bool>())
            .prop_map(|(from, to, any)| Call::Rename(from, to, any)),
        2 => path.clone().prop_map(Call::Unlink),
        3 => path.clone().prop_map(Call::MakeDir),
        1 => path.clone().prop_map(Call::RemoveDir),
        1 => handle.clone().prop_map(Call::List),
        1 => handle.prop_map(Call::Lock),
    ]
}

/// What a call tells, as far as two filesystems can agree: not inode numbers, and not what a directory weighs.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Bytes(Vec<u8>),
    Stat { file: bool, links: Option<u64>, size: Option<u64>, mtime: Option<Time>, mode: u32 },
    Names(Vec<CString>),
}

struct Side<S: Sys> {
    sys: S,
    root: S::File,
    handles: Vec<Option<S::File>>,
}

impl<S: Sys> Side<S> {
    fn new(sys: S, path: &Path) -> Self {
        let root = sys.open_root(path).expect("the root is there");
        Self { sys, root, handles: (0..HANDLES).map(|_| None).collect() }
    }

    fn told(stat: tagcache_fs::sys::Stat) -> Told {
        let file = stat.kind == FileKind::File;
        // A time that nobody set is the clock's, and the clocks differ.
        let mtime = Some(stat.mtime).filter(|mtime| file && mtime.secs() < 1_000);
        let mode = stat.mode & 0o700;
        Told::Stat { file, links: file.then_some(stat.nlink), size: file.then_some(stat.size), mtime, mode }
    }

    fn make(&mut self, index: usize, call: &Call) -> Result<Told, Errno> {
        let done = |result: Result<(), Errno>| result.map(|()| Told::Nothing);
        if let Call::Open(path, mode) = call {
            let file = self.sys.open(&self.root, PATHS[*path], *mode)?;
            self.handles[index % HANDLES] = Some(file);
            return Ok(Told::Nothing);
        }
        let (sys, root) = (&self.sys, &self.root);
        let file = |handle: usize| self.handles[handle].as_ref();
        match *call {
            Call::Open(..) => Ok(Told::Nothing),
            Call::Close(handle) => {
                self.handles[handle] = None;
                Ok(Told::Nothing)
            }
            Call::StatAt(path) => sys.stat_at(root, PATHS[path]).map(Self::told),
            Call::Link(from, to) => done(sys.link(root, PATHS[from], PATHS[to])),
            Call::Rename(from, to, any) => {
                let replace = if any { Replace::Any } else { Replace::Never };
                done(sys.rename(root, PATHS[from], PATHS[to], replace))
            }
            Call::Unlink(path) => done(sys.unlink(root, PATHS[path])),
            Call::MakeDir(path) => done(sys.make_dir(root, PATHS[path])),
            Call::RemoveDir(path) => done(sys.remove_dir(root, PATHS[path])),
            Call::Stat(handle) => {
                file(handle).map_or(Ok(Told::Nothing), |file| sys.stat(file).map(Self::told))
            }
            Call::Read(handle, limit) => file(handle).map_or(Ok(Told::Nothing), |file| {
                let mut bytes = Vec::new();
                sys.read(file, &mut bytes, limit).map(|_| Told::Bytes(bytes))
            }),
            Call::ReadAt(handle, offset) => file(handle).map_or(Ok(Told::Nothing), |file| {
                let mut bytes = Vec::new();
                sys.read_at(file, offset, &mut bytes, 5).map(|_| Told::Bytes(bytes))
            }),
            Call::Write(handle, len) => file(handle)
                .map_or(Ok(Told::Nothing), |file| sys.write(file, &b"bytes"[..len]).map(|_| Told::Nothing)),
            Call::Allocate(handle, len) => {
                file(handle).map_or(Ok(Told::Nothing), |file| done(sys.allocate(file, len)))
            }
            Call::SetMtime(handle, secs) => file(handle).map_or(Ok(Told::Nothing), |file| {
                done(sys.set_mtime(file, Time::from_parts(secs as i64, 5)))
            }),
            Call::SetMode(handle, on) => file(handle).map_or(Ok(Told::Nothing), |file| {
                let is_file = sys.stat(file)?.kind == FileKind::File;
                if is_file {
                    done(sys.set_mode(file, if on { 0o600 } else { 0o400 }))
                } else {
                    Ok(Told::Nothing)
                }
            }),
            Call::List(handle) => file(handle).map_or(Ok(Told::Nothing), |file| names(sys, file)),
            Call::Lock(handle) => file(handle).map_or(Ok(Told::Nothing), |file| done(sys.try_lock(file))),
        }
    }
}

fn names<S: Sys>(sys: &S, dir: &S::File) -> Result<Told, Errno> {
    let (mut names, mut batch) = (Vec::new(), DirBatch::new());
    loop {
        sys.read_dir(dir, &mut batch)?;
        if batch.is_empty() {
            names.sort();
            return Ok(Told::Names(names));
        }
        names.extend(batch.iter().map(|item| item.name.to_owned()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn the_simulated_disk_answers_every_call_as_the_real_one(calls in prop::collection::vec(call(), 1..40)) {
        let dir = tempfile::tempdir().expect("a folder");
        let sim = Sim::alone(Traits { superuser: is_root(dir.path()), ..Traits::default() });
        sim.make_root(Path::new("root")).expect("a folder");
        let mut simulated = Side::new(sim, Path::new("root"));
        let mut real = Side::new(Os, dir.path());
        for (index, call) in calls.iter().enumerate() {
            // What reading a directory answers differs from one filesystem to another.
            let settle = |told| match told {
                Err(Errno::INVAL) if matches!(call, Call::Read(..) | Call::ReadAt(..)) => Err(Errno::ISDIR),
                told => told,
            };
            let (expected, got) = (settle(real.make(index, call)), settle(simulated.make(index, call)));
            prop_assert_eq!(got, expected, "call {}: {:?}", index, call);
        }
    }
}

/// Whether permission bits keep this process out.
fn is_root(dir: &Path) -> bool {
    let root = Os.open_root(dir).expect("the folder");
    let file = Os.open(&root, c"probe", OpenMode::Create).expect("a file");
    Os.set_mode(&file, 0).expect("the mode");
    let opens = Os.open(&root, c"probe", OpenMode::Read).is_ok();
    Os.unlink(&root, c"probe").expect("the file");
    opens
}
