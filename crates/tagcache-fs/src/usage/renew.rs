//! The file that says how much there is, made anew when it is long or damaged.

use super::record::RECORD_BYTES;
use super::totals::Totals;
use crate::error::Error;
use crate::name::{RelPath, USAGE};
use crate::root::Root;
use crate::scratch;
use crate::sys::{Errno, OpenMode, Replace, Stat, Sys};

/// A file that is longer than this is made anew: 16 384 puts.
pub(super) const RENEW_BYTES: u64 = 512 << 10;

/// How much of it is read in one call.
const READ_BYTES: usize = 64 << 10;

/// What a file of this length says in whole records, from `from` on: what it adds up to goes into `totals`. Whether all
/// of it was sound.
pub(super) fn read_records<S: Sys>(
    root: &Root<S>,
    file: &S::File,
    mut from: u64,
    end: u64,
    totals: &mut Totals,
) -> Result<(u64, bool), Error> {
    let mut is_sound = end % RECORD_BYTES as u64 == 0;
    let mut bytes = Vec::new();
    while from + RECORD_BYTES as u64 <= end {
        bytes.clear();
        let wanted = usize::try_from(end - from).unwrap_or(READ_BYTES).min(READ_BYTES);
        root.sys().read_at(file, from, &mut bytes, wanted).map_err(root.failed("read", USAGE))?;
        let mut records = 0;
        for record in bytes.chunks(RECORD_BYTES).filter_map(<[u8]>::first_chunk) {
            match super::Record::parse(record) {
                Some(record) => totals.apply(record),
                None => is_sound = false,
            }
            records += 1;
        }
        if records == 0 {
            break;
        }
        from += records * RECORD_BYTES as u64;
    }
    if !is_sound {
        totals.forget_counts();
    }
    Ok((from, is_sound))
}

/// Whether a file needs a successor.
pub(super) fn needs_successor(stat: &Stat, is_sound: bool) -> bool {
    !is_sound || stat.size > RENEW_BYTES
}

/// Puts a file that says the same in fewer words in the place of the one at the path. One process at a time does it;
/// another one that comes meanwhile leaves it alone.
pub(super) fn renew<S: Sys>(root: &Root<S>) -> Result<(), Error> {
    let sys = root.sys();
    // An open file of its own: a lock is shared by all who share the open file.
    let old = sys.open(root.dir(), USAGE, OpenMode::Read).map_err(root.failed("open", USAGE))?;
    match sys.try_lock(&old) {
        Err(Errno::AGAIN) => return Ok(()),
        other => other.map_err(root.failed("lock", USAGE))?,
    }
    let stat = sys.stat(&old).map_err(root.failed("stat", USAGE))?;
    match sys.stat_at(root.dir(), USAGE) {
        Ok(named) if named.same_file(&stat) => {}
        // It has its successor already.
        Ok(_) | Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(root.failed("stat", USAGE)(errno)),
    }
    let mut totals = Totals::default();
    let (_, is_sound) = read_records(root, &old, 0, stat.size, &mut totals)?;
    if !needs_successor(&stat, is_sound) {
        return Ok(());
    }
    place(root, &totals)
}

fn place<S: Sys>(root: &Root<S>, totals: &Totals) -> Result<(), Error> {
    let path = scratch::usage(root.sys().random());
    let placed = write(root, &path, totals).and_then(|_file| {
        root.sys()
            .rename(root.dir(), path.as_c_str(), USAGE, Replace::Any)
            .map_err(root.failed("place", USAGE))
    });
    if placed.is_err() {
        let _ = root.sys().unlink(root.dir(), path.as_c_str());
    }
    placed
}

/// The draft, open: its lock tells a sweep that it is alive.
fn write<S: Sys>(root: &Root<S>, path: &RelPath, totals: &Totals) -> Result<S::File, Error> {
    let (sys, failed) = (root.sys(), |doing| root.failed(doing, path.as_c_str()));
    let file = sys.open(root.dir(), path.as_c_str(), OpenMode::Create).map_err(failed("create"))?;
    sys.try_lock(&file).map_err(failed("lock"))?;
    sys.set_mode(&file, 0o600).map_err(failed("set the mode of"))?;
    let bytes = totals.print();
    match sys.write(&file, &bytes).map_err(failed("write"))? {
        written if written == bytes.len() => Ok(file),
        _ => Err(failed("write")(Errno::NOSPC)),
    }
}
