//! All that can be seen on a side after a call: every name in the tree, and every open file.

use std::ffi::CString;
use std::fmt;

use tagcache_fs::Time;
use tagcache_fs::sys::{DirBatch, FileKind, OpenMode, Result, Stat};

use crate::call::Shown;
use crate::ground::Ground;
use crate::habits::Habits;
use crate::side::Side;

/// A name or an open file, as far as two systems can agree on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) kind: FileKind,
    /// The first place where the same inode was seen.
    same_as: usize,
    /// For a directory of a filesystem that counts no folders: whether it still has a name.
    links: u64,
    /// A directory has none that two systems share.
    size: Option<u64>,
    mtime: Moment,
    atime: Option<Moment>,
    mode: u32,
    /// Whether the directory names the same kind and inode as `stat`.
    as_listed: bool,
}

/// A time that somebody set, or the clock's, which no two systems share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    Clock,
    At(Time),
}

/// One place, and what is there.
#[derive(Clone, Debug)]
pub(crate) struct Look {
    pub(crate) place: String,
    pub(crate) seen: Seen,
    /// Only for telling whether it is still the same inode.
    pub(crate) ino: u64,
    /// Only for telling whether it moved.
    pub(crate) ctime: Time,
}

/// Looks at everything.
pub(crate) fn view<G: Ground>(side: &Side<G>, habits: &Habits) -> Result<Vec<Look>> {
    let mut viewer = Viewer { side, habits, looks: Vec::new() };
    viewer.look(".".into(), side.ground.stat(&side.root)?, true);
    viewer.folder("")?;
    for (slot, file) in side.slots.iter().enumerate() {
        if let Some(file) = file {
            viewer.look(format!("#{slot}"), side.ground.stat(file)?, true);
        }
    }
    Ok(viewer.looks)
}

struct Viewer<'a, G: Ground> {
    side: &'a Side<G>,
    habits: &'a Habits,
    looks: Vec<Look>,
}

impl<G: Ground> Viewer<'_, G> {
    fn folder(&mut self, path: &str) -> Result<()> {
        let Side { ground, root, .. } = self.side;
        let dir = ground.open(root, &c_string(if path.is_empty() { "." } else { path }), OpenMode::Dir)?;
        for (name, kind, ino) in self.names(&dir)? {
            let place = if path.is_empty() { name } else { format!("{path}/{name}") };
            let stat = ground.stat_at(root, &c_string(&place))?;
            let as_listed = stat.ino == ino && (kind == stat.kind || kind == FileKind::Unknown);
            self.look(place.clone(), stat, as_listed);
            if stat.kind == FileKind::Dir {
                self.folder(&place)?;
            }
        }
        Ok(())
    }

    fn names(&self, dir: &G::File) -> Result<Vec<(String, FileKind, u64)>> {
        let (mut names, mut batch) = (Vec::new(), DirBatch::new());
        loop {
            self.side.ground.read_dir(dir, &mut batch)?;
            if batch.is_empty() {
                names.sort_by(|one: &(String, _, _), other| one.0.cmp(&other.0));
                return Ok(names);
            }
            names.extend(
                batch.iter().map(|item| (item.name.to_string_lossy().into_owned(), item.kind, item.ino)),
            );
        }
    }

    fn look(&mut self, place: String, stat: Stat, as_listed: bool) {
        let is_dir = stat.kind == FileKind::Dir;
        let same = self.looks.iter().position(|look| look.ino == stat.ino);
        let counted = !is_dir || self.habits.filesystem.counts_folders;
        let seen = Seen {
            kind: stat.kind,
            same_as: same.unwrap_or(self.looks.len()),
            links: if counted { stat.nlink } else { stat.nlink.min(1) },
            size: (!is_dir).then_some(stat.size),
            mtime: self.moment(stat.mtime),
            atime: (stat.kind == FileKind::File).then(|| self.moment(stat.atime)),
            mode: stat.mode,
            as_listed,
        };
        self.looks.push(Look { place, seen, ino: stat.ino, ctime: stat.ctime });
    }

    fn moment(&self, time: Time) -> Moment {
        if self.side.ground.is_of_the_clock(time) { Moment::Clock } else { Moment::At(time) }
    }
}

/// Names that were listed hold no NUL.
fn c_string(path: &str) -> CString {
    CString::new(path).unwrap_or_default()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clock => f.write_str("the clock's"),
            Self::At(time) => Shown(*time).fmt(f),
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, same_as, links, size, mtime, atime, mode, as_listed } = self;
        write!(f, "{kind:?} (inode of place {same_as}), {links} links, mode {mode:o}, mtime {mtime}")?;
        if let Some(size) = size {
            write!(f, ", {size} bytes")?;
        }
        if let Some(atime) = atime {
            write!(f, ", atime {atime}")?;
        }
        if !as_listed {
            f.write_str(", listed as something else")?;
        }
        Ok(())
    }
}
