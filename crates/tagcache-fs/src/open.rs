//! The steps of opening a root. Looking costs no lock; making one, or making one anew, is done by one process at a
//! time, under a lock on the root directory itself.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::format::{Durability, Format, FormatError, MAX_BYTES};
use crate::layout::Layout;
use crate::log::CurrentLog;
use crate::name::{CACHEDIR_TAG, DATA, FORMAT, LOCKS, LOG, TMP, USAGE};
use crate::probe::{self, Capabilities, Failure};
use crate::root::{Inner, OpenError, Options, Root};
use crate::scratch;
use crate::sys::{Custody, DirBatch, Errno, FileKind, FsKind, OpenMode, Stat, Sys};
use crate::time::Time;
use crate::wipe::wipe;

/// How long an opener waits for another one that is making the root.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn open<S: Sys>(options: &Options, sys: S, path: &Path) -> Result<Root<S>, OpenError> {
    open_shared(options, &Arc::new(sys), path)
}

/// The same through a system that others use, too.
pub(crate) fn open_shared<S: Sys>(
    options: &Options,
    sys: &Arc<S>,
    path: &Path,
) -> Result<Root<S>, OpenError> {
    let dir = open_dir(options, &**sys, path)?;
    let stripped = Stripped::Refuse;
    let opener = Opener { sys: &**sys, dir: &dir, path, options, stripped };
    let Opened { format, can, was_copied } = opener.run()?;
    if let Some(asked) = options.durability.filter(|asked| *asked != format.durability) {
        let fixed = format.durability;
        return Err(OpenError::DurabilityDiffers { path: path.into(), asked, fixed });
    }
    if let Some(asked) = options.layout.filter(|asked| *asked != format.layout) {
        return Err(OpenError::LayoutDiffers { path: path.into(), asked, fixed: format.layout });
    }
    let Format { durability, layout, .. } = format;
    let (sys, path, options, log) = (Arc::clone(sys), path.into(), options.clone(), CurrentLog::default());
    Ok(Root { inner: Arc::new(Inner { sys, dir, path, options, durability, layout, was_copied, can, log }) })
}

/// Makes what is missing of the markers and the folders of a root that is open.
pub(crate) fn mark_again<S: Sys>(options: &Options, root: &Root<S>) -> Result<(), OpenError> {
    let (sys, dir, path, stripped) = (root.sys(), root.dir(), root.path(), Stripped::Mark);
    let opener = Opener { sys, dir, path, options, stripped };
    opener.run()?;
    opener.make_folders()
}

/// What becomes of a directory without markers that is full of what is ours otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stripped {
    /// It is refused: nobody knows what it is.
    Refuse,
    /// It gets its markers again: the caller had it open as a cache, and somebody is emptying it, or tidied up.
    Mark,
}

impl<S: Sys> Root<S> {
    /// Whether the directory is still the cache that it was opened as: both markers, and no copies. For what must never
    /// be done to a directory of somebody else.
    ///
    /// # Errors
    /// [`OpenError::NotACache`] with what is missing, [`OpenError::Layout`], and [`OpenError::Io`] when it cannot be seen.
    pub fn check_markers(&self) -> Result<(), OpenError> {
        let options = Options::new();
        let stripped = Stripped::Refuse;
        let opener =
            Opener { sys: self.sys(), dir: self.dir(), path: self.path(), options: &options, stripped };
        match opener.look()? {
            Look::Ready(_) => Ok(()),
            Look::Moved(_) => Err(opener.not_a_cache("its markers are those of another directory")),
            Look::Unpaired(_) => {
                Err(opener.not_a_cache("one of its two markers is gone; opening it again puts it back"))
            }
            Look::Missing => Err(opener.not_a_cache("it holds no tagcache.format")),
        }
    }
}

fn open_dir<S: Sys>(options: &Options, sys: &S, path: &Path) -> Result<S::File, OpenError> {
    match sys.open_root(path) {
        Err(Errno::NOENT) if !options.existing_only => {
            sys.make_root(path).map_err(|errno| Error::new("make", path, errno))?;
            sys.open_root(path).map_err(|errno| match errno {
                Errno::ACCESS => OpenError::Umask { path: path.into() },
                errno => Error::new("open", path, errno).into(),
            })
        }
        Err(Errno::NOTDIR) => Err(OpenError::NotACache { path: path.into(), found: "a file".into() }),
        Err(errno) => Err(Error::new("open", path, errno).into()),
        Ok(dir) => Ok(dir),
    }
}

/// Tells the names that we give in a folder.
type OurNames = fn(&[u8]) -> bool;

/// What a look at the directory tells.
enum Look {
    /// A root of ours, in order.
    Ready(Format),
    /// A root that was copied: its entries know nothing of later invalidations.
    Moved(Format),
    /// A root of ours that lost one of its two names: somebody tidied up, or its maker died, or the power, before both were
    /// there.
    Unpaired(Format),
    /// No settings yet.
    Missing,
}

/// A file of a few lines.
struct Small {
    text: Vec<u8>,
    stat: Stat,
    born: Option<Time>,
}

/// Whether a settings file is the one that was written, and no copy. The number of a device may change with every boot, so it is
/// no sign; the number of an inode may be given to the copy when the original is gone, but not the time of its birth.
fn is_original(format: &Format, stat: &Stat, born: Option<Time>) -> bool {
    let born_then = match (format.born, born) {
        (Some(written), Some(now)) => written == now,
        _ => true,
    };
    format.id.1 == stat.ino && born_then
}

/// What the steps led to.
struct Opened {
    format: Format,
    can: Capabilities,
    /// It was made anew.
    was_copied: bool,
}

struct Opener<'a, S: Sys> {
    sys: &'a S,
    dir: &'a S::File,
    path: &'a Path,
    options: &'a Options,
    stripped: Stripped,
}

impl<S: Sys> Opener<'_, S> {
    fn run(&self) -> Result<Opened, OpenError> {
        let custody = self.custody()?;
        let kind =
            probe::kind(self.sys, self.dir, self.options.allow_remote).map_err(self.failure("probe"))?;
        let mut was_copied = false;
        let format = match self.look()? {
            Look::Ready(format) => self.refuse_shared(custody).map(|()| format)?,
            Look::Missing if self.options.existing_only => {
                return Err(self.not_a_cache("it holds no tagcache.format"));
            }
            Look::Missing | Look::Moved(_) | Look::Unpaired(_) => {
                let _lock = self.lock()?;
                // Another process may have done it while we waited.
                match self.look()? {
                    Look::Ready(format) => format,
                    Look::Moved(format) => {
                        self.refuse_shared(custody)?;
                        was_copied = true;
                        self.make_anew(format, kind)?
                    }
                    Look::Unpaired(format) => {
                        self.refuse_shared(custody)?;
                        self.pair_again(format)?
                    }
                    Look::Missing => self.make(kind, custody)?,
                }
            }
        };
        self.try_sentinel()?;
        let can = Capabilities {
            kind,
            mtime_max: format.mtime_max,
            mtime_granularity: format.mtime_granularity,
            rename_noreplace: format.rename_noreplace,
        };
        Ok(Opened { format, can, was_copied })
    }

    /// Who else may write in it. What another user owns is refused before it is looked at.
    fn custody(&self) -> Result<Custody, OpenError> {
        match self.sys.custody(self.dir).map_err(self.io("stat", c""))? {
            custody @ Custody::Foreign { .. } => Err(OpenError::NotOurs { path: self.path.into(), custody }),
            custody => Ok(custody),
        }
    }

    /// A root that others may write in may hold anything.
    fn refuse_shared(&self, custody: Custody) -> Result<(), OpenError> {
        match custody {
            Custody::Own => Ok(()),
            custody => Err(OpenError::NotOurs { path: self.path.into(), custody }),
        }
    }

    /// A directory that others may write in becomes a root only while it is empty: what is in it may be theirs, and whoever
    /// works in a folder below it goes on there when the door is closed.
    fn take_over(&self, custody: Custody) -> Result<(), OpenError> {
        self.refuse_guests(custody)?;
        self.close_the_door()?;
        // Somebody may have slipped in.
        self.refuse_guests(custody)
    }

    fn refuse_guests(&self, custody: Custody) -> Result<(), OpenError> {
        match custody {
            Custody::Own => Ok(()),
            custody => match self.first_name(c".", |_| true)? {
                Some(_) => self.refuse_shared(custody),
                None => Ok(()),
            },
        }
    }

    /// A directory that becomes a root: whoever made it may have had a liberal umask.
    fn close_the_door(&self) -> Result<(), OpenError> {
        if self.sys.stat(self.dir).map_err(self.io("stat", c""))?.mode & 0o777 == 0o700 {
            return Ok(());
        }
        self.sys.set_mode(self.dir, 0o700).map_err(self.io("set the mode of", c""))
    }

    /// Somebody who tidied up, or was emptying the root, may have taken the folders and left the markers.
    fn try_sentinel(&self) -> Result<(), OpenError> {
        if !self.has_folders()? {
            match self.make_folders() {
                // What is there can be read, also on a disk that is full or cannot be written.
                Ok(()) | Err(OpenError::Io(_)) => {}
                Err(refused) => return Err(refused),
            }
        }
        match probe::sentinel(self.sys, self.dir) {
            // He is still at it.
            Err(Failure::Errno(Errno::NOENT)) => {
                self.make_folders()?;
                probe::sentinel(self.sys, self.dir).map_err(self.failure("probe"))
            }
            tried => tried.map_err(self.failure("probe")),
        }
    }

    /// Whether all of them are there. Calls are relative to the root, and follow a symbolic link in the place of a folder: what is
    /// written would lie elsewhere.
    fn has_folders(&self) -> Result<bool, OpenError> {
        let mut all = true;
        for folder in [DATA, TMP, LOCKS] {
            match self.sys.stat_at(self.dir, folder) {
                Ok(stat) if stat.kind == FileKind::Dir => {}
                Ok(_) => return Err(self.no_folder(folder)),
                Err(Errno::NOENT) => all = false,
                Err(errno) => return Err(self.io("stat", folder)(errno)),
            }
        }
        Ok(all)
    }

    fn no_folder(&self, name: &CStr) -> OpenError {
        let name = name.to_string_lossy();
        self.not_a_cache(&format!(
            "its {name} is no folder; if it is a cache, remove that, and it is made anew"
        ))
    }

    fn look(&self) -> Result<Look, OpenError> {
        let Some((format, Small { stat, born, .. })) = self.read_format()? else {
            return self.look_at_partner();
        };
        if !is_original(&format, &stat, born) {
            return Ok(Look::Moved(format));
        }
        match self.sys.stat_at(self.dir, CACHEDIR_TAG) {
            Ok(partner) if partner.same_file(&stat) => Ok(Look::Ready(format)),
            Ok(_) => Ok(Look::Moved(format)),
            Err(Errno::NOENT) => Ok(Look::Unpaired(format)),
            Err(errno) => Err(self.io("stat", CACHEDIR_TAG)(errno)),
        }
    }

    /// Without `tagcache.format`, its other name knows the settings, if it is ours: it is there first, and on disk before
    /// anybody can use the root.
    fn look_at_partner(&self) -> Result<Look, OpenError> {
        let Some(Small { text, stat, born }) = self.read(CACHEDIR_TAG)? else { return Ok(Look::Missing) };
        Ok(match Format::parse(&text) {
            Ok(format) if is_original(&format, &stat, born) => Look::Unpaired(format),
            Ok(format) => Look::Moved(format),
            // Of another version, or of another program.
            Err(_) => Look::Missing,
        })
    }

    fn read_format(&self) -> Result<Option<(Format, Small)>, OpenError> {
        let Some(small) = self.read(FORMAT)? else { return Ok(None) };
        if small.stat.kind != FileKind::File {
            return Err(self.not_a_cache("its tagcache.format is no file"));
        }
        let format = Format::parse(&small.text).map_err(|error| match error {
            FormatError::Layout(version) => OpenError::Layout { path: self.path.into(), version },
            FormatError::Malformed(what) => self.not_a_cache(&format!(
                "its tagcache.format is damaged: {what}; if it is a cache, remove it whole"
            )),
        })?;
        Ok(Some((format, small)))
    }

    /// The bytes of a small file; none of what is no file.
    fn read(&self, name: &CStr) -> Result<Option<Small>, OpenError> {
        let file = match self.sys.open(self.dir, name, OpenMode::Read) {
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) if errno.is_foreign_object() => {
                let name = name.to_string_lossy();
                return Err(self.not_a_cache(&format!("its {name} is no file")));
            }
            other => other.map_err(self.io("open", name))?,
        };
        let stat = self.sys.stat(&file).map_err(self.io("stat", name))?;
        let born = self.sys.born(&file).map_err(self.io("stat", name))?;
        let mut text = Vec::new();
        if stat.kind == FileKind::File {
            self.sys.read(&file, &mut text, MAX_BYTES).map_err(self.io("read", name))?;
        }
        Ok(Some(Small { text, stat, born }))
    }

    /// Both names again. Of a root that nobody could use yet a power cut may have left less.
    fn pair_again(&self, format: Format) -> Result<Format, OpenError> {
        self.make_folders()?;
        for (from, to) in [(FORMAT, CACHEDIR_TAG), (CACHEDIR_TAG, FORMAT)] {
            match self.sys.link(self.dir, from, to) {
                Ok(()) | Err(Errno::EXIST | Errno::NOENT) => {}
                Err(errno) => return Err(self.io("link", to)(errno)),
            }
        }
        Ok(format)
    }

    /// The lock ends with the file that is returned.
    fn lock(&self) -> Result<S::File, OpenError> {
        // By the directory that is open, and not by its path, where there may be another one by now.
        let dir = self.sys.open(self.dir, c".", OpenMode::Dir).map_err(self.io("open", c""))?;
        let pause = Duration::from_millis(5);
        let mut waited = Duration::ZERO;
        loop {
            match self.sys.try_lock(&dir) {
                Err(Errno::AGAIN) if waited < PATIENCE => self.sys.wait(pause),
                other => return other.map(|()| dir).map_err(self.io("lock", c"")),
            }
            waited += pause;
        }
    }

    fn make(&self, kind: FsKind, custody: Custody) -> Result<Format, OpenError> {
        match self.stripped {
            Stripped::Refuse => self.refuse_strangers()?,
            Stripped::Mark => self.refuse_strangers_at_the_top()?,
        }
        self.take_over(custody)?;
        self.make_folders()?;
        let can = probe::probe(self.sys, self.dir, kind).map_err(self.failure("probe"))?;
        let Options { durability, layout, .. } = self.options;
        self.write_format((durability.unwrap_or_default(), layout.unwrap_or_default()), &can)
    }

    fn make_folders(&self) -> Result<(), OpenError> {
        for folder in [DATA, TMP, LOCKS] {
            match self.sys.make_dir(self.dir, folder) {
                Ok(()) => self.check_own(folder)?,
                Err(Errno::EXIST) => self.check_found(folder)?,
                Err(errno) => return Err(self.io("make", folder)(errno)),
            }
        }
        Ok(())
    }

    fn check_own(&self, folder: &CStr) -> Result<(), OpenError> {
        let stat = self.sys.stat_at(self.dir, folder).map_err(self.io("stat", folder))?;
        if stat.mode & 0o700 == 0o700 {
            return Ok(());
        }
        // It is empty, and would be in the way of whoever comes with another umask.
        let _ = self.sys.remove_dir(self.dir, folder);
        Err(OpenError::Umask { path: self.path.join(folder.to_string_lossy().as_ref()) })
    }

    /// A folder that was there is ours, or somebody prepared it for us.
    fn check_found(&self, folder: &CStr) -> Result<(), OpenError> {
        let dir = match self.sys.open(self.dir, folder, OpenMode::Dir) {
            // Another process is emptying the root.
            Err(Errno::NOENT) => return Ok(()),
            Err(errno) if errno.is_foreign_object() => return Err(self.no_folder(folder)),
            other => other.map_err(self.io("open", folder))?,
        };
        match self.sys.custody(&dir).map_err(self.io("stat", folder))? {
            Custody::Own => Ok(()),
            custody => {
                let path = self.path.join(folder.to_string_lossy().as_ref());
                Err(OpenError::NotOurs { path, custody })
            }
        }
    }

    /// Takes away what came along with a copy, and goes on with the settings that it had. `tagcache.format` goes last: as
    /// long as it is there, whoever comes after one that died here knows that it is a copy.
    fn make_anew(&self, old: Format, kind: FsKind) -> Result<Format, OpenError> {
        self.close_the_door()?;
        for folder in [DATA, TMP, LOCKS] {
            wipe(self.sys, self.dir, folder).map_err(self.io("empty", folder))?;
        }
        self.make_folders()?;
        for name in [LOG, USAGE, CACHEDIR_TAG, FORMAT] {
            match self.sys.unlink(self.dir, name) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(self.io("remove", name)(errno)),
            }
        }
        let can = probe::probe(self.sys, self.dir, kind).map_err(self.failure("probe"))?;
        self.write_format((old.durability, old.layout), &can)
    }

    /// Written whole under another name, then linked to both of its own: `tagcache.format` last, since it is what
    /// [`look`](Self::look) goes by. Where no order is promised, everything else is on disk before that: a power cut in the
    /// first instants of a root may then take that name, and its other name gives it back.
    fn write_format(
        &self,
        (durability, layout): (Durability, Layout),
        can: &Capabilities,
    ) -> Result<Format, OpenError> {
        let draft = scratch::format(self.sys.random());
        let draft = draft.as_c_str();
        let file = self.sys.open(self.dir, draft, OpenMode::Create).map_err(self.io("create", draft))?;
        self.sys.try_lock(&file).map_err(self.io("lock", draft))?;
        let stat = self.sys.stat(&file).map_err(self.io("stat", draft))?;
        let is_remote = can.kind == FsKind::Remote;
        let born = self.sys.born(&file).map_err(self.io("stat", draft))?.filter(|_| !is_remote);
        let format = Format {
            layout,
            durability,
            id: (stat.dev, stat.ino),
            born,
            mtime_max: can.mtime_max,
            mtime_granularity: can.mtime_granularity,
            rename_noreplace: can.rename_noreplace,
        };
        let text = format.print();
        let written = self.sys.write(&file, text.as_bytes()).map_err(self.io("write", draft))?;
        if written != text.len() {
            return Err(self.io("write", draft)(Errno::NOSPC));
        }
        // Once per root, and every later promise rests on it.
        self.sys.sync(&file).map_err(self.io("sync", draft))?;
        // A maker that died between these steps left one of the names.
        let _ = self.sys.unlink(self.dir, CACHEDIR_TAG);
        self.sys.link(self.dir, draft, CACHEDIR_TAG).map_err(self.io("link", CACHEDIR_TAG))?;
        if can.kind != FsKind::Journaled {
            self.sys.sync_fs(self.dir).map_err(self.io("sync", c""))?;
        }
        self.sys.link(self.dir, draft, FORMAT).map_err(self.io("link", FORMAT))?;
        self.sys.unlink(self.dir, draft).map_err(self.io("remove", draft))?;
        Ok(format)
    }

    /// A directory without settings may hold what a maker that died left: our folders, with names of ours that come and go. Everything else is
    /// somebody's, and we do not move in with it.
    fn refuse_strangers(&self) -> Result<(), OpenError> {
        self.refuse_at_the_top(&[DATA, TMP, LOCKS, CACHEDIR_TAG])?;
        let folders: [(_, OurNames); 3] =
            [(DATA, scratch::is_probe), (TMP, scratch::is_in_tmp), (LOCKS, scratch::is_in_locks)];
        for (folder, is_ours) in folders {
            match self.first_name(folder, |name| !is_ours(name)) {
                Ok(Some(name)) => {
                    let folder = folder.to_string_lossy();
                    return Err(self.not_a_cache(&format!("it holds {folder}/{name} and no tagcache.format")));
                }
                Ok(None) => {}
                Err(OpenError::Io(error)) if error.errno() == Errno::NOENT => {}
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// Below our folders lies what was ours a moment ago.
    fn refuse_strangers_at_the_top(&self) -> Result<(), OpenError> {
        self.refuse_at_the_top(&[DATA, TMP, LOCKS, CACHEDIR_TAG, LOG, USAGE])
    }

    fn refuse_at_the_top(&self, ours: &[&CStr]) -> Result<(), OpenError> {
        match self.first_name(c".", |name| !ours.iter().any(|ours| ours.to_bytes() == name))? {
            Some(name) => Err(self.not_a_cache(&format!("it holds {name} and no tagcache.format"))),
            None => Ok(()),
        }
    }

    fn first_name(
        &self,
        folder: &CStr,
        matches: impl Fn(&[u8]) -> bool,
    ) -> Result<Option<String>, OpenError> {
        let dir = self.sys.open(self.dir, folder, OpenMode::Dir).map_err(self.io("open", folder))?;
        let mut batch = DirBatch::new();
        loop {
            self.sys.read_dir(&dir, &mut batch).map_err(self.io("list", folder))?;
            if batch.is_empty() {
                return Ok(None);
            }
            if let Some(item) = batch.iter().find(|item| matches(item.name.to_bytes())) {
                return Ok(Some(item.name.to_string_lossy().into_owned()));
            }
        }
    }

    fn not_a_cache(&self, found: &str) -> OpenError {
        OpenError::NotACache { path: self.path.into(), found: found.into() }
    }

    fn io(&self, doing: &'static str, path: &CStr) -> impl Fn(Errno) -> OpenError {
        let path: PathBuf = self.path.join(path.to_string_lossy().as_ref());
        move |errno| Error::new(doing, path.clone(), errno).into()
    }

    fn failure(&self, doing: &'static str) -> impl Fn(Failure) -> OpenError {
        let path = self.path.to_path_buf();
        move |failure| match failure {
            Failure::Unfit(why) => OpenError::Unfit { path: path.clone(), why },
            Failure::Errno(errno) => Error::new(doing, path.clone(), errno).into(),
        }
    }
}
